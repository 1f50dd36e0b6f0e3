"""Rates of exchange, by day: set one by one or as a whole file, and never quietly changed."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, ExchangeRate
from apps.core.money import require_decimal
from apps.core.rate_uses import RateSpan, rate_uses
from apps.core.services.documents import insert_all, lock, update_all
from apps.core.transactions import unit_of_work

BATCH = 5000
Key = tuple[str, datetime.date]


class Existing(models.TextChoices):
    """What becomes of a rate that is there and differs. What was posted with it stays anyhow."""

    REFUSE = "refuse", gettext_lazy("Refuse another rate for the same day")
    REPLACE = "replace", gettext_lazy("Replace, unless something was posted with it")
    REPLACE_USED = "replace_used", gettext_lazy("Replace, even where it was posted with")


@dataclass(frozen=True, slots=True)
class RateRow:
    """One unit of ``currency`` is ``rate`` of the company's own from ``date`` on."""

    currency: Currency
    date: datetime.date
    rate: Decimal

    @property
    def key(self) -> Key:
        return self.currency.pk, self.date


@dataclass(frozen=True, slots=True)
class RateOutcome:
    """``kind`` is created, updated or unchanged; ``old`` the rate before."""

    row: ExchangeRate
    kind: str
    old: Decimal | None


def set_exchange_rate(
    *,
    company: Company,
    currency: Currency,
    date: datetime.date,
    rate: Decimal,
    existing: str = Existing.REPLACE,
    by: Any,
    reason: str = "",
) -> ExchangeRate:
    """One unit of ``currency`` is ``rate`` of the company's own from ``date`` on.

    What was posted with the former rate of that day stays as it was.
    """
    rows = [RateRow(currency, date, rate)]
    try:
        [outcome] = set_exchange_rates(company, rows, existing=existing, by=by, reason=reason)
    except BusinessError as error:
        error.row = None
        raise
    return outcome.row


def change_exchange_rate(
    row: ExchangeRate,
    *,
    rate: Decimal | None = None,
    existing: str = Existing.REPLACE,
    version: int | None = None,
    by: Any,
    reason: str = "",
) -> ExchangeRate:
    """Another rate for the same day; ``version`` is what the caller has seen."""
    with unit_of_work():
        current = lock(row, version=version, related=("company", "currency"))
        return set_exchange_rate(
            company=current.company,
            currency=current.currency,
            date=current.date,
            rate=current.rate if rate is None else rate,
            existing=existing,
            by=by,
            reason=reason,
        )


def set_exchange_rates(
    company: Company, rows: Sequence[RateRow], *, existing: str, by: Any, reason: str = ""
) -> list[RateOutcome]:
    """All rates or none, in the order of ``rows``, each with its history.

    Raises the first of ``refused_rates``.
    """
    with unit_of_work():
        errors, there, used = _judged(company, rows, existing)
        if errors:
            raise errors[0]
        new, outcomes = [], []
        replaced: dict[bool, list[ExchangeRate]] = {False: [], True: []}
        for row in rows:
            target = there.get(row.key)
            if target is None:
                target = ExchangeRate(
                    company=company, currency=row.currency, date=row.date, rate=row.rate
                )
                new.append(target)
                outcomes.append(RateOutcome(target, "created", None))
            elif target.rate != row.rate:
                outcomes.append(RateOutcome(target, "updated", target.rate))
                target.rate = row.rate
                replaced[row.key in used].append(target)
            else:
                outcomes.append(RateOutcome(target, "unchanged", target.rate))
        for start in range(0, len(new), BATCH):
            insert_all(new[start : start + BATCH], by=by, reason=reason)
        note = _("What was posted with the rate before stays as it is.")
        for is_used, targets in replaced.items():
            said = f"{reason} {note}".strip() if is_used else reason
            for start in range(0, len(targets), BATCH):
                update_all(targets[start : start + BATCH], "rate", by=by, reason=said)
    return outcomes


def refused_rates(
    company: Company, rows: Sequence[RateRow], *, existing: str
) -> list[BusinessError]:
    """Every row that ``set_exchange_rates`` would refuse, with its place in ``rows``."""
    errors, _there, _used_before = _judged(company, rows, existing)
    return errors


def _judged(
    company: Company, rows: Sequence[RateRow], existing: str
) -> tuple[list[BusinessError], dict[Key, ExchangeRate], dict[Key, str]]:
    """Refusals, the rates that are there, and what was posted with those that change."""
    errors: list[BusinessError] = []
    first_of: dict[Key, int] = {}
    for place, row in enumerate(rows):
        try:
            require_decimal(row.rate, field="rate", row=place, decimal_places=8)
        except InvalidInput as error:
            errors.append(error)
        if row.currency.pk == company.currency_id:
            text = _("The company's own currency needs no rate.")
            errors.append(InvalidInput("own_currency", text, field="currency", row=place))
        if first_of.setdefault(row.key, place) != place:
            text = _("{currency} has two rates of {date}.").format(
                currency=row.currency.pk, date=row.date
            )
            errors.append(InvalidInput("named_twice", text, field="date", row=place))
    there = _rates_there(company, rows)
    differing = [
        row for row in rows if (found := there.get(row.key)) is not None and found.rate != row.rate
    ]
    used = _used(company, differing)
    for row in differing if existing != Existing.REPLACE_USED else ():
        if (refusal := _refusal(row, there[row.key], existing, used)) is not None:
            refusal.row = first_of[row.key]
            errors.append(refusal)
    return errors, there, used


def _refusal(
    row: RateRow,
    there: ExchangeRate,
    existing: str,
    used: dict[Key, str],
) -> BusinessError | None:
    values = {"currency": row.currency.pk, "date": row.date, "rate": there.rate}
    if row.key in used:
        text = _("{use} was posted with the rate of {currency} of {date} ({rate}).")
        return BusinessError("rate_used", text.format(use=used[row.key], **values), field="rate")
    if existing == Existing.REFUSE:
        text = _("{currency} has another rate of {date} already ({rate}).")
        return BusinessError("rate_exists", text.format(**values), field="rate")
    return None


def _rates_there(company: Company, rows: Sequence[RateRow]) -> dict[Key, ExchangeRate]:
    if not rows:
        return {}
    days = [row.date for row in rows]
    found = (
        ExchangeRate.objects.select_for_update(of=("self",))
        .filter(company=company, currency__in={row.currency.pk for row in rows})
        .filter(date__gte=min(days), date__lte=max(days))
        .order_by("pk")
    )
    return {(rate.currency_id, rate.date): rate for rate in found}


def _used(company: Company, rows: Sequence[RateRow]) -> dict[Key, str]:
    """What was posted in the days for which these rates hold."""
    days: dict[str, list[datetime.date]] = {}
    if rows:
        known = ExchangeRate.objects.filter(
            company=company,
            currency__in={row.currency.pk for row in rows},
            date__gte=min(row.date for row in rows),
        )
        for code, day in known.order_by("date").values_list("currency_id", "date"):
            days.setdefault(code, []).append(day)
    following = {
        (code, day): later
        for code, own in days.items()
        for day, later in zip(own, [*own[1:], None], strict=True)
    }
    return rate_uses(company, [RateSpan(*row.key, following[row.key]) for row in rows])

"""Currency revaluation: foreign monetary items at the closing rate, by entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from decimal import Decimal
from typing import NoReturn

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock, require_reason
from apps.core.sql import fetch_all, insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.models import CurrencyRevaluation, Invoice, PostingRole, RevaluationLine
from apps.finance.queries.entries import entries_of
from apps.finance.queries.open_items import allocated_amounts
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.queries.revaluations import (
    Exposure,
    exposures,
    require_after_revaluations,
)
from apps.finance.services.journal import Entry, Line, post_entry, post_numbered, reverse_entry

JOURNAL = "GEN"
Status = CurrencyRevaluation.Status
# Items that were settled, reversed or revalued between a revaluation and its own reversal.
_TOUCHED = """
SELECT i.number FROM finance_invoice i
  LEFT JOIN finance_journalentry r ON r.reverses_id = i.entry_id
 WHERE i.id = ANY(%(items)s) AND (
       (r.date > %(after)s AND r.date < %(before)s)
    OR EXISTS (SELECT 1 FROM finance_paymentallocation a
                 JOIN finance_payment p ON p.id = a.payment_id AND p.status = 'posted'
                WHERE a.invoice_id = i.id AND a.date > %(after)s AND a.date < %(before)s)
    OR EXISTS (SELECT 1 FROM finance_creditallocation a
                 JOIN finance_invoice n ON n.id = a.credit_note_id AND n.status = 'posted'
                WHERE (a.invoice_id = i.id OR a.credit_note_id = i.id)
                  AND a.date > %(after)s AND a.date < %(before)s)
    OR EXISTS (SELECT 1 FROM finance_settlementline a
                 JOIN finance_settlement x ON x.id = a.settlement_id AND x.status = 'posted'
                WHERE a.invoice_id = i.id AND x.date > %(after)s AND x.date < %(before)s)
    OR EXISTS (SELECT 1 FROM finance_revaluationline v
                WHERE v.invoice_id = i.id AND v.date > %(after)s AND v.date < %(before)s))
 ORDER BY i.number LIMIT 1
"""


def revalue_currencies(
    company: Company,
    *,
    date: Date,
    by: User,
    reverses_on: Date | None = None,
    rates: Mapping[str, Decimal] | None = None,
) -> CurrencyRevaluation:
    """Bring receivables, payables and cash in foreign currencies to the closing rate of ``date``.

    Differences go to unrealised exchange differences; one line per partner, account and currency.
    With ``reverses_on`` the mirror image is posted too. Raises ``BusinessError`` when an item was
    settled or revalued between the two days, when nothing differs, or a period is closed.
    """
    if reverses_on is not None and reverses_on <= date:
        raise InvalidInput(
            "reverses_too_early", _("The reversal comes after {date}.").format(date=date),
            field="reverses_on",
        )  # fmt: skip
    for rate in (rates or {}).values():
        require_decimal(rate, field="rates", decimal_places=8)
    with unit_of_work():
        found = _differing(company, date, rates)
        if not found:
            raise BusinessError(
                "nothing_to_revalue",
                _("Nothing in a foreign currency differs from its rate on {date}.").format(
                    date=date
                ),
                field="date",
            )
        items = [one.invoice_id for one in found if one.invoice_id]
        _require_untouched(items, after=date, before=reverses_on or Date.max)
        revaluation = CurrencyRevaluation(
            company=company, date=date, reverses_on=reverses_on, created_by=by
        ).save_by(by)
        _write_lines(revaluation, found, date, 1)
        entries = [_entry(revaluation, found, date, 1)]
        [posted] = post_numbered(company, entries, by=by)
        if reverses_on is not None:
            _write_lines(revaluation, found, reverses_on, -1)
            mirror = replace(_entry(revaluation, found, reverses_on, -1), purpose="automatic")
            post_entry(company, replace(mirror, reverses_id=posted.id), by=by)
        revaluation.number, revaluation.entry_id = posted.number, posted.id
        return revaluation.save_by(by)


def reverse_revaluation(
    revaluation: CurrencyRevaluation, *, date: Date, reason: str, by: User,
    version: int | None = None,
) -> CurrencyRevaluation:  # fmt: skip
    """Undo a revaluation on ``date``; refused once its items were settled or revalued again."""
    require_reason(reason)
    with unit_of_work():
        revaluation = lock(revaluation, version=version)
        revaluation.transition_to(Status.REVERSED)
        if revaluation.reverses_on is not None:
            raise BusinessError(
                "reversed_by_itself",
                _("{revaluation} is reversed on {date} by itself.").format(
                    revaluation=revaluation, date=revaluation.reverses_on
                ),
            )
        if date < revaluation.date:
            raise InvalidInput(
                "before_revaluation",
                _("The revaluation is of {date}.").format(date=revaluation.date),
                field="date",
            )
        lines = list(revaluation.lines.all())
        _lock_items(line.invoice_id for line in lines if line.invoice_id)
        _require_still_open(lines)
        insert_rows(RevaluationLine, [_mirrored(line, date) for line in lines])
        for entry in entries_of(revaluation):
            reverse_entry(entry, date=date, by=by, source=revaluation, reason=reason)
        return revaluation.save_by(by, reason=reason)


def release_revaluations(invoice: Invoice, *, date: Date, by: User) -> None:
    """What revaluations left on ``invoice`` is taken off again, for it is being reversed."""
    require_after_revaluations([invoice.pk], date)
    lines = list(invoice.revaluations.order_by("id"))
    difference = sum((line.difference for line in lines), ZERO)
    if not difference:
        return
    insert_rows(RevaluationLine, [_mirrored(lines[-1], date) | {"difference": -difference}])
    resolver = AccountResolver(invoice.company)
    accounts = (
        (lines[-1].account_id, -difference),
        (resolver.account_id(PostingRole.UNREALISED_EXCHANGE), difference),
    )
    entry = Entry(
        journal=JOURNAL,
        date=date,
        source=invoice,
        purpose="revaluation released",
        lines=[
            Line(
                account_id=account_id,
                amount=amount,
                currency=lines[-1].currency_id,
                amount_currency=ZERO,
                partner_id=invoice.partner_id,
            )
            for account_id, amount in accounts
        ],
    )
    post_entry(invoice.company, entry, by=by)


def _lock_items(invoice_ids: Iterable[int]) -> None:
    """In the order of their keys, as settling locks them."""
    rows = Invoice.objects.select_for_update(of=("self",), no_key=True)
    list(rows.filter(pk__in=list(invoice_ids)).order_by("pk").values_list("pk", flat=True))


def _differing(company: Company, date: Date, rates: Mapping[str, Decimal] | None) -> list[Exposure]:
    """What differs from its worth, read again once it is locked; what came since is left out."""
    seen = {one.invoice_id for one in exposures(company, at=date, rates=rates)}
    _lock_items(key for key in seen if key)
    return [
        one
        for one in exposures(company, at=date, rates=rates)
        if one.difference and (one.invoice_id is None or one.invoice_id in seen)
    ]


def _require_untouched(invoice_ids: Sequence[int], *, after: Date, before: Date) -> None:
    found = fetch_all(_TOUCHED, {"items": list(invoice_ids), "after": after, "before": before})
    if found:
        _refuse(found[0][0])


def _require_still_open(lines: Sequence[RevaluationLine]) -> None:
    """Each item is as open as it was, and nothing has revalued it since."""
    own = {line.invoice_id: line for line in lines if line.invoice_id}
    settled = allocated_amounts(list(own))
    for invoice in Invoice.objects.filter(pk__in=own).order_by("pk"):
        is_open = invoice.total - settled[invoice.pk].amount == abs(own[invoice.pk].open_amount)
        newest = invoice.revaluations.order_by("-id").first()
        if not (invoice.status == Invoice.Status.POSTED and is_open and newest == own[invoice.pk]):
            _refuse(invoice.number)


def _refuse(number: str) -> NoReturn:
    raise BusinessError(
        "settled_since",
        _("{number} was settled, reversed or revalued since.").format(number=number),
        field="date",
    )


@dataclass(frozen=True, slots=True)
class _Key:
    account_id: int
    partner_id: int | None
    currency: str


def _entry(
    revaluation: CurrencyRevaluation, found: Iterable[Exposure], date: Date, sign: int
) -> Entry:
    resolver = AccountResolver(revaluation.company)
    unrealised = resolver.account_id(PostingRole.UNREALISED_EXCHANGE)
    sums: dict[_Key, Decimal] = {}
    for one in found:
        for account_id, amount in ((one.account_id, one.difference), (unrealised, -one.difference)):
            key = _Key(account_id, one.partner_id, one.currency)
            sums[key] = sums.get(key, ZERO) + sign * amount
    return Entry(
        journal=JOURNAL,
        date=date,
        source=revaluation,
        description=_("Currency revaluation {date}").format(date=revaluation.date),
        lines=[
            Line(
                account_id=key.account_id,
                amount=amount,
                currency=key.currency,
                amount_currency=ZERO,
                partner_id=key.partner_id,
            )
            for key, amount in sums.items()
            if amount
        ],
    )


def _write_lines(
    revaluation: CurrencyRevaluation, found: Iterable[Exposure], date: Date, sign: int
) -> None:
    insert_rows(
        RevaluationLine,
        [
            {
                "company_id": revaluation.company_id,
                "revaluation_id": revaluation.pk,
                "date": date,
                "account_id": one.account_id,
                "invoice_id": one.invoice_id,
                "currency_id": one.currency,
                "open_amount": one.open_amount,
                "rate": one.rate,
                "carrying": one.carrying if sign > 0 else one.worth,
                "difference": sign * one.difference,
            }
            for one in found
        ],
    )


def _mirrored(line: RevaluationLine, date: Date) -> dict[str, object]:
    return {
        "company_id": line.company_id,
        "revaluation_id": line.revaluation_id,
        "date": date,
        "account_id": line.account_id,
        "invoice_id": line.invoice_id,
        "currency_id": line.currency_id,
        "open_amount": line.open_amount,
        "rate": line.rate,
        "carrying": line.carrying + line.difference,
        "difference": -line.difference,
    }

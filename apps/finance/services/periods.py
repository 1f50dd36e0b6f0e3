"""Fiscal years, their periods, and who may post into them."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date as Date
from datetime import timedelta

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.reconcile import reconcile
from apps.core.services.documents import insert_all, lock, require_reason
from apps.core.transactions import unit_of_work
from apps.finance.models import FiscalYear, Period, PeriodLock
from apps.finance.models.accounts import Module

SHOWN = 5


def open_fiscal_year(company: Company, *, code: str, starts_on: Date, by: User) -> FiscalYear:
    """Create a year of twelve monthly periods from ``starts_on`` and a closing period, all open."""
    if starts_on.day != 1:
        raise InvalidInput(
            "bad_start", _("A fiscal year starts on the first of a month."), field="starts_on"
        )
    starts = [_add_months(starts_on, month) for month in range(13)]
    ends_on = starts[12] - timedelta(days=1)
    with unit_of_work():
        overlapping = FiscalYear.objects.filter(
            company=company, starts_on__lte=ends_on, ends_on__gte=starts_on
        )
        if overlapping.exists():
            raise BusinessError(
                "overlapping_year", _("Another fiscal year covers these days."), field="starts_on"
            )
        year = FiscalYear(company=company, code=code, starts_on=starts_on, ends_on=ends_on)
        year.save_by(by)
        spans = [(starts[n], starts[n + 1] - timedelta(days=1), False) for n in range(12)]
        spans.append((ends_on, ends_on, True))
        periods = insert_all(
            [
                Period(
                    company=company,
                    fiscal_year=year,
                    number=number,
                    starts_on=first,
                    ends_on=last,
                    is_closing=is_closing,
                )
                for number, (first, last, is_closing) in enumerate(spans, start=1)
            ],
            by=by,
        )
        insert_all(
            [
                PeriodLock(company=company, period=period, module=module)
                for period in periods
                for module in Module
            ],
            by=by,
        )
    return year


def set_period_state(
    period: Period,
    *,
    state: str,
    by: User,
    reason: str,
    modules: Sequence[str] | None = None,
    accepted: Sequence[str] = (),
) -> list[PeriodLock]:
    """Open, soften or close a period for ``modules`` (all when None). The reason is kept.

    Closing asks every invariant between the registers first. Raises ``BusinessError`` naming those
    that are broken, unless they are ``accepted`` by code; the reason then answers for them.
    """
    require_reason(reason)
    with unit_of_work():
        locks = list(period.locks.order_by("id"))
        if modules is not None:
            locks = [row for row in locks if row.module in modules]
        current = [lock(row) for row in locks]
        changed = [row for row in current if row.state != state]
        if changed and state == PeriodLock.State.CLOSED:
            _require_sound(accepted)
            if accepted:
                reason = f"{reason} [{', '.join(accepted)}]"
        for row in changed:
            row.state = state
            row.save_by(by, reason=reason)
    return changed


def _require_sound(accepted: Sequence[str]) -> None:
    broken = {
        finding.invariant.code: finding
        for finding in reconcile()
        if not finding.is_clean and finding.invariant.code not in accepted
    }
    if broken:
        titles = "; ".join(str(finding.invariant.title) for finding in broken.values())
        raise BusinessError(
            "not_reconciled",
            _("Mend this before closing: {titles}.").format(titles=titles),
            details={code: finding.offences[:SHOWN] for code, finding in broken.items()},
        )


def _add_months(day: Date, months: int) -> Date:
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    return Date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))

"""An investment as planned, as measured, and as it will be if the rest goes as planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from apps.core.money import ZERO
from apps.reporting.models import RoiCase, RoiMonth
from apps.reporting.roi import FEWEST_PERIODS, Appraisal, appraise, compare, scaled

#: What comes in, in percent of the plan.
SCENARIOS = (80, 100, 120)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One period: planned, measured so far (None: no month yet), and what is expected of it."""

    period: int
    starts_on: Date | None
    planned: Decimal
    measured: Decimal | None
    months: int
    expected: Decimal


@dataclass(frozen=True, slots=True)
class RoiView:
    """``to_date`` counts only what was measured; ``expected`` takes the plan for the rest.

    Without flows (an outlay and what comes in) there is nothing to appraise: None.
    """

    case: RoiCase
    periods: list[PeriodRow]
    months: list[RoiMonth]
    planned: Appraisal | None
    expected: Appraisal | None
    to_date: Appraisal | None
    scenarios: list[tuple[str, Appraisal]]


def view_roi_case(case: RoiCase) -> RoiView:
    """Two statements."""
    flows = [flow.amount for flow in case.flows.order_by("period")]
    months = list(case.months.order_by("month"))
    periods = _periods(case, flows, months)
    if len(flows) < FEWEST_PERIODS:
        return RoiView(case, periods, months, None, None, None, [])
    rate = case.rate / 100
    measured = [row.planned if row.period == 0 else (row.measured or ZERO) for row in periods]
    return RoiView(
        case=case,
        periods=periods,
        months=months,
        planned=appraise(rate, flows),
        expected=appraise(rate, [row.expected for row in periods]),
        to_date=appraise(rate, measured),
        scenarios=compare(
            rate, {f"{percent} %": scaled(flows, Decimal(percent)) for percent in SCENARIOS}
        ),
    )


def _periods(case: RoiCase, flows: list[Decimal], months: list[RoiMonth]) -> list[PeriodRow]:
    found: dict[int, list[Decimal]] = {}
    for row in months:
        place = (row.month.year - case.starts_on.year) * 12 + row.month.month
        place -= case.starts_on.month
        found.setdefault(place // case.period_months + 1, []).append(row.benefit)
    last = max(len(flows) - 1, *found, 0) if found else len(flows) - 1
    rows, starts_on = [], case.starts_on
    for period in range(last + 1):
        planned = flows[period] if period < len(flows) else ZERO
        benefits = found.get(period, [])
        measured = sum(benefits, ZERO) if benefits else None
        rest = planned * (case.period_months - len(benefits)) / case.period_months
        rows.append(
            PeriodRow(
                period=period,
                starts_on=starts_on if period else None,
                planned=planned,
                measured=measured,
                months=len(benefits),
                expected=planned if measured is None else measured + rest,
            )
        )
        if period:
            for _n in range(case.period_months):
                starts_on = next_month(starts_on)
    return rows


def next_month(first: Date) -> Date:
    return (first + timedelta(days=31)).replace(day=1)


def month_end(first: Date) -> Date:
    return next_month(first) - timedelta(days=1)


def full_months(first: Date, last: Date) -> list[Date]:
    """The firsts of the months from ``first`` to ``last``."""
    found = []
    while first <= last:
        found.append(first)
        first = next_month(first)
    return found

"""When planned maintenance is due: by day, by meter, whichever is first. Plain values only.

Days are local dates of the site; totals are cumulative meter units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

#: A forecast further away than this says nothing.
FURTHEST = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Done:
    """What lies behind: the points that were due and done, where they were done, and the points
    that were skipped (their orders cancelled)."""

    due_on: Date | None = None
    due_total: Decimal | None = None
    on: Date | None = None
    total: Decimal | None = None
    skipped_on: Date | None = None
    skipped_total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """A plan and where its asset stands. ``per_day`` is what the meter gains in a day."""

    plan_id: int
    is_fixed: bool = True
    interval_days: int | None = None
    starts_on: Date | None = None
    meter_id: int | None = None
    interval_units: Decimal | None = None
    starts_at_total: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    per_day: Decimal = Decimal(0)
    lead_days: int = 0
    suppressed_by: int | None = None
    last: Done | None = None


@dataclass(frozen=True, slots=True)
class NextDue:
    """``on`` is the first day it is due; ``total`` the meter's point, when the meter has one.

    ``by_meter``: the meter's point is reached by that day.
    """

    plan_id: int
    on: Date
    total: Decimal | None
    by_meter: bool
    is_due: bool
    suppressed_by: int | None = None


def next_date(plan: PlanFacts) -> Date | None:
    """The next day by calendar; None without a calendar interval."""
    if plan.interval_days is None or plan.starts_on is None:
        return None
    step = timedelta(days=plan.interval_days)
    last = plan.last or Done()
    if not plan.is_fixed:
        return max((d for d in (last.on, last.skipped_on) if d), default=plan.starts_on) + step
    behind = (last.due_on, last.on, last.skipped_on)
    covered = max((day for day in behind if day), default=plan.starts_on)
    steps = max((covered - plan.starts_on) // step + 1, 1)
    return plan.starts_on + steps * step


def next_total(plan: PlanFacts) -> Decimal | None:
    """The next point on the meter; None without a meter interval."""
    step = plan.interval_units
    if step is None:
        return None
    last = plan.last or Done()
    if not plan.is_fixed:
        known = (last.total, last.skipped_total)
        return max((t for t in known if t is not None), default=plan.starts_at_total) + step
    behind = (last.due_total, last.total, last.skipped_total)
    covered = max((t for t in behind if t is not None), default=plan.starts_at_total)
    steps = max((covered - plan.starts_at_total) // step + 1, Decimal(1))
    return plan.starts_at_total + steps * step


def forecast(total: Decimal, wanted: Decimal, per_day: Decimal, today: Date) -> Date | None:
    """The day on which a meter reaches ``wanted`` at this rate; None when it never will."""
    if total >= wanted:
        return today
    if per_day <= 0:
        return None
    days = ((wanted - total) / per_day).to_integral_value(ROUND_CEILING)
    return today + timedelta(days=int(days)) if days <= FURTHEST.days else None


def usage_per_day(
    first: tuple[datetime, Decimal] | None, last: tuple[datetime, Decimal] | None
) -> Decimal:
    """What a meter gained a day between two moments; zero when they are the same."""
    if first is None or last is None or last[0] <= first[0]:
        return Decimal(0)
    seconds = Decimal((last[0] - first[0]) // timedelta(seconds=1))
    return (last[1] - first[1]) * 86400 / seconds if seconds else Decimal(0)


def next_due(plan: PlanFacts, today: Date) -> NextDue | None:
    """When the plan is due next; None when nothing says so (a meter that stands still)."""
    by_calendar, total = next_date(plan), next_total(plan)
    by_meter = forecast(plan.total, total, plan.per_day, today) if total is not None else None
    days = [day for day in (by_calendar, by_meter) if day is not None]
    if not days:
        return None
    on = min(days)
    return NextDue(
        plan_id=plan.plan_id,
        on=on,
        total=total,
        by_meter=by_meter is not None and by_meter <= on,
        is_due=on - timedelta(days=plan.lead_days) <= today,
    )


def due_plans(plans: Sequence[PlanFacts], today: Date) -> list[NextDue]:
    """What is due next of each plan, in order of days; those that a larger plan includes say so.

    A plan is suppressed when a plan above it is due by the same point: on one meter by the
    meter's point (the 1,000 h service includes the 250 h service due at 1,000 h), else by day.
    """
    known: dict[int, NextDue] = {}
    for plan in plans:
        found = next_due(plan, today)
        if found is not None:
            known[plan.plan_id] = found
    by_id = {plan.plan_id: plan for plan in plans}
    result = []
    for plan_id, due in known.items():
        above = _suppressor(by_id[plan_id], due, by_id, known)
        result.append(
            NextDue(plan_id, due.on, due.total, due.by_meter, due.is_due and above is None, above)
        )
    return sorted(result, key=lambda due: (due.on, due.plan_id))


def _suppressor(
    plan: PlanFacts, due: NextDue, by_id: Mapping[int, PlanFacts], known: Mapping[int, NextDue]
) -> int | None:
    """The plan nearest above that is due by then; None when the plan stands for itself."""
    seen = {plan.plan_id}
    above = plan.suppressed_by
    while above is not None and above in by_id and above not in seen:
        seen.add(above)
        other = known.get(above)
        if other is not None and _is_by_then(by_id[above], other, plan, due):
            return above
        above = by_id[above].suppressed_by
    return None


def _is_by_then(above: PlanFacts, larger: NextDue, plan: PlanFacts, due: NextDue) -> bool:
    same_meter = plan.meter_id is not None and plan.meter_id == above.meter_id
    if same_meter and larger.total is not None and due.total is not None and due.by_meter:
        return larger.total <= due.total
    return larger.on <= due.on

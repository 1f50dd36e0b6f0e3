"""When plans are due: grids, floating intervals, forecasts, what a larger service includes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from apps.maintenance.due import (
    Done,
    PlanFacts,
    due_plans,
    forecast,
    next_date,
    next_due,
    next_total,
    usage_per_day,
)

D = Decimal
TODAY = date(2026, 3, 10)
MINOR = PlanFacts(1, meter_id=9, interval_units=D(250), per_day=D(10), suppressed_by=2)
MAJOR = PlanFacts(2, meter_id=9, interval_units=D(1000), per_day=D(10))


def test_a_fixed_grid_of_days_stays_on_its_days() -> None:
    plan = PlanFacts(1, interval_days=30, starts_on=date(2026, 1, 1))
    assert next_date(plan) == date(2026, 1, 31)
    late = replace(plan, last=Done(due_on=date(2026, 1, 31), on=date(2026, 2, 10)))
    assert next_date(late) == date(2026, 3, 2), "ten days late, but the grid stays"
    early = replace(plan, last=Done(due_on=date(2026, 1, 31), on=date(2026, 1, 28)))
    assert next_date(early) == date(2026, 3, 2), "done early is done"


def test_a_floating_plan_counts_from_the_last_time() -> None:
    plan = PlanFacts(1, is_fixed=False, interval_days=30, starts_on=date(2026, 1, 1))
    assert next_date(plan) == date(2026, 1, 31)
    done = replace(plan, last=Done(due_on=date(2026, 1, 31), on=date(2026, 2, 10)))
    assert next_date(done) == date(2026, 3, 12)
    skipped = replace(plan, last=Done(on=date(2026, 2, 10), skipped_on=date(2026, 3, 12)))
    assert next_date(skipped) == date(2026, 4, 11)


def test_points_on_a_meter() -> None:
    assert next_total(MINOR) == 250
    assert next_total(replace(MINOR, last=Done(due_total=D(250), total=D(262)))) == 500
    assert next_total(replace(MINOR, last=Done(due_total=D(250), total=D(610)))) == 750
    floating = replace(MINOR, is_fixed=False, last=Done(due_total=D(250), total=D(262)))
    assert next_total(floating) == 512
    assert next_total(replace(MINOR, starts_at_total=D(100))) == 350


def test_the_major_service_includes_the_minor_one_due_at_the_same_point() -> None:
    done = Done(due_total=D(750), total=D(752))
    at_point = [
        replace(MINOR, total=D(1000), last=done),
        replace(MAJOR, total=D(1000)),
    ]
    due = {one.plan_id: one for one in due_plans(at_point, TODAY)}
    assert due[2].is_due and due[2].suppressed_by is None
    assert not due[1].is_due and due[1].suppressed_by == 2
    before = [replace(MINOR, total=D(750), last=Done(due_total=D(500), total=D(500))), MAJOR]
    due = {one.plan_id: one for one in due_plans(before, TODAY)}
    assert due[1].is_due and due[1].suppressed_by is None


def test_a_longer_lead_time_does_not_bring_the_minor_one_forward() -> None:
    plans = [
        replace(MINOR, total=D(900), lead_days=30, last=Done(due_total=D(750), total=D(750))),
        replace(MAJOR, total=D(900), lead_days=1),
    ]
    due = {one.plan_id: one for one in due_plans(plans, TODAY)}
    assert not due[1].is_due and due[1].suppressed_by == 2
    assert not due[2].is_due, "ten days away, ordered one day ahead"


def test_three_levels_nest() -> None:
    yearly = PlanFacts(3, interval_days=365, starts_on=TODAY - timedelta(days=365))
    plans = [
        replace(MINOR, total=D(1000), last=Done(due_total=D(750), total=D(750))),
        replace(MAJOR, total=D(1000), suppressed_by=3),
        yearly,
    ]
    due = {one.plan_id: one for one in due_plans(plans, TODAY)}
    assert [plan_id for plan_id, one in due.items() if one.is_due] == [3]
    assert due[2].suppressed_by == 3


def test_a_forecast_needs_movement() -> None:
    assert forecast(D(200), D(250), D(8), TODAY) == TODAY + timedelta(days=7)
    assert forecast(D(250), D(250), D(0), TODAY) == TODAY
    assert forecast(D(200), D(250), D(0), TODAY) is None
    assert next_due(replace(MINOR, per_day=D(0)), TODAY) is None
    both = replace(MINOR, total=D(200), interval_days=90, starts_on=TODAY - timedelta(days=88))
    due = next_due(both, TODAY)
    assert due is not None and due.on == TODAY + timedelta(days=2) and not due.by_meter


def test_usage() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert usage_per_day((start, D(100)), (start + timedelta(days=10), D(180))) == 8
    assert usage_per_day((start, D(100)), (start, D(180))) == 0
    assert usage_per_day(None, None) == 0


def test_a_circle_of_plans_is_judged_once() -> None:
    one = PlanFacts(1, interval_days=30, starts_on=TODAY, suppressed_by=2)
    two = PlanFacts(2, interval_days=30, starts_on=TODAY, suppressed_by=1)
    assert len(due_plans([one, two], TODAY)) == 2


@given(
    step=st.integers(1, 5000),
    base=st.integers(0, 5000),
    due=st.integers(0, 50_000),
    done=st.integers(0, 50_000),
)
def test_a_grid_point_lies_after_all_that_was_done(
    step: int, base: int, due: int, done: int
) -> None:
    plan = PlanFacts(
        1,
        meter_id=1,
        interval_units=D(step),
        starts_at_total=D(base),
        last=Done(due_total=D(due), total=D(done)),
    )
    point = next_total(plan)
    assert point is not None
    assert point > max(due, done) or point == base + step
    assert (point - base) % step == 0
    assert point - step <= max(due, done, base)

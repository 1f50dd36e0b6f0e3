"""What stops cost: once, by shift, at the rate of the day, and posted anew when they change."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import reconcile
from apps.execution.models import MachineInterval
from apps.execution.services.stop_reasons import classify_stop, classify_stops
from apps.finance.models import JournalEntry, JournalLine
from apps.masterdata.models import Holiday, Shift, WorkCentreRate
from apps.masterdata.models.calendars import ALL_WEEKDAYS
from tests.execution.machines import MORNING, Shopfloor, minute
from tests.support.reconciled import assert_reconciled


def stop(floor: Shopfloor, start: float, end: float, reason: str = "") -> MachineInterval:
    machine = floor.machine(f"S{start}")
    floor.send(floor.state(machine, start, "stopped", reason), floor.state(machine, end, "running"))
    return MachineInterval.objects.get(machine=machine, state="stopped")


def test_the_entry_says_where_when_and_why(floor: Shopfloor) -> None:
    jam = floor.reason("JAM")
    interval = stop(floor, 60, 80, "JAM")
    assert (interval.lost_minutes, interval.hourly_rate) == (20, 60)
    entry = interval.entry
    assert entry is not None
    assert (entry.journal.code, entry.date, entry.source) == ("PRD", date(2026, 3, 10), interval)
    debit, credit = entry.lines.order_by("-amount")
    assert (debit.account.code, debit.amount, debit.quantity) == ("5110", 20, 20)
    assert (credit.account.code, credit.amount) == ("5395", -20)
    for line in (debit, credit):
        assert (line.machine_id, line.work_centre, line.shift, line.reason, line.site) == (
            interval.machine_id,
            floor.centre,
            floor.shift,
            jam,
            floor.books.site,
        )
    assert_reconciled()


def test_a_stop_over_two_shifts_has_a_line_for_each(floor: Shopfloor) -> None:
    late = Shift(
        company=floor.books.company,
        code="LATE",
        name="Late",
        site=floor.books.site,
        starts_at=time(14),
        ends_at=time(22),
        weekdays=ALL_WEEKDAYS,
    ).save_by(floor.books.by)
    interval = stop(floor, 470, 500.005)
    assert interval.entry is not None
    debits = interval.entry.lines.filter(amount__gt=0).order_by("id")
    assert [(line.shift, line.amount) for line in debits] == [
        (floor.shift, 10),
        (late, Decimal("20.01")),
    ]
    assert_reconciled()


def test_time_that_nobody_planned_costs_nothing(floor: Shopfloor) -> None:
    assert stop(floor, 470, 600).lost_minutes == 10
    idle = stop(floor, 490, 550)
    assert (idle.lost_minutes, idle.entry) == (0, None)
    Holiday(company=floor.books.company, date=date(2026, 3, 9), name="Rest").save()
    assert stop(floor, -1400, -1300).entry is None
    Shift.objects.update(is_active=False)
    assert stop(floor, 495, 555).lost_minutes == 60
    assert_reconciled()


def test_the_rate_of_the_day_counts(floor: Shopfloor) -> None:
    WorkCentreRate(
        company=floor.books.company,
        work_centre=floor.centre,
        effective_from=date(2026, 3, 11),
        machine_rate=Decimal(90),
    ).save()
    floor.send(received_at=MORNING)
    assert stop(floor, 100, 110).hourly_rate == 60
    machine = floor.machine("NEXT")
    day = 24 * 60
    floor.send(
        floor.state(machine, day + 10, "stopped"),
        floor.state(machine, day + 20, "running"),
        received_at=minute(day + 30),
    )
    assert machine.intervals.get(state="stopped").hourly_rate == 90
    assert floor.books.balance("5110") == 10 + 15


def test_without_a_rate_a_stop_costs_nothing_yet_is_counted(floor: Shopfloor) -> None:
    WorkCentreRate.objects.all().delete()
    interval = stop(floor, 0, 30)
    assert (interval.lost_minutes, interval.hourly_rate, interval.entry) == (30, 0, None)
    assert_reconciled()


def test_another_reason_reverses_and_posts_anew(floor: Shopfloor) -> None:
    jam, planned = floor.reason("JAM"), floor.reason("SERVICE", is_planned=True)
    interval = stop(floor, 0, 30)
    first = interval.entry
    interval = classify_stop(interval, reason=jam, by=floor.books.by)
    assert interval.entry_id != first.pk
    assert JournalEntry.objects.get(reverses=first).source == interval
    assert floor.books.balance("5110") == 30
    by_reason = {
        line.reason_id: line.amount
        for line in JournalLine.objects.filter(entry=interval.entry, amount__gt=0)
    }
    assert by_reason == {jam.pk: 30}
    entries = JournalEntry.objects.count()
    classify_stop(interval, reason=jam, by=floor.books.by)
    assert JournalEntry.objects.count() == entries, "the same reason posts nothing"
    interval = classify_stop(interval, reason=planned, by=floor.books.by)
    assert (interval.entry, floor.books.balance("5110")) == (None, 0)
    interval = classify_stop(interval, reason=None, by=floor.books.by)
    assert (interval.reason, floor.books.balance("5110")) == (None, 30)
    assert_reconciled()


def test_a_reason_given_by_hand_survives_a_late_event(floor: Shopfloor) -> None:
    jam = floor.reason("JAM")
    machine = floor.machine()
    floor.send(floor.state(machine, 0, "stopped"), floor.state(machine, 30, "running"))
    classify_stop(machine.intervals.get(state="stopped"), reason=jam, by=floor.books.by)
    floor.send(floor.state(machine, 20, "running"))
    interval = machine.intervals.get(state="stopped")
    assert (interval.reason, interval.lost_minutes) == (jam, 20)
    floor.send(floor.state(machine, -10, "stopped"))
    interval = machine.intervals.get(state="stopped")
    assert (interval.reason, interval.starts_at, interval.lost_minutes) == (jam, minute(-10), 20)
    assert_reconciled()


def test_a_stop_that_a_later_word_denies_is_taken_back(floor: Shopfloor) -> None:
    """Two events at one instant: the greater id counts, so the stop never was."""
    machine = floor.machine()
    denied = floor.state(machine, 10, "stopped")
    floor.send(floor.state(machine, 0, "running"), denied, floor.state(machine, 30, "running"))
    assert floor.books.balance("5110") == 20
    floor.send(floor.state(machine, 10, "running"))
    assert floor.timeline(machine) == [(0, None, "running")]
    assert floor.books.balance("5110") == 0
    assert_reconciled()


def test_only_stops_take_a_reason_and_only_one_for_stops(floor: Shopfloor) -> None:
    interval = stop(floor, 0, 30)
    running = MachineInterval.objects.get(state="running")
    jam, burr = floor.reason("JAM"), floor.reason("BURR", "scrap")
    with pytest.raises(InvalidInput) as refused:
        classify_stop(interval, reason=burr, by=floor.books.by)
    assert (refused.value.code, refused.value.field) == ("wrong_reason", "reason")
    entries = JournalEntry.objects.count()
    with pytest.raises(BusinessError) as refused_:
        classify_stops(floor.books.company, [interval, running], reason=jam, by=floor.books.by)
    assert refused_.value.code == "not_a_stop"
    assert JournalEntry.objects.count() == entries


@pytest.mark.breaks(
    "stop-cost-amount", "stop-cost-live", "stop-cost-complete", "machine-timeline-gapless"
)
def test_reconcile_finds_a_stop_that_lost_its_cost(floor: Shopfloor) -> None:
    interval = stop(floor, 0, 30)
    MachineInterval.objects.filter(pk=interval.pk).update(hourly_rate=61)
    assert {f.invariant.code for f in reconcile() if not f.is_clean} == {"stop-cost-amount"}
    MachineInterval.objects.filter(pk=interval.pk).update(entry=None, hourly_rate=0)
    assert {f.invariant.code for f in reconcile() if not f.is_clean} == {"stop-cost-live"}
    MachineInterval.objects.filter(pk=interval.pk).update(lost_minutes=None, hourly_rate=None)
    assert "stop-cost-complete" in {f.invariant.code for f in reconcile() if not f.is_clean}
    MachineInterval.objects.filter(state="running").update(starts_at=minute(31))
    assert "machine-timeline-gapless" in {f.invariant.code for f in reconcile() if not f.is_clean}

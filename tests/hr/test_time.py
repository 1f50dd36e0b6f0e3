"""Clock events, labour bookings and time cards: what they refuse, and what they come to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import PeriodLock
from apps.finance.services.periods import set_period_state
from apps.hr.attendance import Piece, split_overtime
from apps.hr.models import ClockEvent, Contract, LabourBooking, TimeCard, TimeCardLine
from apps.hr.services.clock_events import (
    Clocking,
    clock,
    clock_many,
    correct_clock_event,
)
from apps.hr.services.contracts import update_contract
from apps.hr.services.departments import create_department, update_department
from apps.hr.services.labour import Labour, book_labour
from apps.hr.services.time_cards import (
    TimeLine,
    approve_time_card,
    change_time_card,
    gather_time_card,
    reopen_time_card,
)
from tests.factories import make_user
from tests.hr.conftest import MONDAY, Staff
from tests.support.reconciled import assert_reconciled
from tests.support.unchanged import nothing_written

pytestmark = pytest.mark.django_db
D = Decimal


def refused(act: Any) -> tuple[str, str | None]:
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        act()
    return caught.value.code, caught.value.field


# --- contracts and departments ---------------------------------------------------------------


def test_contracts_of_one_employee_never_overlap(staff: Staff) -> None:
    ann = staff.hired()
    overlapping = dict(effective_from=date(2026, 6, 1))
    with nothing_written(), pytest.raises(BusinessError) as caught:
        staff.contract(ann, "21", **overlapping)
    assert (caught.value.code, caught.value.field) == ("overlapping_contract", "effective_from")
    assert Contract.objects.count() == 1
    old = ann.contracts.get()
    with pytest.raises(DatabaseError), transaction.atomic():  # whoever goes round the service
        Contract(
            company=staff.books.company, employee=ann, effective_from=date(2026, 6, 1),
            basis="hourly", rate=D(1), structure=old.structure, cost_centre=staff.centre,
        ).save_by(staff.by)  # fmt: skip
    update_contract(old, effective_to=date(2026, 5, 31), by=staff.by)
    staff.contract(ann, "21", **overlapping)
    assert refused(lambda: update_contract(old, effective_to=date(2026, 6, 1), by=staff.by)) == (
        "overlapping_contract",
        "effective_from",
    )
    assert refused(lambda: staff.contract(staff.employee(), effective_to=date(2025, 1, 1))) == (
        "ends_before_start",
        "effective_to",
    )
    assert_reconciled("contracts-record-time")


def test_departments_are_a_tree_with_cost_objects(staff: Staff) -> None:
    values = {"company": staff.books.company, "by": staff.by}
    below = create_department(code="SAW", name="Saws", parent=staff.department, **values)
    assert below.cost_object.code == "DEP-SAW"
    circle = lambda: update_department(staff.department, parent=below, by=staff.by)  # noqa: E731
    assert refused(circle) == ("circular", "parent")
    assert refused(lambda: create_department(code="X" * 57, name="Long", **values)) == (
        "too_long",
        "code",
    )


# --- the clock -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "kind", "code"),
    [
        ((), "out", "not_clocked_in"),
        ((), "break", "not_clocked_in"),
        (("in",), "in", "clocked_in_already"),
        (("in",), "resume", "out_of_turn"),
        (("in", "break"), "break", "out_of_turn"),
        (("in", "out"), "out", "not_clocked_in"),
    ],
)
def test_events_follow_each_other(
    staff: Staff, before: tuple[str, ...], kind: str, code: str
) -> None:
    ann = staff.hired()
    for hour, earlier in enumerate(before):
        staff.clock(ann, earlier, 9, 6 + hour)
    assert refused(lambda: staff.clock(ann, kind, 9, 12)) == (code, "kind")
    assert ClockEvent.objects.count() == len(before)


def test_the_future_and_times_without_a_zone_are_refused(staff: Staff) -> None:
    ann = staff.hired()
    soon = timezone.now() + timedelta(hours=1)
    naive = datetime(2026, 3, 9, 6)
    for at, code in ((soon, "in_the_future"), (naive, "naive_time")):
        assert refused(lambda at=at: clock(ann, kind="in", at=at, by=staff.by)) == (code, "at")
    assert refused(lambda: clock(ann, kind="void", by=staff.by)) == ("invalid_choice", "kind")


def test_who_leaves_after_midnight_worked_the_day_before(staff: Staff) -> None:
    ann = staff.hired()
    staff.clock(ann, "in", 9, 22)
    assert staff.clock(ann, "out", 10, 6).date == date(2026, 3, 9)
    [line] = staff.card(ann).lines.all()
    assert (line.date, line.minutes) == (date(2026, 3, 9), 480)


def test_a_wrong_event_is_voided_by_another_with_a_reason(staff: Staff) -> None:
    ann = staff.hired()
    staff.clock(ann, "in", 9, 6)
    wrong = staff.clock(ann, "out", 9, 12)
    assert refused(lambda: correct_clock_event(wrong, reason=" ", by=staff.by))[0] == (
        "reason_required"
    )
    right = correct_clock_event(
        wrong, at=datetime(2026, 3, 9, 14, tzinfo=UTC), reason="forgot", by=staff.by
    )
    assert right.voids == wrong
    again = lambda: correct_clock_event(wrong, reason="twice", by=staff.by)  # noqa: E731
    assert refused(again) == ("voided_already", "event")
    assert [line.minutes for line in staff.card(ann).lines.all()] == [480]
    with pytest.raises(DatabaseError), transaction.atomic():
        ClockEvent.objects.filter(pk=wrong.pk).update(kind="in")


# --- labour ----------------------------------------------------------------------------------


def test_labour_is_booked_once_and_to_open_days_only(staff: Staff) -> None:
    ann, order = staff.hired(), staff.order()
    labour = Labour(ann, MONDAY, D(60), order.pk, order)
    book_labour([labour], by=staff.by)
    assert refused(lambda: book_labour([labour], by=staff.by)) == (
        "labour_booked_twice",
        "employee",
    )
    card = approve_time_card(staff.card(ann), by=staff.by)
    later = Labour(ann, MONDAY, D(60), order.pk, order, "later")
    assert refused(lambda: book_labour([later], by=staff.by)) == ("time_card_closed", "employee")
    assert refused(lambda: staff.clock(ann, "in", 9, 6)) == ("time_card_closed", "employee")
    reopen_time_card(card, reason="late report", by=staff.by)
    book_labour([later], by=staff.by)
    assert LabourBooking.objects.count() == 2


def test_nothing_is_booked_for_who_has_no_contract(staff: Staff) -> None:
    ann, order = staff.employee(), staff.order()
    book_labour([Labour(ann, MONDAY, D(60), order.pk, order)], by=staff.by)
    assert not LabourBooking.objects.exists()


# --- time cards ------------------------------------------------------------------------------


def test_a_card_tells_direct_indirect_and_overtime(staff: Staff) -> None:
    ann, order = staff.hired(), staff.order()
    for day in range(9, 14):
        staff.clock(ann, "in", day, 6)
        staff.clock(ann, "out", day, 15)
        staff.book(ann, day, "8", order)
    card = staff.card(ann)
    told = sorted(card.lines.values_list("kind", "cost_object", "minutes"), key=str)
    assert sum(m for k, o, m in told if k == "regular" and o) == 2400
    assert sum(m for k, o, m in told if k == "overtime" and o is None) == 300
    approve_time_card(card, by=staff.by)
    assert_reconciled("time-cards-hold-booked-labour")


@pytest.mark.parametrize(
    ("pieces", "limit", "overtime"),
    [
        ([(0, 600, None), (1, 600, 7)], 1200, {}),
        ([(0, 600, None), (1, 600, 7)], 1100, {(0, None): 100}),
        ([(0, 60, None), (1, 600, 7)], 500, {(0, None): 60, (1, 7): 100}),
        ([(0, 300, 7), (1, 300, 8)], 400, {(1, 8): 200}),
    ],
)
def test_overtime_takes_unasked_time_first_the_latest_first(
    pieces: list[Any], limit: int, overtime: dict[Any, int]
) -> None:
    day = MONDAY.toordinal()
    made = [Piece(date.fromordinal(day + n), D(minutes), order) for n, minutes, order in pieces]
    split = split_overtime(made, weekly_minutes=D(limit), earlier={})
    found = {
        (p.date.toordinal() - day, p.cost_object_id): p.minutes for p in split if p.is_overtime
    }
    assert found == overtime
    assert sum(p.minutes for p in split) == sum(p.minutes for p in made)


def test_days_of_one_week_share_its_hours(staff: Staff) -> None:
    ann = staff.hired(hours_per_week=D(10))
    first = staff.card(ann, "8", ends_on=MONDAY)
    assert {line.kind for line in first.lines.all()} == {"regular"}
    staff.clock(ann, "in", 10, 6)
    staff.clock(ann, "out", 10, 14)
    second = staff.card(ann, starts_on=date(2026, 3, 10), ends_on=date(2026, 3, 10))
    assert dict(second.lines.values_list("kind", "minutes")) == {"regular": 120, "overtime": 360}


def test_more_labour_than_presence_is_refused(staff: Staff) -> None:
    ann, order = staff.hired(), staff.order()
    staff.clock(ann, "in", 9, 6)
    staff.clock(ann, "out", 9, 10)
    staff.book(ann, 9, "5", order)
    assert refused(lambda: staff.card(ann)) == ("more_than_present", "lines")
    assert not TimeCard.objects.exists()


def test_what_a_card_refuses(staff: Staff) -> None:
    ann = staff.hired()
    nobody = staff.employee()
    assert refused(lambda: staff.card(nobody, "8")) == ("no_contract", "employee")
    assert refused(lambda: staff.card(ann, ends_on=date(2026, 3, 31))) == ("bad_span", "ends_on")
    assert refused(lambda: staff.card(ann, "8", *["0"] * 6, "8")) == ("outside_card", "date")
    assert not TimeCardLine.objects.exists()
    card = staff.card(ann)
    assert refused(lambda: staff.card(ann, "8")) == ("overlapping_card", "starts_on")
    assert refused(lambda: approve_time_card(card, by=staff.by)) == ("empty_card", "lines")
    long = [TimeLine(MONDAY, D(1441))]
    change_time_card(card, lines=long, by=staff.by)
    assert refused(lambda: approve_time_card(card, by=staff.by)) == ("too_long", "lines")
    change_time_card(card, lines=[], by=staff.by)
    staff.clock(ann, "in", 9, 6)
    staff.clock(ann, "break", 9, 7)
    gather_time_card(card, by=staff.by)
    assert refused(lambda: approve_time_card(card, by=staff.by)) == ("still_clocked_in", "lines")
    with pytest.raises(InvalidInput):
        change_time_card(card, lines=[TimeLine(MONDAY, D(-1))], by=staff.by)


def test_nobody_approves_his_own_time(staff: Staff) -> None:
    ann = staff.hired()
    ann.user = make_user("ann", company=staff.books.company)
    ann.save_by(staff.by)
    card = staff.card(ann, "8")
    assert refused(lambda: approve_time_card(card, by=ann.user))[0] == "own_time_card"


def test_a_card_of_a_closed_period_is_refused(staff: Staff) -> None:
    ann = staff.hired()
    period = staff.books.year.periods.get(number=3)
    set_period_state(period, state=PeriodLock.State.CLOSED, by=staff.by, reason="March is done")
    assert refused(lambda: staff.card(ann, "8")) == ("period_closed", "starts_on")
    assert not TimeCard.objects.exists()


def test_a_terminal_that_was_alone_sends_all_at_once(staff: Staff) -> None:
    ann, bea = staff.hired("7"), staff.hired("8")
    at = lambda hour: datetime(2026, 3, 9, hour, tzinfo=UTC)  # noqa: E731
    rows = [
        Clocking(ann, "out", at(14)),
        Clocking(ann, "in", at(6)),
        Clocking(bea, "in", at(22)),
        Clocking(bea, "out", at(23) + timedelta(hours=7)),
    ]
    assert clock_many(staff.books.company, rows, by=staff.by) == 4
    found = ClockEvent.objects.order_by("at").values_list("employee__code", "kind", "date")
    assert list(found) == [
        ("7", "in", date(2026, 3, 9)),
        ("7", "out", date(2026, 3, 9)),
        ("8", "in", date(2026, 3, 9)),
        ("8", "out", date(2026, 3, 9)),
    ]
    again = [Clocking(bea, "in", at(23) + timedelta(hours=12)), Clocking(ann, "in", at(8))]
    with pytest.raises(BusinessError) as refused:
        clock_many(staff.books.company, again, by=staff.by)
    assert (refused.value.code, refused.value.field, refused.value.row) == (
        "clocked_in_already",
        "kind",
        1,
    )
    assert ClockEvent.objects.count() == 4

"""Skills that gate operations, the roster, leave, expenses, and one's own pages of the API."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from apps.core.errors import BusinessError
from apps.hr.models import ExpenseClaim, LeaveEntry, LeaveRequest, LeaveType, RosterEntry, Skill
from apps.hr.queries.leave import leave_balance
from apps.hr.queries.skills import missing_skills
from apps.hr.services import expenses
from apps.hr.services import leave as leaves
from apps.hr.services.rosters import Planned, plan_roster
from apps.hr.services.skills import grant_skill, require_skill
from apps.masterdata.models import Holiday, Machine, Shift, WorkCentre
from tests.factories import make_user
from tests.hr.conftest import MONDAY, Staff
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db
D = Decimal
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


def refused(act: Any) -> tuple[str, str | None]:
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        act()
    return caught.value.code, caught.value.field


# --- skills ----------------------------------------------------------------------------------


@pytest.fixture
def machine(staff: Staff) -> Machine:
    values = {"company": staff.books.company, "site": staff.books.site}
    centre = WorkCentre(code="WELD", name="Welding", **values).save_by(staff.by)
    return Machine(code="W1", name="Welder", work_centre=centre, **values).save_by(staff.by)


def test_a_skill_counts_until_the_day_it_expires(staff: Staff, machine: Machine) -> None:
    ann = staff.employee()
    values = {"company": staff.books.company, "by": staff.by}
    weld = Skill(company=staff.books.company, code="WELD", name="Welding").save_by(staff.by)
    assert missing_skills(ann, machine, NOON) == []
    require_skill(skill=weld, work_centre=machine.work_centre, level=2, **values)
    assert missing_skills(ann, machine, NOON) == [weld]
    assert missing_skills(None, machine, NOON) == [weld]
    days = {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 3, 9)}
    grant = lambda level: grant_skill(employee=ann, skill=weld, level=level, **days, **values)  # noqa: E731
    held = grant(2)
    assert missing_skills(ann, machine, NOON) == []
    assert missing_skills(ann, machine, NOON.replace(day=10)) == [weld]
    assert refused(lambda: grant(3)) == ("overlapping_skill", "valid_from")
    held.level = 1
    held.save_by(staff.by)
    assert missing_skills(ann, machine, NOON) == [weld]
    both = lambda: require_skill(skill=weld, work_centre=None, **values)  # noqa: E731
    assert refused(both) == ("one_place", "work_centre")


# --- the roster ------------------------------------------------------------------------------


def test_the_roster_is_planned_and_planned_anew(staff: Staff) -> None:
    ann = staff.hired()
    early = Shift(
        company=staff.books.company, code="E", name="Early", site=staff.books.site,
        starts_at="06:00", ends_at="14:00",
    ).save_by(staff.by)  # fmt: skip
    plan = lambda *rows: plan_roster(staff.books.company, rows, by=staff.by)  # noqa: E731
    plan(Planned(ann, MONDAY, early))
    plan(Planned(ann, MONDAY, None, "training"))
    assert RosterEntry.objects.get().note == "training"
    twice = lambda: plan(Planned(ann, MONDAY), Planned(ann, MONDAY))  # noqa: E731
    assert refused(twice) == ("named_twice", "date")
    request = asked(staff, ann, MONDAY, MONDAY, needs_balance=False)
    leaves.approve_leave(request, by=staff.by)
    assert refused(lambda: plan(Planned(ann, MONDAY, early))) == ("on_leave", "date")


# --- leave -----------------------------------------------------------------------------------


def asked(staff: Staff, employee: Any, first: date, last: date, **values: Any) -> LeaveRequest:
    kind = LeaveType.objects.filter(company=staff.books.company).first() or LeaveType(
        company=staff.books.company, code="HOL", name="Holiday", days_per_month=D(2), **values
    ).save_by(staff.by)
    return leaves.ask_leave(
        company=staff.books.company, employee=employee, leave_type=kind,
        starts_on=first, ends_on=last, by=staff.by,
    )  # fmt: skip


def test_leave_is_earned_granted_and_given_back(staff: Staff) -> None:
    ann = staff.hired()
    Holiday(company=staff.books.company, date=date(2026, 3, 10), name="Feast").save_by(staff.by)
    request = asked(staff, ann, date(2026, 3, 6), date(2026, 3, 11))  # Fri, Mon, Wed
    assert request.days == 3
    assert refused(lambda: leaves.approve_leave(request, by=staff.by)) == (
        "balance_too_low",
        "days",
    )
    assert not LeaveEntry.objects.exists()
    kind = request.leave_type
    credit = lambda day: leaves.accrue_leave(  # noqa: E731
        staff.books.company, leave_type=kind, date=day, by=staff.by
    )
    assert [credit(date(2026, 1, 31)), credit(date(2026, 1, 31))] == [1, 0]
    credit(date(2026, 2, 28))
    assert leave_balance(ann, kind) == 4
    request = leaves.approve_leave(request, by=staff.by)
    assert leave_balance(ann, kind) == 1
    assert refused(lambda: asked(staff, ann, date(2026, 3, 11), date(2026, 3, 12))) == (
        "overlapping_leave",
        "starts_on",
    )
    card = staff.card(ann)
    assert list(card.lines.values_list("kind", "minutes")) == [("absence", 480)] * 2
    assert_reconciled()
    leaves.cancel_leave(request, by=staff.by, reason="came to work")
    assert leave_balance(ann, kind) == 4
    assert_reconciled()


def test_paid_leave_is_paid(staff: Staff) -> None:
    ann = staff.hired()
    request = asked(staff, ann, MONDAY, MONDAY, needs_balance=False)
    leaves.approve_leave(request, by=staff.by)
    staff.approved(ann)
    closed = lambda: leaves.cancel_leave(request, by=staff.by)  # noqa: E731
    assert refused(closed) == ("time_card_closed", "starts_on")
    run = staff.posted()
    assert staff.amounts(run, ann)["ABSENCE"] == D(160)
    assert_reconciled()


def test_what_leave_refuses(staff: Staff) -> None:
    ann = staff.hired()
    ann.user = make_user("ann", company=staff.books.company)
    ann.save_by(staff.by)
    weekend = (date(2026, 3, 7), date(2026, 3, 8))
    assert refused(lambda: asked(staff, ann, *weekend)) == ("no_working_day", "starts_on")
    assert refused(lambda: asked(staff, ann, MONDAY, date(2026, 3, 1)))[0] == "ends_before_start"
    request = asked(staff, ann, MONDAY, MONDAY)
    assert refused(lambda: leaves.approve_leave(request, by=ann.user))[0] == "own_request"
    assert refused(lambda: leaves.reject_leave(request, reason="", by=staff.by))[0] == (
        "reason_required"
    )
    assert leaves.reject_leave(request, reason="audit", by=staff.by).status == "rejected"


# --- expenses --------------------------------------------------------------------------------


def test_an_expense_is_posted_and_paid_back(staff: Staff) -> None:
    ann = staff.employee()
    lines = [
        expenses.Expense(MONDAY, "Train", D("80.10")),
        expenses.Expense(MONDAY, "Hotel", D("120"), cost_object=staff.order("WO-9")),
    ]
    values = {"company": staff.books.company, "employee": ann, "date": MONDAY, "by": staff.by}
    assert refused(lambda: expenses.draft_expense_claim(purpose="x", lines=[], **values)) == (
        "no_lines",
        "lines",
    )
    control = expenses.Expense(MONDAY, "x", D(1), account=staff.books.account("1350"))
    assert refused(
        lambda: expenses.draft_expense_claim(purpose="x", lines=[control], **values)
    ) == ("control_account", "account")
    assert not ExpenseClaim.objects.exists()
    claim = expenses.draft_expense_claim(purpose="Fair", lines=lines, **values)
    assert claim.total == D("200.10")
    claim = expenses.submit_expense_claim(claim, by=staff.by)
    assert refused(lambda: expenses.approve_expense_claim(claim, by=staff.by))[0] == "own_claim"
    claim = expenses.approve_expense_claim(claim, by=staff.approver)
    claim = expenses.post_expense_claim(claim, by=staff.approver)
    assert (staff.books.balance("6300"), staff.books.balance("2260")) == (
        D("200.10"),
        D("-200.10"),
    )
    assert_reconciled()
    bank = staff.books.account("1010")
    claim = expenses.pay_expense_claim(claim, account=bank, date=MONDAY, by=staff.approver)
    assert (claim.status, staff.books.balance("2260")) == ("paid", 0)
    assert_reconciled()


# --- one's own pages of the API --------------------------------------------------------------


def test_an_operator_clocks_and_asks_for_himself_only(staff: Staff) -> None:
    ann = staff.hired("ANN")
    user = make_member("ann", staff.books.company)
    user.groups.add(Group.objects.get(name="operator"))
    ann.user = user
    ann.save_by(staff.by)
    api = ApiClient(user)
    made = api.post("/hr/my-clock-events/", {"kind": "in"})
    assert (made.status_code, made.body["employee_code"]) == (201, "ANN"), made.content
    assert codes(api.post("/hr/my-clock-events/", {"kind": "in"})) == [
        ("kind", "clocked_in_already")
    ]
    assert codes(api.post("/hr/my-clock-events/", {"kind": "out", "employee": "ANN"})) == [
        ("employee", "unknown_field")
    ]
    other = {"employee": "ANN", "kind": "out"}
    assert api.post("/hr/clock-events/clock/", other).status_code == 403
    LeaveType(company=staff.books.company, code="HOL", name="Holiday").save_by(staff.by)
    body = {"leave_type": "HOL", "starts_on": "2026-12-07", "ends_on": "2026-12-08"}
    asked_for = api.post("/hr/my-leave-requests/", body)
    assert (asked_for.status_code, asked_for.body["days"]) == (201, "2.000000"), asked_for.content
    assert [row["status"] for row in api.get("/hr/my-leave-requests/").body["results"]] == ["asked"]
    stranger = ApiClient(make_member("stranger", staff.books.company))
    assert codes(stranger.post("/hr/my-clock-events/", {"kind": "in"})) == [(None, "no_employee")]
    assert stranger.get("/hr/my-clock-events/").body["results"] == []

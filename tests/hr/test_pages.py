"""The pages of people: own time and pay, and the team's week."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from apps.core.models import User
from apps.hr.models import (
    ClockEvent,
    Employee,
    LeaveRequest,
    LeaveType,
    PaySlip,
    RosterEntry,
)
from apps.masterdata.models import Shift
from tests.hr.conftest import MONDAY, Staff
from tests.support.faces import grant, make_member

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    return client


def messages_of(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


@pytest.fixture
def ann(staff: Staff) -> Client:
    employee = staff.hired("ANN")
    employee.user = make_member("ann", staff.books.company)
    employee.save_by(staff.by)
    LeaveType(company=staff.books.company, code="HOL", name="Holiday").save_by(staff.by)
    return signed_in(employee.user)


def test_strangers_sign_in_first(db: None) -> None:
    for url in ("/me/", "/roster/"):
        assert Client().get(url).status_code == 302


def test_who_is_no_employee_is_told_so(staff: Staff) -> None:
    page = signed_in(make_member("visitor", staff.books.company)).get("/me/")
    assert "not linked to an employee" in page.content.decode()


def test_one_clocks_in_once_per_tap(ann: Client) -> None:
    page = ann.get("/me/").content.decode()
    assert "Not at work" in page
    [key] = re.findall(r'name="key" value="(\w+c)"', page)
    for _tap in range(2):
        answer = ann.post("/me/clock/", {"kind": "in", "key": key}, follow=True)
        assert "At work" in answer.content.decode()
    assert ClockEvent.objects.count() == 1
    answer = ann.post("/me/clock/", {"kind": "in", "key": "other"}, follow=True)
    assert messages_of(answer)[0].startswith("Still clocked in")
    assert ClockEvent.objects.count() == 1


def test_one_asks_for_leave_and_gives_it_up(ann: Client) -> None:
    body = {"leave_type": "HOL", "starts_on": "2026-12-07", "ends_on": "2026-12-08", "key": "a"}
    assert "Asked" in ann.post("/me/leave/", body, follow=True).content.decode()
    request = LeaveRequest.objects.get()
    wrong = ann.post("/me/leave/", body | {"starts_on": "soon", "key": "b"}, follow=True)
    assert messages_of(wrong) == ["Enter a date."]
    ann.post(f"/me/leave/{request.pk}/give-up/", {"key": "c"})
    request.refresh_from_db()
    assert request.status == "cancelled"


def test_one_reads_own_slips_only(staff: Staff, ann: Client) -> None:
    employee = staff.hired("BOB")
    staff.approved(Employee.objects.get(code="ANN"), "8")
    staff.approved(employee, "8")
    staff.posted()
    mine = PaySlip.objects.get(employee__code="ANN")
    other = PaySlip.objects.get(employee__code="BOB")
    assert "144.00" in ann.get("/me/").content.decode()
    assert ann.get(f"/me/payslips/{mine.pk}/").content.startswith(b"%PDF-")
    assert ann.get(f"/me/payslips/{other.pk}/").status_code == 404


def test_the_week_is_planned_in_a_grid(staff: Staff) -> None:
    employee = staff.hired("ANN")
    shift = Shift(
        company=staff.books.company, code="E", name="Early", site=staff.books.site,
        starts_at="06:00", ends_at="14:00",
    ).save_by(staff.by)  # fmt: skip
    user = make_member("boss", staff.books.company)
    client = signed_in(user)
    assert client.get("/roster/").status_code == 403
    grant(user, "hr.view_rosterentry")
    client = signed_in(User.objects.get(pk=user.pk))
    page = client.get(f"/roster/?week={MONDAY}").content.decode()
    assert "Name ANN" in page and "<select" not in page
    assert client.post("/roster/save/", {}).status_code == 403
    grant(user, "hr.change_rosterentry")
    client = signed_in(User.objects.get(pk=user.pk))
    cell = f"{employee.pk}-{MONDAY}"
    body = {"week": str(MONDAY), f"was-{cell}": "", f"cell-{cell}": str(shift.pk)}
    client.post("/roster/save/", body | {"key": "a"})
    assert RosterEntry.objects.get().shift == shift
    answer = client.post("/roster/save/", body | {"key": "b", f"was-{cell}": str(shift.pk)})
    assert answer.status_code == 302 and RosterEntry.objects.count() == 1
    bad = client.post("/roster/save/", body | {"key": "c", f"cell-{cell}": "999999"}, follow=True)
    assert messages_of(bad)[-1] == "There is no such shift."
    assert client.get("/roster/?week=never").status_code == 200

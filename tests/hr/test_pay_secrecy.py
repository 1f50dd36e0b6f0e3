"""Pay is seen by who runs it and by the employee himself: API, admin, export, history."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from apps.core.models import User
from apps.hr.models import Contract, PayRun, PaySlip
from tests.hr.conftest import Staff
from tests.support.faces import ApiClient, make_member

pytestmark = pytest.mark.django_db
SECRET = ("contracts", "pay-facts", "pay-runs", "payslips", "labour-distribution")
PAGES = ("contract", "payfact", "payrun", "payslip", "labourdistribution")
OUTSIDERS = [
    "plant_manager",
    "planner",
    "operator",
    "buyer",
    "sales",
    "quality",
    "maintenance",
    "administrator",
]


def member(staff: Staff, role: str) -> User:
    user = make_member(f"some-{role}", staff.books.company)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def paid(staff: Staff) -> Staff:
    ann = staff.hired("ANN")
    ann.user = make_member("ann", staff.books.company)
    ann.save_by(staff.by)
    staff.approved(ann, "8")
    staff.fact(ann, "bonus", "0")
    staff.posted()
    return staff


@pytest.mark.parametrize("role", OUTSIDERS)
def test_others_see_no_pay(paid: Staff, role: str) -> None:
    api = ApiClient(member(paid, role))
    for noun in SECRET:
        assert api.get(f"/hr/{noun}/").status_code == 403, noun
        assert api.get(f"/hr/{noun}/1/").status_code == 403, noun
    contract, run, slip = Contract.objects.get(), PayRun.objects.get(), PaySlip.objects.get()
    assert api.get("/hr/contracts/export/?as=csv").status_code == 403
    assert api.get(f"/hr/contracts/{contract.pk}/history/").status_code == 403
    assert api.get(f"/hr/pay-runs/{run.pk}/history/").status_code == 403
    assert api.get(f"/hr/payslips/{slip.pk}/pdf/").status_code == 403
    assert api.get(f"/hr/my-payslips/{slip.pk}/").status_code == 404
    assert api.get("/hr/my-payslips/").body["results"] == []
    client: Client = api.client
    for page in PAGES:
        assert client.get(f"/admin/hr/{page}/").status_code == 403, page
    assert client.get(f"/admin/hr/contract/{contract.pk}/history/").status_code in (302, 403, 404)
    shown = client.get("/admin/hr/timecard/")
    assert "720" not in shown.content.decode()


def test_the_payroll_and_the_books_see_it(paid: Staff) -> None:
    for role in ("hr", "accountant"):
        api = ApiClient(member(paid, role))
        for noun in SECRET:
            assert api.get(f"/hr/{noun}/").status_code == 200, (role, noun)


def test_an_employee_sees_his_own_slips_once_they_are_approved(paid: Staff) -> None:
    ann = ApiClient(User.objects.get(username="ann"))
    [listed] = ann.get("/hr/my-payslips/").body["results"]
    assert listed["net"] == "144.0000"
    assert ann.get(f"/hr/my-payslips/{listed['id']}/").body["lines"]
    pdf = ann.get(f"/hr/my-payslips/{listed['id']}/pdf/")
    assert pdf.status_code == 200 and pdf.content.startswith(b"%PDF-")
    assert ann.get(f"/hr/payslips/{listed['id']}/").status_code == 403
    bob = ApiClient(make_member("bob", paid.books.company))
    assert bob.get("/hr/my-payslips/").body["results"] == []
    assert bob.get(f"/hr/my-payslips/{listed['id']}/").status_code == 404


def test_a_slip_that_nobody_approved_is_not_shown_yet(staff: Staff) -> None:
    ann = staff.hired("ANN")
    ann.user = make_member("ann", staff.books.company)
    ann.save_by(staff.by)
    staff.approved(ann, "8")
    staff.calculated()
    assert ApiClient(ann.user).get("/hr/my-payslips/").body["results"] == []

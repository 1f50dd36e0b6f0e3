"""People at machines: an expired skill stops the start; reported labour becomes paid time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from apps.core.errors import BusinessError
from apps.execution.services.reversals import reverse_production_report
from apps.hr.models import Employee, LabourBooking, RequiredSkill, Skill
from apps.hr.services.departments import create_department
from apps.hr.services.skills import grant_skill
from apps.hr.services.time_cards import TimeLine, approve_time_card, open_time_card
from apps.masterdata.models import Machine
from tests.execution.conftest import DAY, Factory
from tests.factories import make_user
from tests.hr.conftest import Staff
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled
from tests.support.trade import statements

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def staff(factory: Factory) -> Staff:
    books = factory.books
    department = create_department(company=books.company, code="CUT", name="Cut", by=books.by)
    return Staff(books, department, make_user("approver", company=books.company))


@pytest.fixture
def order(factory: Factory) -> Any:
    item = factory.made("A")
    factory.bom(item, (factory.stocked(factory.item("D"), "100", "1"), "1"))
    factory.routing(item, (factory.work_centre("CELL", labour="30"), "6"))
    return factory.order(item, "10")


def refused(act: Any) -> tuple[str, str | None]:
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        act()
    return caught.value.code, caught.value.field


def test_an_expired_skill_stops_the_start(factory: Factory, staff: Staff, order: Any) -> None:
    company, by = factory.books.company, factory.books.by
    operation = order.operations.get()
    machine = Machine(
        company=company, code="M1", name="M1", site=factory.books.site,
        work_centre=operation.work_centre,
    ).save_by(by)  # fmt: skip
    ann = staff.employee("ANN")
    weld = Skill(company=company, code="WELD", name="Welding").save_by(by)
    RequiredSkill(company=company, skill=weld, machine=machine).save_by(by)
    values = {"company": company, "employee": ann, "skill": weld, "by": by}
    grant_skill(valid_from=date(2026, 1, 1), valid_to=date(2026, 3, 9), **values)
    api = ApiClient(by)
    path = f"/execution/operations/{operation.pk}/start/"
    body = {"machine": "M1", "at": "2026-03-10T08:00:00Z"}
    nobody = api.post(path, body)
    assert (nobody.status_code, codes(nobody)) == (409, [("employee", "employee_required")])
    expired = api.post(path, body | {"employee": "ANN"})
    assert (expired.status_code, codes(expired)) == (409, [("employee", "missing_skill")])
    assert expired.body["errors"][0]["details"] == {"skills": ["WELD"]}
    assert "WELD Welding" in expired.body["errors"][0]["detail"]
    assert not operation.runs.exists()
    grant_skill(valid_from=date(2026, 3, 10), **values)
    assert api.post(path, body | {"employee": "ANN"}).status_code == 201


def test_reported_labour_is_booked_in_one_more_statement(
    factory: Factory, staff: Staff, order: Any
) -> None:
    factory.report(order, "1", labour_minutes=D(6))  # whatever is read once per process
    without = staff.employee()
    hired = Employee.objects.get(pk=staff.hired().pk)
    plain, _made = statements(
        lambda: factory.report(order, "1", labour_minutes=D(6), employee=without)
    )
    booked, report = statements(
        lambda: factory.report(order, "1", labour_minutes=D(6), employee=hired)
    )
    assert booked == plain + 1
    [row] = LabourBooking.objects.all()
    assert (row.employee, row.date, row.minutes) == (hired, DAY, 6)
    assert (row.cost_object, row.source) == (order.cost_object, report)
    assert_reconciled()
    reverse_production_report(report, date=DAY, reason="counted twice", by=factory.books.by)
    assert sum(LabourBooking.objects.values_list("minutes", flat=True)) == 0
    assert_reconciled()


def test_labour_of_an_approved_day_is_refused_and_nothing_is_written(
    factory: Factory, staff: Staff, order: Any
) -> None:
    ann = staff.hired()
    card = open_time_card(
        company=factory.books.company, employee=ann, starts_on=DAY, ends_on=DAY,
        lines=[TimeLine(DAY, D(60))], by=factory.books.by,
    )  # fmt: skip
    approve_time_card(card, by=factory.books.by)
    report = lambda: factory.report(order, "1", labour_minutes=D(6), employee=ann)  # noqa: E731
    assert refused(report) == ("time_card_closed", "employee")
    assert not order.reports.exists()
    assert not LabourBooking.objects.exists()

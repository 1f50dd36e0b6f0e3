"""Every invariant of work orders finds the break it is there for; the breaks are a superuser's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.reconcile import reconcile
from apps.execution.services.material_issues import IssueLine, issue_material
from apps.hr.models import Employee
from apps.hr.services.departments import create_department
from tests.execution.conftest import DAY, Factory
from tests.factories import make_user
from tests.hr.conftest import Staff
from tests.support.connections import superuser
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db(transaction=True)

BREAKS = {
    "wip-open-orders": [
        "UPDATE execution_workorder SET status = 'closed'",
        "UPDATE finance_journalline SET cost_object_id = NULL",
    ],
    "work-order-completion": [
        "UPDATE execution_productionreport SET quantity_good = quantity_good + 1",
        "UPDATE execution_productionreport SET status = 'reversed'",
    ],
    "booked-labour-equals-reports": [
        "UPDATE hr_labourbooking SET minutes = minutes + 1",
        "UPDATE execution_productionreport SET status = 'reversed'",
    ],
}


@pytest.fixture
def sound(factory: Factory) -> None:
    """An order in part reported by somebody, with more material issued than that took."""
    books = factory.books
    department = create_department(company=books.company, code="CUT", name="Cut", by=books.by)
    staff = Staff(books, department, make_user("approver", company=books.company))
    item, part = factory.made("A"), factory.stocked(factory.item("D"), "100", "1")
    factory.bom(item, (part, "1"), issue_method="manual")
    factory.routing(item, (factory.work_centre("CELL", labour="30"), "6"))
    order = factory.order(item, "10")
    component = order.components.get()
    issue_material(order, [IssueLine(component, Decimal(10))], date=DAY, by=books.by)
    ann = Employee.objects.get(pk=staff.hired("ANN").pk)  # with the mark that her contract sets
    factory.report(order, "4", labour_minutes=Decimal(24), employee=ann)


def test_a_sound_factory_has_no_offences(sound: None) -> None:
    assert_reconciled()


@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize(
    ("code", "change"), [(code, change) for code, changes in BREAKS.items() for change in changes]
)
def test_a_break_is_found_and_named(sound: None, code: str, change: str) -> None:
    with superuser() as tamperer:
        tamperer.execute(change)
    [finding] = reconcile([code])
    assert finding.offences, f"{code} sees nothing"
    assert any(value is not None for value in finding.offences[0].values())

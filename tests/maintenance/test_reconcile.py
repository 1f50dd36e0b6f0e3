"""Each invariant finds what was broken on purpose."""

from __future__ import annotations

import pytest

from apps.core.reconcile import reconcile
from apps.core.sql import execute
from apps.maintenance.models import MaintenanceOrder
from apps.maintenance.services.charges import charge_order
from apps.maintenance.services.labour import book_labour
from apps.maintenance.services.meters import read_meter
from apps.maintenance.services.orders import complete_order
from apps.maintenance.services.parts import PartTaken, issue_parts
from apps.maintenance.services.plans import TaskLine
from apps.maintenance.services.requests import approve_request, create_request, order_request
from tests.maintenance.conftest import DAY, NOON, D, Workshop
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db


def play(workshop: Workshop) -> MaintenanceOrder:
    """A little of everything."""
    by, company = workshop.by, workshop.books.company
    _machine, asset = workshop.machine_asset()
    meter = workshop.meter(asset)
    read_meter(meter, reading=D(5), by=by)
    order = workshop.order(asset, planned_start=NOON)
    line = PartTaken(workshop.part(), D(1), workshop.stock)
    issue_parts(order, [line], date=DAY, by=by)
    book_labour(order, employee=workshop.fitter, minutes=D(10), date=DAY, by=by)
    charge_order(order, partner=workshop.books.partner(), amount=D(9), date=DAY, by=by)
    request = create_request(company, asset=asset, title="Leaks", by=by)
    order_request(approve_request(request, by=by), by=by)
    return complete_order(order, by=by)


BREAKS: list[tuple[str, str]] = [
    ("meter-totals", "UPDATE maintenance_metertotal SET total = total + 1"),
    ("maintenance-labour", "UPDATE maintenance_maintenancelabour SET amount = amount + 1"),
    ("maintenance-parts", "UPDATE maintenance_partsissue SET status = 'reversed'"),
    ("maintenance-charges", "UPDATE maintenance_maintenancecharge SET status = 'reversed'"),
    ("maintenance-charges-credited", "UPDATE maintenance_maintenancecharge SET credited = 1"),
    ("maintenance-cost-objects", "UPDATE maintenance_asset SET cost_object_id = NULL"),
    ("maintenance-capacity", "UPDATE maintenance_capacityreservation SET ends_at = '2099-01-01'"),
    ("maintenance-requests", "UPDATE maintenance_maintenancerequest SET status = 'new'"),
    ("maintenance-done", "UPDATE maintenance_ordertask SET result = ''"),
]


@pytest.mark.breaks(*(code for code, _statement in BREAKS))
@pytest.mark.parametrize(("code", "statement"), BREAKS)
def test_what_is_broken_is_found(workshop: Workshop, code: str, statement: str) -> None:
    order = play(workshop)
    if code == "maintenance-done":
        late = workshop.order(order.asset, tasks=[TaskLine("Forgotten")])
        late.tasks.update(result="ok", answered_at=NOON, answered_by=workshop.by)
        complete_order(late, by=workshop.by)
    assert_reconciled()
    execute(statement)
    broken = {found.invariant.code for found in reconcile() if not found.is_clean}
    assert broken == {code}


def test_breaks_cover_every_invariant() -> None:
    from apps.core.reconcile import invariants

    own = {one.code for one in invariants() if one.code.startswith(("maintenance-", "meter-"))}
    assert own == {code for code, _statement in BREAKS}

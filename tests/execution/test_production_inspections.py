"""What is made is inspected: at its operation, or blocked as it enters stock."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import BusinessError
from apps.execution.services.dispatch import start_operation
from apps.execution.services.reversals import reverse_production_report
from apps.inventory.models import Lot, StockBalance
from apps.masterdata.models import Machine
from apps.quality.models import Inspection, Nonconformance
from apps.quality.services.deciding import decide_inspection
from tests.execution.conftest import DAY, Factory
from tests.quality.plant import Laboratory, make_laboratory
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade

D = Decimal


@pytest.fixture
def lab(factory: Factory) -> Laboratory:
    books = factory.books
    trade = Trade(books, factory.stock, books.partner("SUP"), books.partner("CUS"))
    return make_laboratory(trade)


@pytest.mark.parametrize("tracking", ["none", "lot", "serial"])
def test_goods_are_blocked_until_they_are_accepted(
    factory: Factory, lab: Laboratory, tracking: str
) -> None:
    product = factory.made("PUMP", tracking=tracking)
    factory.bom(product, (factory.stocked(factory.item("IRON"), "100", "2"), "1"))
    lab.plan(product, stage="final", sampling="all")
    order = factory.order(product, "3")
    report = factory.report(order, "3")
    inspections = list(Inspection.objects.order_by("pk"))
    assert len(inspections) == (3 if tracking == "serial" else 1)
    if tracking == "none":
        assert StockBalance.objects.get(item=product).location == lab.quarantine
    else:
        assert set(Lot.objects.values_list("status", flat=True)) == {"quarantine"}
    assert_reconciled()
    for inspection in inspections:
        decide_inspection(lab.measure(inspection), by=lab.books.by)
    there = StockBalance.objects.filter(item=product, quantity__gt=0)
    assert {row.location for row in there} == {factory.stock}
    assert sum(row.quantity for row in there) == 3
    assert not Lot.objects.exclude(status="available").exists()
    assert_reconciled()
    assert report.pk


def test_a_reversed_report_takes_its_inspection_along(factory: Factory, lab: Laboratory) -> None:
    product = factory.made("PUMP", tracking="lot")
    factory.bom(product, (factory.stocked(factory.item("IRON"), "100", "2"), "1"))
    lab.plan(product, stage="final", sampling="all")
    report = factory.report(factory.order(product, "3"), "3")
    reverse_production_report(report, date=DAY, reason="wrong order", by=lab.books.by)
    assert (Inspection.objects.get().status, Lot.objects.get().status) == (
        "cancelled", "available",
    )  # fmt: skip
    assert_reconciled()


def test_a_refused_operation_blocks_its_start(factory: Factory, lab: Laboratory) -> None:
    product = factory.made("PUMP")
    factory.bom(product, (factory.stocked(factory.item("IRON"), "100", "2"), "1"))
    centre = factory.work_centre("MILL")
    factory.routing(product, (centre, "1"), (centre, "1"))
    lab.plan(product, stage="operation", operation_sequence=10, sampling="all")
    order = factory.order(product, "10")
    first, last = order.operations.order_by("sequence")
    machine = Machine(
        company=lab.books.company, code="M1", name="M1", work_centre=centre, site=lab.books.site
    ).save_by(lab.books.by)
    factory.report(order, "4", operation=first)
    inspection = Inspection.objects.get()
    assert (inspection.operation_sequence, inspection.quantity) == (10, 4)
    decide_inspection(lab.measure(inspection, 2), by=lab.books.by)
    ncr = Nonconformance.objects.get()
    assert (ncr.blocks_start, ncr.quantity, ncr.operation_sequence) == (True, 0, 10)
    with pytest.raises(BusinessError) as caught:
        start_operation(first, machine=machine, by=lab.books.by)
    assert caught.value.code == "quality_block"
    assert ncr.number in str(caught.value)
    first.refresh_from_db()
    assert not first.runs.exists()
    start_operation(last, machine=machine, by=lab.books.by)
    assert_reconciled()

"""Work orders through: cost follows the goods, WIP ends at zero, reversal gives all back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError
from apps.core.reconcile import reconcile
from apps.execution.models import GenealogyEdge, ProductionReport, WorkOrder
from apps.execution.queries.order_costs import wip_balance
from apps.execution.services.closing import close_work_order, reopen_work_order
from apps.execution.services.material_issues import IssueLine, issue_material
from apps.execution.services.reversals import reverse_material_issue, reverse_production_report
from apps.execution.services.work_orders import cancel_work_order, release_work_order
from apps.finance.models import JournalLine
from apps.inventory.models import ItemValuation, Lot, StockMove
from apps.masterdata.models import Item
from tests.execution.conftest import DAY, Factory


def worth(item: Item) -> Decimal:
    return ItemValuation.objects.get(item=item).value


def posted_on(order: WorkOrder, code: str) -> Decimal:
    lines = JournalLine.objects.filter(cost_object=order.cost_object, account__code=code)
    return sum((line.amount for line in lines), Decimal(0))


def assert_clean() -> None:
    broken = {f.invariant.code: f.offences for f in reconcile() if not f.is_clean}
    assert not broken


@pytest.fixture
def pump(factory: Factory) -> Item:
    """S10a: A = 2 B + 3 C + 0.25 h at 40; B = 4 D + 5 E + 0.10 h at 30; C = 2 D + 0.05 h at 30."""
    d, e = factory.item("D"), factory.item("E")
    factory.stocked(d, "1000", "1.50")
    factory.stocked(e, "1000", "0.80")
    cell, line = factory.work_centre("CELL", "30"), factory.work_centre("LINE", "40")
    b, c, a = factory.made("B"), factory.made("C"), factory.made("A")
    factory.bom(b, (d, "4"), (e, "5"))
    factory.routing(b, (cell, "6"))
    factory.bom(c, (d, "2"))
    factory.routing(c, (cell, "3"))
    factory.bom(a, (b, "2"), (c, "3"))
    factory.routing(a, (line, "15"))
    return a


def test_cost_rolls_up_through_the_orders(factory: Factory, pump: Item) -> None:
    for code, quantity, value in (("B", "20", "260"), ("C", "30", "135"), ("A", "10", "495")):
        item = Item.objects.get(code=code)
        order = factory.order(item, quantity)
        factory.report(order, quantity)
        order.refresh_from_db()
        assert order.status == WorkOrder.Status.COMPLETED
        assert worth(item) == Decimal(value)
        assert wip_balance(order) == 0
        close_work_order(order, date=DAY, by=factory.books.by)
    assert worth(Item.objects.get(code="B")) == 0
    assert_clean()


def test_partial_reports_share_the_cost(factory: Factory, pump: Item) -> None:
    b = Item.objects.get(code="B")
    order = factory.order(b, "10")
    factory.report(order, "4")
    assert worth(b) == 52
    assert wip_balance(order) == 0
    factory.report(order, "6")
    assert worth(b) == 130
    assert_clean()


def test_abnormal_scrap_is_expensed_with_its_reason(factory: Factory, pump: Item) -> None:
    b = Item.objects.get(code="B")
    order = factory.order(b, "10")
    reason = factory.scrap_reason()
    factory.report(order, "8", quantity_scrap=Decimal(2), scrap_reason=reason)
    assert worth(b) == 104
    line = JournalLine.objects.get(cost_object=order.cost_object, reason=reason, amount__gt=0)
    assert line.amount == 26
    assert line.work_centre.code == "CELL"
    assert_clean()


def test_normal_loss_stays_in_the_cost_of_the_good(factory: Factory, pump: Item) -> None:
    b = Item.objects.get(code="B")
    order = factory.order(b, "10")
    reason = factory.scrap_reason("NORMAL", is_normal_loss=True)
    factory.report(order, "8", quantity_scrap=Decimal(2), scrap_reason=reason)
    order.refresh_from_db()
    assert worth(b) == 104
    assert wip_balance(order) == 26
    from apps.execution.services.work_orders import complete_work_order

    order = complete_work_order(order, by=factory.books.by)
    close_work_order(order, date=DAY, by=factory.books.by)
    assert worth(b) == 130
    assert_clean()


def test_standard_cost_books_variances_at_close(factory: Factory) -> None:
    d = factory.stocked(factory.item("D"), "100", "2")
    x = factory.made("X", "standard")
    factory.bom(x, (d, "2"))
    centre = factory.work_centre("CELL", "60")
    factory.routing(x, (centre, "1"))
    ItemValuation.objects.get_or_create(company=factory.books.company, item=x)
    ItemValuation.objects.filter(item=x).update(standard_cost=Decimal(6))
    order = factory.order(x, "10")
    factory.report(order, "10", labour_minutes=Decimal(15))
    order.refresh_from_db()
    assert worth(x) == 60
    assert wip_balance(order) == 40 + 15 - 60
    close_work_order(order, date=DAY, by=factory.books.by)
    assert wip_balance(order) == 0
    entry = order.cost_object
    lines = JournalLine.objects.filter(cost_object=entry, memo__contains="efficiency")
    assert [line.amount for line in lines] == [5]
    reopened = reopen_work_order(
        WorkOrder.objects.get(pk=order.pk), date=DAY, reason="late bill", by=factory.books.by
    )
    assert wip_balance(reopened) == -5
    assert_clean()


def test_reversal_gives_everything_back(factory: Factory, pump: Item) -> None:
    b, d = Item.objects.get(code="B"), Item.objects.get(code="D")
    before = worth(d)
    order = factory.order(b, "10")
    report = factory.report(order, "10")
    reverse_production_report(report, date=DAY, reason="wrong order", by=factory.books.by)
    order.refresh_from_db()
    assert order.status == WorkOrder.Status.RUNNING
    assert (worth(b), worth(d), wip_balance(order)) == (0, before, 0)
    with pytest.raises(BusinessError, match="Reversed"):
        reverse_production_report(report, date=DAY, reason="again", by=factory.books.by)
    order = WorkOrder.objects.get(pk=order.pk)
    assert_clean()


def test_goods_that_were_used_cannot_be_reversed(factory: Factory, pump: Item) -> None:
    b, c = Item.objects.get(code="B"), Item.objects.get(code="C")
    order = factory.order(b, "20")
    report = factory.report(order, "20")
    factory.report(factory.order(c, "30"), "30")
    factory.report(factory.order(pump, "10"), "10")
    count = StockMove.objects.count()
    with pytest.raises(BusinessError):
        reverse_production_report(report, date=DAY, reason="too late", by=factory.books.by)
    assert StockMove.objects.count() == count
    report.refresh_from_db()
    assert report.status == ProductionReport.Status.POSTED


def test_manual_issue_and_its_limits(factory: Factory, pump: Item) -> None:
    b = Item.objects.get(code="B")
    order = factory.order(b, "10")
    component = order.components.get(item__code="D")
    by = factory.books.by
    with pytest.raises(BusinessError) as caught:
        issue_material(order, [IssueLine(component, Decimal(41))], date=DAY, by=by)
    assert (caught.value.code, caught.value.row) == ("over_issue", 0)
    issue = issue_material(order, [IssueLine(component, Decimal(40))], date=DAY, by=by)
    assert wip_balance(order) == 60
    reverse_material_issue(issue, date=DAY, reason="wrong", by=by)
    assert wip_balance(order) == 0
    assert_clean()


def test_lots_and_serials_leave_a_genealogy(factory: Factory) -> None:
    steel = factory.item("STEEL", tracking="lot")
    lot = Lot(company=factory.books.company, item=steel, code="S-1").save_by(factory.books.by)
    factory.stocked(steel, "100", "1", lot=lot)
    shaft = factory.made("SHAFT", tracking="serial")
    factory.bom(shaft, (steel, "2"))
    order = factory.order(shaft, "3")
    factory.report(order, "2")
    report = factory.report(order, "1")
    edges = GenealogyEdge.objects.filter(parent_lot=lot)
    assert sorted(edge.child_lot.code for edge in edges) == [
        f"{order.number}-000{n}" for n in (1, 2, 3)
    ]
    assert_clean()
    reverse_production_report(report, date=DAY, reason="miscount", by=factory.books.by)
    assert sum(e.quantity for e in GenealogyEdge.objects.filter(source_id=report.pk)) == 0
    assert_clean()


def test_a_report_that_fails_leaves_nothing(factory: Factory, pump: Item) -> None:
    order = factory.order(pump, "10")
    moves = StockMove.objects.count()
    with pytest.raises(BusinessError) as caught:
        factory.report(order, "10")
    assert caught.value.code == "insufficient_stock"
    assert StockMove.objects.count() == moves
    assert not ProductionReport.objects.exists()
    order.refresh_from_db()
    assert order.status == WorkOrder.Status.RELEASED


def test_statuses_are_guarded(factory: Factory, pump: Item) -> None:
    b = Item.objects.get(code="B")
    by = factory.books.by
    draft = factory.order(b, "1", release=False)
    with pytest.raises(BusinessError, match="Draft"):
        factory.report(draft, "1")
    order = release_work_order(draft, by=by)
    with pytest.raises(BusinessError):
        release_work_order(order, by=by)
    factory.report(order, "1")
    with pytest.raises(BusinessError):
        cancel_work_order(WorkOrder.objects.get(pk=order.pk), reason="no", by=by)


def test_statements_do_not_grow_with_components(factory: Factory) -> None:
    counts = {}
    by = factory.books.by
    for size in (1, 10, 100):  # the first warms what a process reads once
        made = factory.made(f"M{size}", tracking="serial")
        components = [factory.stocked(factory.item(), "5", "1") for _ in range(size)]
        factory.bom(made, *((component, "1") for component in components))
        factory.routing(made, (factory.work_centre(f"W{size}", "30"), "1"))
        with CaptureQueriesContext(connection) as captured:
            order = factory.order(made, "1")
            factory.report(order, "1")
            close_work_order(WorkOrder.objects.get(pk=order.pk), date=DAY, by=by)
        counts[size] = len([q for q in captured if "SAVEPOINT" not in q["sql"]])
    assert counts[10] == counts[100] <= 60

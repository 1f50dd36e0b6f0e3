"""Suppliers who work on our material: it is sent, lies there, and comes back as something else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import reconcile
from apps.engineering.services.boms import Component, create_bom, release_bom
from apps.execution.queries.genealogy import trace
from apps.inventory.models import ExpectedMove, Location, Lot, StockBalance, StockMove
from apps.inventory.queries.expected import projected_availability
from apps.inventory.services.cost_adjustments import change_standard_costs
from apps.inventory.services.locations import create_location, update_location
from apps.inventory.services.reservations import Wanted, reserve
from apps.masterdata.models import Item
from apps.planning.queries.order_labels import order_labels
from apps.supply_chain.models import (
    PurchaseOrder,
    Receipt,
    ReceiptLine,
    Shipment,
    SubcontractComponent,
)
from apps.supply_chain.printouts import purchase_order_pdf
from apps.supply_chain.queries.drop_ship import shippable_promises
from apps.supply_chain.queries.export_papers import export_papers
from apps.supply_chain.queries.grni import unbilled_lines
from apps.supply_chain.queries.shipments import orders_of_shipment
from apps.supply_chain.queries.subcontracting import component_type_id, order_material
from apps.supply_chain.services.billable_lines import BilledLine
from apps.supply_chain.services.bills import bill_receipts, release_bill
from apps.supply_chain.services.carriers import create_trade_data
from apps.supply_chain.services.consignments import plan_consignment
from apps.supply_chain.services.drop_shipments import ToShip, order_drop_shipment
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    cancel_purchase_order,
    close_purchase_order,
    confirm_purchase_order,
    reopen_purchase_order,
)
from apps.supply_chain.services.receipts import reverse_receipt
from apps.supply_chain.services.shipments import reverse_shipment, ship
from apps.supply_chain.services.shippable_lines import Shipped
from apps.supply_chain.services.supplier_items import create_supplier_item
from apps.supply_chain.services.supplier_returns import return_receipt, ship_supplier_return
from tests.support.connections import superuser
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, make_trade
from tests.support.unchanged import nothing_written

D = Decimal


class Work:
    """A bracket of 2 plates (1.50 each, by lot), made by the supplier for 4.00."""

    def __init__(self, trade: Trade, costing: str = "average", **values: Any) -> None:
        self.trade, self.by = trade, trade.books.by
        self.plate = trade.item(tracking="lot")
        self.bracket = trade.item(costing, tracking="lot", **values)
        bom = create_bom(
            trade.books.company,
            item=self.bracket,
            components=[Component(self.plate, D(2))],
            by=self.by,
        )
        release_bom(bom, by=self.by)
        create_supplier_item(
            trade.books.company,
            item=self.bracket,
            partner=trade.supplier,
            valid_from=DAY,
            is_subcontracted=True,
            by=self.by,
        )
        vendor = trade.books.partner("MILL")
        bought = trade.ordered(OrderLine(self.plate, D(100), D("1.50")), partner=vendor)
        self.bought = trade.receive(bought, "60", lots=["P1"])
        trade.receive(bought, "40", lots=["P2"])

    def order(self, quantity: str = "10") -> PurchaseOrder:
        return self.trade.ordered(OrderLine(self.bracket, D(quantity), D(4)))

    def to_send(self, order: PurchaseOrder) -> list[ExpectedMove]:
        keys = SubcontractComponent.objects.filter(order_line__order=order).values("pk")
        return list(
            ExpectedMove.objects.filter(source_type=component_type_id(), source_id__in=keys)
        )

    def send(self, order: PurchaseOrder, quantity: str) -> Shipment:
        [promise] = self.to_send(order)
        return ship(
            self.trade.books.company,
            partner=self.trade.supplier,
            site=self.trade.books.site,
            lines=[Shipped(promise, D(quantity))],
            date=DAY,
            by=self.by,
        )

    @property
    def there(self) -> Decimal:
        rows = StockBalance.objects.filter(location__held_by=self.trade.supplier)
        return sum((row.quantity for row in rows), D(0))

    def value(self, item: Item) -> Decimal:
        rows = StockMove.objects.filter(item=item).select_related("from_location", "to_location")
        return sum(
            (
                (row.to_location.is_physical - row.from_location.is_physical) * row.value
                for row in rows
            ),
            D(0),
        )


@pytest.fixture
def work(trade: Trade) -> Work:
    return Work(trade)


def test_material_goes_out_and_comes_back_as_goods(trade: Trade, work: Work) -> None:
    """10 brackets at 4.00: 20 plates are sent, 6 brackets come, worth 6 × (2 × 1.50 + 4.00)."""
    order = work.order()
    [promise] = work.to_send(order)
    assert (promise.item, promise.quantity, promise.partner) == (work.plate, 20, trade.supplier)
    shipment = work.send(order, "20")
    assert work.there == 20
    assert (trade.books.balance("5000"), trade.books.balance("1300")) == (0, 150)
    assert orders_of_shipment(shipment.pk) == [order]
    known = projected_availability(trade.books.company, [work.plate.pk])[work.plate.pk]
    assert known[-1].available == 80, "what lies at a subcontractor's is nobody's to use"

    receipt = trade.receive(order, "6", lots=["B1"])
    assert work.there == 8
    assert work.value(work.bracket) == 42
    line = receipt.lines.get()
    assert (line.move.counter_value, line.made_move.value) == (24, 42)
    assert trade.books.balance("2050") == -174, "150.00 for plates and 24.00 for the work"
    assert (trade.books.balance("1350"), trade.books.balance("1300")) == (0, 174)
    [owed] = unbilled_lines(trade.books.company, at=DAY, partner_id=trade.supplier.pk)
    assert owed.open_value == 24
    assert not receipt.lines.get().made_move.cost_object.is_active
    assert_reconciled()


def test_lots_are_traced_through_the_supplier(trade: Trade, work: Work) -> None:
    order = work.order()
    work.send(order, "20")
    receipt = trade.receive(order, "10", lots=["B1"])
    bracket = Lot.objects.get(item=work.bracket)
    found = trace(bracket, "up")
    assert [(lot.code, lot.depth) for lot in found.lots] == [("B1", 0), ("P1", 1)]
    assert [(edge.quantity, edge.work_order_ids) for edge in found.edges] == [(20, ())]
    reverse_receipt(receipt, date=DAY, reason="miscounted", by=work.by)
    assert len(trace(bracket, "up").lots) == 1


def test_a_receipt_taken_back_gives_the_material_back(trade: Trade, work: Work) -> None:
    order = work.order()
    work.send(order, "20")
    receipt = trade.receive(order, "10", lots=["B1"])
    assert work.there == 0
    reverse_receipt(receipt, date=DAY, reason="miscounted", by=work.by)
    assert work.there == 20
    assert (trade.books.balance("1300"), trade.books.balance("2050")) == (150, -150)
    assert_reconciled()
    again = trade.receive(order, "10", lots=["B1"])
    assert again.lines.get().made_move.value == 70
    assert_reconciled()


def test_a_dearer_bill_and_late_material_cost_go_into_the_goods(trade: Trade, work: Work) -> None:
    order = work.order()
    work.send(order, "20")
    receipt = trade.receive(order, "10", lots=["B1"])
    bill = bill_receipts(
        trade.books.company,
        partner=trade.supplier,
        reference="B-1",
        date=DAY,
        lines=[BilledLine(receipt.lines.get(), unit_price=D(5))],
        by=work.by,
    )
    assert trade.books.balance("1300") == 150 + 50, "10 × 5.00 of work"
    late = bill_receipts(
        trade.books.company,
        partner=work.bought.order.partner,
        reference="P-1",
        date=DAY,
        lines=[BilledLine(work.bought.lines.get(), unit_price=D(2))],
        by=work.by,
    )
    assert trade.books.balance("1300") == 200 + 30, "60 plates were 0.50 dearer"
    assert trade.books.balance("1350") == 0, "20 of them are brackets by now"
    assert_reconciled()
    assert (bill.total, late.total) == (50, 120)
    release_bill(bill, date=DAY, by=work.by)
    assert trade.books.balance("1300") == 220


def test_the_standard_is_kept_and_the_rest_is_a_variance(trade: Trade) -> None:
    work = Work(trade, "standard")
    change_standard_costs(
        trade.books.company, {work.bracket: D(8)}, source=trade.stock, date=DAY, by=work.by
    )
    order = work.order()
    work.send(order, "20")
    trade.receive(order, "10", lots=["B1"])
    assert trade.books.balance("1300") == 120 + 80
    assert_reconciled()


def test_goods_go_back_at_the_price_of_the_work(trade: Trade, work: Work) -> None:
    order = work.order()
    work.send(order, "20")
    receipt = trade.receive(order, "10", lots=["B1"])
    back = return_receipt(receipt, reason="bent", by=work.by)
    ship_supplier_return(back, date=DAY, by=work.by)
    assert StockBalance.objects.get(item=work.bracket).quantity == 0
    assert trade.books.balance("2050") == -150, "what was owed for the work is not any more"
    assert_reconciled()


def test_what_the_supplier_has_left_is_not_sent_again(trade: Trade, work: Work) -> None:
    first = work.order("10")
    work.send(first, "20")
    trade.receive(first, "7", lots=["B1"])
    close_purchase_order(first, by=work.by)
    assert [one.quantity for one in work.to_send(work.order("10"))] == [14], "6 plates lie there"
    assert [one.quantity for one in work.to_send(work.order("1"))] == [2], "which are spoken for"


def test_material_is_wanted_while_the_order_is(trade: Trade, work: Work) -> None:
    order = work.order()
    assert [one.is_open for one in work.to_send(order)] == [True]
    close_purchase_order(order, by=work.by)
    assert [one.is_open for one in work.to_send(order)] == [False]
    order = reopen_purchase_order(order, reason="wanted after all", by=work.by)
    assert [one.is_open for one in work.to_send(order)] == [True]
    cancel_purchase_order(order, reason="no", by=work.by)
    assert [one.is_open for one in work.to_send(order)] == [False]
    assert_reconciled()


def test_a_shipment_to_a_supplier_is_taken_back(trade: Trade, work: Work) -> None:
    order = work.order()
    shipment = work.send(order, "20")
    reverse_shipment(shipment, date=DAY, reason="wrong plates", by=work.by)
    assert work.there == 0 and work.to_send(order)[0].quantity_done == 0
    assert_reconciled()


def test_too_little_material_is_refused(trade: Trade, work: Work) -> None:
    order = work.order()
    work.send(order, "8")
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        trade.receive(order, "5", lots=["B1"])
    assert (refusal.value.code, refusal.value.row) == ("insufficient_stock", 0)
    assert work.plate.code in refusal.value.message


def test_an_item_nobody_knows_the_material_of_is_not_ordered(trade: Trade) -> None:
    item = trade.item()
    create_supplier_item(
        trade.books.company, item=item, partner=trade.supplier, valid_from=DAY,
        is_subcontracted=True, by=trade.books.by,
    )  # fmt: skip
    order = trade.order(OrderLine(item, D(1), D(4)))
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        confirm_purchase_order(order, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("no_bom", "item")


def test_nobody_reserves_what_lies_at_a_supplier(trade: Trade, work: Work) -> None:
    order = work.order("50")
    work.send(order, "100")
    with pytest.raises(BusinessError) as refusal:
        reserve(
            trade.books.company,
            [Wanted(item=work.plate, quantity=D(1), site=trade.books.site, source=order)],
            by=work.by,
        )
    assert refusal.value.code == "insufficient_stock"


def test_places_at_partners_are_ours_and_stay_where_they_are(trade: Trade, work: Work) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_location(
            company=trade.books.company, code="X", name="X", kind="supplier",
            held_by=trade.supplier, by=work.by,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.field) == ("not_ours", "held_by")
    order = work.order()
    work.send(order, "20")
    place = Location.objects.get(held_by=trade.supplier)
    with pytest.raises(BusinessError) as used:
        update_location(place, held_by=None, by=work.by)
    assert (used.value.code, used.value.field) == ("location_in_use", "held_by")


def test_it_is_seen_in_the_admin_by_the_api_and_on_paper(trade: Trade, work: Work) -> None:
    order = work.order()
    work.send(order, "8")
    [row] = order_material(order.pk)
    assert (row.needed, row.sent, row.to_send, row.used, row.there) == (20, 8, 12, 0, 8)
    client = Client()
    client.force_login(work.by, "apps.core.backends.PermissionBackend")
    page = client.get(f"/admin/supply_chain/purchaseorder/{order.pk}/change/").content.decode()
    assert work.plate.code in page and f"shipment/add/?partner={trade.supplier.pk}" in page
    answer = ApiClient(work.by).get(f"/supply-chain/purchase-orders/{order.pk}/material/")
    assert [(one["item"], D(one["to_send"])) for one in answer.body["results"]] == [
        (work.plate.code, 12)
    ]
    text = pypdfium2.PdfDocument(purchase_order_pdf(order))[0].get_textpage().get_text_range()
    assert f"20 {work.plate.unit.code} {work.plate.code}" in text


def test_material_is_no_sale(trade: Trade, work: Work) -> None:
    """Nobody ships it to a customer in our stead, and papers for customs know no price of it."""
    order = work.order()
    [promise] = work.to_send(order)
    assert shippable_promises(trade.books.company) == []
    with pytest.raises(InvalidInput) as refusal:
        order_drop_shipment(
            trade.books.company,
            partner=trade.books.partner("OTHER"),
            lines=[ToShip(promise, D(1), D(1))],
            by=work.by,
        )
    assert refusal.value.code == "not_promised"
    assert order_labels([promise.pk])[promise.pk].number == order.number
    shipment = work.send(order, "20")
    create_trade_data(
        company=trade.books.company, item=work.plate, hs_code="720851", origin_country="DE",
        net_weight=D(1), description="Plates", by=work.by,
    )  # fmt: skip
    consignment = plan_consignment(
        trade.books.company, shipments=[shipment], date=DAY, country="CH", incoterm="DAP",
        incoterm_place="Zurich", by=work.by,
    )  # fmt: skip
    with pytest.raises(BusinessError) as priceless:
        export_papers(consignment)
    assert priceless.value.code == "no_single_currency"


@pytest.mark.django_db(transaction=True)
@pytest.mark.breaks("subcontracted-material", "subcontracted-cost")
@pytest.mark.parametrize(
    ("code", "damage"),
    [
        ("subcontracted-material", "UPDATE supply_chain_subcontractcomponent SET per_unit = 3"),
        ("subcontracted-material", "UPDATE supply_chain_receiptline SET made_move_id = NULL"),
        (
            "subcontracted-cost",
            "UPDATE finance_journalline SET amount = amount + 1 WHERE id = (SELECT min(l.id)"
            " FROM finance_journalline l JOIN finance_account a ON a.id = l.account_id"
            " WHERE a.control = 'wip')",
        ),
    ],
)
def test_damage_is_found(books: Any, code: str, damage: str) -> None:
    trade = make_trade(books)
    work = Work(trade)
    order = work.order()
    work.send(order, "20")
    trade.receive(order, "6", lots=["B1"])
    assert_reconciled()
    with superuser() as tamperer:
        tamperer.execute(damage)
    [finding] = reconcile([code])
    assert finding.offences
    assert Receipt.objects.count() == 3 and ReceiptLine.objects.count() == 3

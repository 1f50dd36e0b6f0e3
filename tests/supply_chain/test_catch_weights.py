"""Pieces that are weighed one by one: kept in pieces, paid and billed by what each weighs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apps.core.errors import BusinessError, InvalidInput
from apps.crm.models import Return
from apps.crm.queries.sales_orders import line_quantities, shipped_not_invoiced
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.return_settlement import credit_return
from apps.crm.services.returns import (
    Inspected,
    ReturnedLine,
    approve_return,
    inspect_return,
    receive_return,
    request_return,
)
from apps.crm.services.sales_orders import OrderLine as SalesLine
from apps.crm.services.sales_orders import confirm_sales_order
from apps.finance.models import Invoice
from apps.finance.services.credit_notes import CreditLine, credit_invoice
from apps.inventory.labels import lot_label
from apps.inventory.models import Location, Lot, StockMove
from apps.inventory.queries.scans import read_scanned
from apps.inventory.queries.stock import stock_on_hand
from apps.inventory.services.weighing import weigh_lots
from apps.masterdata.models import Item, ItemUnit, Unit
from apps.masterdata.services.barcodes import create_item_barcode
from apps.masterdata.services.items import create_item_unit, update_item, update_item_unit
from apps.supply_chain.models import PurchaseOrder, Receipt
from apps.supply_chain.services.bills import bill_order
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.receipts import Delivered, receive, reverse_receipt
from apps.supply_chain.services.shipments import reverse_shipment
from tests.crm.test_sales_orders import sell, send
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal
WEIGHTS = {"H1": "5.12", "H2": "4.87", "H3": "5.40"}


@pytest.fixture
def kilogram(trade: Trade) -> Unit:
    return Unit(
        company=trade.books.company, code="KGM", name="Kilogram", dimension="mass",
        numerator=1, denominator=1,
    ).save_by(trade.books.by)  # fmt: skip


@pytest.fixture
def ham(trade: Trade, kilogram: Unit) -> Item:
    """A ham of about 5 kg, give or take a tenth."""
    item = trade.item("specific", tracking="serial")
    create_item_unit(
        company=trade.books.company,
        item=item,
        unit=kilogram,
        numerator=1,
        denominator=5,
        is_catch_weight=True,
        catch_tolerance=D(10),
        by=trade.books.by,
    )
    return item


def ordered(trade: Trade, ham: Item, kilogram: Unit, quantity: str = "15") -> PurchaseOrder:
    return trade.ordered(OrderLine(ham, D(quantity), D(6), unit=kilogram))


def pieces(trade: Trade, order: PurchaseOrder, **weights: str | None) -> list[Delivered]:
    line = order.lines.get()
    return [
        Delivered(
            line,
            D(1),
            trade.stock,
            lot_code=code,
            catch_weight=None if weight is None else D(weight),
        )
        for code, weight in weights.items()
    ]


def came(trade: Trade, order: PurchaseOrder, **weights: str | None) -> Receipt:
    return receive(order, lines=pieces(trade, order, **weights), date=DAY, by=trade.books.by)


@pytest.fixture
def stocked(trade: Trade, ham: Item, kilogram: Unit) -> PurchaseOrder:
    order = ordered(trade, ham, kilogram)
    came(trade, order, **WEIGHTS)
    return order


def test_what_came_costs_what_it_weighs(trade: Trade, ham: Item, stocked: PurchaseOrder) -> None:
    """15 kg at 6.00 are three hams; they weigh 15.39 kg and cost 92.34."""
    assert stocked.lines.get().stock_quantity == 3
    assert (trade.books.balance("1300"), trade.books.balance("2050")) == (D("92.34"), D("-92.34"))
    rows = stock_on_hand(trade.books.company, item=ham)
    assert [(row.quantity, row.catch_weight, row.value) for row in rows] == [
        (1, D("5.12"), D("30.72")), (1, D("4.87"), D("29.22")), (1, D("5.40"), D("32.40")),
    ]  # fmt: skip
    assert sorted(StockMove.objects.values_list("catch_weight", flat=True)) == [
        D("4.87"), D("5.12"), D("5.40"),
    ]  # fmt: skip
    bill = bill_order(stocked, reference="B-1", date=DAY, by=trade.books.by)
    lines = bill.lines.order_by("pk")
    assert [(line.quantity, line.unit_price, line.amount) for line in lines] == [
        (D("5.12"), 6, D("30.72")), (D("4.87"), 6, D("29.22")), (D("5.40"), 6, D("32.40")),
    ]  # fmt: skip
    assert trade.books.balance("2050") == 0
    assert_reconciled()


def test_a_receipt_by_weight_is_taken_back_whole(trade: Trade, ham: Item, kilogram: Unit) -> None:
    order = ordered(trade, ham, kilogram)
    receipt = came(trade, order, H1="5.12")
    reverse_receipt(receipt, date=DAY, reason="Wrong truck", by=trade.books.by)
    assert trade.books.balance("1300") == 0
    # dried a little meanwhile
    came(trade, order, H1="5.02")
    assert Lot.objects.get(code="H1").catch_weight == D("5.02")
    assert trade.books.balance("1300") == D("30.12")
    assert_reconciled()


def test_what_is_bought_by_the_piece_costs_by_the_piece(
    trade: Trade, ham: Item, kilogram: Unit
) -> None:
    order = trade.ordered(OrderLine(ham, D(2), D(31)))
    came(trade, order, H1="5.12", H2="4.87")
    assert trade.books.balance("1300") == 62
    bill = bill_order(order, reference="B-2", date=DAY, by=trade.books.by)
    assert bill.total == 62
    assert_reconciled()


def sold(trade: Trade, ham: Item, kilogram: Unit, quantity: str = "10") -> Any:
    line = SalesLine(ham, D(quantity), D(11), unit=kilogram)
    return confirm_sales_order(sell(trade, line), by=trade.books.by)


def test_what_went_out_is_billed_as_it_weighed(
    trade: Trade, ham: Item, kilogram: Unit, stocked: PurchaseOrder
) -> None:
    """10 kg at 11.00 are two hams; H1 and H2 weigh 9.99 kg: 109.89."""
    order = sold(trade, ham, kilogram)
    shipment = send(trade, order, "2")
    [row] = shipped_not_invoiced(trade.books.company)
    assert (row.not_invoiced, row.value) == (D("9.99"), D("109.89"))
    reverse_shipment(shipment, date=DAY, reason="Wrong hams", by=trade.books.by)
    assert line_quantities([order.pk])[0].delivered == 0
    send(trade, order, "2")
    invoice = invoice_order(order, date=DAY, by=trade.books.by)
    assert [(line.quantity, line.amount) for line in invoice.lines.all()] == [
        (D("9.99"), D("109.89"))
    ]
    assert line_quantities([order.pk])[0].not_invoiced == 0
    assert_reconciled()


def test_a_ham_that_comes_back_is_credited_as_it_was_billed(
    trade: Trade, ham: Item, kilogram: Unit, stocked: PurchaseOrder
) -> None:
    order = sold(trade, ham, kilogram)
    send(trade, order, "2")
    invoice_order(order, date=DAY, by=trade.books.by)
    lot = Lot.objects.get(code="H2")
    by = trade.books.by
    quarantine = Location(
        company=trade.books.company, code="QUAR", name="Quarantine", kind="internal",
        site=trade.books.site, is_quarantine=True,
    ).save_by(by)  # fmt: skip
    rma = request_return(
        trade.books.company,
        partner=trade.customer,
        site=trade.books.site,
        lines=[ReturnedLine(order.lines.get(), D(1), lot=lot)],
        reason="Too small",
        by=by,
    )
    approve_return(rma, by=by)
    receive_return(rma, location=quarantine, date=DAY, by=by)
    weigh_lots([(lot, D("4.80"))], by=by)
    line = rma.lines.get()
    inspect_return(rma, findings=[Inspected(line, "keep")], date=DAY, by=by)
    [note] = credit_return(Return.objects.get(pk=rma.pk), date=DAY, by=by)
    assert [(row.quantity, row.amount) for row in note.lines.all()] == [(D("4.87"), D("53.57"))]
    assert_reconciled()


def test_a_bill_by_weight_is_credited_by_weight(trade: Trade, stocked: PurchaseOrder) -> None:
    bill = bill_order(stocked, reference="B-3", date=DAY, by=trade.books.by)
    line = bill.lines.order_by("pk").first()
    assert line is not None
    credit_invoice(
        Invoice.objects.get(pk=bill.pk),
        date=DAY,
        lines=[CreditLine(line, D("5.12"))],
        reference="C-3",
        by=trade.books.by,
    )
    assert trade.books.balance("2050") == D("-30.72")
    assert_reconciled()


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ({"H1": None}, "weight_required"),
        ({"H1": "5.501"}, "weight_out_of_range"),
        ({"H1": "5", "H2": "4.499"}, "weight_out_of_range"),
        ({"H1": "5", "H2": "5", "H3": "5", "H4": "5"}, "over_receipt"),
    ],
)
def test_a_piece_without_its_weight_does_not_come_in(
    trade: Trade, ham: Item, kilogram: Unit, weights: dict[str, str | None], code: str
) -> None:
    order = ordered(trade, ham, kilogram)
    with pytest.raises(BusinessError) as refusal:
        came(trade, order, **weights)
    assert (refusal.value.code, refusal.value.row) == (code, len(weights) - 1)
    assert not Receipt.objects.exists()
    assert not Lot.objects.exists()


def test_what_has_no_catch_weight_is_not_weighed(trade: Trade) -> None:
    item = trade.item(tracking="serial")
    order = trade.ordered(OrderLine(item, D(1), D(3)))
    with pytest.raises(InvalidInput) as refusal:
        came(trade, order, S1="5")
    assert (refusal.value.code, refusal.value.field) == ("not_weighed", "catch_weight")


def test_a_piece_goes_out_weighed_or_not_at_all(
    trade: Trade, ham: Item, kilogram: Unit, stocked: PurchaseOrder
) -> None:
    Lot.objects.filter(code="H1").update(catch_weight=None)
    order = sold(trade, ham, kilogram)
    with pytest.raises(BusinessError) as refusal:
        send(trade, order, "2")
    assert (refusal.value.code, refusal.value.field) == ("weight_required", "lot")
    weigh_lots([(Lot.objects.get(code="H1"), D("5.10"))], by=trade.books.by, reason="Scale 2")
    send(trade, order, "2")
    assert line_quantities([order.pk])[0].delivered == D("9.97")
    assert Lot.objects.get(code="H1").history.first().history_change_reason == "Scale 2"


def test_a_catch_weight_needs_numbers_and_stays(trade: Trade, ham: Item, kilogram: Unit) -> None:
    by = trade.books.by
    own = ItemUnit.objects.get(item=ham)
    with pytest.raises(InvalidInput) as refusal:
        update_item_unit(own, is_catch_weight=False, by=by)
    assert (refusal.value.code, refusal.value.field) == ("read_only", "is_catch_weight")
    with pytest.raises(InvalidInput) as refusal:
        update_item(ham, tracking="lot", by=by)
    assert (refusal.value.code, refusal.value.field) == ("needs_serials", "tracking")
    values = {"company": trade.books.company, "unit": kilogram, "is_catch_weight": True}
    with pytest.raises(InvalidInput) as refusal:
        create_item_unit(item=trade.item(), by=by, **values)
    assert (refusal.value.code, refusal.value.field) == ("needs_serials", "is_catch_weight")
    values["is_catch_weight"] = False
    with pytest.raises(InvalidInput) as refusal:
        create_item_unit(item=trade.item(), catch_tolerance=D(5), by=by, **values)
    assert (refusal.value.code, refusal.value.field) == ("out_of_range", "catch_tolerance")
    update_item_unit(own, catch_tolerance=D(20), by=by)
    own.refresh_from_db()
    assert own.catch_tolerance == 20


def test_an_order_by_weight_is_of_whole_pieces(trade: Trade, ham: Item, kilogram: Unit) -> None:
    for kilograms, expected in (("12", 2), ("13", 3), ("1", 1)):
        order = ordered(trade, ham, kilogram, kilograms)
        assert order.lines.get().stock_quantity == expected


def test_a_label_says_the_weight_and_a_scan_reads_it(
    trade: Trade, ham: Item, stocked: PurchaseOrder
) -> None:
    create_item_barcode(
        company=trade.books.company, item=ham, kind="gtin", code="09521234543213",
        unit=None, by=trade.books.by,
    )  # fmt: skip
    label = lot_label(Lot.objects.select_related("item__unit", "item__company").get(code="H1"))
    assert "5.12 KGM" in label.lines
    assert label.text == "(01)09521234543213(3103)005120(21)H1"
    found = read_scanned(trade.books.company, label.text, user=trade.books.by)
    assert (found.item, found.quantity, found.weight, found.lot_code) == (ham, 1, D("5.12"), "H1")


def test_pieces_are_received_and_weighed_through_the_api(
    trade: Trade, ham: Item, kilogram: Unit
) -> None:
    client = APIClient()
    client.force_authenticate(trade.books.by)

    def post(url: str, body: dict[str, Any]) -> Any:
        key = str(uuid4())
        return client.post(url, body, format="json", headers={"Idempotency-Key": key})

    order = ordered(trade, ham, kilogram)
    line = {"order_line": order.lines.get().pk, "quantity": "1", "location": trade.stock.pk}
    url = f"/api/v1/supply-chain/purchase-orders/{order.pk}/receive/"
    body = {"date": str(DAY), "lines": [{**line, "lot_code": "H1", "catch_weight": "6"}]}
    refused = post(url, body)
    assert (refused.status_code, refused.data["errors"][0]["code"]) == (409, "weight_out_of_range")
    body["lines"][0]["catch_weight"] = "5.12"
    assert post(url, body).status_code == 201
    lot = Lot.objects.get(code="H1")
    answer = post(f"/api/v1/inventory/lots/{lot.pk}/weigh/", {"catch_weight": "5.05"})
    assert (answer.status_code, D(answer.data["catch_weight"])) == (200, D("5.05"))
    answer = post(f"/api/v1/inventory/lots/{lot.pk}/weigh/", {"catch_weight": "0"})
    assert answer.status_code == 400


def test_numbers_and_weights_are_typed_one_per_line(
    trade: Trade, ham: Item, kilogram: Unit, client: Any
) -> None:
    client.force_login(trade.books.by)
    order = ordered(trade, ham, kilogram)
    line = order.lines.get()
    url = f"/admin/supply_chain/purchaseorder/{order.pk}/verb/receive/"
    assert "4.5 to 5.5 KGM" in client.get(url).content.decode()
    body = {"date": str(DAY), "location": trade.stock.pk, f"serials_{line.pk}": "H1 5,12\r\nH2"}
    refused = client.post(url, body).content.decode()
    assert "write the serial number, a blank and the weight" in refused
    assert not Receipt.objects.exists()
    body[f"serials_{line.pk}"] = "H1 5,12\r\n\r\nHAM 2 4.87 "
    assert client.post(url, body).status_code == 302
    assert list(Lot.objects.order_by("code").values_list("code", "catch_weight")) == [
        ("H1", D("5.12")), ("HAM 2", D("4.87")),
    ]  # fmt: skip
    lot = Lot.objects.get(code="H1")
    page = client.get(f"/admin/inventory/lot/{lot.pk}/change/").content.decode()
    assert "5.12 KGM" in page
    weigh = f"/admin/inventory/lot/{lot.pk}/verb/weigh/"
    assert client.post(weigh, {"catch_weight": "5.3"}).status_code == 302
    lot.refresh_from_db()
    assert lot.catch_weight == D("5.3")

"""Drop shipments: the supplier ships to the customer; cost of sales, no stock, both documents."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.inventory.models import (
    ExpectedMove,
    ItemValuation,
    Location,
    Lot,
    Reservation,
    StockBalance,
)
from apps.inventory.services.reservations import Wanted, reserve
from apps.masterdata.models import Item
from apps.supply_chain.models import PurchaseOrder, Receipt, Shipment
from apps.supply_chain.printouts import purchase_order_pdf
from apps.supply_chain.queries.grni import unbilled_lines
from apps.supply_chain.services.billable_lines import BilledLine
from apps.supply_chain.services.bills import bill_order
from apps.supply_chain.services.drop_shipments import (
    Sent,
    ToShip,
    deliver_drop_shipment,
    order_drop_shipment,
)
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    cancel_purchase_order,
    confirm_purchase_order,
    update_purchase_order,
)
from apps.supply_chain.services.receipts import Delivered, receive, reverse_receipt
from apps.supply_chain.services.shipments import reverse_shipment
from apps.supply_chain.services.supplier_return_lines import GoingBack
from apps.supply_chain.services.supplier_returns import create_supplier_return
from tests.supply_chain.test_bills import balances, bill
from tests.supply_chain.test_shipments import promised
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, statements
from tests.support.unchanged import nothing_written

D = Decimal
STOCK, GRNI, COGS = "1300", "2050", "5000"


def drafted(trade: Trade, *promises: ExpectedMove, price: str = "7", **values: Any) -> Any:
    values.setdefault("lines", [ToShip(one, unit_price=D(price)) for one in promises])
    return order_drop_shipment(
        trade.books.company, partner=trade.supplier, order_date=DAY, by=trade.books.by, **values
    )


def ordered(trade: Trade, *promises: ExpectedMove, **values: Any) -> PurchaseOrder:
    return confirm_purchase_order(drafted(trade, *promises, **values), by=trade.books.by)


def delivered(trade: Trade, order: PurchaseOrder, *quantities: str, **values: Any) -> Shipment:
    lots = values.pop("lots", [""] * len(quantities))
    lines = order.lines.order_by("position")
    values.setdefault("date", DAY)
    return deliver_drop_shipment(
        order,
        lines=[
            Sent(line, D(quantity), lot_code=lot)
            for line, quantity, lot in zip(lines, quantities, lots, strict=False)
        ],
        by=trade.books.by,
        **values,
    )


def of_item(trade: Trade, quantity: str, costing: str = "average", **values: Any) -> Any:
    """An item of which the stock has ten at 3, and a promise of ``quantity`` of it."""
    item = trade.item(costing, **values)
    if item.tracking == Item.Tracking.NONE:
        trade.stocked(item, "10", "3")
    [promise] = promised(trade, (item, quantity))
    return item, promise


@pytest.mark.parametrize("costing", ["average", "fifo", "standard"])
def test_it_costs_what_was_ordered_and_stock_keeps_its_value(trade: Trade, costing: str) -> None:
    item, promise = of_item(trade, "6", costing)
    before = balances(trade, STOCK, COGS, GRNI)
    worth = ItemValuation.objects.get(item=item).value
    order = ordered(trade, promise)
    assert (order.ships_to, order.lines.get().ships_for) == (trade.customer, promise)
    shipment = delivered(trade, order, "6", tracking_number="1Z")
    after = balances(trade, STOCK, COGS, GRNI)
    assert [b - a for a, b in zip(before, after, strict=True)] == [0, 42, -42]
    assert ItemValuation.objects.get(item=item).value == worth
    assert StockBalance.objects.get(item=item).quantity == 10
    promise.refresh_from_db()
    assert (promise.quantity_done, promise.is_open) == (6, False)
    assert (shipment.partner, shipment.drop_receipt.order) == (trade.customer, order)
    assert_reconciled()


def test_parts_come_and_go_until_all_has(trade: Trade) -> None:
    _item, promise = of_item(trade, "6")
    order = ordered(trade, promise)
    delivered(trade, order, "4")
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        delivered(trade, order, "3")
    assert (refusal.value.code, refusal.value.row) == ("over_receipt", 0)
    delivered(trade, order, "2")
    promise.refresh_from_db()
    assert not promise.is_open
    assert [r.lines.get().quantity for r in Receipt.objects.filter(order=order).order_by("pk")] == [
        4,
        2,
    ]
    assert_reconciled()


def test_a_dearer_bill_is_dearer_in_the_sale(trade: Trade) -> None:
    _item, promise = of_item(trade, "6")
    order = ordered(trade, promise)
    shipment = delivered(trade, order, "6")
    before = balances(trade, STOCK, COGS)
    bill(trade, shipment.drop_receipt, BilledLine(order_line(shipment), unit_price=D("7.50")))
    after = balances(trade, STOCK, COGS)
    assert [b - a for a, b in zip(before, after, strict=True)] == [0, 3]
    from apps.finance.models import JournalLine

    cost = JournalLine.objects.filter(account=trade.books.account(COGS))
    assert {line.partner for line in cost} == {trade.customer}
    assert [row.order for row in unbilled_lines(trade.books.company, at=DAY)] != [order.number]
    assert_reconciled()


def order_line(shipment: Shipment) -> Any:
    return shipment.drop_receipt.lines.get()


def test_all_of_an_order_is_billed_as_any_other(trade: Trade) -> None:
    _item, promise = of_item(trade, "6")
    order = ordered(trade, promise)
    delivered(trade, order, "6")
    invoice = bill_order(order, reference="B-1", date=DAY, by=trade.books.by)
    assert invoice.total == 42
    assert_reconciled()


def test_taken_back_both_documents_are(trade: Trade) -> None:
    _item, promise = of_item(trade, "6")
    order = ordered(trade, promise)
    before = balances(trade, STOCK, COGS, GRNI)
    shipment = delivered(trade, order, "6")
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        reverse_shipment(shipment, date=DAY, reason="no", by=trade.books.by)
    assert refusal.value.code == "drop_shipped"
    reverse_receipt(shipment.drop_receipt, date=DAY, reason="lost", by=trade.books.by)
    shipment.refresh_from_db()
    assert shipment.status == "reversed"
    assert balances(trade, STOCK, COGS, GRNI) == before
    promise.refresh_from_db()
    assert (promise.quantity_done, promise.is_open) == (0, True)
    delivered(trade, order, "6")
    assert_reconciled()


def test_serials_are_known_to_have_gone_there(trade: Trade) -> None:
    item, promise = of_item(trade, "2", tracking="serial")
    order = ordered(trade, promise)
    line = order.lines.get()
    with nothing_written(), pytest.raises(InvalidInput) as refusal:
        deliver_drop_shipment(
            order, lines=[Sent(line, D(2), lot_code="S1")], date=DAY, by=trade.books.by
        )
    assert (refusal.value.code, refusal.value.row) == ("serial_quantity", 0)
    with nothing_written(), pytest.raises(InvalidInput) as refusal:
        delivered(trade, order, "1")
    assert (refusal.value.code, refusal.value.field) == ("lot_required", "lot_code")
    shipment = deliver_drop_shipment(
        order,
        lines=[Sent(line, D(1), lot_code="S1"), Sent(line, D(1), lot_code="S2")],
        date=DAY,
        by=trade.books.by,
    )
    assert [one.lot.code for one in shipment.lines.order_by("pk")] == ["S1", "S2"]
    assert Lot.objects.filter(item=item, supplier=trade.supplier).count() == 2
    assert_reconciled()


def test_what_was_set_aside_for_it_is_free_again(trade: Trade) -> None:
    item, promise = of_item(trade, "6")
    reserve(trade.books.company, [Wanted(item, D(6), source=item)], by=trade.books.by)
    order = ordered(trade, promise)
    delivered(trade, order, "4")
    assert Reservation.objects.count() == 1
    delivered(trade, order, "2")
    assert Reservation.objects.count() == 0
    assert StockBalance.objects.get(item=item).reserved == 0
    assert_reconciled()


def test_nothing_is_ordered_twice(trade: Trade) -> None:
    _item, promise = of_item(trade, "6")
    first = drafted(trade, lines=[ToShip(promise, D(4), D(7))])
    second = drafted(trade, promise)
    assert second.lines.get().quantity == 2
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        drafted(trade, promise)
    assert (refusal.value.code, refusal.value.row) == ("nothing_open", 0)
    with nothing_written(), pytest.raises(BusinessError) as more:
        drafted(trade, lines=[ToShip(promise, D(1), D(7))])
    assert (more.value.code, more.value.details) == ("over_promise", {"open": "0.000000"})
    cancel_purchase_order(first, reason="dearer", by=trade.books.by)
    assert drafted(trade, promise).lines.get().quantity == 4
    line = second.lines.get()
    changed = update_purchase_order(
        second, lines=[OrderLine(line.item, D(1), D(6))], by=trade.books.by
    )
    assert [(row.quantity, row.ships_for) for row in changed.lines.all()] == [(1, promise)]
    with nothing_written(), pytest.raises(BusinessError) as grown:
        update_purchase_order(second, lines=[OrderLine(line.item, D(3), D(6))], by=trade.books.by)
    assert grown.value.code == "over_promise"


@pytest.mark.parametrize(
    "case",
    ["no_lines lines", "no_partner expected_move", "not_promised ships_for", "not_in ships_for"],
)
def test_what_can_not_be_ordered_is_named(trade: Trade, case: str) -> None:
    code, field = case.split()
    item, promise = of_item(trade, "6")
    other = trade.books.partner("CUS-2")
    [elsewhere] = promised(trade, (trade.item(), "1"), partner=other)
    [nobody] = promised(trade, (trade.item(), "1"), partner=None)
    incoming = trade.ordered(OrderLine(item, D(1), D(1)))
    expected_in = ExpectedMove.objects.get(source_id=incoming.lines.get().pk, direction="in")
    lines = {
        "no_lines": [],
        "no_partner": [ToShip(nobody)],
        "not_promised": [ToShip(promise, unit_price=D(1)), ToShip(elsewhere, unit_price=D(1))],
        "not_in": [ToShip(expected_in, unit_price=D(1))],
    }[code]
    with nothing_written(), pytest.raises((InvalidInput, BusinessError)) as refusal:
        drafted(trade, lines=lines)
    expected = "not_promised" if code == "not_in" else code
    assert (refusal.value.code, refusal.value.field) == (expected, field)


def test_it_is_never_received_here_nor_returned(trade: Trade) -> None:
    _item, promise = of_item(trade, "6")
    order = ordered(trade, promise)
    line = order.lines.get()
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        receive(order, lines=[Delivered(line, D(6), trade.stock)], date=DAY, by=trade.books.by)
    assert refusal.value.code == "drop_ship"
    plain = trade.ordered(OrderLine(trade.item(), D(1), D(1)))
    with nothing_written(), pytest.raises(BusinessError) as not_so:
        delivered(trade, plain, "1")
    assert not_so.value.code == "not_drop_ship"
    place = Location.objects.get(kind="drop_ship")
    with nothing_written(), pytest.raises(InvalidInput) as hidden:
        receive(
            plain, lines=[Delivered(plain.lines.get(), D(1), place)], date=DAY, by=trade.books.by
        )
    assert (hidden.value.code, hidden.value.field) == ("wrong_location", "location")
    shipment = delivered(trade, order, "6")
    with nothing_written(), pytest.raises(BusinessError) as back:
        create_supplier_return(
            trade.books.company,
            partner=trade.supplier,
            site=trade.books.site,
            reason="broken",
            lines=[GoingBack(order_line(shipment), D(1))],
            by=trade.books.by,
        )
    assert back.value.code == "never_stocked"


def test_a_promise_served_meanwhile_is_not_served_twice(trade: Trade) -> None:
    from tests.supply_chain.test_shipments import Shipped, send

    _item, promise = of_item(trade, "6")
    order = ordered(trade, promise)
    send(trade, Shipped(promise, D(5), trade.stock))
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        delivered(trade, order, "6")
    assert (refusal.value.code, refusal.value.details) == ("over_shipment", {"open": "1.000000"})


@pytest.mark.parametrize("many", [10, 100])
def test_it_takes_as_many_statements_for_any_number_of_lines(trade: Trade, many: int) -> None:
    promises = promised(trade, *((trade.item(), "2") for _line in range(many)))
    order = ordered(trade, *promises)
    spent, _made = statements(lambda: delivered(trade, order, *["2"] * many))
    assert spent <= 48


def test_the_order_says_where_it_goes(trade: Trade) -> None:
    trade.customer.delivery_address = "Dock 4, Harbour Road"
    trade.customer.save_by(trade.books.by)
    _item, promise = of_item(trade, "6")
    order = drafted(trade, promise)
    text = pypdfium2.PdfDocument(purchase_order_pdf(order))[0].get_textpage().get_text_range()
    assert "Dock 4, Harbour Road" in text and trade.customer.name in text


def test_it_lives_through_the_api_and_the_page(trade: Trade, client: Any) -> None:
    _item, promise = of_item(trade, "6")
    api = ApiClient(trade.books.by)
    made = api.post(
        "/supply-chain/purchase-orders/drop-ship/",
        {
            "partner": "SUP",
            "order_date": "2026-03-10",
            "lines": [{"expected_move": promise.pk, "unit_price": "7"}],
        },
    )
    assert made.status_code == 201, made.body
    assert (made.body["ships_to"], made.body["lines"][0]["ships_for"]) == (
        trade.customer.pk,
        promise.pk,
    )
    path = f"/supply-chain/purchase-orders/{made.body['id']}"
    assert api.post(f"{path}/confirm/").status_code == 200
    client.force_login(trade.books.by)
    page = f"/admin/supply_chain/purchaseorder/{made.body['id']}"
    shown = client.get(f"{page}/change/").content.decode()
    assert "verb/deliver/" in shown and "verb/receive/" not in shown
    assert (
        f"quantity_{made.body['lines'][0]['id']}"
        in client.get(f"{page}/verb/deliver/").content.decode()
    )
    done = api.post(
        f"{path}/deliver/",
        {
            "date": str(DAY + timedelta(days=1)),
            "lines": [{"order_line": made.body["lines"][0]["id"], "quantity": "6"}],
        },
    )
    assert done.status_code == 201, done.body
    assert (done.body["partner"], done.body["date"]) == (trade.customer.pk, "2026-03-11")
    assert done.body["drop_receipt"] == Receipt.objects.get(order=made.body["id"]).pk
    assert done.body["number"] in client.get(f"{page}/change/").content.decode()
    assert date.fromisoformat(done.body["date"]) > DAY

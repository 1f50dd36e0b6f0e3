"""Kits sold as one and picked as parts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import reconcile
from apps.crm.models import Quotation, SalesOrder, SalesOrderLinePart
from apps.crm.printouts import order_confirmation_pdf
from apps.crm.queries.results import kept_promises
from apps.crm.queries.sales_orders import (
    line_quantities,
    part_type_id,
    shipments_of_order,
    shipped_not_invoiced,
)
from apps.crm.queries.warranty import warranty_of
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.quotation_lines import QuotedLine
from apps.crm.services.return_settlement import credit_return
from apps.crm.services.returns import (
    Inspected,
    ReturnedLine,
    approve_return,
    inspect_return,
    receive_return,
)
from apps.crm.services.sales_orders import (
    OrderLine,
    cancel_sales_order,
    close_sales_order,
    confirm_sales_order,
    reopen_sales_order,
)
from apps.engineering.services.boms import Component, create_bom, release_bom
from apps.inventory.models import ExpectedMove, Reservation, StockBalance
from apps.masterdata.models import Item
from apps.planning.queries.order_labels import order_labels
from apps.supply_chain.models import Shipment
from apps.supply_chain.queries.shipments import orders_of_shipment, promising_lines
from apps.supply_chain.services.shipments import reverse_shipment, ship
from apps.supply_chain.services.shippable_lines import Shipped
from tests.crm.sales import quarantine, quote, returned
from tests.crm.test_sales_orders import sell
from tests.support.connections import superuser
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, make_trade

D = Decimal


def kit_of(trade: Trade, *parts: tuple[Item, str], **values: Any) -> Item:
    values.setdefault("sales_price", D(50))
    kit = trade.item(kind="phantom", **values)
    bom = create_bom(
        trade.books.company,
        item=kit,
        components=[Component(item, D(quantity)) for item, quantity in parts],
        by=trade.books.by,
    )
    release_bom(bom, by=trade.books.by)
    return kit


def promised(order: SalesOrder) -> list[ExpectedMove]:
    parts = SalesOrderLinePart.objects.filter(line__order=order).values("pk")
    rows = ExpectedMove.objects.filter(source_type=part_type_id(), source_id__in=parts)
    return list(rows.order_by("source_id"))


def send(trade: Trade, order: SalesOrder, *wanted: tuple[ExpectedMove, str]) -> Shipment:
    return ship(
        trade.books.company,
        partner=order.partner,
        site=trade.books.site,
        lines=[Shipped(one, D(quantity)) for one, quantity in wanted],
        date=DAY,
        by=trade.books.by,
    )


class Sold:
    """Three kits of 2 bolts (1.10 each) and 1 plate (4.00), 50.00 a kit, confirmed."""

    def __init__(self, trade: Trade) -> None:
        self.trade = trade
        self.bolt = trade.item(sales_price=D("2.50"))
        self.plate = trade.item(sales_price=D(20))
        trade.stocked(self.bolt, "10", "1.10")
        trade.stocked(self.plate, "10", "4")
        self.kit = kit_of(trade, (self.bolt, "2"), (self.plate, "1"))
        self.order = confirm_sales_order(sell(trade, OrderLine(self.kit, D(3))), by=trade.books.by)
        self.bolts, self.plates = promised(self.order)

    def send_all(self) -> Shipment:
        return send(self.trade, self.order, (self.bolts, "6"), (self.plates, "3"))

    def bill(self) -> Any:
        return invoice_order(self.order, date=DAY, by=self.trade.books.by)


@pytest.fixture
def sold(trade: Trade) -> Sold:
    return Sold(trade)


def test_a_kit_is_billed_whole_as_its_parts_go_out(trade: Trade, sold: Sold) -> None:
    wanted = [(one.item, one.quantity) for one in (sold.bolts, sold.plates)]
    assert wanted == [(sold.bolt, 6), (sold.plate, 3)]
    send(trade, sold.order, (sold.bolts, "5"), (sold.plates, "1"))
    assert line_quantities([sold.order.pk])[0].shipped == 1
    assert sold.bill().total == D("50.00")
    send(trade, sold.order, (sold.plates, "2"))
    [waiting] = shipped_not_invoiced(trade.books.company)
    assert (waiting.not_invoiced, waiting.value) == (1, 50)
    assert sold.bill().total == D("50.00")
    with pytest.raises(InvalidInput):
        sold.bill()
    send(trade, sold.order, (sold.bolts, "1"))
    assert sold.bill().total == D("50.00")
    assert trade.books.balance("5000") == D("18.60"), "6 × 1.10 + 3 × 4.00"
    assert not StockBalance.objects.filter(item=sold.kit).exists()
    assert_reconciled()


def test_what_is_billed_cannot_be_taken_back_unshipped(trade: Trade, sold: Sold) -> None:
    shipment = sold.send_all()
    sold.bill()
    with pytest.raises(BusinessError) as refusal:
        reverse_shipment(shipment, date=DAY, reason="wrong", by=trade.books.by)
    assert refusal.value.code == "invoiced"


def test_parts_are_reserved_closed_and_promised_again(trade: Trade, sold: Sold) -> None:
    other = confirm_sales_order(
        sell(trade, OrderLine(sold.kit, D(2))), is_reserved=True, by=trade.books.by
    )
    held = dict(Reservation.objects.values_list("item_id", "quantity"))
    assert held == {sold.bolt.pk: 4, sold.plate.pk: 2}
    other = close_sales_order(other, by=trade.books.by)
    assert not Reservation.objects.exists()
    assert not any(one.is_open for one in promised(other))
    other = reopen_sales_order(other, reason="wanted after all", by=trade.books.by)
    assert all(one.is_open for one in promised(other))
    other = cancel_sales_order(other, reason="no", by=trade.books.by)
    assert not any(one.is_open for one in promised(other))
    assert_reconciled()


def test_reports_and_papers_know_the_parts(trade: Trade, sold: Sold) -> None:
    shipment = sold.send_all()
    [kept] = kept_promises(trade.books.company, since=DAY, until=DAY)
    assert (kept.quantity, kept.quantity_in_time, kept.is_kept) == (3, 3, True)
    assert orders_of_shipment(shipment.pk) == [sold.order]
    assert len(shipments_of_order(sold.order.pk)) == 1
    known = warranty_of(
        trade.books.company, partner=trade.customer, item=sold.plate, order=sold.order
    )
    assert known.shipped_on == DAY
    label = order_labels([sold.bolts.pk])[sold.bolts.pk]
    assert (label.number, label.kind) == (sold.order.number, "sales_order")
    shares = [one.unit_price for one in promising_lines(shipment.pk).values()]
    assert sorted(shares) == [D(5), D(40)], "50.00 as 2 × 2.50 to 20.00"
    text = pypdfium2.PdfDocument(order_confirmation_pdf(sold.order))[0].get_textpage()
    assert f"2 × {sold.bolt.code}, 1 × {sold.plate.code}" in text.get_text_range()


def came_back(trade: Trade, sold: Sold, *wanted: tuple[Item, str]) -> Any:
    line, by = sold.order.lines.get(), trade.books.by
    quarantine(trade)
    rma = returned(trade, *(ReturnedLine(line, D(q), item=item) for item, q in wanted))
    rma = receive_return(approve_return(rma, by=by), date=DAY, by=by)
    findings = [Inspected(one, "keep") for one in rma.lines.all()]
    return inspect_return(rma, findings=findings, date=DAY, by=by)


def test_whole_kits_that_come_back_are_credited(trade: Trade, sold: Sold) -> None:
    sold.send_all()
    sold.bill()
    rma = came_back(trade, sold, (sold.bolt, "4"), (sold.plate, "2"))
    assert [line.original_cost for line in rma.lines.all()] == [D("4.40"), D(8)]
    assert trade.books.balance("5000") == D("6.20")
    [note] = credit_return(rma, date=DAY, by=trade.books.by)
    assert note.total == D("100.00")
    assert_reconciled()


def test_part_of_a_kit_is_not_credited(trade: Trade, sold: Sold) -> None:
    sold.send_all()
    sold.bill()
    rma = came_back(trade, sold, (sold.bolt, "3"), (sold.plate, "1"))
    with pytest.raises(BusinessError) as refusal:
        credit_return(rma, date=DAY, by=trade.books.by)
    assert refusal.value.code == "not_whole" and sold.bolt.code in refusal.value.message
    rma.refresh_from_db()
    assert rma.status == "inspected"
    assert_reconciled()


@pytest.mark.parametrize(
    ("named", "quantity", "code", "field"),
    [
        ("nothing", "1", "part_required", "item"),
        ("another item", "1", "not_in_line", "item"),
        ("the kit", "1", "not_in_line", "item"),
        ("bolts", "7", "over_return", "quantity"),
    ],
)
def test_a_return_that_does_not_fit_is_refused(
    trade: Trade, sold: Sold, named: str, quantity: str, code: str, field: str
) -> None:
    sold.send_all()
    item = {
        "nothing": None, "another item": trade.item(), "the kit": sold.kit, "bolts": sold.bolt,
    }[named]  # fmt: skip
    with pytest.raises(BusinessError) as refusal:
        returned(trade, ReturnedLine(sold.order.lines.get(), D(quantity), item=item))
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, 0)


def test_a_kit_needs_a_released_bill(trade: Trade) -> None:
    order = sell(trade, OrderLine(trade.item(), D(1)), OrderLine(trade.item(kind="phantom"), D(1)))
    refuse_to_confirm(trade, order, "kit_without_bom", row=1)


@pytest.mark.django_db(transaction=True)
def test_a_kit_of_itself_is_refused(trade: Trade) -> None:
    inner = kit_of(trade, (trade.item(), "1"))
    outer = kit_of(trade, (inner, "1"))
    with superuser() as tamperer:  # a bill that closes the circle is refused when it is written
        tamperer.execute(
            "UPDATE engineering_bomline SET item_id = %s WHERE bom_id ="
            " (SELECT id FROM engineering_billofmaterials WHERE item_id = %s)",
            [outer.pk, inner.pk],
        )
    refuse_to_confirm(trade, sell(trade, OrderLine(outer, D(1))), "kit_in_itself", row=0)


def refuse_to_confirm(trade: Trade, order: SalesOrder, code: str, *, row: int) -> None:
    with pytest.raises(BusinessError) as refusal:
        confirm_sales_order(order, by=trade.books.by)
    assert (refusal.value.code, refusal.value.row) == (code, row)
    order.refresh_from_db()
    assert order.status == "draft"
    assert not ExpectedMove.objects.exists() and not SalesOrderLinePart.objects.exists()


def test_a_fraction_of_a_kit_is_refused(trade: Trade) -> None:
    kit = kit_of(trade, (trade.item(), "1"))
    for act in (
        lambda: sell(trade, OrderLine(kit, D("1.5"))),
        lambda: quote(trade, QuotedLine(kit, D("1.5"))),
    ):
        with pytest.raises(InvalidInput) as refusal:
            act()
        assert (refusal.value.code, refusal.value.field) == ("part_of_kit", "quantity")
    assert not SalesOrder.objects.exists() and not Quotation.objects.exists()


def test_kits_in_kits_are_blown_through(trade: Trade) -> None:
    bolt = trade.item()
    inner = kit_of(trade, (bolt, "2"))
    outer = kit_of(trade, (inner, "3"), (bolt, "1"))
    order = confirm_sales_order(sell(trade, OrderLine(outer, D(2))), by=trade.books.by)
    assert [(one.item, one.quantity) for one in promised(order)] == [(bolt, 14)]


def test_a_kit_is_promised_with_the_last_of_its_parts(trade: Trade) -> None:
    there, short = trade.item(), trade.item(lead_time_days=10)
    trade.stocked(there, "10", "1")
    ready = quote(trade, QuotedLine(kit_of(trade, (there, "2")), D(3))).lines.get()
    waits = quote(trade, QuotedLine(kit_of(trade, (there, "2"), (short, "1")), D(3))).lines.get()
    assert "every part" in ready.promise_reason
    assert short.code in waits.promise_reason and waits.promise_date > ready.promise_date


def test_it_is_seen_in_the_admin_and_by_the_api(trade: Trade, sold: Sold) -> None:
    client = Client()
    client.force_login(trade.books.by, "apps.core.backends.PermissionBackend")
    page = client.get(f"/admin/crm/salesorder/{sold.order.pk}/change/").content.decode()
    assert f"2 × {sold.bolt.code}, 1 × {sold.plate.code}" in page
    api = ApiClient(trade.books.by)
    [line] = api.get(f"/crm/sales-orders/{sold.order.pk}/").data["lines"]
    parts: Sequence[Any] = line["parts"]
    assert [(one["item_code"], D(one["per_kit"])) for one in parts] == [
        (sold.bolt.code, 2),
        (sold.plate.code, 1),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.breaks("orders-promised", "invoiced-within-shipped")
@pytest.mark.parametrize(
    ("code", "damage"),
    [
        ("orders-promised", "DELETE FROM crm_salesorderlinepart"),
        ("orders-promised", "UPDATE crm_salesorderlinepart SET per_kit = per_kit + 1"),
        ("invoiced-within-shipped", "UPDATE inventory_expectedmove SET quantity_done = 1"),
    ],
)
def test_damage_to_kits_is_found(books: Any, code: str, damage: str) -> None:
    sold = Sold(make_trade(books))
    sold.send_all()
    sold.bill()
    assert_reconciled()
    with superuser() as tamperer:
        tamperer.execute(damage)
    [finding] = reconcile([code])
    assert finding.offences

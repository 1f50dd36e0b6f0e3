"""Goods of suppliers that lie with us: no value and nobody's to use, until they are taken over."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import reconcile
from apps.crm.services.sales_orders import OrderLine as Sold
from apps.crm.services.sales_orders import confirm_sales_order
from apps.finance.models import JournalEntry
from apps.inventory.models import Location, Lot, StockBalance, StockDocument, StockMove
from apps.inventory.queries.expected import projected_availability
from apps.inventory.queries.stock import stock_on_hand
from apps.inventory.services.locations import create_location
from apps.inventory.services.moves import Move, post_moves
from apps.inventory.services.reservations import Wanted, reserve
from apps.inventory.services.stock_documents import (
    draft_stock_document,
    post_stock_document,
    reverse_stock_document,
)
from apps.inventory.services.stock_lines import StockLine
from apps.supply_chain.models import PurchaseOrder, Receipt
from apps.supply_chain.queries.grni import unbilled_lines
from apps.supply_chain.services.receipts import reverse_receipt
from apps.supply_chain.services.shipments import ship
from apps.supply_chain.services.shippable_lines import Shipped
from apps.supply_chain.services.supplier_items import create_supplier_item, create_supplier_price
from apps.supply_chain.services.supplier_stock import TakenOver, take_over
from tests.crm.test_sales_orders import promises, sell
from tests.support.connections import superuser
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, make_trade
from tests.support.unchanged import nothing_written

D = Decimal


class Lent:
    """100 bolts of the supplier, 0.50 each, at a place of his in our warehouse."""

    def __init__(self, trade: Trade, **values: Any) -> None:
        self.trade, self.by = trade, trade.books.by
        self.item = trade.item("average", **values)
        self.place = create_location(
            company=trade.books.company, code="SUP-OWN", name="Shelf of the supplier",
            kind="foreign", site=trade.books.site, owner=trade.supplier, by=self.by,
        )  # fmt: skip
        terms = create_supplier_item(
            trade.books.company, item=self.item, partner=trade.supplier, valid_from=DAY, by=self.by
        )
        create_supplier_price(
            company=trade.books.company, supplier_item=terms, unit_price=D("0.5"), by=self.by
        )

    def document(self, kind: str, quantity: str, lot: str = "") -> StockDocument:
        ends = {"to_location": self.place} if kind == "brought" else {"from_location": self.place}
        draft = draft_stock_document(
            self.trade.books.company,
            kind=kind,
            site=self.trade.books.site,
            date=DAY,
            lines=[StockLine(self.item, D(quantity), lot_code=lot, **ends)],
            by=self.by,
        )
        return post_stock_document(draft, by=self.by)

    @property
    def balance(self) -> StockBalance:
        return StockBalance.objects.get(location=self.place)

    def taken(self, quantity: str, place: Location | None = None) -> Receipt:
        line = TakenOver(self.balance, D(quantity), place or self.trade.stock)
        return take_over(self.trade.books.company, [line], date=DAY, by=self.by)


@pytest.fixture
def lent(trade: Trade) -> Lent:
    lent = Lent(trade)
    lent.document("brought", "100")
    return lent


def test_what_a_supplier_leaves_here_is_not_ours(trade: Trade, lent: Lent) -> None:
    assert lent.balance.quantity == 100
    assert not JournalEntry.objects.exists() and trade.books.balance("1300") == 0
    known = projected_availability(trade.books.company, [lent.item.pk])[lent.item.pk]
    assert known[-1].available == 0
    assert stock_on_hand(trade.books.company) == []
    with pytest.raises(BusinessError) as refusal:
        reserve(
            trade.books.company,
            [Wanted(item=lent.item, quantity=D(1), site=trade.books.site, source=lent.place)],
            by=lent.by,
        )
    assert refusal.value.code == "insufficient_stock"
    assert_reconciled()


def test_taken_over_it_is_ordered_received_and_owed(trade: Trade, lent: Lent) -> None:
    receipt = lent.taken("40")
    order = receipt.order
    assert (order.status, order.partner) == ("confirmed", trade.supplier)
    assert (lent.balance.quantity, trade.books.balance("1300")) == (60, 20)
    [owed] = unbilled_lines(trade.books.company, at=DAY)
    assert (owed.received, owed.open_value) == (40, 20)
    assert_reconciled()
    reverse_receipt(receipt, date=DAY, reason="not needed", by=lent.by)
    assert (lent.balance.quantity, trade.books.balance("1300")) == (100, 0)
    assert_reconciled()


def test_what_is_left_goes_back_without_a_word_in_the_books(trade: Trade, lent: Lent) -> None:
    lent.document("taken_back", "30")
    assert lent.balance.quantity == 70
    with pytest.raises(BusinessError) as refusal:
        lent.document("taken_back", "71")
    assert refusal.value.code == "insufficient_stock"
    assert not JournalEntry.objects.exists()
    assert_reconciled()


def test_bringing_is_taken_back_whole(trade: Trade) -> None:
    lent = Lent(trade)
    document = lent.document("brought", "5")
    reverse_stock_document(document, reason="wrong shelf", by=lent.by, date=DAY)
    assert lent.balance.quantity == 0
    assert_reconciled()


def test_lots_and_serials_keep_their_number(trade: Trade) -> None:
    lent = Lent(trade, tracking="serial", requires_supplier_lot=True)
    lent.document("brought", "1", lot="S1")
    with pytest.raises(BusinessError) as twice:
        lent.document("brought", "1", lot="S1")
    assert twice.value.code == "serial_in_stock"
    lot = Lot.objects.get()
    assert (lot.supplier, lot.supplier_lot) == (trade.supplier, "S1")
    receipt = lent.taken("1")
    assert receipt.lines.get().lot == lot
    assert_reconciled()


@pytest.mark.parametrize("kind", ["production", "customer", "scrap", "adjustment"])
def test_nothing_of_a_supplier_is_used_or_counted_away(trade: Trade, lent: Lent, kind: str) -> None:
    place = Location.objects.get(company=trade.books.company, kind=kind)
    with nothing_written(), pytest.raises(InvalidInput) as refusal:
        post_moves(
            trade.books.company, [Move(lent.item.pk, D(1), lent.place, place)],
            source=lent.place, date=DAY, journal="INV", by=lent.by,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.row) == ("not_ours", 0)


def test_nothing_of_ours_becomes_a_suppliers(trade: Trade, lent: Lent) -> None:
    item = trade.item()
    trade.stocked(item, "5", "1")
    with pytest.raises(InvalidInput) as refusal:
        post_moves(
            trade.books.company, [Move(item.pk, D(1), trade.stock, lent.place)],
            source=lent.place, date=DAY, journal="INV", by=lent.by,
        )  # fmt: skip
    assert refusal.value.code == "not_ours"


@pytest.mark.parametrize(
    ("kind", "owner", "code"),
    [("foreign", False, "owner_required"), ("internal", True, "not_foreign")],
)
def test_a_place_of_a_supplier_has_an_owner(
    trade: Trade, kind: str, owner: bool, code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_location(
            company=trade.books.company, code="X", name="X", kind=kind, site=trade.books.site,
            owner=trade.supplier if owner else None, by=trade.books.by,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.field) == (code, "owner")


def test_a_take_over_that_does_not_fit_is_refused(trade: Trade, lent: Lent) -> None:
    item = trade.item()
    trade.stocked(item, "5", "1")
    ours = StockBalance.objects.get(item=item)
    company = trade.books.company
    for lines, code, row in (
        ([], "no_lines", None),
        ([TakenOver(lent.balance, D(101), trade.stock)], "insufficient_stock", 0),
        ([TakenOver(lent.balance, D(0), trade.stock)], "not_positive", 0),
        ([TakenOver(ours, D(1), trade.stock)], "ours", 0),
        ([TakenOver(lent.balance, D(1), trade.stock), TakenOver(ours, D(1), trade.stock)],
         "ours", 1),
        ([TakenOver(lent.balance, D(1), lent.place)], "wrong_location", 0),
    ):  # fmt: skip
        with nothing_written(), pytest.raises(BusinessError) as refusal:
            take_over(company, lines, date=DAY, by=lent.by)
        assert (refusal.value.code, refusal.value.row) == (code, row)
    assert PurchaseOrder.objects.count() == 1


def test_it_is_taken_over_on_the_page_and_by_the_api(trade: Trade, lent: Lent) -> None:
    client = Client()
    client.force_login(lent.by, "apps.core.backends.PermissionBackend")
    page = client.get("/purchasing/supplier-stock/").content.decode()
    assert lent.item.code in page and trade.supplier.code in page
    [key] = re.findall(r'name="key" value="(\w+)"', page)
    sent = {"key": key, "place": "STOCK", f"quantity-{lent.balance.pk}": "10"}
    said = client.post("/purchasing/supplier-stock/", sent, follow=True).content.decode()
    assert Receipt.objects.get().number in said
    again = client.post("/purchasing/supplier-stock/", sent, follow=True)
    assert again.status_code == 200 and Receipt.objects.count() == 1
    wrong = client.post("/purchasing/supplier-stock/", sent | {"key": "other", "place": "NOWHERE"})
    assert "NOWHERE" in wrong.content.decode() and 'value="10"' in wrong.content.decode()
    answer = ApiClient(lent.by).post(
        "/supply-chain/receipts/take-over/",
        {
            "company": trade.books.company.pk,
            "date": DAY.isoformat(),
            "lines": [{"balance": lent.balance.pk, "quantity": "5", "location": trade.stock.pk}],
        },
    )
    assert answer.status_code == 201, answer.body
    assert lent.balance.quantity == 85
    assert_reconciled()


def test_our_goods_at_a_customers_are_sold_from_there(trade: Trade) -> None:
    """The other way round: a place of ours that a customer holds, filled by a transfer."""
    item = trade.item()
    trade.stocked(item, "10", "3")
    place = create_location(
        company=trade.books.company, code="AT-CUS", name="At the customer's", kind="internal",
        site=trade.books.site, held_by=trade.customer, by=trade.books.by,
    )  # fmt: skip
    filled = draft_stock_document(
        trade.books.company, kind="transfer", site=trade.books.site, date=DAY,
        lines=[StockLine(item, D(8), trade.stock, place)], by=trade.books.by,
    )  # fmt: skip
    post_stock_document(filled, by=trade.books.by)
    known = projected_availability(trade.books.company, [item.pk])[item.pk]
    assert (known[-1].available, trade.books.balance("1300")) == (2, 30)
    order = confirm_sales_order(sell(trade, Sold(item, D(5), D(9))), by=trade.books.by)
    [promise] = promises(order)
    ship(
        trade.books.company, partner=trade.customer, site=trade.books.site,
        lines=[Shipped(promise, D(5), location=place)], date=DAY, by=trade.books.by,
    )  # fmt: skip
    assert StockBalance.objects.get(location=place).quantity == 3
    assert (trade.books.balance("5000"), trade.books.balance("1300")) == (15, 15)
    assert_reconciled()


@pytest.mark.django_db(transaction=True)
@pytest.mark.breaks("foreign-goods")
def test_a_value_of_what_is_not_ours_is_found(books: Any) -> None:
    lent = Lent(make_trade(books))
    lent.document("brought", "5")
    with superuser() as tamperer:
        tamperer.execute("UPDATE inventory_stockmove SET value = 1")
    [finding] = reconcile(["foreign-goods"])
    assert [one["move_id"] for one in finding.offences] == [StockMove.objects.get().pk]

"""Profit in goods that one company of a group still has of another, by hand in two currencies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client

from apps.core.errors import InvalidInput
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.sales_orders import OrderLine as SoldLine
from apps.crm.services.sales_orders import confirm_sales_order
from apps.finance.group_stock import AskedGoods, group_goods
from apps.finance.models import GroupMargin
from apps.finance.queries.consolidation import group_balance
from apps.finance.services.group_terms import add_margin, change_margin
from apps.finance.services.intercompany import change_member
from apps.finance.services.periods import open_fiscal_year
from apps.masterdata.models import Item
from apps.supply_chain.models import Receipt, Shipment
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.shipments import reverse_shipment
from tests.crm.test_sales_orders import sell, send
from tests.factories import make_currency
from tests.support.faces import ApiClient, codes
from tests.support.groups import END, Two, make_two
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, make_trade, statements

D = Decimal


@dataclass
class Traders:
    """The parent sells to its subsidiary, or the other way round."""

    two: Two
    parent: Trade
    sub: Trade

    def sold(self, item: Item, quantity: str, price: str, **values: Any) -> Shipment:
        """By the parent to the subsidiary, in euro; shipped and invoiced."""
        line = SoldLine(item, D(quantity), D(price), **values)
        order = confirm_sales_order(
            sell(self.parent, line, partner=self.two.of_sub), by=self.two.parent.by
        )
        shipment = send(self.parent, order, str(order.lines.get().quantity * 10)
                        if values.get("unit") else quantity)  # fmt: skip
        invoice_order(order, date=DAY, by=self.two.parent.by)
        return shipment

    def received(self, item: Item, quantity: str, price: str, **values: Any) -> Receipt:
        """By the subsidiary from the parent, in euro."""
        order = self.sub.ordered(
            OrderLine(item, D(quantity), D(price)),
            partner=self.two.of_parent,
            currency=make_currency("EUR"),
        )
        return self.sub.receive(order, quantity, **values)

    def sold_on(self, trade: Trade, item: Item, quantity: str) -> Shipment:
        order = sell(trade, SoldLine(item, D(quantity), D(20)))
        return send(trade, confirm_sales_order(order, by=trade.books.by), quantity)

    def stated(self, margin: str, *, seller: str = "sub") -> GroupMargin:
        pair = [self.two.sub.company, self.two.parent.company]
        seller_company, buyer = pair if seller == "sub" else reversed(pair)
        return add_margin(
            company=self.two.parent.company, group=self.two.group, seller=seller_company,
            buyer=buyer, margin=D(margin), by=self.two.parent.by,
        )  # fmt: skip


@pytest.fixture
def traders(by: Any) -> Traders:
    two = make_two(by)
    return Traders(two, make_trade(two.parent), make_trade(two.sub))


def traded(traders: Traders, costing: str = "fifo") -> None:
    """Ten pieces that cost 6 € each go to the subsidiary for 10 € each; it sells four of them."""
    item = traders.parent.item("fifo", code="X")
    traders.parent.stocked(item, "10", "6")
    box = traders.parent.box_of(item, 10)
    shipment = traders.sold(item, "1", "100", unit=box)
    there = traders.sub.item(costing, code="X")
    traders.received(there, "10", "10", delivery_note=shipment.number)
    traders.sold_on(traders.sub, there, "4")


@pytest.mark.parametrize("costing", ["fifo", "average", "standard"])
def test_the_margin_of_what_is_left_is_taken_off_stock(traders: Traders, costing: str) -> None:
    """Left 6 of 10: 6 × 10 € × 1.25 = 75.00 $; margin 1 − 60 / 100 = 40 %, 30.00 $; × 0.80."""
    traded(traders, costing)
    members = [traders.two.parent.company.pk, traders.two.sub.company.pk]
    [goods] = group_goods(AskedGoods(members, END))
    assert (goods.quantity, goods.worth, goods.margin) == (6, 75, Fraction(2, 5))
    found = traders.two.balance()
    [profit] = found.profits
    assert (profit.own, profit.profit, profit.code) == (D("30.00"), D("24.00"), "1300")
    [stock] = [row for row in found.rows if row.code == "1300"]
    assert stock.eliminated == D("-24.00")
    assert (found.profit, found.profit_before, found.total) == (D("24.00"), 0, 0)
    if costing != "standard":
        assert stock.group == D("36.00")  # six at the parent's cost
        assert_reconciled()


def test_what_comes_back_is_of_the_receipt_it_went_from(traders: Traders) -> None:
    traded(traders)
    members = [traders.two.parent.company.pk, traders.two.sub.company.pk]
    item = Item.objects.get(company=traders.two.sub.company, code="X")
    by = traders.two.sub.by
    back = traders.sold_on(traders.sub, item, "5")
    assert [one.quantity for one in group_goods(AskedGoods(members, END))] == [1]
    reverse_shipment(back, date=DAY, reason="wrong", by=by)
    assert [one.quantity for one in group_goods(AskedGoods(members, END))] == [6]
    traders.sold_on(traders.sub, item, "2")
    assert [one.quantity for one in group_goods(AskedGoods(members, END))] == [4]


def test_the_day_before_nothing_was_there(traders: Traders) -> None:
    traded(traders)
    members = [traders.two.parent.company.pk, traders.two.sub.company.pk]
    assert group_goods(AskedGoods(members, DAY - timedelta(days=1))) == []


def test_without_papers_the_stated_margin_counts_and_others_bear_their_part(
    traders: Traders,
) -> None:
    """2 at 8 $ × 0.90 = 14.40 €; a quarter is profit of a company of which others hold 20 %."""
    before = traders.two.balance().minorities[traders.two.sub.company.pk]
    item = traders.parent.item("fifo", code="Y")
    order = traders.parent.ordered(
        OrderLine(item, D(2), D(8)), partner=traders.two.of_sub, currency=make_currency("USD")
    )
    traders.parent.receive(order, "2", delivery_note="no such paper")
    found = traders.two.balance()
    assert ([one.margin for one in found.profits], found.profit) == ([None], 0)
    traders.stated("25")
    found = traders.two.balance()
    assert found.profit == D("3.60")
    assert found.minorities[traders.two.sub.company.pk] - before == D("0.72")
    assert found.total == 0


def test_what_was_there_when_the_year_began_is_no_result_of_the_year(traders: Traders) -> None:
    traded(traders)
    for books in (traders.two.parent, traders.two.sub):
        open_fiscal_year(books.company, code="2027", starts_on=date(2027, 1, 1), by=books.by)
    traders.two.parent.rate("USD", date(2027, 3, 1), "0.7")
    found = group_balance(traders.two.group, at=date(2027, 3, 31))
    assert (found.profit_before, found.profit) == (D("24.00"), D("21.00"))
    assert found.total == 0


def test_lots_are_traced_by_the_suppliers_lot(traders: Traders) -> None:
    item = traders.parent.item("fifo", code="X", tracking="lot")
    traders.parent.stocked(item, "10", "6", lots=["S-L1"])
    shipment = traders.sold(item, "10", "10")
    there = traders.sub.item("fifo", code="X", tracking="lot")
    for lot in ("L1", "L2"):  # the second is not on that paper
        traders.received(there, "5", "10", delivery_note=shipment.number, lots=[lot])
    members = [traders.two.parent.company.pk, traders.two.sub.company.pk]
    found = group_goods(AskedGoods(members, END))
    assert [one.margin for one in found] == [Fraction(2, 5), None]


def test_the_same_statements_for_any_stock(traders: Traders) -> None:
    traded(traders)
    members = [traders.two.parent.company.pk, traders.two.sub.company.pk]
    few, _found = statements(lambda: group_goods(AskedGoods(members, END)))
    item = traders.sub.item("fifo", code="Z")
    for _n in range(3):
        traders.received(item, "1", "1")
    many, found = statements(lambda: group_goods(AskedGoods(members, END)))
    assert (many, len(found)) == (few, 4)


def test_margins_are_between_members_and_a_percentage(traders: Traders) -> None:
    row = traders.stated("25")
    company = traders.two.parent.company
    with pytest.raises(InvalidInput) as refusal:
        change_margin(row, margin=D(101), by=traders.two.parent.by)
    assert (refusal.value.code, refusal.value.field) == ("not_a_percentage", "margin")
    with pytest.raises(InvalidInput) as refusal:
        change_margin(row, buyer=row.seller, by=traders.two.parent.by)
    assert (refusal.value.code, refusal.value.field) == ("same_company", "buyer")
    [member] = traders.two.group.members.filter(member=traders.two.sub.company)
    change_member(member, is_active=False, by=traders.two.parent.by)
    with pytest.raises(InvalidInput) as refusal:
        add_margin(
            company=company, group=traders.two.group, seller=company,
            buyer=traders.two.sub.company, margin=D(1), by=traders.two.parent.by,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.field) == ("no_member", "buyer")
    assert GroupMargin.objects.get().margin == 25


def test_the_report_its_drill_and_the_margin_through_the_api(traders: Traders) -> None:
    traded(traders)
    api = ApiClient(traders.two.parent.by)
    acting = {"X-Company": "PAR"}
    wrong = {"group": "ALL", "seller": "SUB", "buyer": "SUB", "margin": "10"}
    answer = api.post("/finance/group-margins/", wrong, **acting)
    assert (answer.status_code, codes(answer)) == (422, [("buyer", "same_company")])
    made = api.post("/finance/group-margins/", {**wrong, "buyer": "PAR"}, **acting)
    assert (made.status_code, made.body["margin"]) == (201, "10.000000")
    balance = api.get(f"/finance/statements/group-balance/?date_to={END}", **acting).body["rows"]
    [row] = [one for one in balance if one["name"].endswith("change of the year")]
    assert row["group"] == "24.00" and "group-stock" in row["drill"]
    stock = api.get(f"/finance/statements/group-stock/?date_to={END}", **acting).body["rows"]
    assert (stock[0]["margin"], stock[0]["own"], stock[0]["group"]) == ("40.0000", "30.00", "24.00")
    desk = Client()
    desk.force_login(traders.two.parent.by, "apps.core.backends.PermissionBackend")
    for name in ("group-stock", "group-balance"):
        page = desk.get(f"/reports/finance/{name}/?date_to={END}&company=PAR").content.decode()
        assert "Unrealised profit" in page and "24.00" in page
    for name in ("groupmargin", "groupaccount"):
        assert desk.get(f"/admin/finance/{name}/").status_code == 200
        assert desk.get(f"/admin/finance/{name}/add/").status_code == 200

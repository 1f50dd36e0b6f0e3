"""Price lists: priced orders and quotations, no overlap, import and export."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.core.services.master_data import update_row
from apps.crm.models import CustomerProfile, PriceRule, Segment
from apps.crm.services.price_lists import (
    create_price_rules,
    update_price_list,
    update_price_rule,
)
from apps.crm.services.sales_orders import OrderLine
from tests.crm.sales import price_list, rule
from tests.crm.test_sales_orders import sell
from tests.factories import make_currency
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade, statements

D = Decimal


def test_orders_without_a_price_are_priced_by_the_lists(trade: Trade) -> None:
    item, other = trade.item(sales_price=D(100)), trade.item(sales_price=D(10))
    segment = Segment(company=trade.books.company, code="OEM", name="OEM").save_by(trade.books.by)
    CustomerProfile(company=trade.books.company, partner=trade.customer, segment=segment).save_by(
        trade.books.by
    )
    prices = price_list(trade)
    rule(trade, prices, segment=segment, discount_percent=D(10))
    rule(trade, prices, item=item, min_quantity=D(24), unit_price=D(80), segment=segment)
    order = sell(
        trade,
        OrderLine(item, D(1)),
        OrderLine(item, D(2), unit=trade.box_of(item, 12)),
        OrderLine(other, D(3)),
        OrderLine(other, D(3), D(7)),
    )
    assert [line.unit_price for line in order.lines.all()] == [90, 960, 9, 7]
    prices = update_price_list(prices, is_active=False, by=trade.books.by)
    assert sell(trade, OrderLine(item, D(1))).lines.get().unit_price == 100
    assert_reconciled()


def test_a_foreign_currency_has_only_its_own_prices(trade: Trade) -> None:
    item = trade.item(sales_price=D(100))
    usd = make_currency("USD")
    with pytest.raises(InvalidInput) as refusal:
        sell(trade, OrderLine(item, D(1)), currency=usd)
    assert refusal.value.code == "price_required"
    rule(trade, price_list(trade, "US", usd), item=item, unit_price=D(120))
    order = sell(trade, OrderLine(item, D(1)), currency=usd)
    assert order.lines.get().unit_price == 120


def test_overlapping_rules_of_equal_rank_are_refused_across_lists(trade: Trade) -> None:
    item = trade.item()
    one, two = price_list(trade, "ONE"), price_list(trade, "TWO")
    first = rule(trade, one, item=item, unit_price=D(5), valid_until=date(2026, 6, 30))
    good = {"price_list": two, "item": item, "unit_price": D(6), "valid_from": date(2026, 7, 1)}
    with pytest.raises(BusinessError) as refusal:
        create_price_rules(
            trade.books.company,
            [good, {**good, "valid_from": date(2026, 6, 30), "valid_until": date(2026, 6, 30)}],
            by=trade.books.by,
        )
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "overlapping_rules", "valid_from", 1,
    )  # fmt: skip
    assert PriceRule.objects.count() == 1
    create_price_rules(trade.books.company, [good], by=trade.books.by)
    with pytest.raises(BusinessError):
        update_price_rule(first, valid_until=None, by=trade.books.by)
    two = update_price_list(two, is_active=False, by=trade.books.by)
    first = update_price_rule(first, valid_until=None, by=trade.books.by)
    with pytest.raises(BusinessError) as refusal:
        update_price_list(two, is_active=True, by=trade.books.by)
    assert refusal.value.code == "overlapping_rules"
    two.refresh_from_db()
    assert not two.is_active
    assert_reconciled()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unit_price": None, "discount_percent": D(0)}, "discount_percent"),
        ({"discount_percent": D(101)}, "discount_percent"),
        ({"valid_until": date(2025, 1, 1)}, "valid_until"),
        ({"item": None}, "unit_price"),
    ],
)
def test_a_rule_that_says_nothing_sensible(trade: Trade, change: dict, field: str) -> None:
    values = {"item": trade.item(), "unit_price": D(5), "valid_from": date(2026, 1, 1), **change}
    values["price_list"] = price_list(trade)
    with pytest.raises(InvalidInput) as refusal:
        create_price_rules(trade.books.company, [values], by=trade.books.by)
    assert (refusal.value.field, refusal.value.row) == (field, 0)
    assert not PriceRule.objects.exists()


def test_import_and_export_of_rules_is_all_or_nothing_and_neutral(trade: Trade) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    trade.item(code="PUMP")
    price_list(trade)
    api = ApiClient(trade.books.by)
    bad = "price_list,item,unit_price,valid_from\nLIST,PUMP,5,2026-01-01\nLIST,PUMP,6,2026-02-01\n"
    file = SimpleUploadedFile("rules.csv", bad.encode(), "text/csv")
    answer = api.upload("/crm/price-rules/import/", file=file)
    assert answer.status_code in (409, 422), answer.content
    assert "overlapping_rules" in answer.content.decode()
    assert not PriceRule.objects.exists()
    good = bad.splitlines()[0] + "\nLIST,PUMP,5,2026-01-01\n"
    file = SimpleUploadedFile("rules.csv", good.encode(), "text/csv")
    assert api.upload("/crm/price-rules/import/", file=file).status_code == 200
    assert PriceRule.objects.get().unit_price == 5
    exported = api.client.get("/api/v1/crm/price-rules/export/?as=csv")
    assert exported.status_code == 200 and b"PUMP" in b"".join([exported.content])


def test_the_api_names_the_overlap(trade: Trade) -> None:
    trade.item(code="PUMP")
    price_list(trade)
    api = ApiClient(trade.books.by)
    body = {"price_list": "LIST", "item": "PUMP", "unit_price": "5", "valid_from": "2026-01-01"}
    assert api.post("/crm/price-rules/", body).status_code == 201
    refused = api.post("/crm/price-rules/", {**body, "unit_price": "6"})
    assert (refused.status_code, codes(refused)) == (409, [("valid_from", "overlapping_rules")])


def test_prices_cost_one_statement(trade: Trade) -> None:
    items = [trade.item(sales_price=D(5)) for _n in range(10)]
    few, _order = statements(lambda: sell(trade, *(OrderLine(item, D(1)) for item in items[:2])))
    many, _order = statements(lambda: sell(trade, *(OrderLine(item, D(1)) for item in items)))
    assert few == many


def test_what_is_retired_prices_nothing(trade: Trade) -> None:
    item = trade.item(sales_price=D(10))
    one = rule(trade, price_list(trade), item=item, unit_price=D(5))
    assert sell(trade, OrderLine(item, D(1))).lines.get().unit_price == 5
    update_row(one, values={"is_active": False}, by=trade.books.by)
    assert sell(trade, OrderLine(item, D(1))).lines.get().unit_price == 10

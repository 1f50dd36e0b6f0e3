"""Suggestions of reorder rules: reckoned from the registers, explained, ordered in one action."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput
from apps.core.tables import read_table
from apps.inventory.models import Location
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item
from apps.supply_chain.models import PurchaseOrder, ReorderRule, Requisition
from apps.supply_chain.queries.reorder import Suggestion, reorder_suggestions
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.reorder_rules import (
    Chosen,
    create_reorder_rule,
    order_suggestions,
    update_reorder_rule,
)
from apps.supply_chain.supplier_resources import ReorderRuleResource
from tests.supply_chain.test_supplier_items import terms
from tests.support.faces import ApiClient
from tests.support.trade import DAY, Trade, statements

D = Decimal


def rule(trade: Trade, item: Item, **values: Any) -> ReorderRule:
    return create_reorder_rule(
        trade.books.company, item=item, site=trade.books.site, by=trade.books.by, **values
    )


def suggestion(trade: Trade, today: date | None = None) -> Suggestion:
    [one] = reorder_suggestions(trade.books.company, today=today, with_enough=True)
    return one


def use(trade: Trade, item: Item, quantity: str, day: date) -> None:
    """Take ``quantity`` to production on ``day``."""
    production = virtual_location(trade.books.company, Location.Kind.PRODUCTION)
    post_moves(
        trade.books.company,
        [Move(item_id=item.pk, quantity=D(quantity), from_location=trade.stock,
              to_location=production)],
        source=trade.books.unit(f"U{day:%m%d}"),  # any row: one entry each
        date=day,
        journal="INV",
        by=trade.books.by,
    )  # fmt: skip


def test_usage_lead_time_and_stock_come_from_the_registers(trade: Trade) -> None:
    item = trade.item(lead_time_days=99)
    row = terms(trade, item, ("0", "2"), is_preferred=True, minimum_quantity=D(50),
                order_multiple=D(25))  # fmt: skip
    for days in (4, 5, 6, 15):  # learned: median 5.5, nine of ten within 12.3 days
        order = trade.ordered(OrderLine(item, D(50)))
        trade.receive(order, "50", date=DAY + timedelta(days=days))
    for day in range(16, 26):
        use(trade, item, "12" if day % 2 else "8", DAY + timedelta(days=day))
    rule(trade, item, history_days=10, service_level_percent=D(95), review_days=1)
    one = suggestion(trade, DAY + timedelta(days=25))
    assert (one.demand_per_day, one.demand_days) == (10, 10)
    assert round(one.demand_deviation, 4) == D("2.1082")
    assert (one.lead_time_p50, one.lead_time_p90, one.lead_time_receipts) == (
        D("5.5"), D("12.3"), 4)  # fmt: skip
    assert (one.on_hand, one.position) == (100, 100)
    assert one.partner_code == row.partner.code
    # 10 · (5.5 + 1) and 1.644854 · sqrt(6.5 · 2.1082² + 10² · (6.8 / 1.281552)²)
    assert round(one.safety_stock, 1) == D("87.7")
    assert one.reorder_point == 65 + one.safety_stock
    assert round(one.shortfall, 1) == D("62.7") and one.quantity == 75
    assert one.unit_price == 2
    text = " ".join(one.reasons)
    for figure in ("10 EA", "2.11", "4 receipts", "5.5", "12.3", "95 %", "100 EA", "75"):
        assert figure in text, text


def test_too_few_receipts_teach_nothing(trade: Trade) -> None:
    item = trade.item(lead_time_days=7)
    trade.stocked(item, "10", "1")
    rule(trade, item, method="min_max", minimum=D(10), maximum=D(30))
    one = suggestion(trade, DAY)
    assert (one.lead_time_p50, one.lead_time_receipts, one.quantity) == (7, 0, 20)
    assert one.partner_id is None and "up to 30" in one.reasons[0]


def test_what_is_asked_for_and_ordered_is_not_ordered_twice(trade: Trade) -> None:
    item = trade.item()
    terms(trade, item, ("0", "2"), is_preferred=True)
    one = rule(trade, item, method="min_max", minimum=D(10), maximum=D(30))
    made = order_suggestions(
        trade.books.company, [Chosen(one, D(12))], as_orders=False, by=trade.books.by
    )
    [line] = made.requisitions[0].lines.all()
    assert (line.item, line.quantity, made.requisitions[0].status) == (item, 12, "draft")
    assert suggestion(trade).requested == 12 and suggestion(trade).quantity == 0
    made.requisitions[0].lines.update(quantity=1, stock_quantity=1)
    made = order_suggestions(trade.books.company, [Chosen(one)], as_orders=True, by=trade.books.by)
    [line] = made.purchase_orders[0].lines.all()
    assert (line.quantity, line.unit_price) == (29, 2)
    with pytest.raises(BusinessError) as refusal:
        order_suggestions(trade.books.company, [Chosen(one)], as_orders=True, by=trade.books.by)
    assert (refusal.value.code, refusal.value.row) == ("nothing_to_order", 0)
    assert PurchaseOrder.objects.count() == 1


def test_orders_are_one_per_supplier_and_all_or_none(trade: Trade) -> None:
    second = trade.books.partner("SUP2")
    items = [trade.item(default_supplier=p) for p in (trade.supplier, second, trade.supplier)]
    rules = [rule(trade, i, method="min_max", minimum=D(1), maximum=D(5)) for i in items]
    bare = rule(trade, trade.item(), method="min_max", minimum=D(1), maximum=D(5))
    with pytest.raises(InvalidInput) as refusal:
        order_suggestions(
            trade.books.company,
            [*(Chosen(one) for one in rules), Chosen(bare)],
            as_orders=True,
            by=trade.books.by,
        )
    assert (refusal.value.code, refusal.value.row) == ("no_supplier", 3)
    assert not PurchaseOrder.objects.exists()
    made = order_suggestions(
        trade.books.company, [Chosen(one) for one in rules], as_orders=True, by=trade.books.by
    )
    assert [(order.partner.code, order.lines.count()) for order in made.purchase_orders] == [
        ("SUP", 2),
        ("SUP2", 1),
    ]


def test_a_refusal_of_the_supplier_names_the_rule(trade: Trade) -> None:
    item, other = trade.item(), trade.item(default_supplier=trade.supplier)
    terms(trade, item, is_preferred=True, minimum_quantity=D(20))
    first = rule(trade, other, method="min_max", minimum=D(1), maximum=D(5))
    second = rule(trade, item, method="min_max", minimum=D(1), maximum=D(5))
    with pytest.raises(InvalidInput) as refusal:
        order_suggestions(
            trade.books.company, [Chosen(first), Chosen(second, D(5))], as_orders=True,
            by=trade.books.by,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.row) == ("below_minimum", 1)
    assert not PurchaseOrder.objects.exists() and not Requisition.objects.exists()


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"method": "min_max"}, "maximum_required", "maximum"),
        ({"minimum": D(5), "maximum": D(5)}, "maximum_too_low", "maximum"),
        ({"minimum": D(-1)}, "negative", "minimum"),
        ({"service_level_percent": D(100)}, "out_of_range", "service_level_percent"),
        ({"review_days": 0}, "out_of_range", "review_days"),
        ({"history_days": 6}, "out_of_range", "history_days"),
    ],
)
def test_a_bad_rule_is_named_and_not_written(
    trade: Trade, values: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        rule(trade, trade.item(), **values)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not ReorderRule.objects.exists()
    kept = rule(trade, trade.item())
    with pytest.raises(InvalidInput):
        update_reorder_rule(kept, **values, by=trade.books.by)
    with pytest.raises(InvalidInput) as refusal:
        rule(trade, trade.item(kind="manufactured"))
    assert refusal.value.code == "not_bought"


def test_rules_come_and_go_as_a_table(trade: Trade) -> None:
    item = trade.item()
    content = f"item,site,method,minimum,maximum\n{item.code},MAIN,min_max,5,20\n".encode()
    resource = ReorderRuleResource()

    def load(text: bytes) -> Any:
        return resource.run_import(
            read_table("rules.csv", text), company=trade.books.company, by=trade.books.by
        )

    assert load(content).errors == []
    exported, _kind = resource.export(ReorderRule.objects.all(), "csv")
    assert load(exported.replace(b"20.000000", b"25")).errors == []
    assert ReorderRule.objects.get().maximum == 25
    [bad] = load(content.replace(b",5,20", b",5,4")).errors
    assert (bad.field, bad.code) == ("maximum", "maximum_too_low")


def test_the_statements_do_not_grow_with_rules(trade: Trade) -> None:
    counts = set()
    for size in (2, 20):
        while ReorderRule.objects.count() < size:
            item = trade.item()
            terms(trade, item, ("0", "1"), unit=trade.box_of(item, 10), is_preferred=True)
            rule(trade, item, method="min_max", minimum=D(1), maximum=D(5))
        counts.add(statements(lambda: reorder_suggestions(trade.books.company))[0])
    assert len(counts) == 1, counts


def test_suggestions_through_the_api_and_the_page(trade: Trade, client: Any) -> None:
    item = trade.item(default_supplier=trade.supplier)
    one = rule(trade, item, method="min_max", minimum=D(1), maximum=D(5))
    api = ApiClient(trade.books.by)
    [row] = api.get("/supply-chain/purchasing/reorder-suggestions/").body["results"]
    assert (row["rule_id"], D(row["quantity"]), len(row["reasons"])) == (one.pk, 5, 3)
    made = api.post(
        "/supply-chain/reorder-rules/requisition/",
        {"suggestions": [{"rule": one.pk, "quantity": "2"}]},
    )
    assert made.status_code == 201, made.body
    assert made.body["purchase_orders"] == [] and len(made.body["requisitions"]) == 1
    Requisition.objects.get().lines.all().delete()
    client.force_login(trade.books.by)
    page = client.get("/purchasing/reorder/").content.decode()
    assert item.code in page and "The position is 0 EA" in page
    key = {"key": "k1", "act": "order", f"rule-{one.pk}": "1"}
    said = client.post("/purchasing/reorder/", {**key, f"quantity-{one.pk}": "x"})
    assert "Enter a number" in said.content.decode() and not PurchaseOrder.objects.exists()
    key["key"] = "k2"
    said = client.post("/purchasing/reorder/", {**key, f"quantity-{one.pk}": "4"}, follow=True)
    assert PurchaseOrder.objects.get().number in said.content.decode()
    assert PurchaseOrder.objects.get().lines.get().quantity == 4
    assert timezone.localdate() <= PurchaseOrder.objects.get().due_date

"""Supplier items: what order lines take from them, and what they refuse."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.core.tables import read_table
from apps.supply_chain.models import (
    PurchaseOrder,
    SupplierCalendar,
    SupplierClosure,
    SupplierItem,
    SupplierPrice,
)
from apps.supply_chain.queries.supplier_terms import WorkingDays
from apps.supply_chain.services.purchase_order_imports import OrderDraft, import_purchase_orders
from apps.supply_chain.services.purchase_orders import OrderLine, update_purchase_order
from apps.supply_chain.services.supplier_items import (
    create_supplier_item,
    set_supplier_prices,
    update_supplier_item,
)
from apps.supply_chain.supplier_resources import SupplierItemResource
from tests.factories import make_books, make_currency
from tests.support.faces import ApiClient, codes
from tests.support.trade import DAY, Trade, statements

D = Decimal


def terms(trade: Trade, item: Any, *prices: tuple[str, str], **values: Any) -> SupplierItem:
    """Terms of the supplier from 2026 on, with price breaks (from quantity, price)."""
    values.setdefault("valid_from", date(2026, 1, 1))
    row = create_supplier_item(
        trade.books.company, item=item, partner=trade.supplier, by=trade.books.by, **values
    )
    set_supplier_prices(
        trade.books.company,
        [(row, D(least), D(price)) for least, price in prices],
        by=trade.books.by,
    )
    return row


def test_a_line_takes_unit_and_price_of_its_quantity(trade: Trade) -> None:
    item = trade.item(purchase_price=D(9))
    box = trade.box_of(item, 12)
    row = terms(trade, item, ("1", "24"), ("10", "21.60"), unit=box)
    order = trade.order(
        OrderLine(item, D(9)),
        OrderLine(item, D(10)),
        OrderLine(item, D(120), unit=item.unit),
        OrderLine(item, D(5), D("1.23")),
    )
    lines = list(order.lines.all())
    assert [line.unit_id for line in lines] == [box.pk, box.pk, item.unit_id, box.pk]
    assert [line.unit_price for line in lines] == [24, D("21.60"), D("1.80"), D("1.23")]
    assert [line.stock_quantity for line in lines] == [108, 120, 120, 60]
    assert {line.supplier_item_id for line in lines} == {row.pk}


def test_below_the_first_break_and_before_its_time_the_items_own_price_applies(
    trade: Trade,
) -> None:
    item = trade.item(purchase_price=D(9))
    terms(trade, item, ("100", "7"))
    later = trade.item(purchase_price=D(5))
    terms(trade, later, ("0", "4"), valid_from=date(2026, 4, 1))
    order = trade.order(OrderLine(item, D(99)), OrderLine(item, D(100)), OrderLine(later, D(1)))
    assert [line.unit_price for line in order.lines.all()] == [9, 7, 5]
    assert [line.supplier_item_id is None for line in order.lines.all()] == [False, False, True]


def test_due_dates_count_the_suppliers_working_days(trade: Trade) -> None:
    item, other = trade.item(lead_time_days=3), trade.item(lead_time_days=4)
    terms(trade, item, lead_time_days=5)
    by, company = trade.books.by, trade.books.company
    SupplierCalendar(company=company, partner=trade.supplier, weekdays=0b0011111).save_by(by)
    SupplierClosure(
        company=company,
        partner=trade.supplier,
        first_day=date(2026, 3, 16),
        last_day=date(2026, 3, 17),
        name="Inventory",
    ).save_by(by)
    order = trade.order(OrderLine(item, D(1)), OrderLine(other, D(1)), due_date=None)
    # Tuesday 10th; 11, 12, 13, then the weekend and two days closed, 18, 19
    assert [line.due_date for line in order.lines.all()] == [date(2026, 3, 19)] * 2
    assert order.due_date == date(2026, 3, 19)
    [line] = trade.order(OrderLine(other, D(1)), due_date=None).lines.all()
    assert line.due_date == date(2026, 3, 14)


def test_working_days_pass_weekends_and_closures() -> None:
    calendar = WorkingDays(0b0011111, ((date(2026, 12, 24), date(2027, 1, 3)),))
    assert calendar.after(date(2026, 12, 23), 1) == date(2027, 1, 4)
    assert calendar.after(date(2026, 12, 23), 0) == date(2026, 12, 23)
    assert WorkingDays().after(date(2026, 2, 27), 2) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("quantity", "code", "following"),
    [("9", "below_minimum", "12"), ("13", "not_multiple", "18"), ("0.5", "below_minimum", "12")],
)
def test_minimum_and_multiple_are_kept(
    trade: Trade, quantity: str, code: str, following: str
) -> None:
    item = trade.item()
    terms(trade, item, ("0", "1"), minimum_quantity=D(10), order_multiple=D(6))
    with pytest.raises(InvalidInput) as refusal:
        trade.order(OrderLine(trade.item(), D(1)), OrderLine(item, D(quantity)))
    error = refusal.value
    assert (error.code, error.field, error.row) == (code, "quantity", 1)
    assert error.details["next"] == following and item.code in error.message
    assert not PurchaseOrder.objects.exists()
    order = trade.order(OrderLine(item, D(following)))
    with pytest.raises(InvalidInput):
        update_purchase_order(order, lines=[OrderLine(item, D(quantity))], by=trade.books.by)
    assert [line.quantity for line in order.lines.all()] == [D(following)]


def test_the_minimum_is_in_the_suppliers_unit(trade: Trade) -> None:
    item = trade.item()
    terms(trade, item, unit=trade.box_of(item, 12), order_multiple=D(2))
    with pytest.raises(InvalidInput) as refusal:
        trade.order(OrderLine(item, D(36), unit=item.unit))
    assert refusal.value.details == {"next": "4", "unit": "BOX"}
    assert trade.order(OrderLine(item, D(48), unit=item.unit)).pk


def test_a_price_in_another_currency_is_asked_for(trade: Trade) -> None:
    item = trade.item()
    terms(trade, item, ("0", "3"), currency=make_currency("USD"))
    with pytest.raises(InvalidInput) as refusal:
        trade.order(OrderLine(item, D(1)))
    assert (refusal.value.code, refusal.value.field) == ("price_required", "unit_price")
    assert trade.order(OrderLine(item, D(1), D(2))).pk


def test_a_history_from_elsewhere_need_not_keep_the_minimum(trade: Trade) -> None:
    item = trade.item()
    terms(trade, item, ("0", "3"), minimum_quantity=D(100))
    import_purchase_orders(
        trade.books.company, [OrderDraft("OLD-1", trade.supplier)], by=trade.books.by
    )
    from apps.supply_chain.services.purchase_order_imports import add_order_lines

    [line] = add_order_lines(
        trade.books.company, [("OLD-1", OrderLine(item, D(5)))], by=trade.books.by
    )
    assert (line.unit_price, line.stock_quantity) == (3, 5)


def _bad(trade: Trade, case: str) -> dict[str, Any]:
    item = trade.item()
    values: dict[str, Any] = {"item": item, "partner": trade.supplier}
    if case == "wrong_partner partner":
        values["partner"] = trade.books.partner(is_supplier=False)
    if case == "wrong_unit unit":
        kilo = trade.books.unit("KGM")
        type(kilo).objects.filter(pk=kilo.pk).update(dimension="mass")
        kilo.refresh_from_db()
        values["unit"] = kilo
    if case == "other_company item":
        values["item"] = make_books("OTHER").item()
    values |= {
        "negative minimum_quantity": {"minimum_quantity": D(-1)},
        "bad_percent over_receipt_percent": {"over_receipt_percent": D(101)},
        "ends_before valid_until": {
            "valid_from": date(2026, 2, 1),
            "valid_until": date(2026, 1, 31),
        },
    }.get(case, {})
    return values


@pytest.mark.parametrize(
    "case",
    [
        "wrong_partner partner",
        "wrong_unit unit",
        "other_company item",
        "negative minimum_quantity",
        "bad_percent over_receipt_percent",
        "ends_before valid_until",
    ],
)
def test_bad_terms_are_named_and_not_written(trade: Trade, case: str) -> None:
    code, field = case.split()
    with pytest.raises(InvalidInput) as refusal:
        create_supplier_item(trade.books.company, by=trade.books.by, **_bad(trade, case))
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not SupplierItem.objects.exists()


def test_terms_of_one_supplier_do_not_overlap_and_one_is_preferred(trade: Trade) -> None:
    item, other = trade.item(), trade.books.partner("SUP2")
    first = terms(trade, item, valid_until=date(2026, 6, 30), is_preferred=True)
    with pytest.raises(BusinessError) as refusal:
        terms(trade, item, valid_from=date(2026, 6, 30))
    assert (refusal.value.code, refusal.value.field) == ("overlapping_terms", "valid_from")
    with pytest.raises(BusinessError) as refusal:
        create_supplier_item(
            trade.books.company, item=item, partner=other, is_preferred=True,
            valid_from=date(2026, 2, 1), by=trade.books.by,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.field) == ("preferred_twice", "is_preferred")
    second = terms(trade, item, valid_from=date(2026, 7, 1))
    with pytest.raises(BusinessError):
        update_supplier_item(first, valid_until=None, by=trade.books.by)
    assert SupplierItem.objects.count() == 2
    assert update_supplier_item(second, supplier_code="X-1", by=trade.books.by).version == 2


HEAD = ("item", "partner", "unit", "minimum_quantity", "order_multiple", "lead_time_days",
        "valid_from", "from_quantity", "unit_price")  # fmt: skip
CSV = (
    ",".join(HEAD)
    + """
{item},SUP,,10,5,7,2026-01-01,10,2.50
{item},SUP,,10,5,7,2026-01-01,100,2.25
{other},SUP,,,,,2026-01-01,,
"""
)


def test_terms_come_and_go_as_a_table(trade: Trade) -> None:
    item, other = trade.item(), trade.item()
    content = CSV.format(item=item.code, other=other.code).encode()
    resource = SupplierItemResource()

    def load(text: bytes) -> Any:
        return resource.run_import(
            read_table("terms.csv", text), company=trade.books.company, by=trade.books.by
        )

    assert load(content).errors == []
    row = SupplierItem.objects.get(item=item)
    assert (row.minimum_quantity, row.order_multiple, row.lead_time_days) == (10, 5, 7)
    assert [(p.from_quantity, p.unit_price) for p in row.prices.all()] == [
        (10, D("2.5")),
        (100, D("2.25")),
    ]
    exported, _kind = resource.export(SupplierItem.objects.all(), "csv")
    assert load(exported).errors == []
    assert (SupplierItem.objects.count(), SupplierPrice.objects.count()) == (2, 2)
    row.refresh_from_db()
    assert row.version == 1 and row.prices.first().version == 1  # nothing new, no history
    changed = load(content.replace(b"2.25", b"2.20"))
    assert changed.errors == [] and row.prices.last().unit_price == D("2.20")
    bad = load(content.replace(b"100,2.25", b"100,-1"))
    assert [(e.row, e.field, e.code) for e in bad.errors] == [(3, "unit_price", "negative")]
    assert row.prices.last().unit_price == D("2.20")


def test_terms_live_through_the_api(trade: Trade) -> None:
    api, item = ApiClient(trade.books.by), trade.item()
    made = api.post(
        "/supply-chain/supplier-items/",
        {"item": item.code, "partner": "SUP", "minimum_quantity": "10"},
    )
    assert made.status_code == 201, made.body
    assert (made.body["unit_code"], made.body["currency"]) == ("EA", "EUR")
    price = api.post(
        "/supply-chain/supplier-prices/",
        {"supplier_item": made.body["id"], "from_quantity": "0", "unit_price": "2"},
    )
    assert price.status_code == 201, price.body
    again = api.post("/supply-chain/supplier-items/", {"item": item.code, "partner": "SUP"})
    assert (again.status_code, codes(again)) == (409, [("valid_from", "overlapping_terms")])


def test_the_statements_do_not_grow_with_terms(trade: Trade) -> None:
    items = [trade.item() for _ in range(40)]
    for item in items:
        terms(trade, item, ("0", "1"), unit=trade.box_of(item, 10))
    counts = {
        statements(lambda n=n: trade.order(*(OrderLine(item, D(1)) for item in items[:n])))[0]
        for n in (4, 40)
    }
    assert len(counts) == 1 and max(counts) <= 8


def test_a_line_keeps_its_price_when_terms_change(trade: Trade) -> None:
    item = trade.item()
    row = terms(trade, item, ("0", "3"))
    order = trade.order(OrderLine(item, D(2)))
    set_supplier_prices(trade.books.company, [(row, D(0), D(4))], by=trade.books.by)
    assert order.lines.get().unit_price == 3
    assert [h.unit_price for h in row.prices.get().history.all()] == [4, 3]
    assert row.valid_from <= DAY

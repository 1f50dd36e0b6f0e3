"""Opening balances, transfers, count differences, scrap: posted, reversed, refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.core.tables import read_table, write_xlsx
from apps.finance.models import JournalEntry
from apps.inventory.models import ItemValuation, Lot, StockDocument, StockMove
from apps.inventory.resources import OpeningStockResource
from apps.inventory.services.stock_documents import (
    cancel_stock_document,
    change_stock_document,
    draft_stock_document,
    post_stock_document,
    reverse_stock_document,
)
from apps.inventory.services.stock_lines import StockLine
from tests.inventory.conftest import DAY, Warehouse
from tests.support.reconciled import assert_reconciled


def draft(warehouse: Warehouse, kind: str, *lines: StockLine, **values) -> StockDocument:
    return draft_stock_document(
        warehouse.books.company,
        kind=kind,
        site=warehouse.books.site,
        date=DAY,
        lines=lines,
        by=warehouse.books.by,
        **values,
    )


def opening(item, quantity: str, cost: str, to, lot: str = "") -> StockLine:
    return StockLine(item, Decimal(quantity), to_location=to, lot_code=lot, unit_cost=Decimal(cost))


def test_an_opening_fills_stock_against_the_opening_account(warehouse: Warehouse) -> None:
    books = warehouse.books
    bolt, paint = warehouse.item("average"), warehouse.item("fifo", tracking="lot")
    document = draft(
        warehouse,
        "opening",
        opening(bolt, "100", "0.333333", warehouse.stock),
        opening(paint, "2", "5", warehouse.stock, "P1"),
        opening(paint, "3", "5", warehouse.stock, "P1"),
    )
    assert not StockMove.objects.exists()
    post_stock_document(document, by=books.by)
    assert (warehouse.worth(bolt), warehouse.worth(paint)) == (Decimal("33.33"), 25)
    assert books.balance("3900") == Decimal("-58.33")
    assert Lot.objects.get(item=paint).code == "P1"
    with pytest.raises(InvalidTransition):
        post_stock_document(document, by=books.by)
    reverse_stock_document(document, reason="wrong list", date=DAY, by=books.by)
    assert books.balance("3900") == 0
    assert (warehouse.worth(bolt), warehouse.worth(paint)) == (0, 0)
    entry = JournalEntry.objects.get(reverses__isnull=False)
    assert "wrong list" in entry.description
    with pytest.raises(InvalidTransition):
        reverse_stock_document(document, reason="again", by=books.by)
    assert_reconciled()


def test_count_differences_need_their_reason(warehouse: Warehouse) -> None:
    books, item = warehouse.books, warehouse.item("average")
    warehouse.receive(item, "10", "3")
    loss = StockLine(item, Decimal(2), from_location=warehouse.stock)
    gain = StockLine(item, Decimal(1), to_location=warehouse.stock)
    document = draft(warehouse, "adjustment", loss, gain)
    with pytest.raises(InvalidInput) as refused:
        post_stock_document(document, by=books.by)
    assert (refused.value.code, refused.value.field) == ("reason_required", "reason")
    document = change_stock_document(
        document, reason=warehouse.reason("MISC", "scrap"), by=books.by
    )
    with pytest.raises(InvalidInput) as refused:
        post_stock_document(document, by=books.by)
    assert refused.value.code == "wrong_reason"
    document = change_stock_document(
        document, reason=warehouse.reason("COUNT", "adjustment"), by=books.by
    )
    post_stock_document(document, by=books.by)
    assert warehouse.worth(item) == 27
    assert books.balance("5230") == 3
    assert_reconciled()


def test_scrap_and_transfer(warehouse: Warehouse) -> None:
    books, item = warehouse.books, warehouse.item("fifo")
    shelf = warehouse.place("SHELF")
    warehouse.receive(item, "10", "3")
    moved = draft(warehouse, "transfer", StockLine(item, Decimal(4), warehouse.stock, shelf))
    post_stock_document(moved, by=books.by)
    scrapped = draft(
        warehouse,
        "scrap",
        StockLine(item, Decimal(4), from_location=shelf),
        reason=warehouse.reason("BENT", "scrap"),
    )
    post_stock_document(scrapped, by=books.by)
    assert books.balance("5100") == 12
    line = JournalEntry.objects.get(source_id=scrapped.pk).lines.get(account__code="5100")
    assert line.reason.code == "BENT"
    reverse_stock_document(scrapped, reason="was fine", date=DAY, by=books.by)
    reverse_stock_document(moved, reason="back", date=DAY, by=books.by)
    assert warehouse.worth(item) == 30
    assert_reconciled()


def test_a_draft_is_changed_and_given_up(warehouse: Warehouse) -> None:
    books, item = warehouse.books, warehouse.item("average")
    document = draft(warehouse, "opening", opening(item, "1", "1", warehouse.stock))
    document = change_stock_document(
        document,
        lines=[opening(item, "2", "1", warehouse.stock)],
        version=document.version,
        by=books.by,
    )
    assert [line.quantity for line in document.lines.all()] == [2]
    cancel_stock_document(document, by=books.by)
    with pytest.raises(BusinessError):
        change_stock_document(document, note="late", by=books.by)


@pytest.mark.parametrize(
    ("kind", "change", "code", "field"),
    [
        ("opening", {"unit_cost": None}, "cost_required", "unit_cost"),
        ("opening", {"unit_cost": Decimal(-1)}, "negative_value", "unit_cost"),
        ("opening", {"quantity": Decimal(0)}, "not_positive", "quantity"),
        ("opening", {"quantity": Decimal("Infinity")}, "not_a_number", "quantity"),
        ("opening", {"to_location": None}, "required", "to_location"),
        ("opening", {"to_location": "customer"}, "wrong_place", "to_location"),
        ("transfer", {"to_location": "customer"}, "required", "from_location"),
        ("transfer", {"from_location": "stock"}, "same_location", "to_location"),
        ("adjustment", {"from_location": "supplier"}, "wrong_place", "from_location"),
        ("adjustment", {"to_location": "elsewhere"}, "other_site", "to_location"),
        ("scrap", {"from_location": "stock", "to_location": None}, "cost_not_wanted", "unit_cost"),
    ],
)
def test_bad_lines_name_their_row_and_field(
    warehouse: Warehouse, kind: str, change: dict, code: str, field: str
) -> None:
    from tests.factories import make_site

    item = warehouse.item("average")
    there = warehouse.place(
        "THERE", site=make_site(warehouse.books.company, by=warehouse.books.by, code="TWO")
    )
    places = {"stock": warehouse.stock, "elsewhere": there, **warehouse.virtual}
    values = {"quantity": Decimal(1), "to_location": "stock", "unit_cost": Decimal(1), **change}
    values = {name: places.get(v, v) if isinstance(v, str) else v for name, v in values.items()}
    good = StockLine(item, Decimal(1), warehouse.stock, there)
    fine = [good] if kind == "transfer" else []
    with pytest.raises(InvalidInput) as refused:
        draft(warehouse, kind, *fine, StockLine(item, **values))
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.row == len(fine)
    assert not StockDocument.objects.exists()


def test_a_lot_that_leaves_must_be_there(warehouse: Warehouse) -> None:
    item = warehouse.item("average", tracking="lot")
    document = draft(
        warehouse,
        "scrap",
        StockLine(item, Decimal(1), from_location=warehouse.stock, lot_code="NONE"),
        reason=warehouse.reason("BENT", "scrap"),
    )
    with pytest.raises(BusinessError) as refused:
        post_stock_document(document, by=warehouse.books.by)
    assert (refused.value.code, refused.value.row) == ("unknown_lot", 0)
    document.refresh_from_db()
    assert document.status == "draft"


def test_a_hundred_lines_cost_as_many_statements_as_ten(warehouse: Warehouse) -> None:
    counts = {}
    for size in (10, 100):
        lines = [
            opening(warehouse.item("fifo", tracking="lot"), "1", "1", warehouse.stock, "A")
            for _ in range(size)
        ]
        document = draft(warehouse, "opening", *lines)
        with CaptureQueriesContext(connection) as captured:
            post_stock_document(document, by=warehouse.books.by)
        counts[size] = len([q for q in captured if "SAVEPOINT" not in q["sql"]])
    assert counts[10] == counts[100] <= 25


# --- import ------------------------------------------------------------------------------------

HEADER = ("item", "lot_code", "quantity", "unit_cost", "to_location")


def file_of(*rows: tuple[str, ...]) -> str:
    return "\n".join(",".join(row) for row in (HEADER, *rows))


def run(warehouse: Warehouse, content: str | bytes, *, dry_run: bool = False, **values):
    content = content.encode() if isinstance(content, str) else content
    values.setdefault("date", DAY)
    return OpeningStockResource(**values).run_import(
        read_table("opening", content),
        company=warehouse.books.company,
        by=warehouse.books.by,
        dry_run=dry_run,
    )


def test_opening_stock_is_imported_when_it_ties(warehouse: Warehouse) -> None:
    bolt, paint = warehouse.item("average"), warehouse.item("fifo", tracking="lot")
    rows = ((bolt.code, "", "100", "0.25", "STOCK"), (paint.code, "P1", "2", "5", "STOCK"))
    for content in (file_of(*rows), write_xlsx(HEADER, iter(rows))):
        report = run(warehouse, content, control_total=Decimal("35.01"), dry_run=True)
        [error] = report.errors
        assert (error.field, error.code) == ("control_total", "opening_total_differs")
        assert not run(warehouse, content, control_total=Decimal(35), dry_run=True).errors
        assert not ItemValuation.objects.exists()
    report = run(warehouse, file_of(*rows), control_total=Decimal(35))
    assert (report.errors, report.count("created")) == ([], 2)
    assert (warehouse.worth(bolt), warehouse.worth(paint)) == (25, 10)
    assert StockDocument.objects.get().status == "posted"
    assert_reconciled()


@pytest.mark.parametrize(
    ("bad", "field", "code"),
    [
        ({"item": "NONE"}, "item", "does_not_exist"),
        ({"quantity": "-1"}, "quantity", "not_positive"),
        ({"quantity": "1e3"}, "quantity", "invalid"),
        ({"quantity": "1.0000001"}, "quantity", "too_many_decimals"),
        ({"unit_cost": ""}, "unit_cost", "cost_required"),
        ({"unit_cost": "-1"}, "unit_cost", "negative_value"),
        ({"to_location": "CUSTOMER"}, "to_location", "wrong_place"),
        ({"to_location": ""}, "to_location", "required"),
        ({"lot_code": "L1"}, "lot", "lot_not_wanted"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(
    warehouse: Warehouse, bad: dict, field: str, code: str
) -> None:
    item = warehouse.item("average", code="BOLT")
    good = dict(zip(HEADER, (item.code, "", "1", "1", "STOCK"), strict=True))
    report = run(warehouse, file_of(tuple(good.values()), tuple({**good, **bad}.values())))
    [error] = report.errors
    assert (error.row, error.field, error.code) == (3, field, code)
    assert not StockMove.objects.exists()
    assert not StockDocument.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        "item,quantity\nBOLT,1",
        "item,lot_code,quantity,unit_cost,to_location,colour\nBOLT,,1,1,STOCK,red",
        "item,lot_code,quantity,unit_cost,to_location\n",
        'item,lot_code,quantity,unit_cost,to_location\n"BOLT,,1,1,STOCK',
    ],
)
def test_a_malformed_file_is_refused(warehouse: Warehouse, content: str) -> None:
    warehouse.item("average", code="BOLT")
    try:
        errors = run(warehouse, content).errors
    except InvalidInput as refused:
        assert refused.field == "file"
    else:
        assert errors[0].field == "file"
    assert not StockDocument.objects.exists()


def test_the_day_is_in_a_period(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    report = run(warehouse, file_of((item.code, "", "1", "1", "STOCK")), date=date(2040, 1, 1))
    assert report.errors[0].code == "no_period"

"""Four years of a real company's purchasing come in by import, are received, billed, and tie out.

The cases are AdventureWorks (MIT): 2,006 orders, 4,831 lines, with their published totals.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from apps.core.import_profiles import ImportProfile
from apps.core.services.documents import insert_all
from apps.core.tables import Table, read_table
from apps.finance.models import FiscalYear
from apps.finance.services.periods import open_fiscal_year
from apps.masterdata.models import Item, Partner
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine
from apps.supply_chain.queries.grni import unbilled_lines
from apps.supply_chain.queries.purchase_orders import (
    line_quantities,
    order_totals,
    purchase_sums,
    reject_rates,
)
from apps.supply_chain.resources import PurchaseOrderLineResource, PurchaseOrderResource
from apps.supply_chain.services.bills import bill_order
from apps.supply_chain.services.purchase_orders import confirm_purchase_orders
from apps.supply_chain.services.receipts import Delivered, receive
from tests.factories import make_books
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade, make_trade, statements

CASES = Path(os.environ.get("MES_ERP_CASES") or Path(__file__).parents[3] / "shared" / "cases")
PURCHASING = CASES / "12-bi-import" / "purchasing"
PRODUCTS = CASES / "12-bi-import" / "bom" / "products.csv"
#: Where our columns are in their files.
HEADERS = {
    "number": "purchase_order",
    "partner": "vendor",
    "order_date": "order_date",
    "due_date": "ship_date",
    "tax_amount": "tax",
    "freight_amount": "freight",
}
LINES = {
    "order": "purchase_order",
    "position": "line",
    "due_date": "due_date",
    "quantity": "order_qty",
    "item": "product",
    "unit_price": "unit_price",
}
D = Decimal

pytestmark = [
    pytest.mark.skipif(not PURCHASING.exists(), reason="no folder of cases (MES_ERP_CASES)"),
    pytest.mark.slow,
]


def rows(name: str) -> list[dict[str, str]]:
    with (PURCHASING / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(name: str, columns: dict[str, str]) -> Table:
    return ImportProfile(columns).apply(read_table(name, (PURCHASING / name).read_bytes()))


@pytest.fixture
def trade(db: None) -> Trade:
    """A company with their products and their vendors, its books open from 2022 to 2025."""
    books = make_books("BIKES", starts_on=date(2022, 1, 1))
    for year in (2023, 2024, 2025):
        open_fiscal_year(books.company, code=str(year), starts_on=date(year, 1, 1), by=books.by)
    assert FiscalYear.objects.count() == 4
    unit, category = books.unit(), books.category()
    with PRODUCTS.open(newline="", encoding="utf-8") as file:
        products = list(csv.DictReader(file))
    insert_all(
        [
            Item(
                company=books.company, code=product["product"], name=product["name"],
                unit=unit, category=category,
            )
            for product in products
        ],
        by=books.by,
    )  # fmt: skip
    insert_all(
        [
            Partner(
                company=books.company, code=vendor, name=f"Vendor {vendor}", is_supplier=True,
                currency=books.company.currency,
            )
            for vendor in sorted({row["vendor"] for row in rows("headers.csv")})
        ],
        by=books.by,
    )  # fmt: skip
    return make_trade(books)


def imported(trade: Trade) -> list[PurchaseOrder]:
    who = {"company": trade.books.company, "by": trade.books.by, "reason": "moving in"}
    headers, lines = table("headers.csv", HEADERS), table("lines.csv", LINES)
    report = PurchaseOrderResource().run_import(headers, dry_run=True, **who)
    assert (report.errors, report.count("created")) == ([], 2006)
    assert not PurchaseOrder.objects.exists()
    spent, report = statements(lambda: PurchaseOrderResource().run_import(headers, **who))
    assert (report.errors, report.count("created")) == ([], 2006)
    assert spent <= 12
    spent, report = statements(lambda: PurchaseOrderLineResource().run_import(lines, **who))
    assert (report.errors, report.count("created")) == ([], 4831)
    assert spent <= 16
    assert PurchaseOrder.history.filter(history_change_reason="moving in").count() == 2 * 2006
    return list(PurchaseOrder.objects.order_by("pk"))


@pytest.mark.case("BI-AW-PO-dev")
def test_the_totals_are_the_published_ones(trade: Trade) -> None:
    orders = imported(trade)
    totals = order_totals(order.pk for order in orders)
    found = {order.number: totals[order.pk] for order in orders}
    expected = rows("expected_order_totals.csv")
    assert len(expected) == len(found) == 2006
    for row in expected:
        total = found[row["purchase_order"]]
        assert total.sub_total == D(row["sub_total"]), row
        assert (total.tax, total.freight) == (D(row["tax"]), D(row["freight"])), row
        assert total.total == D(row["total_due"]), row
    for group, name in (("year", "expected_by_year.csv"), ("partner", "expected_by_vendor.csv")):
        sums = {one.key: one for one in purchase_sums(trade.books.company, group=group)}
        published = rows(name)
        assert len(sums) == len(published)
        for row in published:
            key = row["year" if group == "year" else "vendor"]
            assert (sums[key].orders, sums[key].total) == (int(row["orders"]), D(row["total_due"]))
    by_vendor = purchase_sums(trade.books.company, group="partner")
    top = max(by_vendor, key=lambda one: one.total)
    assert (top.key, top.total) == ("1576", D("2517133.3700"))


def test_a_second_import_is_refused_and_a_wrong_row_is_named(trade: Trade) -> None:
    who = {"company": trade.books.company, "by": trade.books.by}
    headers = table("headers.csv", HEADERS)
    PurchaseOrderResource().run_import(headers, **who)
    [error] = PurchaseOrderResource().run_import(headers, **who).errors
    assert (error.row, error.field, error.code) == (2, "number", "already_exists")
    lines = table("lines.csv", LINES)
    lines.rows[17].cells["item"] = "no such item"
    lines.rows[23].cells["quantity"] = "-5"
    lines.rows[42].cells["due_date"] = "2022-02-30"
    report = PurchaseOrderLineResource().run_import(lines, **who)
    assert [(e.row, e.field, e.code) for e in report.errors] == [
        (19, "item", "does_not_exist"),
        (25, "quantity", "not_positive"),
        (44, "due_date", "invalid_date"),
    ]
    assert not PurchaseOrderLine.objects.exists()


def test_all_of_it_is_received_some_is_billed_and_the_books_agree(trade: Trade) -> None:
    orders = imported(trade)
    ContentType.objects.get_for_model(PurchaseOrderLine)  # read once per process
    spent, _orders = statements(lambda: confirm_purchase_orders(orders, by=trade.books.by))
    assert spent <= 6
    for order, lines in deliveries(trade):
        receive(order, lines=lines, date=order.due_date, by=trade.books.by)
    for row in rows("expected_by_vendor.csv"):
        [rate] = [r for r in rates(trade) if r.partner_code == row["vendor"]]
        assert (rate.delivered, rate.rejected) == (D(row["received_qty"]), D(row["rejected_qty"]))
        assert abs(rate.rate - D(row["reject_rate"])) < D("0.00005"), row
    to_bill = PurchaseOrder.objects.select_related("company__currency", "partner").order_by("pk")
    for order in to_bill[:100]:
        invoice = bill_order(
            order,
            reference=f"B{order.number}",
            date=order.due_date,
            tax_is_cost=True,
            by=trade.books.by,
        )
        quantities = line_quantities([order.pk])
        assert all(line.billed == line.received for line in quantities)
        ordered, cent = order_totals([order.pk])[order.pk].total, D("0.005") * (len(quantities) + 2)
        assert invoice.total <= ordered + cent
        if all(line.received == line.ordered for line in quantities):
            assert invoice.total >= ordered - cent
    open_value = sum(
        line.open_value for line in unbilled_lines(trade.books.company, at=date(2026, 1, 1))
    )
    assert -trade.books.balance("2050") == open_value > 0
    assert_reconciled()


_rates: dict[int, Any] = {}


def rates(trade: Trade) -> Any:
    if trade.books.company.pk not in _rates:
        _rates[trade.books.company.pk] = reject_rates(
            trade.books.company, since=date(2022, 1, 1), until=date(2025, 12, 31)
        )
    return _rates[trade.books.company.pk]


def deliveries(trade: Trade) -> Iterator[tuple[PurchaseOrder, list[Delivered]]]:
    """What their system says came, order by order: taken in, and refused at the door."""
    came = {(row["purchase_order"], int(row["line"])): row for row in rows("lines.csv")}
    by_order: dict[int, list[Delivered]] = {}
    for line in PurchaseOrderLine.objects.select_related("order").order_by("order_id", "position"):
        row = came[line.order.number, line.position]
        rejected = D(row["rejected_qty"])
        by_order.setdefault(line.order_id, []).append(
            Delivered(
                line, D(row["received_qty"]) - rejected, trade.stock, quantity_rejected=rejected
            )
        )
    for order in PurchaseOrder.objects.select_related("company").order_by("due_date", "pk"):
        yield order, by_order[order.pk]

"""Goods come back, through the API alone: two legs (rule 20), credit, refund; the books agree."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pypdfium2
import pytest

from apps.crm.models import Return, ReturnLine
from apps.finance.models import Invoice, JournalEntry
from apps.inventory.models import StockMove
from tests.crm.sales import quarantine
from tests.factories import Books
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade, make_trade

D = Decimal
DAY = "2026-03-10"
RETURNS = "/crm/returns/"


@pytest.fixture
def trade(books: Books) -> Trade:
    trade = make_trade(books)
    quarantine(trade)
    pump = trade.item("fifo", code="PUMP", tracking="serial", sales_price=D(100))
    oil = trade.item("average", code="OIL")
    trade.stocked(oil, "20", "5")
    for serial, price in (("P-1", "60"), ("P-2", "70")):
        trade.stocked(pump, "1", price, lots=[serial])
    return trade


@pytest.fixture
def api(trade: Trade) -> ApiClient:
    return ApiClient(trade.books.by)


def ok(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.content
    return answer.body


def sold(api: ApiClient) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both pumps and eight oil, shipped and invoiced with 20 % tax: 344 net, 412.80."""
    order = ok(
        api.post(
            "/crm/sales-orders/",
            {
                "partner": "CUS", "site": "MAIN", "order_date": "2026-03-02",
                "due_date": DAY, "lines": [
                    {"item": "PUMP", "quantity": 2, "unit_price": "140", "tax_code": "STD"},
                    {"item": "OIL", "quantity": 8, "unit_price": "8", "tax_code": "STD"},
                ],
            },
        )
    )  # fmt: skip
    place = f"/crm/sales-orders/{order['id']}/"
    ok(api.post(f"{place}confirm/"))
    lines = ok(api.get(f"{place}quantities/"))["results"]
    ok(
        api.post(
            "/supply-chain/shipments/",
            {
                "partner": "CUS", "site": "MAIN", "date": DAY,
                "lines": [
                    {"expected_move": line["expected_move_id"], "quantity": line["ordered"]}
                    for line in lines
                ],
            },
        )
    )  # fmt: skip
    return order, ok(api.post(f"{place}invoice/", {"date": DAY}))


def body(order: dict[str, Any], serial: str = "P-2", oil: str = "3") -> dict[str, Any]:
    pump, other = (line["id"] for line in order["lines"])
    return {
        "partner": "CUS", "site": "MAIN", "reason": "does not fit",
        "lines": [
            {"order_line": pump, "quantity": 1, "lot": serial},
            {"order_line": other, "quantity": oil},
        ],
    }  # fmt: skip


def test_returned_inspected_credited_and_refunded(trade: Trade, api: ApiClient) -> None:
    books = trade.books
    order, invoice = sold(api)
    assert (D(invoice["total"]), books.balance("5000")) == (D("412.80"), 170)
    ok(
        api.post(
            "/finance/payments/",
            {
                "direction": "in", "partner": "CUS", "account": "1010", "date": DAY,
                "amount": "400", "allocations": [{"invoice": invoice["id"], "amount": "400"}],
            },
        )
    )  # fmt: skip
    case = ok(
        api.post("/crm/service-cases/", {"partner": "CUS", "subject": "Wrong pump", "lot": "P-2"})
    )
    assert case["shipped_on"] == DAY
    complaint = ok(
        api.post(
            "/crm/complaints/",
            {
                "partner": "CUS", "item": "PUMP", "lot": "P-2", "quantity": 1,
                "description": "Wrong thread", "service_case": case["id"],
            },
        )
    )  # fmt: skip
    ok(api.post(f"/crm/complaints/{complaint['id']}/accept/", {"answer": "Send it back"}))

    rma = ok(api.post(RETURNS, {**body(order), "complaint": complaint["id"]}))
    place = f"{RETURNS}{rma['id']}/"
    assert codes(api.post(f"{place}receive/", {"date": DAY}))[0][1] == "invalid_transition"
    ok(api.post(f"{place}approve/"))
    label = pypdfium2.PdfDocument(api.get(f"{place}pdf/").content)[0].get_textpage()
    for word in (rma["number"], "PUMP", "P-2", order["number"]):
        assert word in label.get_text_range(), word
    came = ok(api.post(f"{place}receive/", {"date": DAY}))
    assert [D(line["original_cost"]) for line in came["lines"]] == [70, 15]
    assert books.balance("5000") == 85
    assert_reconciled()
    # quarantine is not sold again before somebody has looked
    short = {
        "partner": "CUS", "site": "MAIN", "order_date": DAY, "due_date": DAY,
        "lines": [{"item": "PUMP", "quantity": 1, "unit_price": "140"}],
    }  # fmt: skip
    again = ok(api.post("/crm/sales-orders/", short))
    refused = api.post(f"/crm/sales-orders/{again['id']}/confirm/", {"is_reserved": True})
    assert codes(refused)[0][1] == "insufficient_stock"
    pump, oil = (line["id"] for line in came["lines"])
    ok(
        api.post(
            f"{place}inspect/",
            {
                "date": DAY,
                "findings": [
                    {"line": pump, "finding": "restock", "location": "STOCK"},
                    {"line": oil, "finding": "scrap"},
                ],
            },
        )
    )  # fmt: skip
    assert books.balance("5100") == 15
    [note] = ok(api.post(f"{place}credit/", {"date": DAY}))
    # 140 + 3 × 8 net, 20 % tax; 12.80 was still open, the rest is owed to the customer
    assert D(note["total"]) == D("196.80")
    assert [books.balance(c) for c in ("4000", "4200", "2100", "1100")] == [
        -344, 164, -36, -184,
    ]  # fmt: skip
    ok(
        api.post(
            "/finance/payments/",
            {
                "direction": "out", "partner": "CUS", "account": "1010", "date": DAY,
                "amount": "184", "allocations": [{"invoice": note["id"], "amount": "184"}],
            },
        )
    )  # fmt: skip
    assert (books.balance("1100"), books.balance("1010")) == (0, 216)
    ok(api.post(f"{place}close/"))
    ok(api.post(f"/crm/sales-orders/{again['id']}/confirm/", {"is_reserved": True}))
    chain = ok(api.get(f"{place}chain/"))["results"]
    assert [link["model"] for link in chain] == ["sales_order", "invoice", "return", "invoice"]
    [margin] = ok(api.get(f"/crm/sales/margins/?date_from={DAY}&date_to={DAY}"))["results"]
    assert (D(margin["revenue"]), D(margin["cogs"])) == (180, 85)
    assert_reconciled()


@pytest.mark.parametrize(
    ("serial", "oil", "status", "attr", "code", "row"),
    [
        ("P-2", "8.5", 409, "quantity", "over_return", 1),
        ("P-3", "3", 409, "lot", "not_shipped", 0),
        ("NONE", "3", 400, "lines.0.lot", "does_not_exist", None),
        ("P-2", "0", 400, "lines.1.quantity", "not_positive", None),
    ],
)
def test_what_can_not_come_back_is_named_and_nothing_is_written(
    trade: Trade,
    api: ApiClient,
    serial: str,
    oil: str,
    status: int,
    attr: str,
    code: str,
    row: int | None,
) -> None:
    order, _invoice = sold(api)
    item = trade.item("fifo", code="PUMP2", tracking="serial")
    trade.stocked(item, "1", "9", lots=["P-4"])
    from apps.masterdata.models import Item

    trade.stocked(Item.objects.get(code="PUMP"), "1", "60", lots=["P-3"])
    before = (StockMove.objects.count(), JournalEntry.objects.count(), Invoice.objects.count())
    answer = api.post(RETURNS, body(order, serial, oil))
    assert (answer.status_code, codes(answer)) == (status, [(attr, code)]), answer.content
    assert answer.body["errors"][0].get("row") == row
    assert not Return.objects.exists() and not ReturnLine.objects.exists()
    assert before == (
        StockMove.objects.count(), JournalEntry.objects.count(), Invoice.objects.count(),
    )  # fmt: skip


def test_who_sells_does_not_credit_unless_allowed(trade: Trade, api: ApiClient) -> None:
    order, _invoice = sold(api)
    rma = ok(api.post(RETURNS, body(order)))
    member = ApiClient(make_member("seller", trade.books.company, permissions=("crm.view_return",)))
    for verb in ("approve", "receive", "inspect", "credit", "close"):
        assert member.post(f"{RETURNS}{rma['id']}/{verb}/").status_code == 403
    assert Return.objects.get().status == "requested"

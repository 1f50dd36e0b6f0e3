"""From the purchase order to the payment, through the API alone, and all the way back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest

from apps.finance.models import Invoice, JournalEntry, JournalLine, PeriodLock
from apps.inventory.models import ExpectedMove, Lot, StockMove
from apps.supply_chain.models import BillMatch, PurchaseOrder, PurchaseOrderLine, Receipt
from tests.factories import Books, make_currency
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade, make_trade

ORDERS = "/supply-chain/purchase-orders/"
RECEIPTS = "/supply-chain/receipts/"
D = Decimal


@pytest.fixture
def trade(books: Books) -> Trade:
    trade = make_trade(books)
    books.rate("USD", date(2026, 3, 1), "0.90")
    books.rate("USD", date(2026, 3, 20), "0.95")
    return trade


@pytest.fixture
def buyer(trade: Trade) -> ApiClient:
    return ApiClient(
        make_member(
            "buyer",
            trade.books.company,
            permissions=(
                "supply_chain.add_purchaseorder",
                "supply_chain.view_purchaseorder",
                "supply_chain.change_purchaseorder",
                "supply_chain.confirm_purchaseorder",
                "supply_chain.cancel_purchaseorder",
                "supply_chain.add_receipt",
                "supply_chain.view_receipt",
                "supply_chain.reverse_receipt",
            ),
        )
    )


@pytest.fixture
def accountant(trade: Trade) -> ApiClient:
    return ApiClient(
        make_member(
            "accountant",
            trade.books.company,
            permissions=(
                "supply_chain.view_purchaseorder",
                "supply_chain.view_receipt",
                "supply_chain.view_billmatch",
                "finance.post_invoice",
                "finance.view_invoice",
                "finance.reverse_invoice",
                "finance.add_payment",
                "finance.view_payment",
                "finance.reverse_payment",
            ),
        )
    )


def draft(trade: Trade, **values: Any) -> dict[str, Any]:
    """An order for 10 boxes of 12 screws and 5 lots of oil, in dollars."""
    if not hasattr(trade, "screw"):
        trade.screw = trade.item("average", code="SCREW")
        trade.box_of(trade.screw, 12)
        trade.oil = trade.item(
            "fifo", code="OIL", tracking="lot", requires_supplier_lot=True, shelf_life_days=365
        )
    return {
        "partner": "SUP",
        "site": "MAIN",
        "order_date": "2026-03-02",
        "due_date": "2026-03-10",
        "currency": "USD",
        "lines": [
            {"item": "SCREW", "quantity": "10", "unit": "BOX", "unit_price": "24"},
            {"item": "OIL", "quantity": "5", "unit_price": "100"},
        ],
        **values,
    }


def rows() -> tuple[int, ...]:
    kinds = (
        PurchaseOrder,
        PurchaseOrderLine,
        ExpectedMove,
        Receipt,
        Lot,
        StockMove,
        JournalEntry,
        JournalLine,
        Invoice,
        BillMatch,
    )
    return tuple(kind.objects.count() for kind in kinds)


def confirmed(trade: Trade, buyer: ApiClient) -> dict[str, Any]:
    make_currency("USD")
    made = buyer.post(ORDERS, draft(trade))
    assert made.status_code == 201, made.content
    answer = buyer.post(f"{ORDERS}{made.body['id']}/confirm/")
    assert (answer.status_code, answer.body["status"]) == (200, "confirmed")
    return answer.body


def came(order: dict[str, Any], *quantities: str, **more: Any) -> dict[str, Any]:
    lines = [
        {"order_line": line["id"], "quantity": quantity, "location": "STOCK"}
        for line, quantity in zip(order["lines"], quantities, strict=False)
    ]
    if len(lines) > 1:
        lines[1] |= {"lot_code": "L1", "supplier_lot": "S1"}
    return {"date": "2026-03-10", "lines": lines, **more}


def test_buy_receive_bill_pay_and_take_each_step_back(
    trade: Trade, buyer: ApiClient, accountant: ApiClient
) -> None:
    books = trade.books
    order = confirmed(trade, buyer)
    place = f"{ORDERS}{order['id']}/"
    first = buyer.post(f"{place}receive/", came(order, "4", "5"), key="dock-1")
    again = buyer.post(f"{place}receive/", came(order, "4", "5"), key="dock-1")
    assert (first.status_code, first.body) == (201, again.body)
    assert Receipt.objects.count() == 1
    # 4 boxes at 24 and 5 at 100 dollars, at 0.90
    assert books.balance("1300") == -books.balance("2050") == D("536.40")
    assert [row["received"] for row in buyer.get(f"{place}quantities/").body["results"]] == [
        "48.000000",
        "5.000000",
    ]

    body = {
        "reference": "R-1", "date": "2026-03-21", "freight_amount": "10", "tax_amount": "7.5",
        "tax_code": "STD",
        "lines": [
            {"receipt_line": first.body["lines"][0]["id"], "unit_price": "25"},
            {"receipt_line": first.body["lines"][1]["id"], "quantity": "2"},
        ],
    }  # fmt: skip
    assert buyer.post(f"{place}bill/", body).status_code == 403
    bill = accountant.post(f"{place}bill/", body)
    assert (bill.status_code, bill.body["total"]) == (201, "317.5000")
    # 4 dollars more than ordered, at the receipt's rate: late cost
    assert books.balance("1300") == D("540.00")
    # 3 of oil at 100 dollars and 0.90 are still unbilled
    assert books.balance("2050") == -270
    unbilled = accountant.get("/supply-chain/purchasing/unbilled/?at=2026-03-31").body["results"]
    assert [(row["item_code"], row["open_value"], row["age"]) for row in unbilled] == [
        ("OIL", "270.00", 21)
    ]
    paid = accountant.post(
        "/finance/payments/",
        {
            "direction": "out", "partner": "SUP", "account": "1020", "date": "2026-03-25",
            "currency": "USD", "amount": "317.5",
            "allocations": [{"invoice": bill.body["id"], "amount": "317.5"}],
        },
    )  # fmt: skip
    assert paid.status_code == 201, paid.content
    assert books.balance("2000") == 0
    assert_reconciled()

    back = {"date": "2026-03-26", "reason": "wrong supplier"}
    refused = accountant.post(f"/finance/invoices/{bill.body['id']}/reverse/", back)
    assert codes(refused)[0][1] == "has_payments"
    refused = buyer.post(f"{RECEIPTS}{first.body['id']}/reverse/", back)
    assert (refused.status_code, codes(refused)) == (409, [("status", "billed")])
    for client, path in (
        (accountant, f"/finance/payments/{paid.body['id']}/reverse/"),
        (accountant, f"/finance/invoices/{bill.body['id']}/reverse/"),
        (buyer, f"{RECEIPTS}{first.body['id']}/reverse/"),
    ):
        answer = client.post(path, back)
        assert (answer.status_code, answer.body["status"]) == (200, "reversed"), answer.content
        assert_reconciled()
    assert buyer.post(f"{place}cancel/", {"reason": "wrong supplier"}).body["status"] == "cancelled"
    for account in ("1300", "2050", "2000", "1150", "5060", "1020", "7200", "5200"):
        assert books.balance(account) == 0, account
    assert_reconciled()


def test_partial_receipts_close_the_line_and_the_order_closes_short(
    trade: Trade, buyer: ApiClient
) -> None:
    order = confirmed(trade, buyer)
    place = f"{ORDERS}{order['id']}/"
    for _part in range(2):
        assert buyer.post(f"{place}receive/", came(order, "5")).status_code == 201
    late = buyer.get("/supply-chain/purchasing/open-lines/").body["results"]
    assert [(row["item_code"], row["open"]) for row in late] == [("OIL", "5.000000")]
    assert buyer.post(f"{place}close/").body["status"] == "closed"
    refused = buyer.post(f"{place}receive/", came(order, "0", "1"))
    assert (refused.status_code, codes(refused)) == (409, [("status", "wrong_status")])
    assert buyer.post(f"{place}reopen/", {"reason": "it comes"}).status_code == 200
    assert buyer.post(f"{place}receive/", came(order, "0", "1")).status_code == 422
    lines = {"date": "2026-03-11", "lines": came(order, "0", "1")["lines"][1:]}
    assert buyer.post(f"{place}receive/", lines).status_code == 201
    assert_reconciled()


@pytest.mark.parametrize(
    ("change", "status", "attr", "code"),
    [
        ({"item": "NOTHING"}, 400, "lines.1.item", "does_not_exist"),
        ({"quantity": "-1"}, 400, "lines.1.quantity", "not_positive"),
        ({"quantity": "NaN"}, 400, "lines.1.quantity", "not_a_number"),
        ({"quantity": "1.0000001"}, 400, "lines.1.quantity", "max_decimal_places"),
        ({"unit": "BOX"}, 422, "unit", "wrong_unit"),
        ({"unit_price": "-1"}, 400, "lines.1.unit_price", "min_value"),
        ({"price": "1"}, 400, "lines.1.price", "unknown_field"),
        ({"due_date": "2026-02-30"}, 400, "lines.1.due_date", "invalid"),
    ],
)
def test_a_bad_order_line_is_named_and_nothing_is_written(
    trade: Trade, buyer: ApiClient, change: dict[str, str], status: int, attr: str, code: str
) -> None:
    make_currency("USD")
    body = draft(trade)
    kilo = trade.books.unit("BOX")
    kilo.dimension = "mass"
    kilo.save_by(trade.books.by)
    body["lines"][1] |= change
    before = rows()
    answer = buyer.post(ORDERS, body)
    assert answer.status_code == status, answer.content
    assert (attr, code) in codes(answer)
    if status == 422:
        assert answer.body["errors"][0]["row"] == 1
    assert rows() == before


@pytest.mark.parametrize(
    ("change", "status", "attr", "code"),
    [
        ({"quantity": "5.000001"}, 409, "quantity", "over_receipt"),
        ({"quantity": "-1"}, 400, "lines.1.quantity", "min_value"),
        ({"quantity": "Infinity"}, 400, "lines.1.quantity", "not_a_number"),
        ({"lot_code": ""}, 400, "lines.1.lot_code", "blank"),
        ({"supplier_lot": None}, 400, "lines.1.supplier_lot", "null"),
        ({"unit": "BOX"}, 422, "unit", "wrong_unit"),
        ({"location": "SUPPLIER"}, 422, "location", "wrong_location"),
        ({"location": "NOWHERE"}, 400, "lines.1.location", "does_not_exist"),
        ({"order_line": 999999999}, 400, "lines.1.order_line", "does_not_exist"),
    ],
)
def test_a_bad_receipt_is_named_and_nothing_is_written(
    trade: Trade, buyer: ApiClient, change: dict[str, Any], status: int, attr: str, code: str
) -> None:
    order = confirmed(trade, buyer)
    body = came(order, "1", "1")
    body["lines"][1] |= change
    if change.get("unit"):
        box = trade.books.unit("BOX")
        box.dimension = "mass"
        box.save_by(trade.books.by)
    before = rows()
    answer = buyer.post(f"{ORDERS}{order['id']}/receive/", body)
    assert answer.status_code == status, answer.content
    assert (attr, code) in codes(answer)
    if status in (409, 422):
        assert answer.body["errors"][0]["row"] == 1
    assert rows() == before


def test_wrong_steps_and_wrong_hands_change_nothing(
    trade: Trade, buyer: ApiClient, accountant: ApiClient
) -> None:
    make_currency("USD")
    made = buyer.post(ORDERS, draft(trade), key="order-1").body
    place = f"{ORDERS}{made['id']}/"
    before = rows()
    other = buyer.post(ORDERS, draft(trade, supplier_reference="x"), key="order-1")
    assert (other.status_code, codes(other)[0][1]) == (422, "idempotency_key_reused")
    assert codes(buyer.post(f"{place}close/"))[0][1] == "invalid_transition"
    assert codes(buyer.post(f"{place}receive/", came(made, "1")))[0][1] == "wrong_status"
    assert accountant.post(f"{place}confirm/").status_code == 403
    assert accountant.post(f"{place}receive/", came(made, "1")).status_code == 403
    assert accountant.post(ORDERS, draft(trade)).status_code == 403
    stranger = ApiClient(
        make_member("stranger", permissions=("supply_chain.confirm_purchaseorder",))
    )
    assert stranger.post(f"{place}confirm/").status_code == 404
    assert buyer.patch(place, {"status": "confirmed"}, version=1).status_code == 400
    assert rows() == before

    changed = buyer.patch(place, {"supplier_reference": "Q-7"}, version=1)
    assert (changed.status_code, changed.body["version"]) == (200, 2)
    assert buyer.patch(place, {"supplier_reference": "Q-8"}, version=1).status_code == 412
    lines = {"lines": [{"item": "SCREW", "quantity": "3", "unit_price": "2"}]}
    assert [line["quantity"] for line in buyer.patch(place, lines, version=2).body["lines"]] == [
        "3.000000"
    ]
    order = buyer.post(f"{place}confirm/").body
    assert buyer.patch(place, {"supplier_reference": "Q-9"}, version=4).status_code == 409
    PeriodLock.objects.filter(module="inventory").update(state="hard")
    before = rows()
    refused = buyer.post(f"{place}receive/", came(order, "3"))
    assert (refused.status_code, codes(refused)) == (409, [("date", "period_closed")])
    assert rows() == before
    assert_reconciled()


def test_the_order_is_printed_on_both_papers(trade: Trade, buyer: ApiClient) -> None:
    order = confirmed(trade, buyer)
    sizes = {}
    for paper in ("A4", "Letter"):
        answer = buyer.get(f"{ORDERS}{order['id']}/pdf/?paper={paper}")
        assert answer["Content-Type"] == "application/pdf"
        page = pypdfium2.PdfDocument(answer.content)[0]
        text = page.get_textpage().get_text_range()
        for word in (order["number"], "SCREW", "BOX", "24", "740.00", "SUP Inc", "MAIN plant"):
            assert word in text, (word, text)
        sizes[paper] = tuple(round(side) for side in page.get_size())
    assert sizes == {"A4": (595, 842), "Letter": (612, 792)}
    assert buyer.get(f"{ORDERS}{order['id']}/pdf/?paper=A5").status_code == 400

"""From the sales order to the money, through the API alone, and all the way back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from apps.crm.models import SalesOrder, SalesOrderLine
from apps.finance.models import Invoice, JournalEntry, JournalLine
from apps.inventory.models import ExpectedMove, Lot, Reservation, StockMove
from apps.inventory.services.lots import hold_lots
from apps.supply_chain.models import Shipment
from tests.factories import Books, make_currency
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade, make_trade

ORDERS = "/crm/sales-orders/"
SHIPMENTS = "/supply-chain/shipments/"
D = Decimal


@pytest.fixture
def trade(books: Books) -> Trade:
    trade = make_trade(books)
    make_currency("USD")
    books.rate("USD", date(2026, 3, 1), "0.90")
    books.rate("USD", date(2026, 4, 1), "0.80")
    pump = trade.item("fifo", code="PUMP", sales_price=D("50"))
    oil = trade.item("average", code="OIL", tracking="lot")
    trade.stocked(pump, "10", "30")
    trade.stocked(oil, "20", "5", lots=["L1"])
    return trade


@pytest.fixture
def seller(trade: Trade) -> ApiClient:
    return ApiClient(
        make_member(
            "seller",
            trade.books.company,
            permissions=(
                "crm.add_salesorder",
                "crm.view_salesorder",
                "crm.change_salesorder",
                "crm.confirm_salesorder",
                "crm.cancel_salesorder",
                "crm.invoice_salesorder",
            ),
        )
    )


@pytest.fixture
def packer(trade: Trade) -> ApiClient:
    return ApiClient(
        make_member(
            "packer",
            trade.books.company,
            permissions=(
                "supply_chain.add_shipment",
                "supply_chain.view_shipment",
                "supply_chain.reverse_shipment",
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
                "finance.view_invoice",
                "finance.reverse_invoice",
                "finance.add_payment",
                "finance.view_payment",
                "finance.reverse_payment",
            ),
        )
    )


def draft(**values: Any) -> dict[str, Any]:
    return {
        "partner": "CUS",
        "site": "MAIN",
        "order_date": "2026-03-02",
        "due_date": "2026-03-10",
        "currency": "USD",
        "customer_reference": "PO 77",
        "lines": [
            {"item": "PUMP", "quantity": "4", "unit_price": "60", "tax_code": "STD"},
            {"item": "OIL", "quantity": "10", "unit_price": "9.99", "tax_code": "RED"},
        ],
        **values,
    }


def rows() -> tuple[int, ...]:
    kinds = (
        SalesOrder,
        SalesOrderLine,
        ExpectedMove,
        Reservation,
        Shipment,
        StockMove,
        JournalEntry,
        JournalLine,
        Invoice,
    )
    return tuple(kind.objects.count() for kind in kinds)


def confirmed(seller: ApiClient, **values: Any) -> dict[str, Any]:
    made = seller.post(ORDERS, draft(**values))
    assert made.status_code == 201, made.content
    answer = seller.post(f"{ORDERS}{made.body['id']}/confirm/", {"is_reserved": True})
    assert (answer.status_code, answer.body["status"]) == (200, "confirmed"), answer.content
    return answer.body


def shipping(seller: ApiClient, order: dict[str, Any], *quantities: str) -> dict[str, Any]:
    """What is to go out of the order's lines, by their expected moves."""
    lines = seller.get(f"{ORDERS}{order['id']}/quantities/").body["results"]
    return {
        "partner": "CUS",
        "site": "MAIN",
        "date": "2026-03-10",
        "lines": [
            {"expected_move": line["expected_move_id"], "quantity": quantity}
            for line, quantity in zip(lines, quantities, strict=False)
        ],
    }


def test_sell_ship_invoice_collect_and_take_each_step_back(
    trade: Trade, seller: ApiClient, packer: ApiClient, accountant: ApiClient
) -> None:
    books = trade.books
    order = confirmed(seller)
    place = f"{ORDERS}{order['id']}/"
    assert Reservation.objects.count() == 2
    body = shipping(seller, order, "3", "10")
    first = packer.post(SHIPMENTS, body, key="truck-1")
    again = packer.post(SHIPMENTS, body, key="truck-1")
    assert (first.status_code, again.body) == (201, first.body)
    assert Shipment.objects.count() == 1
    assert books.balance("5000") == 140
    waiting = seller.get("/crm/sales/not-invoiced/").body["results"]
    assert [(row["item_code"], D(row["value"])) for row in waiting] == [
        ("PUMP", D(180)),
        ("OIL", D("99.90")),
    ]
    invoice = seller.post(f"{place}invoice/", {"date": "2026-03-10"})
    assert (invoice.status_code, invoice.body["number"]) == (201, "SAL-2026-000001")
    # 180 + 36 tax and 99.90 + 9.99 tax
    assert invoice.body["total"] == "325.8900"
    assert (books.balance("1100"), books.balance("4000")) == (D("293.30"), D("-251.91"))
    second = packer.post(SHIPMENTS, shipping(seller, order, "1"))
    rest = seller.post(f"{place}invoice/", {"date": "2026-03-11"})
    assert (second.status_code, rest.body["total"]) == (201, "72.0000")
    refused = seller.post(f"{place}invoice/", {"date": "2026-03-12"})
    assert (refused.status_code, codes(refused)) == (422, [("lines", "nothing_to_invoice")])
    paid = accountant.post(
        "/finance/payments/",
        {
            "direction": "in", "partner": "CUS", "account": "1020", "date": "2026-04-05",
            "currency": "USD", "amount": "397.89",
            "allocations": [
                {"invoice": invoice.body["id"], "amount": "325.89"},
                {"invoice": rest.body["id"], "amount": "72"},
            ],
        },
    )  # fmt: skip
    assert paid.status_code == 201, paid.content
    assert books.balance("1100") == 0
    assert books.balance("7200") == D("39.79")
    assert_reconciled()

    back = {"date": "2026-04-06", "reason": "all returned"}
    refused = packer.post(f"{SHIPMENTS}{first.body['id']}/reverse/", back)
    assert (refused.status_code, codes(refused)) == (409, [("status", "invoiced")])
    assert codes(accountant.post(f"/finance/invoices/{rest.body['id']}/reverse/", back))[0][1] == (
        "has_payments"
    )
    for client, path in (
        (accountant, f"/finance/payments/{paid.body['id']}/reverse/"),
        (accountant, f"/finance/invoices/{invoice.body['id']}/reverse/"),
        (accountant, f"/finance/invoices/{rest.body['id']}/reverse/"),
        (packer, f"{SHIPMENTS}{first.body['id']}/reverse/"),
        (packer, f"{SHIPMENTS}{second.body['id']}/reverse/"),
    ):
        answer = client.post(path, back)
        assert (answer.status_code, answer.body["status"]) == (200, "reversed"), answer.content
        assert_reconciled()
    assert seller.post(f"{place}cancel/", {"reason": "all returned"}).status_code == 200
    for account in ("1100", "4000", "2100", "5000", "7200", "1020"):
        assert books.balance(account) == 0, account
    assert not Reservation.objects.exists()
    assert_reconciled()


@pytest.mark.parametrize(
    ("change", "status", "attr", "code"),
    [
        ({"item": "NOTHING"}, 400, "lines.1.item", "does_not_exist"),
        ({"quantity": "0"}, 400, "lines.1.quantity", "not_positive"),
        ({"quantity": "NaN"}, 400, "lines.1.quantity", "not_a_number"),
        ({"unit": "KGM"}, 422, "unit", "wrong_unit"),
        ({"tax_code": "VAT99"}, 400, "lines.1.tax_code", "does_not_exist"),
        ({"unit_price": None}, 422, "unit_price", "price_required"),
        ({"stock_quantity": "1"}, 400, "lines.1.stock_quantity", "read_only"),
    ],
)
def test_a_bad_order_line_is_named_and_nothing_is_written(
    trade: Trade, seller: ApiClient, change: dict[str, Any], status: int, attr: str, code: str
) -> None:
    kilo = trade.books.unit("KGM")
    kilo.dimension = "mass"
    kilo.save_by(trade.books.by)
    body = draft()
    body["lines"][1] |= change
    if change.get("unit_price", "") is None:
        del body["lines"][1]["unit_price"]
    before = rows()
    answer = seller.post(ORDERS, body)
    assert answer.status_code == status, answer.content
    assert (attr, code) in codes(answer)
    if status == 422:
        assert answer.body["errors"][0]["row"] == 1
    assert rows() == before


@pytest.mark.parametrize(
    ("case", "status", "attr", "code"),
    [
        ("more than promised", 409, "quantity", "over_shipment"),
        ("more than there", 409, "quantity", "insufficient_stock"),
        ("held", 409, "lot", "stock_blocked"),
        ("not a number", 400, "lines.1.quantity", "not_a_number"),
        ("negative", 400, "lines.1.quantity", "not_positive"),
        ("another partner", 422, "expected_move", "other_partner"),
        ("nobody's", 400, "lines.1.expected_move", "does_not_exist"),
    ],
)
def test_a_bad_shipment_is_named_and_nothing_is_written(
    trade: Trade,
    seller: ApiClient,
    packer: ApiClient,
    case: str,
    status: int,
    attr: str,
    code: str,
) -> None:
    lines = draft()["lines"]
    if case == "more than there":
        lines[1]["quantity"] = "21"
    made = seller.post(ORDERS, draft(lines=lines)).body
    order = seller.post(f"{ORDERS}{made['id']}/confirm/").body
    body = shipping(seller, order, "1", "1")
    line = body["lines"][1]
    if case == "held":
        hold_lots(list(Lot.objects.all()), reason="complaint", by=trade.books.by)
        line |= {"location": "STOCK", "lot": Lot.objects.get().pk}
    line["quantity"] = {
        "more than promised": "10.5",
        "more than there": "21",
        "not a number": "NaN",
        "negative": "-1",
    }.get(case, line["quantity"])
    if case == "another partner":
        body["partner"] = trade.books.partner("ELSE").code
    if case == "nobody's":
        line["expected_move"] = 999999999
    before = rows()
    answer = packer.post(SHIPMENTS, body)
    assert answer.status_code == status, answer.content
    assert (attr, code) in codes(answer)
    if status in (409, 422) and case != "another partner":
        assert answer.body["errors"][0]["row"] == 1
    assert rows() == before


def test_wrong_steps_and_wrong_hands_change_nothing(
    trade: Trade, seller: ApiClient, packer: ApiClient
) -> None:
    made = seller.post(ORDERS, draft(), key="o-1").body
    place = f"{ORDERS}{made['id']}/"
    before = rows()
    other = seller.post(ORDERS, draft(customer_reference="x"), key="o-1")
    assert (other.status_code, codes(other)[0][1]) == (422, "idempotency_key_reused")
    assert codes(seller.post(f"{place}close/"))[0][1] == "invalid_transition"
    assert codes(seller.post(f"{place}invoice/", {"date": "2026-03-10"}))[0][1] == "wrong_status"
    assert packer.post(f"{place}confirm/").status_code == 403
    assert packer.post(ORDERS, draft()).status_code == 403
    assert rows() == before
    seller.post(f"{place}confirm/")
    body = shipping(seller, made, "1")
    assert seller.post(SHIPMENTS, body).status_code == 403
    assert packer.post(SHIPMENTS, body).status_code == 201
    refused = seller.post(f"{place}cancel/", {"reason": "no"})
    assert (refused.status_code, codes(refused)) == (409, [("status", "has_shipments")])
    assert seller.post(f"{place}close/").body["status"] == "closed"
    assert_reconciled()


def text_and_codes(pdf: bytes) -> tuple[str, set[str]]:
    page = pypdfium2.PdfDocument(pdf)[0]
    image = page.render(scale=300 / 72).to_pil()
    return page.get_textpage().get_text_range(), {
        found.text for found in zxingcpp.read_barcodes(image)
    }


def test_the_confirmation_and_the_delivery_note_are_printed(
    trade: Trade, seller: ApiClient, packer: ApiClient
) -> None:
    order = confirmed(seller)
    shipment = packer.post(SHIPMENTS, shipping(seller, order, "2", "10")).body
    text, found = text_and_codes(seller.get(f"{ORDERS}{order['id']}/pdf/").content)
    for word in (order["number"], "PUMP", "60", "397.89", "PO 77"):
        assert word in text, (word, text)
    assert order["number"] in found
    for paper in ("A4", "Letter"):
        answer = packer.get(f"{SHIPMENTS}{shipment['id']}/pdf/?paper={paper}")
        text, found = text_and_codes(answer.content)
        for word in (shipment["number"], order["number"], "OIL", "L1", "10"):
            assert word in text, (word, text)
        assert shipment["number"] in found

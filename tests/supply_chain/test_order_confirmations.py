"""Promises of suppliers: each is kept, the last one is expected, changes are seen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.core.errors import BusinessError, InvalidInput
from apps.inventory.models import ExpectedMove
from apps.supply_chain.models import OrderConfirmation, PurchaseOrder
from apps.supply_chain.queries.promises import promised_lines
from apps.supply_chain.services.order_confirmations import Promise, record_confirmation
from apps.supply_chain.services.purchase_orders import OrderLine
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal


def due_dates(order: PurchaseOrder) -> list[date]:
    rows = ExpectedMove.objects.filter(direction="in", source_id__in=order.lines.values("pk"))
    return list(rows.order_by("source_id").values_list("due_date", flat=True))


def promise(trade: Trade, order: PurchaseOrder, day: date, **values: Any) -> None:
    [first, *_rest] = order.lines.all()
    record_confirmation(
        order, lines=[Promise(first, day, **values)], reference="AB-1", by=trade.books.by
    )


def test_the_last_promise_is_expected_and_all_are_kept(trade: Trade) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(2)), OrderLine(trade.item(), D(1)))
    promise(trade, order, date(2026, 3, 20))
    promise(trade, order, date(2026, 4, 2), quantity=D(8), unit_price=D("2.10"))
    assert due_dates(order) == [date(2026, 4, 2), DAY]
    assert [line.due_date for line in order.lines.all()] == [DAY, DAY]
    rows = OrderConfirmation.objects.order_by("pk")
    assert [(r.promised_date, r.quantity, r.unit_price) for r in rows] == [
        (date(2026, 3, 20), 10, 2),
        (date(2026, 4, 2), 8, D("2.10")),
    ]
    lines = promised_lines(trade.books.company, today=date(2026, 4, 5))
    assert [
        (one.position, one.promised, one.first_promise, one.changes, one.days_later,
         one.days_overdue, one.is_short, one.has_other_price)
        for one in lines
    ] == [
        (20, None, None, 0, 0, 26, False, False),
        (10, date(2026, 4, 2), date(2026, 3, 20), 1, 23, 3, True, True),
    ]  # fmt: skip
    assert_reconciled()


def test_nobody_rewrites_a_promise(trade: Trade) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(2)))
    promise(trade, order, date(2026, 3, 20))
    for act in (
        lambda: OrderConfirmation.objects.update(promised_date=DAY),
        lambda: OrderConfirmation.objects.all().delete(),
    ):
        with (
            pytest.raises(DatabaseError, match=r"append-only|permission denied"),
            transaction.atomic(),
        ):
            act()


@pytest.mark.parametrize(
    "case",
    [
        "due_before_order promised_date",
        "more_than_ordered quantity",
        "not_positive quantity",
        "negative unit_price",
        "line_twice order_line",
        "wrong_order order_line",
        "nothing_expected order_line",
    ],
)
def test_a_bad_promise_is_named_and_nothing_is_written(trade: Trade, case: str) -> None:
    code, field = case.split()
    order = trade.ordered(*(OrderLine(trade.item(), D(10), D(2)) for _ in range(2)))
    good, line = order.lines.all()
    day = date(2026, 3, 20)
    if code == "nothing_expected":
        trade.receive(order, "0.1", "10")
    other = trade.ordered(OrderLine(trade.item(), D(1), D(1))).lines.get()
    bad = {
        "due_before_order": Promise(line, date(2026, 3, 9)),
        "more_than_ordered": Promise(line, day, D(11)),
        "not_positive": Promise(line, day, D(0)),
        "negative": Promise(line, day, None, D(-1)),
        "line_twice": Promise(good, day),
        "wrong_order": Promise(other, day),
        "nothing_expected": Promise(line, day),
    }[code]
    with pytest.raises((InvalidInput, BusinessError)) as refusal:
        record_confirmation(order, lines=[Promise(good, day), bad], by=trade.books.by)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, 1)
    assert not OrderConfirmation.objects.exists() and due_dates(order)[0] == DAY


def test_only_what_is_ordered_is_promised(trade: Trade) -> None:
    order = trade.order(OrderLine(trade.item(), D(10), D(2)))
    with pytest.raises(BusinessError) as refusal:
        promise(trade, order, date(2026, 3, 20))
    assert refusal.value.code == "wrong_status"


def test_promises_through_the_api_and_on_the_page(trade: Trade, client: Any) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(2)))
    api = ApiClient(trade.books.by)
    line = order.lines.get()
    sent = {"reference": "AB-7", "lines": [{"order_line": line.pk, "promised_date": "2026-03-25"}]}
    answer = api.post(f"/supply-chain/purchase-orders/{order.pk}/promise/", sent)
    assert answer.status_code == 200, answer.body
    [row] = api.get("/supply-chain/purchasing/promises/").body["results"]
    assert (row["promised"], row["days_later"], row["changes"]) == ("2026-03-25", 15, 0)
    [kept] = api.get(f"/supply-chain/order-confirmations/?order_line={line.pk}").body["results"]
    assert (kept["reference"], kept["promised_date"]) == ("AB-7", "2026-03-25")
    client.force_login(trade.books.by)
    page = client.get(f"/admin/supply_chain/purchaseorder/{order.pk}/change/").content.decode()
    assert "AB-7" in page and "15 days later" in page
    report = client.get("/purchasing/reports/promises/").content.decode()
    assert order.number in report and "2026-03-25" in report

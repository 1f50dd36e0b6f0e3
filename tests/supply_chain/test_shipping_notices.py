"""Shipping notices: announced, received as announced or otherwise, differences told."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.supply_chain.models import Receipt, ShippingNotice
from apps.supply_chain.queries.shipping_notices import notice_differences
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.shipping_notices import (
    Announced,
    Found,
    announce_shipment,
    cancel_notice,
    receive_notice,
)
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal
SSCC = "34012345000000000"


def sscc() -> str:
    from apps.masterdata.gs1.check_digits import with_check_digit

    return with_check_digit(SSCC)


def announce(trade: Trade, *lines: Announced, **values: Any) -> ShippingNotice:
    values = {"reference": "DA-1", "shipped_on": DAY, "expected_on": DAY, **values}
    return announce_shipment(
        trade.books.company, partner=trade.supplier, lines=lines, by=trade.books.by, **values
    )


def test_it_is_received_as_announced_an_order_each(trade: Trade) -> None:
    tracked, plain = trade.item(tracking="lot"), trade.item()
    first = trade.ordered(OrderLine(tracked, D(10), D(2)), OrderLine(plain, D(5), D(1)))
    second = trade.ordered(OrderLine(plain, D(3), D(1)))
    [one, two], [three] = first.lines.all(), second.lines.all()
    notice = announce(
        trade,
        Announced(one, D(6), "L1", "S1", DAY + timedelta(days=90), sscc()),
        Announced(one, D(4), "L2", "S2"),
        Announced(two, D(5)),
        Announced(three, D(3)),
    )
    receipts = receive_notice(notice, date=DAY, location=trade.stock, by=trade.books.by)
    assert [(r.order_id, r.delivery_note) for r in receipts] == [
        (first.pk, "DA-1"),
        (second.pk, "DA-1"),
    ]
    lots = [(line.lot.code, line.quantity) for line in receipts[0].lines.all() if line.lot]
    assert lots == [("L1", 6), ("L2", 4)]
    notice.refresh_from_db()
    assert notice.status == "received"
    assert [row.difference for row in notice_differences([notice.pk])] == [0, 0, 0, 0]
    assert_reconciled()


def test_what_is_other_is_told(trade: Trade) -> None:
    item = trade.item()
    order = trade.ordered(
        OrderLine(item, D(2), D(24), unit=trade.box_of(item, 12)), OrderLine(trade.item(), D(5))
    )
    lines = list(order.lines.all())
    notice = announce(trade, Announced(lines[0], D(2)), Announced(lines[1], D(5)))
    first, second = notice.lines.order_by("pk")
    receive_notice(
        notice,
        date=DAY,
        location=trade.stock,
        lines=[Found(first, D("1.5"), D("0.25")), Found(second, D(0))],
        by=trade.books.by,
    )
    told = [
        (row.announced, row.received, row.rejected, row.difference)
        for row in notice_differences([notice.pk])
    ]
    assert told == [(2, D("1.5"), D("0.25"), D("-0.25")), (5, 0, 0, -5)]
    with pytest.raises(InvalidTransition):
        receive_notice(notice, date=DAY, location=trade.stock, by=trade.books.by)


def test_a_refused_receipt_leaves_the_notice_as_it_was(trade: Trade) -> None:
    first = trade.ordered(OrderLine(trade.item(), D(10), D(1)))
    second = trade.ordered(OrderLine(trade.item(tracking="lot"), D(10), D(1)))
    notice = announce(
        trade, Announced(second.lines.get(), D(10)), Announced(first.lines.get(), D(10))
    )
    with pytest.raises(InvalidInput) as refusal:
        receive_notice(notice, date=DAY, location=trade.stock, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "lot_required",
        "lot_code",
        0,
    )
    notice.refresh_from_db()
    assert notice.status == "announced" and not Receipt.objects.exists()
    nothing = [Found(line, D(0)) for line in notice.lines.all()]
    with pytest.raises(InvalidInput) as refusal:
        receive_notice(notice, date=DAY, location=trade.stock, lines=nothing, by=trade.books.by)
    assert refusal.value.code == "nothing_came"
    assert cancel_notice(notice, reason="lost", by=trade.books.by).status == "cancelled"


@pytest.mark.parametrize(
    "case",
    [
        "bad_sscc sscc",
        "not_ordered order_line",
        "not_positive quantity",
        "ends_before expected_on",
        "required reference",
        "already_exists reference",
        "no_lines lines",
    ],
)
def test_a_bad_notice_is_named_and_not_written(trade: Trade, case: str) -> None:
    code, field = case.split()
    order = trade.ordered(OrderLine(trade.item(), D(10), D(1)))
    draft = trade.order(OrderLine(trade.item(), D(10), D(1)))
    line = order.lines.get()
    if code == "already_exists":
        announce(trade, Announced(line, D(1)))
    before = ShippingNotice.objects.count()
    wrong = sscc()[:17] + str((int(sscc()[17]) + 1) % 10)
    lines = {
        "bad_sscc": [Announced(line, D(1), sscc=wrong)],
        "not_ordered": [Announced(draft.lines.get(), D(1))],
        "not_positive": [Announced(line, D(0))],
        "no_lines": [],
    }.get(code, [Announced(line, D(1))])
    values = {
        "ends_before": {"expected_on": date(2026, 3, 9)},
        "required": {"reference": " "},
    }.get(code, {})
    with pytest.raises((InvalidInput, BusinessError)) as refusal:
        announce(trade, *lines, **values)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert ShippingNotice.objects.count() == before


def test_a_notice_lives_through_the_api_and_the_page(trade: Trade, client: Any) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(1)))
    api = ApiClient(trade.books.by)
    made = api.post(
        "/supply-chain/shipping-notices/",
        {
            "partner": "SUP",
            "reference": "DA-9",
            "shipped_on": "2026-03-10",
            "expected_on": "2026-03-12",
            "lines": [{"order_line": order.lines.get().pk, "quantity": "10", "sscc": sscc()}],
        },
    )
    assert made.status_code == 201, made.body
    path = f"/supply-chain/shipping-notices/{made.body['id']}"
    client.force_login(trade.books.by)
    form = client.get(
        f"/admin/supply_chain/shippingnotice/{made.body['id']}/verb/receive/"
    ).content.decode()
    assert sscc() in form and 'value="10"' in form
    found = {"line": made.body["lines"][0]["id"], "quantity": "9"}
    body = {"date": "2026-03-12", "location": "STOCK", "lines": [found]}
    received = api.post(f"{path}/receive/", body)
    assert received.status_code == 201, received.body
    [row] = api.get(f"{path}/differences/").body["results"]
    assert D(row["difference"]) == -1
    page = client.get(
        f"/admin/supply_chain/shippingnotice/{made.body['id']}/change/"
    ).content.decode()
    assert received.body[0]["number"] in page

"""The scorecard of suppliers, figure by figure."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.supply_chain.models import PurchasingPolicy
from apps.supply_chain.queries.scorecards import Score, scorecard
from apps.supply_chain.services.billable_lines import BilledLine
from apps.supply_chain.services.bills import bill_receipts
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.receipts import Delivered, receive, reverse_receipt
from tests.support.faces import ApiClient
from tests.support.trade import DAY, Trade, statements

D = Decimal
LATER = DAY + timedelta(days=1)


def score(trade: Trade, **values: Any) -> Score:
    values = {"since": date(2026, 3, 1), "until": date(2026, 3, 31), **values}
    [one] = scorecard(trade.books.company, **values)
    return one


def test_on_time_and_in_full_are_lines(trade: Trade) -> None:
    order = trade.ordered(*(OrderLine(trade.item(), D(10), D(2)) for _ in range(5)))
    first, second, third, fourth, _nothing = order.lines.all()
    # in full and on time; on time but short; in full, partly late; late and short; not at all
    for day, came in (
        (DAY, {first: "10", second: "4", third: "4"}),
        (LATER, {third: "6", fourth: "5"}),
    ):
        lines = [Delivered(line, D(much), trade.stock) for line, much in came.items()]
        receive(order, lines=lines, date=day, by=trade.books.by)
    one = score(trade)
    assert (one.lines, one.on_time, one.in_full, one.otif) == (5, 2, 2, 1)


def test_shares_and_parts_per_million(trade: Trade) -> None:
    order = trade.ordered(*(OrderLine(trade.item(), D(10), D(2)) for _ in range(4)))
    trade.receive(order, "10", "4")
    late = trade.ordered(OrderLine(trade.item(), D(10), D(2)))
    trade.receive(late, "10", date=LATER, quantity_rejected=D(2))
    one = score(trade)
    assert (one.lines, one.on_time, one.in_full, one.otif) == (5, 2, 2, 1)
    assert (one.on_time_rate, one.in_full_rate, one.otif_rate) == (40, 40, 20)
    assert (one.delivered, one.rejected, one.ppm) == (26, 2, 76923)
    assert (one.receipts, one.value) == (2, 48)


def test_a_line_closed_short_is_in_full(trade: Trade) -> None:
    PurchasingPolicy(company=trade.books.company, under_receipt_percent=D(5)).save_by(
        trade.books.by
    )
    order = trade.ordered(OrderLine(trade.item(), D(100), D(1)))
    trade.receive(order, "95")
    assert (score(trade).in_full, score(trade).otif) == (1, 1)


def test_what_was_sent_back_never_came(trade: Trade) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(2)))
    receipt = trade.receive(order, "10")
    reverse_receipt(receipt, date=DAY, reason="wrong", by=trade.books.by)
    one = score(trade)
    assert (one.lines, one.on_time, one.receipts, one.delivered, one.ppm) == (1, 0, 0, 0, None)


def test_price_variance_is_what_receipts_and_bills_booked(trade: Trade) -> None:
    item = trade.item("fifo")
    order = trade.ordered(OrderLine(item, D(10), D(2)))
    receipt = trade.receive(order, "10")
    bill_receipts(
        trade.books.company,
        partner=trade.supplier,
        date=DAY,
        lines=[BilledLine(line, unit_price=D("2.10")) for line in receipt.lines.all()],
        reference="B-1",
        by=trade.books.by,
    )
    one = score(trade)
    assert (one.value, one.price_variance, one.price_variance_rate) == (20, 1, D("5.26"))


def test_months_are_told_apart_and_drill_to_receipts(trade: Trade, client: Any) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(2)))
    trade.receive(order, "10", date=date(2026, 4, 2))
    rows = scorecard(
        trade.books.company, since=date(2026, 3, 1), until=date(2026, 4, 30), by_month=True
    )
    assert [(r.month, r.lines, r.receipts) for r in rows] == [("2026-03", 1, 0), ("2026-04", 0, 1)]
    client.force_login(trade.books.by)
    page = client.get(
        "/purchasing/reports/scorecard-months/?date_from=2026-03-01&date_to=2026-04-30"
    ).content.decode()
    link = "q=SUP&amp;date__gte=2026-04-01&amp;date__lte=2026-04-30"
    assert link in page
    receipts = client.get(
        "/admin/supply_chain/receipt/?q=SUP&date__gte=2026-04-01&date__lte=2026-04-30"
    )
    assert order.receipts.get().number in receipts.content.decode()
    for kind in ("csv", "xlsx", "pdf"):
        answer = client.get(f"/purchasing/reports/scorecard/?as={kind}")
        assert answer.status_code == 200 and answer.content
    assert client.get("/purchasing/reports/scorecard/?date_from=x").status_code == 422


def test_the_api_gives_rates_and_refuses_what_it_does_not_know(trade: Trade) -> None:
    trade.receive(trade.ordered(OrderLine(trade.item(), D(10), D(2))), "10")
    api = ApiClient(trade.books.by)
    path = "/supply-chain/purchasing/scorecard/?since=2026-03-01&until=2026-03-31"
    [row] = api.get(path).body["results"]
    assert (D(row["on_time_rate"]), row["lines"], row["month"]) == (100, 1, None)
    assert api.get(f"{path}&group=colour").status_code == 400
    assert api.get(f"{path}&group=month").body["results"][0]["month"] == "2026-03"


def test_one_statement_however_many(trade: Trade) -> None:
    for _n in range(3):
        trade.receive(trade.ordered(OrderLine(trade.item(), D(1), D(1))), "1")
    spent, _rows = statements(lambda: scorecard(trade.books.company, since=DAY, until=LATER))
    assert spent <= 2


def test_what_is_paid_above_the_contract_is_a_variance(trade: Trade) -> None:
    """10 boxes of 12 at 24.00 agreed; 4 ordered at 25.20, 3 of them came: 3.60 too much."""
    from apps.supply_chain.services.purchase_contracts import (
        Agreed,
        activate_contract,
        create_contract,
    )

    item = trade.item()
    box = trade.box_of(item, 12)
    contract = activate_contract(
        create_contract(
            trade.books.company,
            partner=trade.supplier,
            valid_from=date(2026, 1, 1),
            valid_until=date(2026, 12, 31),
            lines=[Agreed(item, D(24), unit=box, quantity=D(10))],
            by=trade.books.by,
        ),
        by=trade.books.by,
    )
    order = trade.ordered(OrderLine(item, D(4), D("25.20"), unit=box), contract=contract)
    trade.receive(order, "3")
    one = score(trade)
    assert (one.value, one.price_variance) == (D("75.60"), D("3.60"))
    agreed = trade.ordered(OrderLine(item, D(2), unit=box), contract=contract)
    trade.receive(agreed, "2")
    assert score(trade).price_variance == D("3.60")

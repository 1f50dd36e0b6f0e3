"""Receiving inspection: ISO 2859-1 decides, the refused lot is split, stock and ledger follow."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.finance.models import JournalEntry
from apps.inventory.models import ItemValuation, Lot, StockBalance, StockMove
from apps.quality.models import Gauge, Inspection, Nonconformance, SamplingState
from apps.supply_chain.queries.grni import unbilled_lines
from tests.factories import Books
from tests.quality.plant import Laboratory, make_laboratory
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled
from tests.support.trade import make_trade

D = Decimal
QUALITY = "/quality"
DAY = "2026-03-10"


@pytest.fixture
def lab(books: Books) -> Laboratory:
    lab = make_laboratory(make_trade(books))
    lab.reason("CRACK")
    return lab


@pytest.fixture
def inspector(lab: Laboratory) -> ApiClient:
    return ApiClient(
        make_member(
            "inspector",
            lab.books.company,
            permissions=(
                "supply_chain.add_purchaseorder",
                "supply_chain.view_purchaseorder",
                "supply_chain.confirm_purchaseorder",
                "supply_chain.add_receipt",
                "supply_chain.view_receipt",
                "quality.add_characteristic",
                "quality.view_characteristic",
                "quality.add_inspectionplan",
                "quality.change_inspectionplan",
                "quality.view_inspectionplan",
                "quality.release_inspectionplan",
                "quality.view_inspection",
                "quality.view_inspectionresult",
                "quality.measure_inspection",
                "quality.decide_inspection",
                "quality.view_nonconformance",
                "quality.contain_nonconformance",
                "quality.review_nonconformance",
                "quality.disposition_nonconformance",
                "quality.add_gauge",
                "quality.view_gauge",
                "quality.calibrate_gauge",
            ),
        )
    )


@pytest.fixture
def board(lab: Laboratory) -> ApiClient:
    return ApiClient(
        make_member(
            "board",
            lab.books.company,
            permissions=(
                "quality.view_nonconformance",
                "quality.disposition_nonconformance",
                "quality.close_nonconformance",
                "quality.reopen_nonconformance",
                "inventory.view_lot",
                "inventory.change_lot_status",
            ),
        )
    )


def good(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    return answer.body


def planned(lab: Laboratory, inspector: ApiClient, **values: Any) -> dict[str, Any]:
    lab.trade.item("average", code="RING", tracking="lot")
    look = good(
        inspector.post(
            f"{QUALITY}/characteristics/",
            {"code": "LOOK", "name": "Surface", "kind": "attribute"},
        ),
        201,
    )
    plan = {
        "name": "Rings at receipt",
        "stage": "receipt",
        "item": "RING",
        "sampling": "aql",
        "level": "II",
        "aql": "1.000",
        "lines": [{"characteristic": look["code"]}],
        **values,
    }
    made = good(inspector.post(f"{QUALITY}/inspection-plans/", plan), 201)
    return good(inspector.post(f"{QUALITY}/inspection-plans/{made['id']}/release/"))


def received(inspector: ApiClient, lot: str, quantity: str = "1000") -> dict[str, Any]:
    """Buy and receive a lot of rings at 2.00; its inspection."""
    order = good(
        inspector.post(
            "/supply-chain/purchase-orders/",
            {
                "partner": "SUP",
                "site": "MAIN",
                "order_date": DAY,
                "due_date": DAY,
                "lines": [{"item": "RING", "quantity": quantity, "unit_price": "2"}],
            },
        ),
        201,
    )
    place = f"/supply-chain/purchase-orders/{order['id']}"
    good(inspector.post(f"{place}/confirm/"))
    line = {
        "order_line": order["lines"][0]["id"],
        "quantity": quantity,
        "location": "STOCK",
        "lot_code": lot,
        "supplier_lot": f"S{lot}",
    }
    good(inspector.post(f"{place}/receive/", {"date": DAY, "lines": [line]}), 201)
    [inspection] = good(inspector.get(f"{QUALITY}/inspections/?ordering=-id&page_size=1"))[
        "results"
    ]
    return inspection


def judged(inspector: ApiClient, inspection: dict[str, Any], defects: int) -> dict[str, Any]:
    place = f"{QUALITY}/inspections/{inspection['id']}"
    readings = [
        {"sample": n, "characteristic": "LOOK", "is_conforming": n > defects}
        for n in range(1, inspection["sample_size"] + 1)
    ]
    good(inspector.post(f"{place}/record/", {"readings": readings}), 201)
    return good(inspector.post(f"{place}/decide/", {}))


def sample(inspection: dict[str, Any]) -> tuple[Any, ...]:
    names = ("severity", "code_letter", "sample_size", "accept", "reject")
    return tuple(inspection[name] for name in names)


def test_a_lot_of_a_thousand_and_the_switch_to_tightened(
    lab: Laboratory, inspector: ApiClient
) -> None:
    planned(lab, inspector)
    normal, tightened = ("normal", "J", 80, 2, 3), ("tightened", "J", 80, 1, 2)
    seen = []
    for lot, defects in (("A", 0), ("B", 3), ("C", 2), ("D", 4), ("E", 1)):
        inspection = received(inspector, lot)
        seen.append((sample(inspection), judged(inspector, inspection, defects)["status"]))
    assert seen == [
        (normal, "accepted"),
        (normal, "rejected"),
        (normal, "accepted"),
        (normal, "rejected"),  # the second of four
        (tightened, "accepted"),
    ]
    for lot in "FGHI":
        judged(inspector, received(inspector, lot), 0)
    assert SamplingState.objects.get().severity == "normal"  # five accepted in a row
    assert sample(received(inspector, "K")) == normal
    assert_reconciled()


def test_three_defects_and_what_becomes_of_a_thousand_rings(
    lab: Laboratory, inspector: ApiClient, board: ApiClient
) -> None:
    books = lab.books
    planned(lab, inspector)
    inspection = received(inspector, "L1")
    lot = Lot.objects.get(code="L1")
    assert (lot.status, value_of("RING"), books.balance("2050")) == (
        "quarantine",
        D(2000),
        -D(2000),
    )
    freed = board.post(f"/inventory/lots/{lot.pk}/release/", {"reason": "hurry"})
    assert (freed.status_code, codes(freed)) == (409, [("status", "held_by_quality")])

    assert judged(inspector, inspection, 3)["status"] == "rejected"
    lot.refresh_from_db()
    assert (lot.status, value_of("RING"), on_hand("RING")) == ("rejected", D(2000), D(1000))
    [ncr] = good(inspector.get(f"{QUALITY}/nonconformances/"))["results"]
    place = f"{QUALITY}/nonconformances/{ncr['id']}"
    good(inspector.post(f"{place}/contain/", {"containment": "Red label"}))
    good(inspector.post(f"{place}/review/"))
    decided = {
        "date": DAY,
        "decisions": [
            {"kind": "return", "quantity": "400"},
            {"kind": "rework", "quantity": "500", "note": "Deburr"},
            {"kind": "scrap", "quantity": "100", "reason": "CRACK"},
        ],
    }
    before = written()
    own = inspector.post(f"{place}/disposition/", decided)
    assert (own.status_code, codes(own)) == (409, [("decided_by", "self_approval")])
    too_much = {"decisions": [{"kind": "return", "quantity": "1000.5"}]}
    more = board.post(f"{place}/disposition/", too_much)
    assert (more.status_code, codes(more)) == (409, [("quantity", "more_than_left")])
    assert written() == before

    body = good(board.post(f"{place}/disposition/", decided))
    assert body["status"] == "dispositioned"
    rows = body["dispositions"]
    assert [(row["kind"], D(row["quantity"]), D(row["value"])) for row in rows] == [
        ("return", 400, 800),
        ("rework", 500, 0),
        ("scrap", 100, 200),
    ]
    lot.refresh_from_db()
    assert (lot.status, on_hand("RING"), value_of("RING")) == ("available", D(500), D(1000))
    assert (books.balance("5100"), books.balance("2050")) == (D(200), -D(1200))
    [line] = unbilled_lines(books.company, at=date(2026, 3, 31))
    assert (line.received, line.open_value) == (D(600), D(1200))
    assert_reconciled()

    reopened = good(board.post(f"{place}/reopen/", {"reason": "wrong lot", "date": DAY}))
    lot.refresh_from_db()
    assert (reopened["status"], lot.status) == ("review", "rejected")
    assert (on_hand("RING"), value_of("RING"), books.balance("5100")) == (D(1000), D(2000), D(0))
    assert_reconciled()
    good(board.post(f"{place}/disposition/", decided))
    assert good(board.post(f"{place}/close/"))["status"] == "closed"
    assert (books.balance("5100"), books.balance("2050")) == (D(200), -D(1200))
    assert_reconciled()


def test_a_gauge_found_bad_lists_every_lot_since_it_was_last_good(
    lab: Laboratory, inspector: ApiClient
) -> None:
    plan = planned(lab, inspector)
    size = {"code": "SIZE", "name": "Diameter", "kind": "numeric"}
    good(inspector.post(f"{QUALITY}/characteristics/", size), 201)
    revised = good(inspector.post(f"{QUALITY}/inspection-plans/{plan['id']}/revise/"), 201)
    lines = [{"characteristic": "SIZE", "lower": "9.9", "upper": "10.1", "needs_gauge": True}]
    changed = {"sampling": "fixed", "sample_size": 2, "lines": lines}
    place = f"{QUALITY}/inspection-plans/{revised['id']}"
    good(inspector.patch(f"{place}/", changed, version=revised["version"]))
    good(inspector.post(f"{place}/release/"))
    good(inspector.post(f"{QUALITY}/gauges/", {"code": "MIC", "name": "Micrometer"}), 201)
    gauge = Gauge.objects.get(code="MIC")
    today = timezone.localdate()

    def calibrated(days_ago: int, *, found: bool, left: bool = True) -> None:
        day = (today - timedelta(days=days_ago)).isoformat()
        body = {"calibrated_on": day, "is_found_good": found, "is_left_good": left}
        good(inspector.post(f"{QUALITY}/gauges/{gauge.pk}/calibrate/", body), 201)

    def measured(lot: str, days_ago: int) -> Any:
        inspection = received(inspector, lot)
        at = (timezone.now() - timedelta(days=days_ago)).isoformat()
        readings = [
            {"sample": n, "characteristic": "SIZE", "value": "10.01", "gauge": "MIC"}
            for n in (1, 2)
        ]
        return inspector.post(
            f"{QUALITY}/inspections/{inspection['id']}/record/",
            {"readings": readings, "measured_at": at},
        )

    refused = measured("L0", 0)
    assert (refused.status_code, codes(refused)) == (409, [("gauge", "gauge_overdue")])
    calibrated(100, found=True)
    for lot, days_ago in (("L1", 90), ("L2", 40), ("L3", 10)):
        good(measured(lot, days_ago), 201)
    calibrated(50, found=True)
    calibrated(0, found=False, left=False)
    body = good(inspector.get(f"{QUALITY}/gauges/{gauge.pk}/look-back/"))
    assert [one["lot"] for one in body["lots"]] == ["L2", "L3"]
    assert body["since"] == (today - timedelta(days=50)).isoformat()
    gauge.refresh_from_db()
    refused = measured("L4", 0)
    assert (gauge.status, codes(refused)) == ("out", [("gauge", "gauge_blocked")])
    assert_reconciled()


def value_of(item: str) -> Decimal:
    return ItemValuation.objects.get(item__code=item).value


def on_hand(item: str) -> Decimal:
    return sum((b.quantity for b in StockBalance.objects.filter(item__code=item)), D(0))


def written() -> tuple[int, ...]:
    kinds = (StockMove, JournalEntry, Nonconformance, Inspection)
    return tuple(kind.objects.count() for kind in kinds)

"""Inspections: asked for by what comes in or is made, measured, decided; what is held is held."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError
from apps.inventory.models import Lot, Reservation, StockBalance, StockMove
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.lots import change_lot_status, release_lots
from apps.inventory.services.moves import Move, post_moves
from apps.inventory.services.reservations import Wanted, reserve
from apps.quality.models import (
    Inspection,
    InspectionResult,
    Nonconformance,
)
from apps.quality.services.deciding import decide_inspection
from apps.quality.services.inspection_plans import (
    PlanLine,
    change_plan,
    create_plan,
    release_plan,
    revise_plan,
)
from apps.quality.services.inspections import cancel_inspection, open_inspection
from apps.quality.services.measuring import (
    Reading,
    correct_result,
    pass_the_rest,
    record_results,
)
from apps.supply_chain.services.receipts import reverse_receipt
from tests.quality.plant import D, Laboratory
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY


def waiting(lab: Laboratory, *, tracking: str = "lot", **plan: Any) -> Inspection:
    """A hundred of an item with a plan have come in, at 2.00."""
    item = lab.trade.item("average", code="BOLT", tracking=tracking)
    lab.plan(item, **plan)
    lab.trade.stocked(item, "100", "2", lots=["L1"] if tracking == "lot" else [""])
    return Inspection.objects.get()


def refusal(act: Any) -> tuple[str, str | None]:
    """(code, field) of what is refused; nothing may be written."""
    before = written()
    with pytest.raises(BusinessError) as caught:
        act()
    assert written() == before
    return caught.value.code, caught.value.field


def written() -> tuple[Any, ...]:
    kinds = (InspectionResult, Inspection, Nonconformance, StockMove, Reservation)
    statuses = list(Inspection.objects.order_by("pk").values_list("status", flat=True))
    return (*(kind.objects.count() for kind in kinds), statuses)


# --- plans -----------------------------------------------------------------------------------


def test_a_released_plan_does_not_change_but_is_replaced(lab: Laboratory) -> None:
    item, by = lab.trade.item(), lab.books.by
    plan = lab.plan(item)
    assert refusal(lambda: change_plan(plan, note="x", by=by)) == ("wrong_status", "status")
    revised = revise_plan(plan, by=by)
    assert (revised.number, revised.revision, revised.status) == (plan.number, 2, "draft")
    assert refusal(lambda: revise_plan(plan, by=by)) == ("draft_exists", "status")
    lab.trade.stocked(item, "10", "1")
    assert Inspection.objects.get().plan_revision == 1
    release_plan(revised, by=by)
    plan.refresh_from_db()
    assert plan.status == "obsolete"
    lab.trade.stocked(item, "10", "1")
    assert Inspection.objects.latest("pk").plan_revision == 2
    again = create_plan(
        lab.books.company, name="other", item=item, lines=[PlanLine(lab.characteristic())], by=by
    )
    assert refusal(lambda: release_plan(again, by=by)) == ("released_already", "status")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"item": None}, ("item_or_category", "item")),
        ({"sampling": "fixed"}, ("sample_size_required", "sample_size")),
        ({"sampling": "aql"}, ("aql_required", "aql")),
        ({"sampling": "aql", "aql": D("1.1")}, ("unknown_aql", "aql")),
        ({"operation_sequence": 10}, ("operation_not_wanted", "operation_sequence")),
    ],
)
def test_plans_that_can_not_be(
    lab: Laboratory, values: dict[str, Any], expected: tuple[str, str]
) -> None:
    values = {"item": lab.trade.item(), "name": "x", **values}
    lines = [PlanLine(lab.characteristic())]
    assert (
        refusal(lambda: create_plan(lab.books.company, lines=lines, by=lab.books.by, **values))
        == expected
    )


def test_lines_that_can_not_be(lab: Laboratory) -> None:
    size = lab.characteristic("SIZE", "numeric")
    cases = {
        "limit_required": [PlanLine(size)],
        "limits_crossed": [PlanLine(size, lower=D(2), upper=D(1))],
        "not_a_number": [PlanLine(size, lower=D("NaN"))],
        "characteristic_twice": [PlanLine(lab.characteristic()), PlanLine(lab.characteristic())],
    }
    for code, lines in cases.items():
        values = {"item": lab.trade.item(), "name": "x", "lines": lines, "by": lab.books.by}
        assert refusal(lambda v=values: create_plan(lab.books.company, **v))[0] == code  # type: ignore[misc]


def test_the_most_exact_plan_is_taken(lab: Laboratory) -> None:
    item = lab.trade.item()
    common = {"lines": [PlanLine(lab.characteristic())], "by": lab.books.by, "sampling": "all"}
    by_category = create_plan(lab.books.company, name="category", category=item.category, **common)
    release_plan(by_category, by=lab.books.by)
    lab.plan(item, name="item")
    own = lab.plan(item, name="supplier", partner=lab.trade.supplier)
    lab.trade.stocked(item, "5", "1")
    assert Inspection.objects.get().plan == own
    lab.trade.stocked(lab.trade.item(), "5", "1")
    assert Inspection.objects.latest("pk").plan == by_category


# --- holding ---------------------------------------------------------------------------------


def test_what_waits_can_not_be_reserved_issued_or_shipped(lab: Laboratory) -> None:
    inspection = waiting(lab)
    company, by = lab.books.company, lab.books.by
    lot = inspection.lot
    assert lot is not None and Lot.objects.get().status == "quarantine"
    wanted = [Wanted(inspection.item, D(1), source=inspection.item)]
    assert refusal(lambda: reserve(company, wanted, by=by))[0] == "insufficient_stock"
    for kind in ("production", "customer"):
        move = Move(
            inspection.item_id, D(1), lab.trade.stock, virtual_location(company, kind), lot=lot
        )
        assert refusal(
            lambda m=move: post_moves(  # type: ignore[misc]
                company, [m], source=lot, date=DAY, journal="INV", by=by
            )
        ) == ("stock_blocked", "lot")
    assert refusal(lambda: release_lots([lot], reason="hurry", by=by)) == (
        "held_by_quality",
        "status",
    )
    assert_reconciled()


def test_what_has_no_lot_waits_in_quarantine(lab: Laboratory) -> None:
    inspection = waiting(lab, tracking="none")
    assert inspection.location == lab.quarantine and inspection.home == lab.trade.stock
    assert StockBalance.objects.get().location == lab.quarantine
    decide_inspection(lab.measure(inspection), by=lab.books.by)
    balance = StockBalance.objects.get(quantity__gt=0)
    assert (balance.location, balance.quantity) == (lab.trade.stock, 100)
    assert_reconciled()


def test_without_a_quarantine_what_has_no_lot_does_not_come_in(lab: Laboratory) -> None:
    lab.quarantine.is_active = False
    lab.quarantine.save_by(lab.books.by)
    item = lab.trade.item()
    lab.plan(item)
    assert refusal(lambda: lab.trade.stocked(item, "1", "1")) == ("no_quarantine", "location")


def test_a_reversed_receipt_takes_its_inspection_along(lab: Laboratory) -> None:
    inspection = waiting(lab)
    receipt = inspection.source.receipt
    reverse_receipt(receipt, date=DAY, reason="wrong address", by=lab.books.by)
    inspection.refresh_from_db()
    assert (inspection.status, Lot.objects.get().status) == ("cancelled", "available")
    assert_reconciled()


def test_an_inspection_by_hand_and_its_cancellation(lab: Laboratory) -> None:
    item = lab.trade.item(tracking="lot")
    lab.trade.stocked(item, "10", "1", lots=["L9"])
    plan, lot = lab.plan(item), Lot.objects.get(code="L9")
    made = open_inspection(
        lab.books.company, plan=plan, item=item, quantity=D(10), lot=lot,
        location=lab.trade.stock, by=lab.books.by,
    )  # fmt: skip
    lot.refresh_from_db()
    assert lot.status == "quarantine"
    cancel_inspection(made, reason="not needed", by=lab.books.by)
    lot.refresh_from_db()
    assert lot.status == "available"
    other = lab.trade.item()
    assert refusal(
        lambda: open_inspection(
            lab.books.company, plan=plan, item=other, quantity=D(1), by=lab.books.by
        )
    )[0] in ("wrong_plan", "released_already")


# --- measuring -------------------------------------------------------------------------------


def numeric(lab: Laboratory, **line: Any) -> Inspection:
    size = lab.characteristic("SIZE", "numeric")
    item = lab.trade.item("average", code="PIN", tracking="lot")
    lab.plan(item, PlanLine(size, lower=D("9.9"), upper=D("10.1"), **line), sample_size=2)
    lab.trade.stocked(item, "100", "2", lots=["P1"])
    return Inspection.objects.get()


def test_values_that_are_refused(lab: Laboratory) -> None:
    inspection = numeric(lab)
    size, look = lab.characteristic("SIZE"), lab.characteristic("LOOK")
    cases = {
        ("value_required", "value"): Reading(1, size),
        ("not_a_number", "value"): Reading(1, size, D("NaN")),
        ("no_such_sample", "sample"): Reading(3, size, D(10)),
        ("not_in_plan", "characteristic"): Reading(1, look, is_conforming=True),
        ("too_many_decimals", "value"): Reading(1, size, D("10.0000001")),
    }
    good = Reading(2, size, D(10))
    for expected, reading in cases.items():
        assert (
            refusal(
                lambda r=reading: record_results(  # type: ignore[misc]
                    inspection, readings=[good, r], by=lab.books.by
                )
            )
            == expected
        )
    record_results(inspection, readings=[Reading(1, size, D(10))], by=lab.books.by)
    assert refusal(
        lambda: record_results(inspection, readings=[Reading(1, size, D(10))], by=lab.books.by)
    ) == ("already_measured", "sample")


def test_gauges_that_may_not_be_used(lab: Laboratory) -> None:
    inspection = numeric(lab, needs_gauge=True)
    size = lab.characteristic("SIZE")

    def with_gauge(gauge: Any) -> tuple[str, str | None]:
        reading = Reading(1, size, D(10), gauge=gauge)
        return refusal(lambda: record_results(inspection, readings=[reading], by=lab.books.by))

    assert with_gauge(None) == ("gauge_required", "gauge")
    old = lab.gauge("OLD", good_on=DAY.replace(year=DAY.year - 3))
    assert with_gauge(old) == ("gauge_overdue", "gauge")
    record_results(
        inspection, readings=[Reading(1, size, D(10), gauge=lab.gauge())], by=lab.books.by
    )


def test_a_correction_is_a_row_of_its_own(lab: Laboratory) -> None:
    inspection = numeric(lab)
    size = lab.characteristic("SIZE")
    readings = [Reading(1, size, D(11)), Reading(2, size, D(10))]
    wrong, right = record_results(inspection, readings=readings, by=lab.books.by)
    assert (wrong.is_conforming, right.is_conforming) == (False, True)
    assert refusal(lambda: correct_result(wrong, value=D(10), reason=" ", by=lab.books.by)) == (
        "reason_required", "reason",
    )  # fmt: skip
    made = correct_result(wrong, value=D("10.01"), reason="misread", by=lab.books.by)
    assert (made.supersedes, made.is_conforming) == (wrong, True)
    assert refusal(lambda: correct_result(wrong, value=D(10), reason="again", by=lab.books.by)) == (
        "corrected_already",
        "value",
    )
    inspection.refresh_from_db()
    decided = decide_inspection(inspection, by=lab.books.by)
    assert (decided.status, decided.nonconforming) == ("accepted", 0)
    assert (
        refusal(lambda: correct_result(made, value=D(12), reason="late", by=lab.books.by))[0]
        == "wrong_status"
    )
    assert_reconciled()


# --- deciding --------------------------------------------------------------------------------


def test_nothing_is_decided_while_measurements_are_missing(lab: Laboratory) -> None:
    inspection = waiting(lab)
    look = lab.characteristic()
    record_results(inspection, readings=[Reading(1, look, is_conforming=True)], by=lab.books.by)
    inspection.refresh_from_db()
    assert refusal(lambda: decide_inspection(inspection, by=lab.books.by)) == (
        "open_measurements", "status",
    )  # fmt: skip
    pass_the_rest(inspection, characteristic=look, by=lab.books.by)
    inspection.refresh_from_db()
    assert decide_inspection(inspection, by=lab.books.by).status == "accepted"
    assert Lot.objects.get().status == "available"
    assert_reconciled()


def test_a_part_is_accepted_and_the_rest_is_held_apart(lab: Laboratory) -> None:
    inspection = lab.measure(waiting(lab), 2)
    by = lab.books.by
    for quantity, expected in (
        (D(100), ("sample_refuses", "quantity_accepted")),
        (D(101), ("wrong_quantity", "quantity_accepted")),
        (D("NaN"), ("not_a_number", "quantity_accepted")),
        (D(90), ("reason_required", "reason")),
    ):
        assert (
            refusal(
                lambda q=quantity: decide_inspection(inspection, quantity_accepted=q, by=by)  # type: ignore[misc]
            )
            == expected
        )
    decided = decide_inspection(inspection, quantity_accepted=D(90), reason="sorted", by=by)
    assert (decided.status, Lot.objects.get().status) == ("partial", "available")
    places = dict(StockBalance.objects.values_list("location__code", "quantity"))
    assert places == {"STOCK": D(90), "QUAR": D(10)}
    assert Nonconformance.objects.get().quantity == 10
    move = Move(
        inspection.item_id, D(10), lab.quarantine,
        virtual_location(lab.books.company, "customer"), lot=inspection.lot,
    )  # fmt: skip
    assert refusal(
        lambda: post_moves(
            lab.books.company, [move], source=inspection, date=DAY, journal="INV", by=by
        )
    ) == ("stock_blocked", "lot")
    assert_reconciled()


def test_a_lot_on_hold_stays_so_after_it_is_accepted(lab: Laboratory) -> None:
    inspection = waiting(lab)
    change_lot_status([inspection.lot], "hold", reason="recall", by=lab.books.by)
    decide_inspection(lab.measure(inspection), by=lab.books.by)
    assert Lot.objects.get().status == "hold"
    assert_reconciled()


def test_acceptance_stops_after_five_refused_under_tightened(lab: Laboratory) -> None:
    item = lab.trade.item("average", code="RING", tracking="lot")
    lab.plan(item, sampling="aql", level="II", aql=Decimal("10"))
    for number in range(7):
        lab.trade.stocked(item, "10", "1", lots=[f"R{number}"])
        inspection = Inspection.objects.latest("pk")
        decide_inspection(
            lab.measure(inspection, *range(1, inspection.sample_size + 1)), by=lab.books.by
        )
    assert refusal(lambda: lab.trade.stocked(item, "10", "1", lots=["R8"])) == (
        "acceptance_stopped", "item",
    )  # fmt: skip

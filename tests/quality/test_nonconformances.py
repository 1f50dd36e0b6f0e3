"""Nonconformances: what they hold, what becomes of it, and the way back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError
from apps.finance.models import JournalEntry
from apps.inventory.models import ItemValuation, Lot, StockBalance, StockMove
from apps.quality.models import Disposition, Inspection, Nonconformance
from apps.quality.services.deciding import decide_inspection
from apps.quality.services.dispositions import (
    Decision,
    disposition_nonconformance,
    reopen_nonconformance,
)
from apps.quality.services.nonconformances import (
    Held,
    cancel_nonconformance,
    close_nonconformance,
    contain_nonconformance,
    open_nonconformance,
    review_nonconformance,
)
from tests.quality.plant import D, Laboratory
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY


def written() -> tuple[int, ...]:
    kinds = (Disposition, StockMove, JournalEntry, Nonconformance)
    return tuple(kind.objects.count() for kind in kinds)


def refusal(act: Any) -> tuple[str, str | None]:
    before = written()
    with pytest.raises(BusinessError) as caught:
        act()
    assert written() == before
    return caught.value.code, caught.value.field


def held(lab: Laboratory, quantity: str = "100", costing: str = "average") -> Nonconformance:
    """Two lots of a hundred at 2.00 in stock; so much of the first is wrong."""
    item = lab.trade.item(costing, code="BOLT", tracking="lot")
    lab.trade.stocked(item, "100", "2", lots=["L1"])
    lab.trade.stocked(item, "100", "2", lots=["L2"])
    ncr = open_nonconformance(
        lab.books.company,
        item=item,
        title="Cracks",
        held=[Held(lab.trade.stock, D(quantity), lot=Lot.objects.get(code="L1"))],
        partner=lab.trade.supplier,
        by=lab.books.by,
    )
    return review_nonconformance(
        contain_nonconformance(ncr, containment="red label", by=lab.books.by), by=lab.books.by
    )


def decide(lab: Laboratory, ncr: Nonconformance, *decisions: Decision) -> Nonconformance:
    return disposition_nonconformance(ncr, decisions=decisions, date=DAY, by=lab.reviewer)


def lot(code: str = "L1") -> Lot:
    return Lot.objects.get(code=code)


def test_use_as_is_frees_the_lot_and_moves_no_money(lab: Laboratory) -> None:
    ncr = held(lab)
    assert lot().status == "rejected"
    entries = JournalEntry.objects.count()
    assert refusal(lambda: decide(lab, ncr, Decision("use_as_is", D(100)))) == (
        "note_required", "note",
    )  # fmt: skip
    ncr = decide(lab, ncr, Decision("use_as_is", D(100), note="only the paint"))
    assert (ncr.status, lot().status, JournalEntry.objects.count()) == (
        "dispositioned", "available", entries,
    )  # fmt: skip
    assert_reconciled()


def test_a_part_now_and_the_rest_later(lab: Laboratory) -> None:
    crack = lab.reason()
    ncr = decide(lab, held(lab), Decision("scrap", D(30), reason=crack))
    assert (ncr.status, lot().status) == ("review", "rejected")
    assert lab.books.balance("5100") == 60
    assert_reconciled()
    assert refusal(lambda: decide(lab, ncr, Decision("scrap", D(71), reason=crack))) == (
        "more_than_left", "quantity",
    )  # fmt: skip
    ncr = decide(lab, ncr, Decision("rework", D(70)))
    assert (ncr.status, lot().status) == ("dispositioned", "available")
    assert_reconciled()


def test_all_scrapped_leaves_nothing_to_free(lab: Laboratory) -> None:
    decide(lab, held(lab), Decision("scrap", D(100), reason=lab.reason()))
    assert (lot().status, ItemValuation.objects.get().value) == ("rejected", 200)
    assert_reconciled()


def test_decisions_that_are_refused(lab: Laboratory) -> None:
    ncr = held(lab)
    crack, late = lab.reason(), lab.reason("LATE", "return")
    for decision, expected in (
        (Decision("scrap", D(1)), ("reason_required", "reason")),
        (Decision("scrap", D(1), reason=late), ("reason_required", "reason")),
        (Decision("scrap", D("NaN"), reason=crack), ("not_a_number", "quantity")),
        (Decision("scrap", D(0), reason=crack), ("not_positive", "quantity")),
        (Decision("melt", D(1)), ("unknown_kind", "kind")),
        (Decision("scrap", D(101), reason=crack), ("more_than_left", "quantity")),
    ):
        assert refusal(lambda d=decision: decide(lab, ncr, d)) == expected  # type: ignore[misc]
    assert refusal(lambda: decide(lab, ncr)) == ("no_lines", "decisions")
    own = refusal(
        lambda: disposition_nonconformance(
            ncr, decisions=[Decision("rework", D(100))], by=lab.books.by
        )
    )
    assert own == ("self_approval", "decided_by")
    assert lot().status == "rejected"
    assert_reconciled()


def test_a_return_without_a_supplier_is_refused(lab: Laboratory) -> None:
    ncr = held(lab)
    Nonconformance.objects.filter(pk=ncr.pk).update(partner=None)
    ncr.refresh_from_db()
    assert refusal(lambda: decide(lab, ncr, Decision("return", D(1)))) == ("no_supplier", "kind")


def test_a_return_clears_what_the_receipt_cost_whatever_stock_is_carried_at(
    lab: Laboratory,
) -> None:
    """Received at 2.00 and 4.00, carried at 3.00: the supplier's side gets its 2.00 back."""
    item = lab.trade.item("average", code="BOLT", tracking="lot")
    lab.trade.stocked(item, "100", "4", lots=["L0"])
    lab.plan(item)
    lab.trade.stocked(item, "100", "2", lots=["L1"])
    inspection = lab.measure(Inspection.objects.get(), 1)
    decide_inspection(inspection, by=lab.books.by)
    ncr = review_nonconformance(Nonconformance.objects.get(), by=lab.books.by)
    decide(lab, ncr, Decision("return", D(100)))
    assert lab.books.balance("2050") == -400
    assert ItemValuation.objects.get().value == 300
    variance = lab.books.balance("2050") + ItemValuation.objects.get().value
    assert variance == -100  # stock gave 300 for what clears 200: a price variance of 100
    assert_reconciled()


def test_reopening_reverses_its_postings_and_holds_again(lab: Laboratory) -> None:
    ncr = decide(
        lab, held(lab), Decision("scrap", D(40), reason=lab.reason()), Decision("rework", D(60))
    )
    ncr = close_nonconformance(ncr, by=lab.books.by)
    assert refusal(lambda: reopen_nonconformance(ncr, reason=" ", by=lab.books.by)) == (
        "reason_required", "reason",
    )  # fmt: skip
    ncr = reopen_nonconformance(ncr, reason="wrong lot", date=DAY, by=lab.books.by)
    assert (ncr.status, lot().status, lab.books.balance("5100")) == ("review", "rejected", 0)
    assert ItemValuation.objects.get().value == 400
    assert_reconciled()
    decide(lab, ncr, Decision("scrap", D(100), reason=lab.reason()))
    assert lab.books.balance("5100") == 200
    assert_reconciled()


def test_what_was_refused_in_part_comes_back_from_quarantine(lab: Laboratory) -> None:
    item = lab.trade.item("average", code="BOLT", tracking="lot")
    lab.plan(item)
    lab.trade.stocked(item, "100", "2", lots=["L1"])
    inspection = lab.measure(Inspection.objects.get(), 1)
    decide_inspection(inspection, quantity_accepted=D(80), reason="sorted", by=lab.books.by)
    ncr = review_nonconformance(Nonconformance.objects.get(), by=lab.books.by)
    assert refusal(lambda: cancel_nonconformance(ncr, reason="none", by=lab.books.by)) == (
        "in_quarantine", "status",
    )  # fmt: skip
    decide(
        lab, ncr, Decision("use_as_is", D(15), note="fine"),
        Decision("scrap", D(5), reason=lab.reason()),
    )  # fmt: skip
    there = {b.location.code: b.quantity for b in StockBalance.objects.filter(quantity__gt=0)}
    assert there == {"STOCK": D(95)}
    assert_reconciled()


def test_a_cancelled_one_gives_back_what_it_held(lab: Laboratory) -> None:
    ncr = cancel_nonconformance(held(lab), reason="a misreading", by=lab.books.by)
    assert (ncr.status, lot().status) == ("cancelled", "available")
    assert_reconciled()


def test_what_can_not_be_held(lab: Laboratory) -> None:
    item = lab.trade.item("average", code="BOLT", tracking="lot")
    loose = lab.trade.item("average", code="NUT")
    lab.trade.stocked(item, "10", "2", lots=["L1"])
    lab.trade.stocked(loose, "10", "2")
    stock = lab.trade.stock
    for subject, one, expected in (
        (item, Held(stock, D(11), lot=lot()), ("more_than_there", "quantity")),
        (item, Held(stock, D(1)), ("lot_required", "lot")),
        (loose, Held(stock, D(1)), ("not_in_quarantine", "location")),
        (loose, Held(stock, D(1), lot=lot()), ("wrong_lot", "lot")),
        (item, Held(stock, Decimal("Infinity"), lot=lot()), ("not_a_number", "quantity")),
    ):
        assert (
            refusal(
                lambda s=subject, o=one: open_nonconformance(  # type: ignore[misc]
                    lab.books.company, item=s, title="x", held=[o], by=lab.books.by
                )
            )
            == expected
        )


def test_closing_needs_a_decision(lab: Laboratory) -> None:
    ncr = held(lab)
    assert refusal(lambda: close_nonconformance(ncr, by=lab.books.by))[0] == "invalid_transition"

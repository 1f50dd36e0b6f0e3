"""Each invariant of quality finds what is broken on purpose."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from apps.core.reconcile import reconcile
from apps.inventory.models import Lot
from apps.quality.models import Inspection, Nonconformance
from apps.quality.services.deciding import decide_inspection
from apps.quality.services.dispositions import Decision, disposition_nonconformance
from apps.quality.services.nonconformances import review_nonconformance
from tests.quality.plant import D, Laboratory
from tests.support.trade import DAY


def broken(statement: str, *codes: str) -> None:
    """``statement`` breaks exactly these of quality's invariants; it is undone."""
    ours = (
        "inspections-hold-lots", "held-stock-is-there", "inspections-complete",
        "nonconformances-held", "dispositions", "dispositions-and-moves",
        "scrap-of-quality-posted", "one-plan-in-force", "gauges-and-calibrations",
    )  # fmt: skip
    assert all(finding.is_clean for finding in reconcile(ours))
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT broken")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(statement)
        assert cursor.rowcount > 0
        found = {f.invariant.code for f in reconcile(ours) if not f.is_clean}
        cursor.execute("ROLLBACK TO SAVEPOINT broken")
    assert set(codes) <= found, found


def rejected(lab: Laboratory) -> Nonconformance:
    item = lab.trade.item("average", code="BOLT", tracking="lot")
    lab.plan(item)
    lab.trade.stocked(item, "100", "2", lots=["L1"])
    decide_inspection(lab.measure(Inspection.objects.get(), 1), by=lab.books.by)
    return review_nonconformance(Nonconformance.objects.get(), by=lab.books.by)


@pytest.mark.breaks("inspections-hold-lots")
def test_lots_that_are_free_too_early(lab: Laboratory) -> None:
    item = lab.trade.item("average", tracking="lot")
    lab.plan(item)
    lab.trade.stocked(item, "100", "2", lots=["L1"])
    broken("UPDATE inventory_lot SET status = 'available'", "inspections-hold-lots")


@pytest.mark.breaks("inspections-hold-lots")
def test_refused_lots_that_are_free(lab: Laboratory) -> None:
    rejected(lab)
    assert Lot.objects.get().status == "rejected"
    broken("UPDATE inventory_lot SET status = 'available'", "inspections-hold-lots")


@pytest.mark.breaks("held-stock-is-there")
def test_quarantine_that_is_empty(lab: Laboratory) -> None:
    item = lab.trade.item("average")
    lab.plan(item)
    lab.trade.stocked(item, "100", "2")
    broken("UPDATE inventory_stockbalance SET quantity = 99", "held-stock-is-there")


@pytest.mark.breaks("inspections-complete")
def test_decisions_without_results(lab: Laboratory) -> None:
    rejected(lab)
    broken("UPDATE quality_inspection SET sample_size = sample_size + 1", "inspections-complete")


@pytest.mark.breaks("one-plan-in-force")
def test_plans_that_changed(lab: Laboratory) -> None:
    rejected(lab)
    broken("UPDATE quality_inspectionplan SET revision = 9", "one-plan-in-force")


@pytest.mark.breaks("nonconformances-held")
def test_quantities_that_do_not_add_up(lab: Laboratory) -> None:
    rejected(lab)
    broken("UPDATE quality_nonconformance SET quantity = 7", "nonconformances-held")


def decided(lab: Laboratory) -> Any:
    decisions = [Decision("scrap", D(40), reason=lab.reason()), Decision("rework", D(60))]
    return disposition_nonconformance(rejected(lab), decisions=decisions, date=DAY, by=lab.reviewer)


@pytest.mark.breaks("dispositions", "dispositions-and-moves")
def test_dispositions_that_do_not_cover(lab: Laboratory) -> None:
    decided(lab)
    broken(
        "UPDATE quality_disposition SET quantity = 30 WHERE kind = 'scrap'",
        "dispositions", "dispositions-and-moves",
    )  # fmt: skip
    broken("UPDATE quality_nonconformance SET status = 'open'", "dispositions")


@pytest.mark.breaks("dispositions-and-moves", "scrap-of-quality-posted", "dispositions")
def test_scrap_that_was_not_posted(lab: Laboratory) -> None:
    decided(lab)
    broken(
        "UPDATE quality_disposition SET value = value + 1 WHERE kind = 'scrap'",
        "dispositions-and-moves", "scrap-of-quality-posted",
    )  # fmt: skip
    broken(
        "UPDATE quality_disposition SET is_reversed = true WHERE kind = 'scrap'",
        "dispositions", "dispositions-and-moves",
    )  # fmt: skip


@pytest.mark.breaks("gauges-and-calibrations")
def test_gauges_in_use_without_calibration(lab: Laboratory) -> None:
    lab.gauge()
    broken("UPDATE quality_gauge SET due_on = '2030-01-01'", "gauges-and-calibrations")

"""SPC on piston rings (Montgomery): frozen limits, a signal that stops the line, capability."""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.quality.models import Nonconformance, SpcSignal
from apps.quality.services.inspection_plans import PlanLine
from tests.execution.conftest import Factory
from tests.execution.conftest import factory as factory
from tests.quality.plant import Laboratory, make_laboratory
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("MES_ERP_CASES", ROOT.parent / "shared" / "cases"))
RINGS = CASES / "06-quality" / "spc" / "pistonrings.csv"
QUALITY = "/quality"
D = Decimal
pytestmark = pytest.mark.skipif(
    not RINGS.is_file(), reason="the published cases are not here (MES_ERP_CASES)"
)


def good(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    return answer.body


def groups() -> list[list[str]]:
    found: dict[str, list[str]] = {}
    with RINGS.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["sample"], []).append(row["diameter"])
    return list(found.values())


@pytest.fixture
def lab(factory: Factory) -> Laboratory:
    books = factory.books
    trade = Trade(books, factory.stock, books.partner("SUP"), books.partner("CUS"))
    return make_laboratory(trade)


@pytest.fixture
def inspector(lab: Laboratory) -> ApiClient:
    permissions = (
        "quality.add_controlchart",
        "quality.view_controlchart",
        "quality.freeze_controlchart",
        "quality.view_controllimits",
        "quality.view_spcsignal",
        "quality.add_inspection",
        "quality.view_inspection",
        "quality.view_inspectionresult",
        "quality.measure_inspection",
        "quality.view_nonconformance",
        "quality.review_nonconformance",
        "quality.disposition_nonconformance",
        "execution.run_workorderoperation",
        "execution.view_workorderoperation",
    )
    return ApiClient(make_member("inspector", lab.books.company, permissions=permissions))


def drawn(inspector: ApiClient, plan_id: int, group: list[str]) -> dict[str, Any]:
    """Five rings from the line, measured."""
    body = {"plan": plan_id, "item": "RING", "quantity": "5"}
    inspection = good(inspector.post(f"{QUALITY}/inspections/", body), 201)
    readings = [
        {"sample": n, "characteristic": "DIAMETER", "value": value}
        for n, value in enumerate(group, start=1)
    ]
    place = f"{QUALITY}/inspections/{inspection['id']}/record/"
    good(inspector.post(place, {"readings": readings}), 201)
    return inspection


def test_the_thirty_seventh_sample_stops_the_line(
    factory: Factory, lab: Laboratory, inspector: ApiClient
) -> None:
    ring = factory.made("RING")
    factory.bom(ring, (factory.item("IRON"), "1"))
    centre = factory.work_centre("LATHE")
    factory.routing(ring, (centre, "1"))
    order = factory.order(ring, "10")
    [operation] = order.operations.all()
    diameter = lab.characteristic("DIAMETER", "numeric")
    plan = lab.plan(
        ring,
        PlanLine(diameter, nominal=D("74"), lower=D("73.95"), upper=D("74.05")),
        stage="operation",
        operation_sequence=operation.sequence,
        sample_size=5,
    )
    chart = good(
        inspector.post(
            f"{QUALITY}/control-charts/",
            {
                "code": "RINGS",
                "name": "Inside diameter",
                "kind": "xbar_r",
                "item": "RING",
                "characteristic": "DIAMETER",
                "operation_sequence": operation.sequence,
                "subgroup_size": 5,
                "rules": "WER1",
            },
        ),
        201,
    )
    samples = groups()
    for group in samples[:25]:
        drawn(inspector, plan.pk, group)
    limits = good(
        inspector.post(f"{QUALITY}/control-charts/{chart['id']}/freeze/", {"points": 25}), 201
    )
    names = ("center", "upper", "lower", "spread_center", "spread_upper")
    assert [round(limits[name], 6 if name == "center" else 5) for name in names] == [
        74.001176, 74.01431, 73.98804, 0.02276, 0.04811,
    ]  # fmt: skip
    seen = good(inspector.get(f"{QUALITY}/control-charts/{chart['id']}/points/"))
    assert (round(seen["cp"], 3), round(seen["cpk"], 3)) == (1.703, 1.663)

    for group in samples[25:36]:
        drawn(inspector, plan.pk, group)
    assert not SpcSignal.objects.exists()
    machine = make_machine(factory, centre)
    start = f"/execution/operations/{operation.pk}/start/"
    pause = f"/execution/operations/{operation.pk}/pause/"
    good(inspector.post(start, {"machine": machine}), 201)
    good(inspector.post(pause, {"machine": machine}))

    drawn(inspector, plan.pk, samples[36])
    [signal] = good(inspector.get(f"{QUALITY}/spc-signals/"))["results"]
    assert (signal["point"], signal["rule"], signal["side"]) == (37, "WER1", "location")
    ncr = Nonconformance.objects.get()
    assert (ncr.origin, ncr.blocks_start, signal["nonconformance"]) == (
        "control_chart", True, ncr.pk,
    )  # fmt: skip
    refused = inspector.post(start, {"machine": machine})
    assert (refused.status_code, codes(refused)) == (409, [("operation", "quality_block")])
    operation.refresh_from_db()
    assert (operation.status, operation.runs.count()) == ("paused", 1)

    for group in samples[37:]:
        drawn(inspector, plan.pk, group)
    points = sorted(SpcSignal.objects.filter(side="location").values_list("point", flat=True))
    assert (points, Nonconformance.objects.count()) == ([37, 38, 39], 1)

    place = f"{QUALITY}/nonconformances/{ncr.pk}"
    good(inspector.post(f"{place}/review/"))
    board = ApiClient(
        make_member(
            "board",
            lab.books.company,
            permissions=("quality.view_nonconformance", "quality.disposition_nonconformance"),
        )
    )
    silent = board.post(f"{place}/disposition/", {})
    assert (silent.status_code, codes(silent)) == (422, [("conclusion", "conclusion_required")])
    decided = good(board.post(f"{place}/disposition/", {"conclusion": "Tool changed"}))
    assert decided["status"] == "dispositioned"
    good(inspector.post(start, {"machine": machine}), 201)
    assert_reconciled()


def make_machine(factory: Factory, centre: Any) -> str:
    from apps.masterdata.models import Machine

    Machine(
        company=factory.books.company,
        code="L1",
        name="Lathe 1",
        work_centre=centre,
        site=factory.books.site,
    ).save_by(factory.books.by)
    return "L1"

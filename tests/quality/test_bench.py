"""The bench and the chart pages: who may see them, and what an entry does."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from apps.inventory.models import Lot
from apps.quality.models import ControlChart, Inspection, InspectionResult
from apps.quality.services.control_charts import create_control_chart
from apps.quality.services.inspection_plans import PlanLine
from apps.quality.services.inspections import open_inspection
from apps.quality.services.measuring import Reading, record_results
from apps.quality.services.signalling import freeze_limits
from tests.quality.plant import D, Laboratory
from tests.support.faces import make_member

BENCH = "/quality/"


def client(lab: Laboratory, *permissions: str) -> Client:
    user = make_member(f"user{len(permissions)}", lab.books.company, permissions=permissions)
    made = Client()
    made.force_login(user, "apps.core.backends.PermissionBackend")
    return made


@pytest.fixture
def inspector(lab: Laboratory) -> Client:
    return client(
        lab,
        "quality.view_inspection",
        "quality.measure_inspection",
        "quality.decide_inspection",
        "quality.view_controlchart",
        "quality.freeze_controlchart",
        "quality.view_gauge",
    )


@pytest.fixture
def inspection(lab: Laboratory) -> Inspection:
    item = lab.trade.item("average", code="BOLT", tracking="lot")
    size = lab.characteristic("SIZE", "numeric")
    lab.plan(
        item, PlanLine(lab.characteristic()), PlanLine(size, lower=D("9.9"), upper=D("10.1")),
        sample_size=2,
    )  # fmt: skip
    lab.trade.stocked(item, "100", "2", lots=["L1"])
    return Inspection.objects.get()


def enter(inspector: Client, inspection: Inspection, **values: Any) -> str:
    values.setdefault("key", uuid.uuid4().hex)
    place = f"{BENCH}inspections/{inspection.pk}/"
    answer = inspector.post(f"{place}act/", values, follow=True)
    assert answer.redirect_chain == [(place, 302)]
    return " ".join(str(message) for message in answer.context["messages"])


def test_pages_are_for_those_who_may(lab: Laboratory, inspection: Inspection) -> None:
    place = f"{BENCH}inspections/{inspection.pk}/"
    for page in (BENCH, place, f"{BENCH}charts/"):
        assert Client().get(page).status_code == 302
        assert client(lab).get(page).status_code == 403 if page == BENCH else True
    looker = client(lab, "quality.view_inspection")
    assert looker.get(place).status_code == 200
    refused = looker.post(f"{place}act/", {"act": "decide", "key": "k"}, follow=True)
    assert "You may not do this." in refused.content.decode()
    assert not InspectionResult.objects.exists()


def test_value_by_value_to_the_decision(inspector: Client, inspection: Inspection) -> None:
    look, size = (
        {"characteristic": str(line.characteristic_id)}
        for line in inspection.plan.lines.order_by("position")
    )
    assert "BOLT" in inspector.get(BENCH).content.decode()
    scan = inspector.get(BENCH, {"scan": "L1"})
    assert scan.headers["Location"] == f"{BENCH}inspections/{inspection.pk}/"
    missing = inspector.get(BENCH, {"scan": "nothing"}).content.decode()
    assert "Nothing here has the code nothing." in missing

    def record(**values: Any) -> str:
        return enter(inspector, inspection, act="record", **values)

    assert "missing" in record(sample="1", value="", **size)
    assert "Enter a number" in record(sample="1", value="ten", **size)
    assert "finite" in record(sample="1", value="NaN", **size)
    assert "Say whether it passes" in record(sample="1", **look)
    assert "numbered 1 to 2" in record(sample="3", value="10", **size)
    assert not InspectionResult.objects.exists()
    first = record(sample="1", value="10,05", key="tap", **size)
    again = record(sample="1", value="10,05", key="tap", **size)
    assert "conforms" in first and "Done before" in again
    assert "Correct that." in record(sample="1", value="9", **size)
    assert InspectionResult.objects.count() == 1
    assert "does not conform" in record(sample="2", value="11", **size)
    assert "results are missing" in enter(inspector, inspection, act="decide")
    assert "2 samples conform" in enter(inspector, inspection, act="pass-rest", **look)
    assert "The sample refuses the lot." in (
        inspector.get(f"{BENCH}inspections/{inspection.pk}/").content.decode()
    )
    said = enter(inspector, inspection, act="decide", quantity_accepted="60", reason="sorted")
    assert "Accepted in part" in said
    assert Lot.objects.get().status == "available"
    assert "60 accepted, 40 rejected." in (
        inspector.get(f"{BENCH}inspections/{inspection.pk}/").content.decode()
    )


@pytest.mark.parametrize("kind", ["xbar_r", "xbar_s", "i_mr", "p", "np", "c", "u"])
def test_every_kind_of_chart_has_its_page(lab: Laboratory, inspector: Client, kind: str) -> None:
    by = lab.books.by
    of = {"p": "attribute", "np": "attribute", "c": "count", "u": "count"}.get(kind, "numeric")
    characteristic = lab.characteristic("WHAT", of)
    item = lab.trade.item("average")
    limits = {} if of == "attribute" else {"lower": D(0), "upper": D(20)}
    plan = lab.plan(item, PlanLine(characteristic, **limits), sample_size=5)
    chart: ControlChart = create_control_chart(
        company=lab.books.company, code="C1", name="Chart", kind=kind, item=item,
        characteristic=characteristic, by=by,
    )  # fmt: skip
    place = f"{BENCH}charts/{chart.pk}/"
    assert "No points yet" in inspector.get(place).content.decode()
    refused = inspector.post(f"{place}freeze/", {"points": ""}, follow=True)
    assert "give no limits" in refused.content.decode()
    for n in range(6):
        inspection = open_inspection(lab.books.company, plan=plan, item=item, quantity=D(5), by=by)
        record_results(
            inspection,
            readings=[
                Reading(sample, characteristic, is_conforming=sample + n > 3)
                if of == "attribute"
                else Reading(sample, characteristic, D(8 + (sample * (n + 2)) % 5))
                for sample in range(1, 6)
            ],
            by=by,
        )
    page = inspector.get(place).content.decode()
    assert "<svg" in page and "trial limits" in page
    frozen = freeze_limits(chart, points=4, by=by)
    assert (frozen.revision, frozen.points > 1) == (1, True)
    assert "frozen from 4 points" in inspector.get(place).content.decode()
    assert "C1" in inspector.get(f"{BENCH}charts/").content.decode()


def test_a_gauge_looks_back(lab: Laboratory, inspector: Client) -> None:
    gauge = lab.gauge()
    page = inspector.get(f"{BENCH}gauges/{gauge.pk}/look-back/").content.decode()
    assert "It has measured nothing in that time." in page

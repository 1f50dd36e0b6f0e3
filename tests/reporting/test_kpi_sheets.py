"""Indicators of ISO 22400-2 through their faces: page, files and API say the same."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from apps.core.models import User
from apps.execution.kpis import KPIS, NOT_MEASURED
from apps.reporting.kpi_sheets import kpi_report, read_sheet_request
from apps.reporting.queries.scope import asked_by
from tests.execution.machines import EVENING, Shopfloor
from tests.reporting.oee_days import two_machines
from tests.support.faces import ApiClient, codes, make_member

pytestmark = pytest.mark.django_db
DAYS = {"date_from": "2026-03-10", "date_to": "2026-03-10"}
URL = "/reporting/kpis/?date_from=2026-03-10&date_to=2026-03-10"


def figures(floor: Shopfloor, **given: str) -> dict[tuple[str, str], Decimal | None]:
    asked = asked_by(floor.books.by, today=date(2026, 3, 10), now=EVENING)
    report = kpi_report(read_sheet_request({**DAYS, **given}, asked))
    return {(row.cells[0], row.cells[1]): row.cells[4] for row in report.rows}


def test_s7_by_machine_and_together(floor: Shopfloor) -> None:
    """A: 420 planned, 373 produced, 314.13 of good output. B: 60 of each."""
    two_machines(floor)
    by_machine = figures(floor, by="machine")
    name = "Overall equipment effectiveness index"
    assert by_machine["A A", name] == Decimal("74.79")
    assert by_machine["B B", name] == Decimal("100.00")
    assert by_machine["A A", "Mean time to restoration"] == Decimal("15.67")
    assert by_machine["A A", "Mean operating time between failures"] == Decimal("124.33")
    assert by_machine["B B", "Mean time to restoration"] is None
    together = figures(floor, by="total")
    assert together["", name] == Decimal("77.94"), "sums, not the mean of 74.79 and 100"
    assert together["", "Rework ratio"] is None
    only = figures(floor, by="total", machine="A")
    assert only["", name] == Decimal("74.79")
    assert figures(floor, by="shift", shift="EARLY")["EARLY Early", name] == Decimal("77.94")
    assert figures(floor, by="day")["2026-03-10", name] == Decimal("77.94")


def test_page_files_and_api_say_the_same(floor: Shopfloor, by: User) -> None:
    two_machines(floor)
    api = ApiClient(by)
    body = api.get(f"{URL}&by=machine").body
    assert len(body["rows"]) == 2 * len(KPIS) + len(NOT_MEASURED)
    told = [(row["group"], row["indicator"], str(row["figure"] or "")) for row in body["rows"]]
    csv_text = api.client.get(f"{URL}&by=machine&as=csv").content.decode("utf-8-sig")
    assert "74.79" in csv_text
    lines = [
        tuple(row[n] for n in (0, 1, 4))
        for row in csv.reader(io.StringIO(csv_text))
        if len(row) == 8
    ]
    assert lines[1:] == told
    page = api.client.get(f"{URL}&by=machine").content.decode()
    for text in ("74.79", "APT ÷ PBT", "Planned busy time", "not measured", "Rework ratio"):
        assert text in page
    for kind in ("xlsx", "pdf"):
        assert api.client.get(f"{URL}&by=machine&as={kind}").status_code == 200


def test_bad_questions_and_strangers(floor: Shopfloor, by: User) -> None:
    api = ApiClient(by)
    for question, code in (
        ("period=2026", ("period", "too_long")),
        ("period=2026-03&date_to=2026-03-10", ("period", "given_twice")),
        ("date_from=2026-03-10&date_to=2026-03-09", ("date_from", "invalid")),
        ("date_to=yesterday", ("date_to", "invalid")),
        ("by=colour", ("by", "invalid_choice")),
        ("machine=NONE", ("machine", "does_not_exist")),
        ("colour=red", ("colour", "unknown_parameter")),
    ):
        answer = api.get(f"/reporting/kpis/?{question}")
        assert (answer.status_code, codes(answer)) == (400, [code])
        assert api.client.get(f"/reporting/kpis/?{question}").status_code == 400
    clerk = make_member("clerk", floor.books.company)
    assert ApiClient(clerk).client.get("/reporting/kpis/").status_code == 403
    assert ApiClient(clerk).get("/reporting/kpis/").status_code == 403

"""S20 and N18: an investment is appraised, approved with its baseline, and its benefit measured
month by month by the same question, from what the shop floor posted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apps.core.models import User
from apps.finance.services.periods import open_fiscal_year
from tests.execution.machines import Shopfloor, make_shopfloor
from tests.factories import make_books, make_user
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db
FLOWS = ["-100000", *["30000"] * 5]
#: Minutes that the press stood still in each month, at 60 an hour.
STOPS = {9: 200, 10: 220, 11: 180, 12: 240, 1: 80, 2: 60}


@pytest.fixture
def floor(by: User) -> Shopfloor:
    books = make_books("ACME", starts_on=date(2025, 1, 1), by=by)
    open_fiscal_year(books.company, code="2026", starts_on=date(2026, 1, 1), by=by)
    floor = make_shopfloor(books)
    floor.reason("JAM")
    floor.machine("A")
    return floor


def stop(floor: Shopfloor, month: int, minutes: int) -> None:
    year = 2025 if month > 8 else 2026
    begin = datetime(year, month, 15, 6, tzinfo=UTC)
    floor.send(
        floor.state("A", begin, "running"),
        floor.state("A", begin + timedelta(minutes=30), "stopped", "JAM"),
        floor.state("A", begin + timedelta(minutes=30 + minutes), "running"),
        floor.state("A", begin + timedelta(minutes=480), "off"),
        received_at=begin + timedelta(hours=12),
    )


def test_s20(floor: Shopfloor) -> None:
    for month in (9, 10, 11, 12):
        stop(floor, month, STOPS[month])
    api = ApiClient(floor.books.by)
    body = {
        "title": "Feeder without jams",
        "rate": "10",
        "period_months": 12,
        "starts_on": "2026-01-01",
        "dataset": "losses",
        "question": "machine=A&reason=JAM",
        "value": "downtime_cost",
        "good": "less",
        "baseline_from": "2025-09-01",
        "baseline_to": "2025-12-31",
        "flows": [{"period": n, "amount": amount} for n, amount in enumerate(FLOWS)],
    }
    made = api.post("/reporting/roi-cases/", body | {"company": "ACME"})
    assert made.status_code == 201, made.content
    url = f"/reporting/roi-cases/{made.body['id']}"
    planned = row(api, url, "Planned")
    assert (planned["npv"], planned["irr"], planned["payback"]) == ("13723.60", "15.24", "3.33")

    boss = ApiClient(make_user("boss", company=floor.books.company))
    assert boss.post(f"{url}/approve/").body["baseline"] == "210.0000", "840 in four months"
    assert boss.post(f"{url}/start/").status_code == 200
    for month in (1, 2):
        stop(floor, month, STOPS[month])
    assert boss.post(f"{url}/measure/").status_code == 200
    measured = {
        each["month"]: (each["actual"], each["benefit"])
        for each in api.get(f"{url}/appraisal/").body["months"]["rows"]
    }
    assert measured["2026-01"] == ("80.00", "130.00")
    assert measured["2026-02"] == ("60.00", "150.00")

    lines = api.get(
        "/reporting/datasets/losses/lines/?machine=A&reason=JAM&values=downtime_cost&period=2026-01"
    ).body
    assert lines["rows"][-1]["downtime_cost"] == "80.00"
    assert lines["rows"][0]["links"]["document"].startswith("/api/v1/execution/")
    page = api.client.get(f"/reporting/roi/{made.body['id']}/").content.decode()
    assert "13,723.60" in page and "130.00" in page
    assert_reconciled()


def row(api: ApiClient, url: str, label: str) -> dict[str, Any]:
    rows = api.get(f"{url}/appraisal/").body["appraisal"]["rows"]
    return next(each for each in rows if each["label"] == label)

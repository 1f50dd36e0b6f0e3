"""S12: maintenance through the API. A machine's own events move its meter to 250 h; the minor
service is ordered once and takes 4 h off the schedule; at 1,000 h the major one includes it; parts
120.00, 2 h at 30 and a contractor's 200 are 380.00 in the ledger. A stop for a breakdown reason
opens its order, its end ends the standstill.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.core.models import User
from apps.maintenance.queries.capacity import reserved_intervals
from tests.factories import make_books
from tests.maintenance.conftest import Workshop, make_workshop
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db

D = Decimal
#: The machine has run around the clock for 60 days.
START = datetime.combine(timezone.now().date() - timedelta(days=60), time(0), tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@pytest.fixture
def workshop(by: User) -> Workshop:
    workshop = make_workshop(make_books("ACME", starts_on=date(START.year, 1, 1), by=by))
    workshop.floor.reason("BROKEN", is_breakdown=True)
    workshop.floor.reason("SETUP-WAIT")
    workshop.floor.machine("M1")
    return workshop


@pytest.fixture
def api(workshop: Workshop) -> ApiClient:
    return ApiClient(workshop.by)


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.body


def send(api: ApiClient, *events: dict[str, Any]) -> None:
    body = ok(api.post("/execution/events/", {"events": list(events)}, key=None), 207)
    assert {result["status"] for result in body["results"]} == {"created"}, body


def run_until(api: ApiClient, workshop: Workshop, begin: float, end: float) -> None:
    """The machine runs from one hour to another."""
    floor = workshop.floor
    send(api, floor.state("M1", at(begin), "running"), floor.state("M1", at(end), "idle"))


def total(api: ApiClient, meter: int) -> Decimal:
    [row] = ok(api.get(f"/maintenance/meter-totals/?meter={meter}"))["results"]
    return D(row["total"])


def generate(api: ApiClient, moment: datetime) -> list[dict[str, Any]]:
    body = ok(api.post("/maintenance/plans/generate/", {"at": moment.isoformat()}), 201)
    return [ok(api.get(f"/maintenance/orders/{one['id']}/")) for one in body["orders"]]


def set_up(api: ApiClient) -> tuple[int, int]:
    """The press as an asset with an hour meter, a 250 h and a 1,000 h service."""
    asset = ok(
        api.post(
            "/maintenance/assets/",
            {"code": "PRESS-1", "name": "Press 1", "site": "MAIN", "machine": "M1"},
        ),
        201,
    )
    meter = ok(
        api.post(
            "/maintenance/meters/",
            {"code": "PRESS-1-H", "name": "Hours", "asset": "PRESS-1", "source": "machine_hours"},
        ),
        201,
    )
    assert meter["machine_code"] == "M1", "the asset's own machine"
    common = {"asset": "PRESS-1", "meter": "PRESS-1-H", "lead_days": 0}
    major = {
        "code": "PM-1000",
        "name": "Major service",
        "interval_units": "1000",
        "planned_minutes": 480,
    }
    ok(api.post("/maintenance/plans/", common | major), 201)
    minor = {
        "code": "PM-250",
        "name": "Minor service",
        "interval_units": "250",
        "planned_minutes": 240,
        "suppressed_by": "PM-1000",
        "tasks": [
            {"text": "Lock out and tag", "kind": "safety"},
            {"text": "Change the oil"},
            {"text": "Pressure", "kind": "measure", "lower_limit": "5", "upper_limit": "6"},
        ],
        "parts": [{"item": "SEAL", "quantity": "2"}],
    }
    ok(api.post("/maintenance/plans/", common | minor), 201)
    return asset["id"], meter["id"]


def do_the_work(api: ApiClient, workshop: Workshop, order: dict[str, Any]) -> None:
    """Release, start, fill in, 120 + 60 + 200, done, closed."""
    place = f"/maintenance/orders/{order['id']}"
    day = str(timezone.localdate())
    ok(api.post(f"{place}/release/"))
    ok(api.post(f"{place}/start/"))
    lock, oil, pressure = order["tasks"]
    early = api.post(f"{place}/answer/", {"answers": [{"task": oil["id"], "result": "ok"}]})
    assert (early.status_code, codes(early)) == (409, [("task", "safety_first")])
    assert api.post(f"{place}/complete/").status_code == 409, "with tasks open"
    answers = [
        {"task": lock["id"], "result": "ok"},
        {"task": oil["id"], "result": "ok"},
        {"task": pressure["id"], "value": "5.5"},
    ]
    filled = ok(api.post(f"{place}/answer/", {"answers": answers}))
    assert [task["result"] for task in filled["tasks"]] == ["ok", "ok", "ok"]
    line = {"item": "SEAL", "quantity": "2", "location": "SPARES"}
    ok(api.post(f"{place}/issue-parts/", {"date": day, "lines": [line]}), 201)
    ok(api.post(f"{place}/book-labour/", {"date": day, "employee": "FIT", "minutes": "120"}), 201)
    bill = {"date": day, "partner": "FIXIT", "amount": "200", "reference": "R-1"}
    ok(api.post(f"{place}/charge/", bill), 201)
    cost = ok(api.get(f"{place}/cost/"))
    assert [D(cost[name]) for name in ("parts", "labour", "charges", "total")] == [
        120,
        60,
        200,
        380,
    ]
    ok(api.post(f"{place}/complete/", {"work_done": "Oil and seals changed"}))
    assert ok(api.post(f"{place}/close/"))["status"] == "closed"


def test_s12(workshop: Workshop, api: ApiClient) -> None:
    books = workshop.books
    workshop.part("SEAL", "10", "60")
    books.partner("FIXIT")
    _asset, meter = set_up(api)

    run_until(api, workshop, 0, 125)
    run_until(api, workshop, 125, 249)
    assert total(api, meter) == 249
    [minor] = [row for row in due(api, at(249)) if row["plan_code"] == "PM-250"]
    assert (D(minor["meter_total"]), minor["is_due"]) == (250, False)
    assert generate(api, at(249)) == []

    run_until(api, workshop, 249, 251)
    [order] = generate(api, at(251))
    assert generate(api, at(252)) == [], "ordered once"
    assert (order["plan_code"], D(order["due_total"])) == ("PM-250", 250)
    taken = reserved_intervals([machine_id(api)], at(0), at(24 * 90))
    assert [one.ends_at - one.starts_at for one in taken] == [timedelta(hours=4)]

    do_the_work(api, workshop, order)
    assert books.balance("6200") == D("380.00")
    assert books.balance("1300") == 600 - 120
    assert books.balance("5390") == -60
    assert books.balance("2000") == -200

    for begin in (251, 500, 750):
        run_until(api, workshop, begin, begin + 249)
        ordered = generate(api, at(begin + 249))
        assert [one["plan_code"] for one in ordered] in ([], ["PM-250"])
        for one in ordered:
            cancel = {"reason": "done with the last one"}
            ok(api.post(f"/maintenance/orders/{one['id']}/cancel/", cancel))
    run_until(api, workshop, 999, 1001)
    [major] = generate(api, at(1001))
    assert (major["plan_code"], D(major["due_total"])) == ("PM-1000", 1000)
    [minor] = [row for row in due(api, at(1001)) if row["plan_code"] == "PM-250"]
    assert (minor["included_in"], minor["is_due"]) == ("PM-1000", False)
    assert_reconciled()


def machine_id(api: ApiClient) -> int:
    [row] = ok(api.get("/masterdata/machines/?code=M1"))["results"]
    return int(row["id"])


def due(api: ApiClient, moment: datetime) -> list[dict[str, Any]]:
    at = moment.isoformat().replace("+00:00", "Z")
    rows: list[dict[str, Any]] = ok(api.get(f"/maintenance/plans/due/?at={at}"))["results"]
    return rows


def test_s12_capitalised_work_adds_to_the_asset(workshop: Workshop, api: ApiClient) -> None:
    books, day = workshop.books, str(timezone.localdate())
    workshop.part("MOTOR", "1", "120")
    books.partner("FIXIT")
    set_up_only_asset(api)
    body = {"asset": "PRESS-1", "title": "Bigger motor", "kind": "improvement"}
    order = ok(api.post("/maintenance/orders/", body | {"is_capitalised": True}), 201)
    place = f"/maintenance/orders/{order['id']}"
    ok(api.post(f"{place}/release/"))
    line = {"item": "MOTOR", "quantity": "1", "location": "SPARES"}
    issue = ok(api.post(f"{place}/issue-parts/", {"date": day, "lines": [line]}), 201)
    labour = {"date": day, "employee": "FIT", "minutes": "120"}
    ok(api.post(f"{place}/book-labour/", labour), 201)
    ok(api.post(f"{place}/charge/", {"date": day, "partner": "FIXIT", "amount": "200"}), 201)
    assert (books.balance("1510"), books.balance("6200")) == (380, 0)
    back = {"date": day, "reason": "wrong motor"}
    ok(api.post(f"/maintenance/parts-issues/{issue['id']}/reverse/", back))
    assert (books.balance("1510"), books.balance("1300")) == (260, 120)
    assert_reconciled()


def set_up_only_asset(api: ApiClient) -> None:
    body = {"code": "PRESS-1", "name": "Press 1", "site": "MAIN", "machine": "M1"}
    ok(api.post("/maintenance/assets/", body), 201)


def test_s12_a_breakdown_from_stop_to_money(workshop: Workshop, api: ApiClient) -> None:
    """The machine stops for a breakdown: an order opens; it runs: the standstill ends."""
    floor = workshop.floor
    set_up_only_asset(api)
    send(api, floor.state("M1", at(6), "running"), floor.state("M1", at(7), "stopped", "BROKEN"))
    [order] = ok(api.get("/maintenance/orders/?kind=breakdown"))["results"]
    assert (order["status"], order["asset_code"]) == ("released", "PRESS-1")
    assert order["downtime_ends_at"] is None
    send(api, floor.state("M1", at(8.5), "running"))
    order = ok(api.get(f"/maintenance/orders/{order['id']}/"))
    begin, end = (
        datetime.fromisoformat(order[name]) for name in ("downtime_starts_at", "downtime_ends_at")
    )
    assert end - begin == timedelta(minutes=90)

    # another stop, explained later by hand: one click
    send(api, floor.state("M1", at(10), "stopped"), floor.state("M1", at(10.5), "running"))
    stops = ok(api.get("/execution/machine-intervals/?state=stopped&reason__isnull=true"))
    [stop] = stops["results"]
    ok(api.post(f"/execution/machine-intervals/{stop['id']}/classify/", {"reason": "BROKEN"}))
    assert len(ok(api.get("/maintenance/orders/?kind=breakdown"))["results"]) == 2

    span = f"since={at(0):%Y-%m-%dT%H:%M:%SZ}&until={at(24):%Y-%m-%dT%H:%M:%SZ}"
    [row] = ok(api.get(f"/maintenance/assets/reliability/?{span}"))["results"]
    assert (row["failures"], D(row["down_hours"])) == (2, 2)
    assert (D(row["mtbf"]), D(row["mttr"])) == (11, 1)
    assert D(row["availability"]) == D("0.916667")
    [actor] = ok(api.get(f"/maintenance/assets/bad-actors/?{span}"))["results"]
    assert (D(actor["lost_minutes"]), D(actor["lost_cost"]), D(actor["total"])) == (120, 120, 120)
    assert_reconciled()

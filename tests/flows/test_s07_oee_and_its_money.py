"""S7: OEE and its money, through the API: events in, ratios out, and the cost of three stops from
the income statement down to the events that caused it.

Source of the ratios: the worked example published by Vorne (oee.com).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.core.models import User
from apps.execution.models import MachineEvent
from apps.finance.models import JournalEntry
from tests.execution.machines import Shopfloor, make_shopfloor
from tests.factories import make_books
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db

DAY = (timezone.now() - timedelta(days=2)).date()
START = datetime.combine(DAY, time(6), tzinfo=UTC)
STOPS = ((60, 20, "JAM"), (200, 17, "JAM"), (400, 10, "TOOL"))


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.fixture
def floor(by: User) -> Shopfloor:
    books = make_books("ACME", starts_on=date(DAY.year, 1, 1), by=by)
    floor = make_shopfloor(books)
    for code in ("JAM", "TOOL"):
        floor.reason(code)
    floor.machine("A")
    floor.machine("B")
    return floor


@pytest.fixture
def api(floor: Shopfloor) -> ApiClient:
    return ApiClient(floor.books.by)


def shift_of_a(floor: Shopfloor) -> list[dict[str, Any]]:
    """480 minutes, three stops of 47 together, 19,271 made, 423 of them rejects."""
    events = [floor.state("A", at(0), "running"), floor.state("A", at(480), "off")]
    for begin, spent, reason in STOPS:
        events.append(floor.state("A", at(begin), "stopped", reason))
        events.append(floor.state("A", at(begin + spent), "running"))
    events += [floor.count("A", at(30 * n), 1178) for n in range(1, 16)]
    events += [floor.count("A", at(479), 18848 - 15 * 1178, 423)]
    return events


def send(api: ApiClient, events: list[dict[str, Any]]) -> list[str]:
    answer = api.post("/execution/events/", {"events": events}, key=None)
    assert answer.status_code == 207, answer.content
    return [result["status"] for result in answer.body["results"]]


def oee(api: ApiClient, **asked: str) -> dict[Any, dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    since, until = f"{DAY}T00:00:00Z", f"{DAY + timedelta(days=1)}T00:00:00Z"
    answer = api.get(f"/execution/oee/?since={since}&until={until}&{query}")
    assert answer.status_code == 200, answer.content
    return {row["key"]: row for row in answer.body["results"]}


def percent(value: str) -> str:
    return f"{Decimal(value) * 100:.2f}"


def test_s7(floor: Shopfloor, api: ApiClient) -> None:
    events = shift_of_a(floor)
    assert set(send(api, events)) == {"created"}
    assert set(send(api, events)) == {"duplicate"}, "sent again: nothing twice"

    a = oee(api, machine="A")[None]
    assert a["elements"]["planned"] == "420.000000"
    assert a["elements"]["stops"] == 3
    assert [percent(a[name]) for name in ("availability", "performance", "quality", "oee")] == [
        "88.81",
        "86.11",
        "97.80",
        "74.79",
    ]
    lost = {name: f"{Decimal(value):.2f}" for name, value in a["losses"].items()}
    assert lost == {
        "breakdowns": "47.00",
        "setup": "0.00",
        "minor_stops": "0.00",
        "reduced_speed": "51.82",
        "startup_rejects": "0.00",
        "rejects": "7.05",
        "good": "314.13",
    }
    assert abs(sum(Decimal(value) for value in a["losses"].values()) - 420) < Decimal("0.00001")
    assert f"{Decimal(a['repair_time']):.2f}" == "15.67"
    assert f"{Decimal(a['run_between_stops']):.2f}" == "124.33"

    machine_b_has_an_hour_at_full_speed(floor, api)
    both = oee(api, by="total")[None]
    assert percent(both["oee"]) == "77.94"
    assert {percent(row["oee"]) for row in oee(api, by="machine").values()} == {"74.79", "100.00"}

    assert drill_to_events(api) == {f"{reason} {spent}" for _begin, spent, reason in STOPS}
    assert_reconciled()


def machine_b_has_an_hour_at_full_speed(floor: Shopfloor, api: ApiClient) -> None:
    """The rest of its shift was a planned stop."""
    floor.reason("NO-ORDER", is_planned=True)
    events = [
        floor.state("B", at(0), "running"),
        floor.count("B", at(59), 3600),
        floor.state("B", at(60), "stopped", "NO-ORDER"),
        floor.state("B", at(480), "off"),
    ]
    assert set(send(api, events)) == {"created"}


def drill_to_events(api: ApiClient) -> set[str]:
    """Income statement → month → work centre → shift → reason → line → entry → stop → event.

    Each level's total is its parent's.
    """
    period = f"date_from={DAY}&date_to={DAY}"
    statement = api.get(f"/finance/statements/income-statement/?{period}").body
    [line] = [row for row in statement["rows"] if "Scrap and down-time" in row.values()]
    assert Decimal(line["amount"]) == Decimal("-47.00")
    return {event_behind(api, entry) for entry in entries_behind(api, line)}


def entries_behind(api: ApiClient, row: dict[str, Any]) -> list[str]:
    """The entries to which a row drills, level by level."""
    if "/journal-entries/" in row["drill"]:
        return [row["drill"]]
    rows = api.get(path_of(row["drill"])).body["rows"]
    parts = [each for each in rows if not each["is_total"]]
    assert sum(amount_of(each) for each in parts) == amount_of(row), row["drill"]
    return [entry for each in parts for entry in entries_behind(api, each)]


def amount_of(row: dict[str, Any]) -> Decimal:
    """Income above zero, cost below, as on the statement."""
    if "amount" in row:
        return Decimal(row["amount"])
    return Decimal(row["credit"] or 0) - Decimal(row["debit"] or 0)


def event_behind(api: ApiClient, url: str) -> str:
    """Reason and minutes of the stop that an entry posted, read from the event that began it."""
    source = api.get(path_of(url)).body["source"]
    assert source["model"] == "execution.machineinterval"
    interval = api.get(source["api"].partition("/api/v1")[2]).body
    event = api.get(f"/execution/events/{interval['event']}/").body
    assert (event["machine_code"], event["state"]) == ("A", "stopped")
    return f"{event['reason_code']} {Decimal(interval['lost_minutes']):.0f}"


def path_of(url: str) -> str:
    return url.partition("/api/v1")[2]


def test_a_bad_row_sinks_nothing_and_says_why(floor: Shopfloor, api: ApiClient) -> None:
    good = floor.count("A", at(1), 5)
    bad = floor.count("NOWHERE", at(1), 5)
    answer = api.post("/execution/events/", {"events": [bad, good]}, key=None)
    assert answer.status_code == 207
    assert answer.body["results"] == [
        {
            "event_id": bad["event_id"],
            "status": "rejected",
            "error": {
                "code": "unknown_machine",
                "field": "machine",
                "detail": "There is no such machine.",
            },
        },
        {"event_id": good["event_id"], "status": "created", "error": None},
    ]
    assert MachineEvent.objects.count() == 1
    assert not JournalEntry.objects.exists()

"""N3: lost minutes at the rate against what the ledger absorbed, to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from apps.core.models import User
from apps.masterdata.models import Machine
from apps.reporting.queries.loss_bridge import PARTS, Bridge, loss_bridges
from tests.execution.machines import Shopfloor
from tests.reporting.oee_days import two_machines
from tests.support.faces import ApiClient, codes, make_member

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)


def bridges(floor: Shopfloor) -> list[Bridge]:
    return loss_bridges(
        floor.books.company, Machine.objects.all(), date_from=DAY, date_to=DAY, now=NOW
    )


def test_s7_in_money_ties_to_the_ledger(floor: Shopfloor) -> None:
    """420 minutes of A and 60 of B at 60 an hour: a minute is worth one."""
    two_machines(floor)
    [one] = bridges(floor)
    assert one.planned == Decimal("480.00")
    assert one.amounts["down"] == one.downtime == Decimal("47.00")
    assert one.downtime == floor.books.balance("5110")
    assert one.amounts["reduced_speed"] == Decimal("51.82")
    assert one.amounts["rejects"] == Decimal("7.05")
    assert one.amounts["good"] == Decimal("374.13")
    assert sum(one.amounts.values()) == one.planned
    absorbed = -floor.books.balance("5395")
    assert one.absorbed == absorbed
    assert one.volume_variance == one.planned - absorbed
    parts = one.residual + one.stops_not_posted + one.amounts["off"] + one.amounts["idle"]
    assert parts == one.volume_variance, "the last column explains the variance to the cent"


def test_minutes_of_parts_sum_to_planned_time(floor: Shopfloor) -> None:
    two_machines(floor)
    [one] = bridges(floor)
    assert set(one.minutes) == set(PARTS)
    assert round(sum(one.minutes.values()), 6) == 480


def test_nothing_planned_and_nothing_absorbed_is_no_bridge(floor: Shopfloor) -> None:
    assert bridges(floor) == []


def test_the_bridge_through_its_faces(floor: Shopfloor, by: User) -> None:
    two_machines(floor)
    api = ApiClient(by)
    rows = api.get("/reporting/loss-bridge/?period=2026-03").body["rows"]
    assert rows[-1]["amount"] is not None and rows[-1]["is_total"]
    page = api.client.get("/reporting/loss-bridge/?period=2026-03")
    assert page.status_code == 200 and "47.00" in page.content.decode()
    for kind in ("csv", "xlsx", "pdf"):
        assert (
            api.client.get(f"/reporting/loss-bridge/?period=2026-03&as={kind}").status_code == 200
        )
    bad = api.get("/reporting/loss-bridge/?period=2026")
    assert (bad.status_code, codes(bad)) == (400, [("period", "too_long")])
    assert api.client.get("/reporting/loss-bridge/?colour=red").status_code == 400
    clerk = make_member(
        "clerk", floor.books.company, permissions=("execution.view_machineinterval",)
    )
    assert ApiClient(clerk).client.get("/reporting/loss-bridge/").status_code == 403
    assert ApiClient(clerk).get("/reporting/loss-bridge/").status_code == 403

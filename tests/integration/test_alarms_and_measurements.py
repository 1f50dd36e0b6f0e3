"""Alarms say why machines stand still; measurements are summed up by the minute."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.sql import fetch_all
from apps.execution.models import MachineAlarm, MachineInterval
from apps.execution.services.stop_reasons import classify_stop
from apps.integration.models import MachineConnection, MachineTag, QuarantinedReading
from apps.integration.services.replays import replay_quarantined
from apps.masterdata.models import ReasonCode
from tests.execution.machines import Shopfloor, minute
from tests.integration.test_readings import (
    _machines,
    account,
    connection,
    kept,
    shopfloor,
    tag,
    tags,
    take,
    timeline,
    waiting,
)

__all__ = ["account", "connection", "shopfloor", "tags"]  # fixtures
D = Decimal


@pytest.fixture
def alarm(
    connection: MachineConnection, tags: dict[str, MachineTag], shopfloor: Shopfloor
) -> MachineTag:
    shopfloor.reason("HEAT")
    return tag(
        connection, shopfloor, "m/alarm", role="alarm", machine=tags["state"].machine,
        states="E21=HEAT\nE7=JAM",
    )  # fmt: skip


ALARM_LOG = [
    ("state", 0, "ACTIVE"), ("alarm", 0, "NORMAL"), ("state", 10, "BLOCKED"), ("alarm", 12, "E21"),
    ("alarm", 13, "E7"), ("state", 20, "ACTIVE"), ("alarm", 20, "NORMAL"),
]  # fmt: skip


@pytest.mark.parametrize("order", [1, -1])
def test_an_alarm_says_why_a_machine_stands_still(
    connection: MachineConnection, alarm: MachineTag, order: int
) -> None:
    """The first one that came with the stop, whichever of the two is told first."""
    for said in ALARM_LOG[::order]:
        take(connection, said)
    assert timeline() == [(0, "running", None), (10, "stopped", "HEAT"), (20, "running", None)]
    rows = MachineAlarm.objects.order_by("occurred_at")
    assert [(row.text, row.reason and row.reason.code) for row in rows] == [
        ("E21", "HEAT"), ("E7", "JAM"),
    ]  # fmt: skip
    stop = MachineInterval.objects.get(state="stopped")
    assert (stop.lost_minutes, stop.entry is not None) == (10, True)
    take(connection, *ALARM_LOG)
    assert MachineAlarm.objects.count() == 2


def test_an_alarm_just_before_the_stop_explains_it_an_old_one_does_not(
    connection: MachineConnection, alarm: MachineTag
) -> None:
    take(connection, ("state", 0, "ACTIVE"), ("alarm", 9.5, "E21"), ("state", 10, "BLOCKED"))
    take(connection, ("state", 15, "ACTIVE"), ("state", 16, "BLOCKED"))
    assert [reason for _at, state, reason in timeline() if state == "stopped"] == ["HEAT", None]


def test_what_a_person_said_of_a_stop_stays(
    connection: MachineConnection, alarm: MachineTag, shopfloor: Shopfloor
) -> None:
    take(connection, ("state", 0, "ACTIVE"), ("state", 10, "BLOCKED"))
    [stop] = MachineInterval.objects.filter(state="stopped")
    classify_stop(stop, reason=shopfloor.reason("TOOL"), by=shopfloor.books.by)
    take(connection, ("alarm", 11, "E21"))
    assert timeline()[-1] == (10, "stopped", "TOOL")


def test_an_alarm_that_can_not_be_recorded_waits(
    connection: MachineConnection, alarm: MachineTag, shopfloor: Shopfloor
) -> None:
    heat = ReasonCode.objects.get(code="HEAT")
    heat.is_active = False
    heat.save_by(shopfloor.books.by)
    take(connection, ("alarm", 11, "E21"), ("state", 10, "BLOCKED"))
    [row] = QuarantinedReading.objects.all()
    assert (row.code, row.path, MachineAlarm.objects.count()) == ("unknown_reason", "m/alarm", 0)
    heat.is_active = True
    heat.save_by(shopfloor.books.by)
    replay_quarantined(row, by=shopfloor.books.by)
    assert timeline() == [(10, "stopped", "HEAT")]


def minutes_of(tag: MachineTag) -> list[tuple[Any, ...]]:
    statement = """
SELECT minute, readings, lowest, highest, total FROM integration_tagminute
 WHERE tag_id = %s ORDER BY minute
"""
    return fetch_all(statement, [tag.pk])


@given(order=st.permutations(range(6)), cut=st.integers(0, 6))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_measurements_are_summed_up_by_the_minute_in_any_order(
    connection: MachineConnection, shopfloor: Shopfloor, order: list[int], cut: int
) -> None:
    number = next(_machines)
    machine = shopfloor.machine(f"M{number}")
    heat = tag(connection, shopfloor, f"m/{number}/heat", role="measured", machine=machine)
    told = [(0, 20.5), (0.5, "19.25"), (1, 22), (1.25, D("21.5")), (1.5, 30.0), (3, -4)]
    said = [(f"{number}/heat", *told[n]) for n in order]
    take(connection, *said[:cut])
    take(connection, *said[cut:], *said[:2])
    assert minutes_of(heat) == [
        (minute(0), 2, 19.25, 20.5, 39.75),
        (minute(1), 3, 21.5, 30.0, 73.5),
        (minute(3), 1, -4.0, -4.0, -4.0),
    ]
    assert [value for _at, value in kept(heat)] == ["20.5", "19.25", "22", "21.5", "30", "-4"]
    assert waiting() == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "hot", True, ""])
def test_a_measurement_is_a_finite_number(
    connection: MachineConnection, tags: dict[str, MachineTag], shopfloor: Shopfloor, value: Any
) -> None:
    heat = tag(
        connection, shopfloor, "m/heat", role="measured", machine=tags["state"].machine
    )  # fmt: skip
    take(connection, ("heat", 0, value))
    assert (waiting(), kept(heat)) == ([("m/heat", "not_a_number")], [])

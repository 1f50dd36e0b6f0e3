"""Simulated machines: the same story for the same seed, realistic, and taken by the real intake."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.execution.management.commands import simulate_machines
from apps.execution.models import MachineEvent, MachineInterval, OperationRun, ProductionReport
from apps.execution.services.dispatch import start_operation
from apps.execution.simulation import SimulatedMachine, Work
from tests.execution.conftest import Factory
from tests.execution.machines import MORNING, Shopfloor, minute
from tests.execution.test_dispatch import make_order
from tests.support.reconciled import assert_reconciled


def story(seed: str = "1", *, minutes: int = 480, left: float = 1e6) -> list[dict[str, Any]]:
    """A shift on one machine, looked at every minute."""
    machine = SimulatedMachine("M1", seed, stop_reasons=["JAM", "TOOL"], scrap_reasons=["BURR"])
    events = []
    for n in range(minutes + 1):
        made = sum(e.get("quantity_good", 0) + e.get("quantity_scrap", 0) for e in events)
        events += machine.advance(minute(n), Work(1, left - made, 10.0, setup_minutes=10))
    return events + machine.stop(minute(minutes))


def test_the_same_seed_tells_the_same_story() -> None:
    assert story("7") == story("7")
    assert story("7") != story("8")


def test_a_shift_is_realistic() -> None:
    events = story()
    times = [event["occurred_at"] for event in events]
    assert times == sorted(times)
    assert len({event["event_id"] for event in events}) == len(events)
    states = [event["state"] for event in events if "state" in event]
    assert (states[0], states[-1]) == ("setup", "off")
    assert {"running", "stopped"} <= set(states)
    good = sum(event.get("quantity_good", 0) for event in events)
    scrap = sum(event.get("quantity_scrap", 0) for event in events)
    ideal = 480 * 60 / 10
    assert 0.5 * ideal < good < 0.97 * ideal
    assert 0 < scrap < 0.06 * good
    assert all(event["reason"] == "BURR" for event in events if event.get("quantity_scrap"))


def test_it_makes_no_more_than_is_left() -> None:
    events = story(left=100)
    made = sum(e.get("quantity_good", 0) + e.get("quantity_scrap", 0) for e in events)
    assert made == 100
    assert [e["state"] for e in events if "state" in e][-2:] == ["idle", "off"]


def test_it_is_off_while_nothing_runs() -> None:
    machine = SimulatedMachine("M1", "1")
    assert [e["state"] for e in machine.advance(MORNING, None)] == ["off"]
    assert machine.advance(minute(5), None) == []


def test_through_the_service(factory: Factory, floor: Shopfloor) -> None:
    floor.reason("JAM")
    floor.reason("BURR", "scrap")
    machine = floor.machine("M1")
    operation = make_order(factory, floor, quantity="500")
    operation.setup_minutes = Decimal(0)
    operation.save()
    start_operation(
        operation, machine=machine, at=timezone.now() - timedelta(hours=1), by=floor.books.by
    )
    out = StringIO()
    options = {"rounds": 3, "every": 0.4, "pace": 400.0, "stdout": out, "stderr": out}
    call_command("simulate_machines", company=floor.books.company.code, **options)
    assert "0 rejected" in out.getvalue(), out.getvalue()
    assert ProductionReport.objects.exists()
    assert MachineEvent.objects.filter(kind="state").first().state == "off"
    assert_reconciled()


def test_a_machine_that_speaks_for_itself_is_left_out(factory: Factory, floor: Shopfloor) -> None:
    floor.machine("M1")
    floor.machine("M2")
    out = StringIO()
    options: dict[str, Any] = {"rounds": 1, "left_out": ["M1"], "stdout": out, "stderr": out}
    call_command("simulate_machines", company=floor.books.company.code, **options)
    assert set(MachineEvent.objects.values_list("machine__code", flat=True)) == {"M2"}


def test_it_dispatches_when_asked(factory: Factory, floor: Shopfloor) -> None:
    machine = floor.machine("M1")
    first = make_order(factory, floor, quantity="2", code="A")
    second = make_order(factory, floor, quantity="2", code="B")
    out = StringIO()
    options = {"rounds": 8, "every": 0.2, "pace": 2000.0, "dispatch": True}
    call_command("simulate_machines", stdout=out, stderr=out, **options)
    for operation in (first, second):
        operation.refresh_from_db()
    assert first.status == "done", out.getvalue()
    assert OperationRun.objects.filter(machine=machine).count() >= 2
    assert_reconciled()


def test_what_nobody_answered_is_sent_again(
    factory: Factory, floor: Shopfloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is down for the first post; nothing is lost and nothing doubled."""
    floor.machine("M1")
    calls: list[int] = []
    send = simulate_machines.Services.send

    def flaky(self: Any, events: Any) -> Any:
        calls.append(len(events))
        if len(calls) == 1:
            raise ConnectionError("down")
        return send(self, events)

    monkeypatch.setattr(simulate_machines.Services, "send", flaky)
    out = StringIO()
    call_command("simulate_machines", rounds=2, every=0.05, stdout=out, stderr=out)
    assert "1 events wait" in out.getvalue()
    assert [e.state for e in MachineEvent.objects.all()] == ["off"]


def test_bad_options(floor: Shopfloor) -> None:
    for options in (
        {"company": "NOPE"},
        {"user": "nobody"},
        {"url": "http://x"},
    ):
        with pytest.raises(CommandError):
            call_command("simulate_machines", rounds=1, **options)
    with pytest.raises(CommandError):
        call_command("simulate_machines", rounds=1, url="file:///etc/passwd", token="t")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_ends_cleanly_on_sigterm(floor: Shopfloor, database_environment: dict[str, str]) -> None:
    floor.machine("M1")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "simulate_machines", "--every", "0.2"],
        env={**os.environ, **database_environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not MachineInterval.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "1 created" in out

"""Machines speak without a pause while whoever listens is killed, or the broker is away.

A real broker, a plant of Sparkplug nodes (25 of them tell 10,000 readings a second), and a listener
that dies by kill -9 every few seconds.
What the plant has told is known to the reading, so what must lie in the tables is too: each reading
once, each piece once, each state from when to when. The listener is the suite's own
(`apps.integration.listeners.mqtt`); only its parent is ours, which forks it anew.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.utils import timezone

from apps.core.sql import fetch_all
from benchmarks.database import Database, throw_away_database
from benchmarks.machine_story import (
    BETWEEN_PIECES,
    PER_SECOND,
    RUNNING,
    SIGNALS,
    Story,
)
from benchmarks.plant import new_books
from benchmarks.torture.programs import Program
from benchmarks.torture.results import Options, Result
from benchmarks.workloads.machine_readings import new_plant
from mes_erp import bootstrap
from mes_erp.postgres import ROOT
from tests.integration.broker import Broker

BETWEEN_KILLS = 5.0
#: How long what waits at the end may take.
DRAINED_WITHIN = 120.0
AWAY_AFTER = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """``seconds`` of speech; a kill every ``between_kills`` of them (None: never), and the broker
    away ``broker_away`` seconds, a few seconds after the begin."""

    seconds: int
    machines: int = 25
    between_kills: float | None = BETWEEN_KILLS
    broker_away: float = 0.0


def torture(name: str, plan: Plan, options: Options) -> tuple[Result, list[str]]:
    """Let the plant speak by ``plan``, and compare what was told with what was kept."""
    if not bootstrap.broker():
        sys.exit("Install mosquitto: the broker has to be a real one.")
    started = time.monotonic()
    begin = timezone.now().astimezone(UTC).replace(microsecond=0)
    story = Story(begin - timedelta(seconds=plan.seconds + 60), plan.machines)
    with (
        tempfile.TemporaryDirectory() as folder,
        Broker(Path(folder)) as broker,
        throw_away_database(f"torture_{name}", options.home) as database,
    ):
        new_plant(new_books(), story, protocol="sparkplug", address=broker.address)
        with _intake(database, Path(folder)) as intake:
            _until(_is_listening, 30)
            kills, late = _speak(story, plan, broker, intake, database)
            told = plan.seconds * PER_SECOND * SIGNALS * story.machines
            waiting, ended = told - _kept(), time.monotonic()
            _until(lambda: _kept() >= told, DRAINED_WITHIN)
            drained = time.monotonic() - ended
        lost, doubled = _judge(story, plan.seconds, told)
        broken = [finding.invariant.code for finding in database.broken_invariants()]
    result = Result(
        fault=name,
        seed=options.seed,
        rounds=kills,
        in_transaction=None,
        requests=told,
        unanswered=0,
        replayed=0,
        lost=len(lost),
        doubled=len(doubled),
        half_written=0,
        reconcile=", ".join(broken) or "clean",
        reconciled=1,
        seconds=round(time.monotonic() - started, 1),
        more={
            "told_per_s": round(told / plan.seconds),
            "waiting_at_the_end": waiting,
            "drained_ms": round(drained * 1000),
            "plant_late_ms": round(late * 1000),
        },
    )
    return result, [*lost, *doubled]


def _speak(
    story: Story, plan: Plan, broker: Broker, intake: Program, database: Database
) -> tuple[int, float]:
    """Until the plant has told all and the broker has it: kills, and how late the plant was."""
    command = [sys.executable, "-m", "benchmarks.torture.publisher", str(broker.port)]
    command += [str(plan.seconds), story.begin.isoformat(), str(story.machines)]
    plant = subprocess.Popen(
        command, cwd=ROOT, env=database.environment(), stdout=subprocess.PIPE, text=True
    )
    began, kills = time.monotonic(), 0
    away = (began + AWAY_AFTER, began + AWAY_AFTER + plan.broker_away)
    while plant.poll() is None:
        now = time.monotonic()
        if plan.between_kills is not None and now > began + (kills + 1) * plan.between_kills:
            kills += intake.kill(next(iter(intake.alive), 0))
        if plan.broker_away and away[0] < now < away[1] and broker.process is not None:
            broker.stop()
        if now >= away[1] and broker.process is None:
            broker.start()
        time.sleep(0.05)
    assert plant.stdout is not None  # noqa: S101 - a pipe was asked for
    return kills, float(plant.stdout.read())


@contextmanager
def _intake(database: Database, folder: Path) -> Iterator[Program]:
    environment = database.environment() | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.torture.settings",
        "MES_ERP_TORTURE_HOME": str(folder),
    }
    program = Program("intake", 1, environment, log=folder / "intake.log")
    program.wait_until_born()
    try:
        yield program
    finally:
        program.stop()


def _until(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.1)


def _is_listening() -> bool:
    return bool(fetch_all("SELECT FROM integration_connectionstate WHERE is_online"))


def _kept() -> int:
    [[count]] = fetch_all(
        "SELECT count(*) FROM integration_tagreading WHERE value IS DISTINCT FROM ''"
    )
    return int(count)


def _judge(story: Story, seconds: int, told: int) -> tuple[list[str], list[str]]:
    """What is missing, and what is there twice."""
    lost: list[str] = []
    doubled: list[str] = []
    expected = {
        "readings": (told, _kept()),
        "measurements": (
            told // SIGNALS * (SIGNALS - 2),
            _number("SELECT coalesce(sum(readings), 0) FROM integration_tagminute"),
        ),
        "pieces": (
            story.machines * (seconds // BETWEEN_PIECES),
            _number("SELECT coalesce(sum(quantity_good), 0) FROM execution_machineevent"),
        ),
    }
    for name, (wanted, found) in expected.items():
        if found != wanted:
            side = lost if found < wanted else doubled
            side.append(f"{name}: {wanted} told, {found} kept")
    for machine in range(story.machines):
        wanted_states = [
            (at, "running" if state == RUNNING else "stopped")
            for at, state in story.states(machine, seconds)
        ]
        found_states = _states(machine)
        if found_states != wanted_states:
            lost.append(f"states of machine {machine}: {wanted_states}, found {found_states}")
    return lost, doubled


def _number(statement: str) -> int:
    [[value]] = fetch_all(statement)
    return int(value)


def _states(machine: int) -> list[tuple[datetime, str]]:
    rows = fetch_all(
        "SELECT i.starts_at, i.state FROM execution_machineinterval i"
        " JOIN masterdata_machine m ON m.id = i.machine_id"
        " WHERE m.code = %s AND i.state <> 'off' ORDER BY i.starts_at",
        [f"M{machine}"],
    )
    return [(at, state) for at, state in rows]

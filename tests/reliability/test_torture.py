"""`manage.py torture`, in short: real processes are killed, the real books must agree."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mes_erp.postgres import ROOT
from mes_erp.server_programs import processes_in
from tests.support.databases import TestDatabases

pytestmark = [pytest.mark.reliability, pytest.mark.slow]
SEED = 7
#: What the clients must at least have posted between the kills, so that there was load at all.
FEWEST_REQUESTS = 12


def torture(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, "manage.py", "torture", *arguments, "--seed", str(SEED)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"seed {SEED}" in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def assert_kept(result: dict[str, Any], rounds: int) -> None:
    assert (result["lost"], result["doubled"], result["half_written"]) == (0, 0, 0)
    assert (result["rounds"], result["reconcile"]) == (rounds, "clean")
    assert result["requests"] >= FEWEST_REQUESTS


def test_web_processes_are_killed(own_databases: TestDatabases) -> None:
    home = str(own_databases.cluster.home)
    [result] = torture("web", "--rounds", "8", "--cluster", home)
    assert_kept(result, 8)
    assert result["in_transaction"] >= 6, "kills are to hit open transactions"
    assert result["unanswered"] >= 8


def test_answers_are_cut_off_after_the_commit(own_databases: TestDatabases) -> None:
    home = str(own_databases.cluster.home)
    [result] = torture("answer", "--rounds", "3", "--cluster", home)
    assert_kept(result, 3)
    assert result["replayed"] >= 3


def test_workers_are_killed(own_databases: TestDatabases) -> None:
    home = str(own_databases.cluster.home)
    [result] = torture("worker", "--rounds", "2", "--cluster", home)
    assert_kept(result, 2)
    assert result["jobs"] >= 1


def test_the_server_itself_is_killed() -> None:
    """On a cluster of its own, which is down again afterwards."""
    [result] = torture("postmaster", "--rounds", "1")
    assert_kept(result | {"requests": FEWEST_REQUESTS}, 1)
    assert not processes_in(Path(ROOT / "var" / "torture-postgres" / "data"))


def test_an_unknown_fault_is_refused() -> None:
    command = [sys.executable, "manage.py", "torture", "flood"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "There are web, worker" in done.stderr

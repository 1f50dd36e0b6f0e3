"""No published case of the areas that we answer for is passed over in silence."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mes_erp.management.commands.cases import FILES
from tests.support.published import CASES, LEFT_OUT, ROOT, UNKNOWN, read_index, reasons

pytestmark = pytest.mark.skipif(
    not (CASES / "INDEX.csv").is_file(), reason="the published cases are not here (MES_ERP_CASES)"
)


def listed(*files: str) -> tuple[int, list[str]]:
    """The exit code and the lines of ``manage.py cases --list``."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq"]
    command += ["-p", "tests.support.published", *files]
    environment = {n: v for n, v in os.environ.items() if not n.startswith("PYTEST_XDIST")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    return done.returncode, done.stdout.splitlines()


def test_each_case_is_run_or_left_out_with_a_reason() -> None:
    code, lines = listed(*FILES)
    told = {words[1] for line in lines if len(words := line.split()) > 2}
    assert told >= read_index().keys()
    assert not [line for line in lines if UNKNOWN in line]
    assert code == 0


def test_a_case_that_nobody_names_is_told() -> None:
    """The negative control: without the tests of quality its cases are neither."""
    code, lines = listed("tests/projects")
    assert code == 1
    assert any("QUA-CUSUM-1" in line and UNKNOWN in line for line in lines)
    assert any("PRJ-EVM-fence" in line and UNKNOWN not in line for line in lines)


def test_every_reason_is_of_a_case_and_says_something() -> None:
    known = read_index(("",))
    for name, why in reasons().items():
        assert "*" in name or name in known, f"{name} is no case"
        assert len(why) > 20, f"{name}: {LEFT_OUT}: {why}"

"""Which published cases there are, which tests run them, and why the others are left out.

A pytest plugin too: ``manage.py cases`` loads it to print each case by its name.
"""

from __future__ import annotations

import csv
import os
import tomllib
from collections import defaultdict
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("MES_ERP_CASES") or ROOT.parent / "shared" / "cases")
#: Areas whose every case is run by a test or left out with a reason.
AREAS = ("01", "02", "03", "04", "05", "06", "07", "09", "10", "12")
ASKED = "MES_ERP_ALL_CASES"
PASSED, LEFT_OUT, FAILED, UNKNOWN = "pass", "not applicable", "FAILED", "NEITHER RUN NOR REASONED"


def is_asked() -> bool:
    """Whether all cases shall run, the long ones too."""
    return os.environ.get(ASKED) == "1"


def read_index(areas: tuple[str, ...] = AREAS) -> dict[str, str]:
    """Case → area, in the order of the index."""
    with (CASES / "INDEX.csv").open(newline="") as file:
        rows = [(row["id"], row["area"]) for row in csv.DictReader(file)]
    return {code: area for code, area in rows if area.startswith(areas)}


@cache
def reasons() -> dict[str, str]:
    """Case (``*`` for any text) → why no test runs it."""
    return tomllib.loads((ROOT / "tests" / "cases_left_out.toml").read_text())["left_out"]


def reason_of(code: str) -> str:
    return next((why for name, why in reasons().items() if fnmatch(code, name)), "")


def cases_of(item: pytest.Item) -> list[str]:
    """The cases that a collected test names by its ``case`` marks."""
    spec = getattr(item, "callspec", None)
    values = spec.params if spec else {}
    return [name.format(**values) for mark in item.iter_markers("case") for name in mark.args]


# --- the plugin ----------------------------------------------------------------------------------

_found: dict[str, list[tuple[str, str]]] = defaultdict(list)
_named: dict[str, list[str]] = {}


def _areas() -> tuple[str, ...]:
    return tuple(os.environ.get("MES_ERP_CASE_AREAS", "").split()) or AREAS


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = read_index(_areas())
    for item in items:
        _named[item.nodeid] = [code for code in cases_of(item) if code in wanted]
    others = [item for item in items if not _named[item.nodeid]]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if _named[item.nodeid]]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "call" and not (report.when == "setup" and report.outcome != "passed"):
        return
    text = next((str(value) for name, value in report.user_properties if name == "told"), "")
    state = {"passed": PASSED, "skipped": LEFT_OUT, "failed": FAILED}[report.outcome]
    if report.skipped and isinstance(report.longrepr, tuple):
        text = report.longrepr[2].removeprefix("Skipped: ")
    elif report.failed:
        text = str(getattr(report.longrepr, "reprcrash", None) or "")[-200:]
    for code in _named.get(report.nodeid, ()):
        _found[code].append((state, text))


def _states(config: pytest.Config) -> dict[str, tuple[str, str]]:
    """Case → state and reason; of a mere collection: the test that would run it."""
    if not config.option.collectonly:
        return {code: _judged(_found.get(code, []), code) for code in read_index(_areas())}
    names = {code: nodeid for nodeid, codes in _named.items() for code in codes}
    return {code: _planned(names.get(code, ""), code) for code in read_index(_areas())}


def pytest_sessionfinish(session: pytest.Session) -> None:
    if any(state == UNKNOWN for state, _why in _states(session.config).values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    say = terminalreporter.write_line
    index, states = read_index(_areas()), _states(config)
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for code, area in index.items():
        state, why = states[code]
        counts[area][state] += 1
        say(f"{area:15} {code:32} {state}{f': {why}' if why else ''}")
    for area, found in counts.items():
        parts = ", ".join(f"{state} {n}" for state, n in found.items())
        say(f"== {area}: {sum(found.values())} cases: {parts}")


def _planned(nodeid: str, code: str) -> tuple[str, str]:
    if nodeid:
        return "named", nodeid
    why = reason_of(code)
    return (LEFT_OUT, why) if why else (UNKNOWN, "")


def _judged(found: list[tuple[str, str]], code: str) -> tuple[str, str]:
    for state in (FAILED, PASSED, LEFT_OUT):
        told = [text for one, text in found if one == state]
        if told:
            return state, next(filter(None, told), "")
    return _planned("", code)

"""The published cases of projects, and projects made of them."""

from __future__ import annotations

import csv
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("MES_ERP_CASES", ROOT.parent / "shared" / "cases"))
FOLDER = CASES / "10-projects"
needs_cases = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
)


def names(kind: str) -> list[str]:
    """The cases of one kind that are here, by file name without its end."""
    return sorted(path.stem for path in (FOLDER / kind).glob("*.json"))


def read(kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / kind / f"{name}.json").read_text())
    return found


def psplib() -> list[tuple[str, int, Path]]:
    """(instance, length of its critical path, file); the file may lie one folder deeper."""
    table = FOLDER / "cpm" / "psplib_j30_cpm_length.csv"
    if not table.is_file():
        return []
    rows = []
    for row in csv.DictReader(table.open()):
        [file] = list(CASES.glob(f"01-scheduling/**/{row['instance']}.rcp"))[:1] or [Path()]
        rows.append((row["instance"], int(row["cpm_length_without_resource_limits"]), file))
    return rows


def patterson(path: Path) -> list[tuple[str, Decimal, list[str]]]:
    """Activities of a network in Patterson's format: key, duration, successors."""
    numbers = iter(path.read_text().split())
    jobs, resources = int(next(numbers)), int(next(numbers))
    for _n in range(resources):
        next(numbers)
    found = []
    for job in range(1, jobs + 1):
        duration = Decimal(next(numbers))
        for _n in range(resources):
            next(numbers)
        found.append((str(job), duration, [next(numbers) for _n in range(int(next(numbers)))]))
    return found

"""Where the published cases are; tests that need them are skipped where they are not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("MES_ERP_CASES", ROOT.parent / "shared" / "cases"))
needs_cases = pytest.mark.skipif(
    not CASES.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
)


def read_json(*path: str) -> Any:
    return json.loads(CASES.joinpath(*path).read_text())

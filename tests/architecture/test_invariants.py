"""Each invariant has a test that breaks it on purpose and sees it broken (the mark ``breaks``).

That the test does see it is looked after when it runs (``tests/conftest.py``): without the check
in the statement it fails.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from apps.core.reconcile import invariants

TESTS = Path(__file__).parent.parent


def marked() -> Iterator[str]:
    """Codes that tests say to break."""
    for path in TESTS.rglob("test_*.py"):
        if "mark.breaks(" not in path.read_text():
            continue
        parts = path.relative_to(TESTS.parent).with_suffix("").parts
        for name, found in vars(importlib.import_module(".".join(parts))).items():
            if name.startswith("test_"):
                for mark in getattr(found, "pytestmark", ()):
                    yield from mark.args if mark.name == "breaks" else ()


def test_each_invariant_is_broken_by_a_test() -> None:
    broken = set(marked())
    known = {one.code for one in invariants()}
    assert not known - broken, "no test breaks these: say so with @pytest.mark.breaks(code)"
    assert not broken - known, "these are no invariants"
    assert len(known) > 100

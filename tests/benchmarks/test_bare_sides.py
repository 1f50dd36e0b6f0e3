"""What the benchmarks compare with still writes what ours writes, and leaves clean registers."""

from __future__ import annotations

import pytest

from benchmarks.database import Database
from benchmarks.workloads import Options, measure
from tests.support.databases import TestDatabases


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", ["W1", "W2", "W3", "W4"])
def test_both_sides_do_the_same_work(code: str, own_databases: TestDatabases) -> None:
    database = Database(own_databases)
    results = list(measure(code, database, Options(seconds=0.05, is_quick=True)))
    assert results
    assert not database.broken_invariants()

"""Counting statements: the count has no noise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext


@contextmanager
def at_most(limit: int) -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as captured:
        yield captured
    statements = [
        query["sql"] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]
    ]
    assert len(statements) <= limit, "\n".join(
        [f"{len(statements)} statements, at most {limit} allowed:", *(s[:200] for s in statements)]
    )

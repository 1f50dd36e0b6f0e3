"""A database for one workload or fault: cloned from a migrated template, dropped at the end.

The cluster of its own (`var/bench-postgres`) is durable like a real one; the demo's data are never
touched. `--cluster` may name another home.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections

from apps.core.reconcile import Finding, reconcile
from benchmarks.measuring import Clock
from mes_erp import postgres
from tests.support.databases import TestDatabases

HOME = postgres.ROOT / "var" / "bench-postgres"


class Database:
    """What a workload works on: Django is pointed at it, and bare connections are made to it."""

    def __init__(self, own: TestDatabases) -> None:
        self._own = own
        self.cluster = own.cluster
        self.name = own.name

    def connect(self, role: str = postgres.APP) -> psycopg.Connection[Any]:
        """A connection without Django. Statements run twice are prepared, as Django's never are."""
        return psycopg.connect(**self.cluster.conninfo(role, self.name), prepare_threshold=1)

    @property
    def django_clock(self) -> Clock:
        connection.ensure_connection()
        return Clock(connection.connection.info.backend_pid)

    def environment(self) -> dict[str, str]:
        """For programs that work on this database."""
        return self._own.environment()

    def settle(self) -> None:
        """Statistics and visibility as they are in a database that has lived for a while."""
        with self.cluster.connect(database=self.name) as admin:
            admin.execute("VACUUM ANALYZE")
            admin.execute("CHECKPOINT")

    def broken_invariants(self) -> list[Finding]:
        """What `manage.py reconcile` would report."""
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        found = [finding for finding in reconcile() if not finding.is_clean]
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
        return found


@contextlib.contextmanager
def throw_away_database(name: str, home: Path = HOME) -> Iterator[Database]:
    """A fresh clone for as long as the block lasts; Django's connections go to it."""
    for alias in ("default", "owner"):
        settings.DATABASES[alias]["OPTIONS"].pop("pool", None)  # one connection, whose CPU we read
    connections.close_all()
    own = TestDatabases(f"bench_{name.lower()}", postgres.Cluster(home), durable=True)
    own.start()
    try:
        yield Database(own)
    finally:
        own.drop()
        own.release()

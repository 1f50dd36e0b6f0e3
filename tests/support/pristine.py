"""A process's database, put back to what its migrations left, without copying it anew.

A copy of the template is some thousand files: 1.5 s and more. After most tests that commit, a
few dozen tables hold a few rows each.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from mes_erp import postgres

GROWN = 16 * 2**20  # bytes of tables: more is left to a fresh copy
_DATABASE = "SELECT oid FROM pg_database WHERE datname = current_database()"
_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# A changed row of a catalogue is a new version of it: whoever alters a table is seen.
_SHAPE = """
WITH mine AS (SELECT oid, xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace),
altered AS (
    SELECT xmin FROM mine
    UNION ALL SELECT xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT xmin FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT t.xmin FROM pg_trigger t JOIN mine ON mine.oid = t.tgrelid
    UNION ALL SELECT a.xmin FROM pg_attribute a JOIN mine ON mine.oid = a.attrelid
    UNION ALL SELECT p.xmin FROM pg_policy p JOIN mine ON mine.oid = p.polrelid
)
SELECT count(*), max(xmin::text::bigint) FROM altered
"""
_USED = """
SELECT relname, pg_relation_size(oid) FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
"""
_KEEP = "CREATE TABLE {} AS TABLE {}"
_MARK = "SELECT count(*), max(xmin::text::bigint) FROM {}"


class Pristine:
    """What a fresh copy of the template held."""

    def __init__(self, cluster: postgres.Cluster, name: str) -> None:
        self.cluster, self.name = cluster, name
        with self._as_superuser() as opened:
            [self.database] = opened.execute(_DATABASE).fetchone() or [None]
            self.shape = opened.execute(_SHAPE).fetchone()
            opened.execute("CREATE SCHEMA pristine")
            self.marks = {table: _mark(opened, table) for table in _used(opened)}
            for table in self.marks:
                opened.execute(sql.SQL(_KEEP).format(_kept(table), _own(table)))

    def put_back(self) -> bool:
        """Whether it could be: not where tables were altered, or hold much."""
        try:
            with self._as_superuser() as opened:
                opened.execute(_OTHERS)
                return self._is_as_it_was(opened) and self._empty(opened)
        except psycopg.OperationalError:  # a test dropped the database
            return False

    def _is_as_it_was(self, opened: psycopg.Connection[Any]) -> bool:
        found = opened.execute(_DATABASE).fetchone()
        return found == (self.database,) and opened.execute(_SHAPE).fetchone() == self.shape

    def _empty(self, opened: psycopg.Connection[Any]) -> bool:
        used = _used(opened)
        if sum(used.values()) > GROWN:
            return False
        opened.execute("SET session_replication_role = replica")
        for table in used.keys() | self.marks.keys():
            if table not in self.marks:
                opened.execute(sql.SQL("DELETE FROM {}").format(_own(table)))
            elif _mark(opened, table) != self.marks[table]:
                self._restore(opened, table)
        return True

    def _restore(self, opened: psycopg.Connection[Any], table: str) -> None:
        opened.execute(sql.SQL("DELETE FROM {}").format(_own(table)))
        opened.execute(sql.SQL("INSERT INTO {} TABLE {}").format(_own(table), _kept(table)))
        self.marks[table] = _mark(opened, table)

    def _as_superuser(self) -> psycopg.Connection[Any]:
        opened = self.cluster.connect(database=self.name)
        opened.autocommit = True
        return opened


def _used(opened: psycopg.Connection[Any]) -> dict[str, int]:
    """Tables with pages, and their bytes."""
    return dict(opened.execute(_USED).fetchall())


def _mark(opened: psycopg.Connection[Any], table: str) -> tuple[Any, ...] | None:
    return opened.execute(sql.SQL(_MARK).format(_own(table))).fetchone()


def _own(table: str) -> sql.Identifier:
    return sql.Identifier("public", table)


def _kept(table: str) -> sql.Identifier:
    return sql.Identifier("pristine", table)

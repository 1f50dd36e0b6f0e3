"""What most tests begin with is built once in a process, and put back, row by row, in each test.

Building a company's books takes a fifth of a second, in thousands of tests; to put its rows back
takes one statement. The rows come back with their keys: each test gets a copy of its own of
the objects that were built with them.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from django.db import IntegrityError, connection, transaction
from psycopg import sql

from mes_erp import postgres
from tests.support.databases import TestDatabases

T = TypeVar("T")
_WRITTEN = """
SELECT relname FROM pg_stat_xact_user_tables
 WHERE n_tup_ins > 0 AND schemaname = 'public' ORDER BY relname
"""
_DATABASE = "SELECT oid FROM pg_database WHERE datname = current_database()"
_COLUMNS = """
SELECT a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.oid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 ORDER BY a.attnum
"""
_SCHEMA = "CREATE SCHEMA IF NOT EXISTS kept"
_LET_IN = "GRANT USAGE ON SCHEMA kept TO {}"
_TABLE = "CREATE TABLE {} AS SELECT {} FROM public.{} WITH NO DATA"
_AS_FAR = "SELECT setval(%s, greatest((SELECT max({}) FROM {}), nextval(%s)))"
_ROWS = "INSERT INTO public.{} ({}) SELECT * FROM {};"
# The rows are as they were after all triggers: none may run again.
_PUT_BACK = """
CREATE FUNCTION kept.{}() RETURNS void LANGUAGE sql SECURITY DEFINER
SET session_replication_role = replica AS {}
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """What was written to one table, as ``COPY`` tells it."""

    table: str
    columns: tuple[str, ...]
    sequences: tuple[tuple[str, str], ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """``made`` is pickled: each test loads a copy of its own."""

    rows: tuple[Rows, ...]
    made: bytes


class Keeper:
    """What one process has built so far."""

    def __init__(self, databases: TestDatabases) -> None:
        self.databases = databases
        self._kept: dict[str, Kept] = {}
        self._laid_out: set[tuple[str, int]] = set()

    def give(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` builds, with its rows in the database.

        ``make`` writes rows and changes none. Where a test wrote some of them already, it is
        called again.
        """
        if name in self._kept:
            if self._put_back(name):
                return pickle.loads(self._kept[name].made)  # type: ignore[no-any-return]  # noqa: S301
            return make()
        if not connection.in_atomic_block:
            return make()
        before = {table: self._places(table) for table in self._written()}
        made = make()
        rows = tuple(self._rows(table, before.get(table, set())) for table in self._written())
        self._kept[name] = Kept(tuple(one for one in rows if one.data), pickle.dumps(made))
        return made

    # --- keeping --------------------------------------------------------------------------

    def _written(self) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(_WRITTEN)
            return [name for (name,) in cursor.fetchall()]

    def _places(self, table: str) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT ctid::text FROM "{table}"')
            return {place for (place,) in cursor.fetchall()}

    def _rows(self, table: str, before: set[str]) -> Rows:
        """Rows that nobody else sees and that were not there ``before``."""
        with self._as_superuser() as other:
            committed = {
                place
                for (place,) in other.execute(
                    sql.SQL("SELECT ctid::text FROM {}").format(sql.Identifier(table))
                )
            }
            found = other.execute(_COLUMNS, [f'"{table}"']).fetchall()
        columns = tuple(name for name, _sequence in found)
        new = sorted(self._places(table) - before - committed)
        copy = sql.SQL("COPY (SELECT {} FROM {} WHERE ctid = ANY({}::tid[])) TO STDOUT").format(
            _names(columns), sql.Identifier(table), sql.Literal(new)
        )
        connection.ensure_connection()
        with connection.connection.cursor() as cursor, cursor.copy(copy) as out:
            data = b"".join(bytes(part) for part in out)
        sequences = tuple((name, sequence) for name, sequence in found if sequence)
        return Rows(table, columns, sequences, data)

    # --- putting back ---------------------------------------------------------------------

    def _put_back(self, name: str) -> bool:
        """Whether it could be: a test may have made some of it itself."""
        with connection.cursor() as cursor:
            cursor.execute(_DATABASE)
            place = (name, cursor.fetchone()[0])
        if place not in self._laid_out:  # a fresh copy of the database
            self._lay_out(name)
            self._laid_out.add(place)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f'SELECT kept."{name}"()')
        except IntegrityError:
            return False
        return True

    def _lay_out(self, name: str) -> None:
        """The rows beside the tables of this database, and a function that puts them in."""
        inserts = []
        with self._as_superuser() as other:
            other.execute(_SCHEMA)
            other.execute(sql.SQL(_LET_IN).format(sql.Identifier(postgres.APP)))
            for one in self._kept[name].rows:
                place = sql.Identifier("kept", f"{name} {one.table}"[:63])
                table = sql.Identifier(one.table)
                other.execute(sql.SQL(_TABLE).format(place, _names(one.columns), table))
                with (
                    other.cursor() as cursor,
                    cursor.copy(sql.SQL("COPY {} FROM STDIN").format(place)) as into,
                ):
                    into.write(one.data)
                for column, sequence in one.sequences:
                    reached = sql.SQL(_AS_FAR).format(sql.Identifier(column), place)
                    other.execute(reached, [sequence, sequence])
                inserts.append(sql.SQL(_ROWS).format(table, _names(one.columns), place))
            body = sql.Literal(sql.SQL("\n").join(inserts).as_string(other))
            other.execute(sql.SQL(_PUT_BACK).format(sql.Identifier(name), body))

    def _as_superuser(self) -> psycopg.Connection[Any]:
        return self.databases.cluster.connect(database=self.databases.name)


def _names(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))

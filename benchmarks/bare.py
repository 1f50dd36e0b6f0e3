"""The bare SQL: the same rows into the same tables, as few statements as it takes, nothing else.

Statements are prepared. What a program would have to look up (period, accounts, keys) is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection as django_connection
from django.db.models import Model

from apps.finance.models import JournalEntry, JournalLine
from benchmarks.plant import DAY
from tests.factories import Books

Connection = psycopg.Connection[Any]

_TAKE_NUMBERS = """
UPDATE core_numbersequence SET last_number = last_number + %s
 WHERE company_id = %s AND series = %s RETURNING last_number
"""
_HEADER = (
    "company_id",
    "source_type_id",
    "source_id",
    "created_at",
    "created_by_id",
    "journal_id",
    "fiscal_year_id",
    "period_id",
    "sequence_number",
    "number",
    "date",
    "description",
    "purpose",
)
_LINE = (
    "company_id",
    "entry_id",
    "period_id",
    "date",
    "account_id",
    "amount",
    "currency_id",
    "amount_currency",
    "memo",
)


@dataclass(frozen=True, slots=True)
class BareEntry:
    """``lines``: account, amount and the values of the further columns the caller names.

    ``memos``: account → what its lines say.
    """

    source_type_id: int
    source_id: int
    lines: Sequence[tuple[Any, ...]]
    purpose: str = ""
    memos: Mapping[int, str] = field(default_factory=dict)


class Bare:
    """One connection of a program that knows the schema and uses nothing of ours."""

    def __init__(self, connection: Connection, books: Books, user_id: int) -> None:
        self.connection, self.books, self.user_id = connection, books, user_id
        self.company_id, self.currency = books.company.pk, books.company.currency_id
        self.year_id, self.year_code = books.year.pk, books.year.code
        self.period_id = books.year.periods.get(starts_on__lte=DAY, ends_on__gte=DAY).pk
        self.journals = {code: books.journal(code).pk for code in ("GEN", "INV", "SAL", "PRD")}

    def one(self, statement: str, parameters: Sequence[Any]) -> Any:
        """The first column of the first row."""
        row = self.connection.execute(statement, parameters).fetchone()
        if row is None:
            raise LookupError(statement)
        return row[0]

    def all(self, statement: str, parameters: Sequence[Any]) -> list[Any]:
        return self.connection.execute(statement, parameters).fetchall()

    def run(self, statement: str, parameters: Sequence[Any]) -> None:
        self.connection.execute(statement, parameters)

    def insert(
        self, model: type[Model], names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
    ) -> list[int]:
        """Insert complete rows; their ids, in order."""
        if len(rows) == 1:
            return [self.one(insert_one(model, names), rows[0])]
        columns = [list(column) for column in zip(*rows, strict=True)]
        return [key for (key,) in self.all(insert_many(model, names), columns)]

    def insert_audited(self, model: Any, values: Mapping[str, Any]) -> int:
        """Insert a document and its history; its id."""
        made_at = now()
        names = ("version", "created_at", "updated_at", "company_id", *values)
        complete = [1, made_at, made_at, self.company_id, *values.values()]
        return int(self.one(insert_audited(model, names), [*complete, self.user_id]))

    def update_audited(self, model: Any, key: int, values: Mapping[str, Any]) -> None:
        """Change a document and write its history."""
        self.run(update_audited(model, tuple(values)), [*values.values(), key, self.user_id])

    def post(
        self, journal: str, entries: Sequence[BareEntry], further: tuple[str, ...] = ()
    ) -> list[tuple[int, str]]:
        """Post entries in three statements; id and number of each."""
        journal_id = self.journals[journal]
        series = f"journal:{journal_id}:{self.year_id}"
        last = self.one(_TAKE_NUMBERS, [len(entries), self.company_id, series])
        posted_at = now()
        numbers = range(last - len(entries) + 1, last + 1)
        names = [f"{journal}-{self.year_code}-{number:06d}" for number in numbers]
        headers = [
            (
                *(self.company_id, entry.source_type_id, entry.source_id, posted_at, self.user_id),
                *(journal_id, self.year_id, self.period_id, number, name, DAY, "", entry.purpose),
            )
            for number, name, entry in zip(numbers, names, entries, strict=True)
        ]
        ids = self.insert(JournalEntry, _HEADER, headers)
        lines = [
            (
                *(self.company_id, entry_id, self.period_id, DAY, account_id, amount),
                *(self.currency, amount, entry.memos.get(account_id, ""), *rest),
            )
            for entry_id, entry in zip(ids, entries, strict=True)
            for account_id, amount, *rest in entry.lines
        ]
        self.insert(JournalLine, (*_LINE, *further), lines)
        return list(zip(ids, names, strict=True))


def content_type(model: type[Model]) -> int:
    return ContentType.objects.get_for_model(model).pk


def now() -> datetime:
    return datetime.now(UTC)


@cache
def insert_one(model: type[Model], names: tuple[str, ...]) -> str:
    columns, _types = _columns(model, names)
    places = ", ".join(["%s"] * len(names))
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({places}) RETURNING id"  # noqa: S608


@cache
def insert_many(model: type[Model], names: tuple[str, ...]) -> str:
    columns, types = _columns(model, names)
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    return (
        f"INSERT INTO {model._meta.db_table} ({columns}) "  # noqa: S608 - names come from the model
        f"SELECT * FROM unnest({arrays}) RETURNING id"
    )


@cache
def insert_audited(model: Any, names: tuple[str, ...]) -> str:
    columns, _types = _columns(model, names)
    places = ", ".join(["%s"] * len(names))
    kept = _kept_columns(model)
    return (
        f"WITH made AS (INSERT INTO {model._meta.db_table} ({columns}) VALUES ({places}) "  # noqa: S608
        f"RETURNING *), past AS (INSERT INTO {model.history.model._meta.db_table} "
        f"({kept}, history_date, history_type, history_user_id) "
        f"SELECT {kept}, now(), '+', %s FROM made) SELECT id FROM made"
    )


@cache
def update_audited(model: Any, names: tuple[str, ...]) -> str:
    fields = {field.attname: field.column for field in model._meta.concrete_fields}
    changes = "".join(f'"{fields[name]}" = %s, ' for name in names)
    kept = _kept_columns(model)
    return (
        f"WITH made AS (UPDATE {model._meta.db_table} SET {changes}"  # noqa: S608
        "version = version + 1, updated_at = now() WHERE id = %s RETURNING *) "
        f"INSERT INTO {model.history.model._meta.db_table} "
        f"({kept}, history_date, history_type, history_user_id) "
        f"SELECT {kept}, now(), '~', %s FROM made"
    )


def _kept_columns(model: Any) -> str:
    kept = {field.column for field in model.history.model._meta.concrete_fields}
    return ", ".join(
        f'"{field.column}"' for field in model._meta.concrete_fields if field.column in kept
    )


def _columns(model: type[Model], names: Iterable[str]) -> tuple[str, list[str]]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    chosen = [fields[name] for name in names]
    types = [
        field.rel_db_type(django_connection)
        if field.is_relation
        else field.db_type(django_connection)
        for field in chosen
    ]
    quoted = ", ".join(f'"{field.column}"' for field in chosen)
    return quoted, [kind.split(" GENERATED")[0].split("(")[0] for kind in types]

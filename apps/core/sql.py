"""Set-based statements for the hot paths: one statement however many rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

from apps.core.reasons import told_reason


@cache
def _insert_statement(model: type[Model], attributes: tuple[str, ...], returning: str) -> str:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    columns = [fields[name] for name in attributes]
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in columns)
    arrays = ", ".join(f"%s::{_array_type(field)}[]" for field in columns)
    tail = f" RETURNING {returning}" if returning else ""
    return (
        f"INSERT INTO {quote(model._meta.db_table)} ({names}) "  # noqa: S608 - names come from the model
        f"SELECT * FROM unnest({arrays}){tail}"
    )


def _array_type(field: Any) -> str:
    kind: str = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return kind.split(" GENERATED")[0].split("(")[0]


@cache
def audited_columns(model: Any) -> tuple[Any, ...]:
    """The fields of ``model`` that its history keeps, without the key."""
    kept = {field.attname for field in model.history.model._meta.concrete_fields}
    return tuple(
        field
        for field in model._meta.concrete_fields
        if field.attname in kept and not field.primary_key
    )


@cache
def _audited_insert(model: Any) -> str:
    fields = audited_columns(model)
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    arrays = ", ".join(f"%s::{_array_type(field)}[]" for field in fields)
    return (
        f"WITH made AS (INSERT INTO {quote(model._meta.db_table)} ({names}) "  # noqa: S608 - names come from the model
        f"SELECT {names} FROM unnest({arrays}) WITH ORDINALITY AS i({names}, row_) "
        f"ORDER BY row_ RETURNING *), {_history_of(model, 'made', '+')} "
        "SELECT id FROM made ORDER BY id"
    )


@cache
def _audited_update(model: Any, attributes: tuple[str, ...]) -> str:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    columns = [fields[name] for name in attributes]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in columns)
    arrays = ", ".join(f"%s::{_array_type(field)}[]" for field in columns)
    changes = ", ".join(f"{quote(c.column)} = i.{quote(c.column)}" for c in columns)
    return (
        f"WITH made AS (UPDATE {quote(model._meta.db_table)} AS t SET {changes} "  # noqa: S608 - names come from the model
        f"FROM unnest(%s::bigint[], {arrays}) AS i(id, {names}) WHERE t.id = i.id "
        f"RETURNING t.*), {_history_of(model, 'made', '~')} SELECT count(*) FROM made"
    )


def _history_of(model: Any, made: str, kind: str) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in audited_columns(model))
    return (
        f"past AS (INSERT INTO {quote(model.history.model._meta.db_table)} "  # noqa: S608 - names come from the model
        f"(id, {names}, history_date, history_type, history_user_id, history_change_reason) "
        f"SELECT id, {names}, statement_timestamp(), '{kind}', %s, %s FROM {made} ORDER BY id)"
    )


def insert_audited(
    model: Any, rows: Sequence[Sequence[Any]], *, by_id: int, reason: str | None
) -> list[int]:
    """Insert ``rows`` (values of ``audited_columns``) and their history in one statement.

    The ids, in the order of the rows.
    """
    said = told_reason(reason)
    parameters = [*columns(rows, len(audited_columns(model))), by_id, said]
    return [row[0] for row in fetch_all(_audited_insert(model), parameters)]


def update_audited(
    model: Any,
    attributes: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    by_id: int,
    reason: str | None,
) -> None:
    """Write ``rows`` (id, then the values of ``attributes``) and their history in one statement."""
    said = told_reason(reason)
    parameters = [*columns(rows, len(attributes) + 1), by_id, said]
    execute(_audited_update(model, tuple(attributes)), parameters)


def insert_rows(
    model: type[Model], rows: Sequence[Mapping[str, Any]], *, returning: str = ""
) -> list[tuple[Any, ...]]:
    """Insert ``rows`` (attname to value, the same keys in each) in one statement, in their order.

    Sends no signals and fills no ``auto_now`` columns: for registers, whose rows are complete.
    """
    if not rows:
        return []
    attributes = tuple(rows[0])
    arrays = [[row[name] for row in rows] for name in attributes]
    with connection.cursor() as cursor:
        cursor.execute(_insert_statement(model, attributes, returning), arrays)
        return cursor.fetchall() if returning else []


def fetch_all(statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
    """Rows of ``statement`` as tuples."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def fetch_dicts(
    statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> list[dict[str, Any]]:
    """Rows of ``statement`` as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def execute(statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> int:
    """Run ``statement``; the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


def execute_together(changes: Sequence[tuple[str, Sequence[Any]]]) -> None:
    """Run ``changes`` (statement, parameters) of different rows as one statement.

    None sees what another does. The caller holds the locks whose order matters; a change may
    select in a ``WITH`` of its own, but write in none.
    """
    if not changes:
        return
    parts = ", ".join(f"change{n} AS ({text})" for n, (text, _values) in enumerate(changes))
    execute(f"WITH {parts} SELECT", [value for _text, values in changes for value in values])


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Turn rows into ``width`` lists, for ``unnest``."""
    result: list[list[Any]] = [[] for _ in range(width)]
    for row in rows:
        for place, value in zip(result, row, strict=True):
            place.append(value)
    return result

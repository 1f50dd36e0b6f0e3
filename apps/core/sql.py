"""Set-based statements for the hot paths: one statement however many rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model


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


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Turn rows into ``width`` lists, for ``unnest``."""
    result: list[list[Any]] = [[] for _ in range(width)]
    for row in rows:
        for place, value in zip(result, row, strict=True):
            place.append(value)
    return result

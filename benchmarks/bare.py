"""Building blocks of the bare SQL: the same rows into the same tables, nothing in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection as django_connection
from django.db.models import Model

Connection = psycopg.Connection[Any]

TAKE_NUMBER = """
UPDATE core_numbersequence SET last_number = last_number + %s
 WHERE company_id = %s AND series = %s RETURNING last_number
"""


def content_type(model: type[Model]) -> int:
    return ContentType.objects.get_for_model(model).pk


def insert_one(model: type[Model], *names: str) -> str:
    """INSERT of one row; it returns the id. Columns not named stay null."""
    columns, _types = _columns(model, names)
    places = ", ".join(["%s"] * len(names))
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({places}) RETURNING id"  # noqa: S608


def insert_many(model: type[Model], *names: str, returning: str = "") -> str:
    """INSERT of many rows from one array per column."""
    columns, types = _columns(model, names)
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    tail = f" RETURNING {returning}" if returning else ""
    return (
        f"INSERT INTO {model._meta.db_table} ({columns}) "  # noqa: S608 - names come from the model
        f"SELECT * FROM unnest({arrays}){tail}"
    )


def insert_audited(model: Any, *names: str) -> str:
    """INSERT of one row and of its history in one statement; it returns the id.

    The parameters: the columns named, then the user who did it.
    """
    columns, _types = _columns(model, names)
    places = ", ".join(["%s"] * len(names))
    kept = _kept_columns(model)
    return (
        f"WITH made AS (INSERT INTO {model._meta.db_table} ({columns}) VALUES ({places}) "  # noqa: S608
        f"RETURNING *), past AS (INSERT INTO {model.history.model._meta.db_table} "
        f"({kept}, history_date, history_type, history_user_id) "
        f"SELECT {kept}, now(), '+', %s FROM made) SELECT id FROM made"
    )


def update_audited(model: Any, changes: str) -> str:
    """UPDATE of one row and its history in one statement. Parameters: changes, id, user."""
    kept = _kept_columns(model)
    return (
        f"WITH made AS (UPDATE {model._meta.db_table} SET {changes}, "  # noqa: S608
        "version = version + 1, updated_at = now() WHERE id = %s RETURNING *) "
        f"INSERT INTO {model.history.model._meta.db_table} "
        f"({kept}, history_date, history_type, history_user_id) "
        f"SELECT {kept}, now(), '~', %s FROM made"
    )


def one(connection: Connection, statement: str, parameters: Sequence[Any]) -> Any:
    """The first column of the first row."""
    row = connection.execute(statement, parameters).fetchone()
    if row is None:
        raise LookupError(statement)
    return row[0]


def _kept_columns(model: Any) -> str:
    kept = {field.column for field in model.history.model._meta.concrete_fields}
    return ", ".join(
        f'"{field.column}"' for field in model._meta.concrete_fields if field.column in kept
    )


def _columns(model: type[Model], names: Sequence[str]) -> tuple[str, list[str]]:
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

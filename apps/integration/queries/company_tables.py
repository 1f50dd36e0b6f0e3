"""Every table that a company takes along, and the statement that reads its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from apps.core.models import Attachment, Company, Currency, User
from apps.integration.models import ApiKey, ApiKeyUse, ConnectionState, WebhookSecret

#: Tables of a company that stay, and why.
LEFT_OUT: dict[Any, str] = {
    WebhookSecret: "secrets of this installation, sealed with its key",
    ApiKeyUse: "when secrets of this installation were used",
}
#: Columns that stay, and why.
_LEFT_OUT_COLUMNS: dict[Any, dict[str, str]] = {
    ApiKey: {"digest": "hash of a secret of this installation"},
    ConnectionState: {"sealed_password": "a secret, sealed with the key of this installation"},
}
#: What is not the company's alone, but its rows point at: which rows, which columns.
_SHARED: dict[Any, tuple[str, tuple[str, ...]]] = {
    Currency: ("", ()),
    User: (
        "t.id IN (SELECT user_id FROM core_membership WHERE company_id = %(company)s)",
        ("id", "username", "first_name", "last_name", "email", "is_active", "date_joined"),
    ),
    ContentType: ("", ()),
}
# A cell that a spreadsheet would take for a formula gets an apostrophe in front, and so does one
# that has apostrophes before such a sign: taking one away restores every text (`core.tables`).
_FORMULA = "'^''*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]'"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: str
    references: str | None
    is_text: bool


@dataclass(frozen=True, slots=True)
class CompanyTable:
    """``copy`` is a COPY … TO STDOUT of the company's rows, in the order of their ids."""

    name: str
    label: str
    columns: tuple[Column, ...]
    copy: str


def company_tables(company_id: int) -> list[CompanyTable]:
    """The tables of the company's data, in the order of the layers; history behind its table."""
    return list(_tables(company_id))


def company_models() -> list[Any]:
    """Models whose rows belong to a company, with the history of each."""
    found: list[Any] = []
    for config in apps.get_app_configs():
        if not config.name.startswith("apps."):
            continue
        found += [
            model
            for model in config.get_models()
            if model not in LEFT_OUT and model._meta.managed and _company_column(model)
        ]
    return found


def attachments(company_id: int) -> Any:
    return Attachment.objects.filter(company_id=company_id).order_by("pk")


def _tables(company_id: int) -> Iterator[CompanyTable]:
    for model in [*_SHARED, *company_models()]:
        yield _table(model, company_id)
        for relation in model._meta.local_many_to_many:
            through: Any = relation.remote_field.through
            if through._meta.auto_created and model not in _SHARED:
                yield _link_table(model, relation, company_id)


def _company_column(model: Any) -> str | None:
    """The column that says whose row it is; ``id`` for the company itself."""
    if model is Company:
        return "id"
    if getattr(model, "instance_type", None) is Company:  # its history
        return "id"
    for field in model._meta.concrete_fields:
        if field.is_relation and field.remote_field.model is Company and field.name == "company":
            return str(field.column)
    return None


def _table(model: Any, company_id: int) -> CompanyTable:
    fields = list(model._meta.concrete_fields)
    original = getattr(model, "instance_type", model)
    hidden = _LEFT_OUT_COLUMNS.get(original, {})
    fields = [field for field in fields if field.name not in hidden]
    condition = ""
    if model in _SHARED:
        condition, names = _SHARED[model]
        fields = [field for field in fields if not names or field.name in names]
    elif column := _company_column(model):
        condition = f"t.{_quote(column)} = %(company)s"
    columns = tuple(_column(field) for field in fields)
    shown = ", ".join(_shown(column) for column in columns)
    where = f" WHERE {condition % {'company': int(company_id)}}" if condition else ""
    key = _quote(model._meta.pk.column)
    rows = f"SELECT {shown} FROM {_quote(model._meta.db_table)} t{where} ORDER BY t.{key}"  # noqa: S608 - our own names
    return CompanyTable(model._meta.db_table, model._meta.label_lower, columns, _copy(rows))


def _link_table(model: Any, relation: Any, company_id: int) -> CompanyTable:
    through: Any = relation.remote_field.through
    columns = tuple(_column(field) for field in through._meta.concrete_fields)
    shown = ", ".join(_shown(column) for column in columns)
    own = _quote(relation.m2m_column_name())
    of_company = _quote(str(_company_column(model)))
    rows = (
        f"SELECT {shown} FROM {_quote(through._meta.db_table)} t"  # noqa: S608 - our own names
        f" JOIN {_quote(model._meta.db_table)} o ON o.id = t.{own}"
        f" WHERE o.{of_company} = {int(company_id)} ORDER BY t.id"
    )
    return CompanyTable(through._meta.db_table, through._meta.label_lower, columns, _copy(rows))


def _copy(rows: str) -> str:
    return f"COPY ({rows}) TO STDOUT WITH (FORMAT csv, HEADER true, FORCE_QUOTE *)"


def _column(field: Any) -> Column:
    kind = str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection))
    target = field.remote_field.model._meta.db_table if field.is_relation else None
    is_text = kind.startswith(("varchar", "text", "char"))
    return Column(str(field.column), kind.split(" GENERATED")[0], target, is_text)


def _shown(column: Column) -> str:
    name = f"t.{_quote(column.name)}"
    if column.is_text:
        quoted = _quote(column.name)
        return f"CASE WHEN {name} ~ {_FORMULA} THEN '''' || {name} ELSE {name} END AS {quoted}"
    if column.kind.startswith("timestamp"):
        text = f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        return f"{text} AS {_quote(column.name)}"
    if column.kind == "bytea":
        return f"encode({name}, 'hex') AS {_quote(column.name)}"
    return f"{name}::text AS {_quote(column.name)}"


def _quote(name: str) -> str:
    return str(connection.ops.quote_name(name))

"""What every document service does first: lock the row, check nobody was faster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput, StaleVersion
from apps.core.sql import audited_columns, insert_audited, update_audited

T = TypeVar("T", bound=Model)


def lock(row: T, *, version: int | None = None, related: tuple[str, ...] = ()) -> T:
    """Lock ``row`` for this transaction and return its present state, with what it refers to.

    ``version`` is what the caller has seen; raises ``StaleVersion`` when the row moved on.
    """
    rows = type(row)._default_manager.select_for_update(of=("self",))
    current: Any = (rows.select_related(*related) if related else rows).get(pk=row.pk)
    if version is not None and current.version != version:
        raise StaleVersion(
            "stale_version", _("Somebody changed this in the meantime. Reload and try again.")
        )
    return current


def require_status(document: Any, *statuses: str) -> None:
    """Raise ``BusinessError`` unless the document is in one of ``statuses``."""
    if document.status not in statuses:
        raise BusinessError(
            "wrong_status",
            _("{document} is {status}.").format(
                document=document, status=document.get_status_display()
            ),
            field="status",
        )


def require_company(company: Any, *, row: int | None = None, **references: Any) -> None:
    """Raise ``InvalidInput`` naming the field when a row referred to is another company's."""
    for field, reference in references.items():
        if reference is not None and reference.company_id != company.pk:
            raise InvalidInput(
                "other_company",
                _("{value} belongs to another company.").format(value=reference),
                field=field,
                row=row,
            )


def require_reason(reason: str) -> str:
    """Return ``reason``; raises ``InvalidInput`` when it says nothing."""
    if not reason.strip():
        raise InvalidInput("reason_required", _("Say why."), field="reason")
    return reason.strip()


def require_not_before(date: Date, *days: Date) -> None:
    """Raise ``InvalidInput`` for undoing something on a day before it was."""
    latest = max(days, default=date)
    if date < latest:
        raise InvalidInput(
            "before_document",
            _("It is of {date}: choose that day or a later one.").format(date=latest),
            field="date",
        )


def insert_all(rows: Sequence[T], *, by: Any, reason: str = "") -> list[T]:
    """Insert new rows of one model with their history in the name of ``by``: one statement."""
    if not rows:
        return []
    model: Any = type(rows[0])
    values = [
        [
            field.get_db_prep_save(field.pre_save(row, add=True), connection)
            for field in audited_columns(model)
        ]
        for row in rows
    ]
    ids = insert_audited(model, values, by_id=by.pk, reason=reason or None)
    for row, row_id in zip(rows, ids, strict=True):
        row.pk = row_id
        row._state.adding = False
        row._state.db = connection.alias
    return list(rows)


def update_all(rows: Sequence[T], *fields: str, by: Any, reason: str = "") -> list[T]:
    """Write ``fields`` of changed rows of one model with their history: one statement.

    The caller holds the rows' locks.
    """
    if not rows:
        return []
    model: Any = type(rows[0])
    now = timezone.now()
    for row in rows:
        audited: Any = row
        audited.version += 1
        audited.updated_at = now
    names = [*fields, "version", "updated_at"]
    columns = [model._meta.get_field(name) for name in names]
    update_audited(
        model,
        [column.attname for column in columns],
        [
            [row.pk, *(c.get_db_prep_save(getattr(row, c.attname), connection) for c in columns)]
            for row in rows
        ],
        by_id=by.pk,
        reason=reason or None,
    )
    return list(rows)

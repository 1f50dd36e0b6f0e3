"""What every document service does first: lock the row, check nobody was faster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from apps.core.errors import BusinessError, InvalidInput, StaleVersion

T = TypeVar("T", bound=Model)


def lock(row: T, *, version: int | None = None) -> T:
    """Lock ``row`` for this transaction and return its present state.

    ``version`` is what the caller has seen; raises ``StaleVersion`` when the row moved on.
    """
    current: Any = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
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


def insert_all(rows: Sequence[T], *, by: Any, reason: str = "") -> list[T]:
    """Insert new rows of one model with their history in the name of ``by``: two statements."""
    if not rows:
        return []
    created: list[T] = bulk_create_with_history(
        list(rows), type(rows[0]), default_user=by, default_change_reason=reason or None
    )
    return created

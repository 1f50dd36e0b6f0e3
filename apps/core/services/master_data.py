"""Create, change and retire the nouns. Uniqueness and bounds are the database's to judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from apps.core.models import AuditedModel
from apps.core.services.documents import lock
from apps.core.transactions import unit_of_work

T = TypeVar("T", bound=AuditedModel)


def create_row(model: type[T], *, values: Mapping[str, Any], by: Any, reason: str = "") -> T:
    """A new row of ``model`` with its first history row."""
    with unit_of_work():
        return model(**values).save_by(by, reason=reason)


def update_row(
    row: T, *, values: Mapping[str, Any], by: Any, version: int | None = None, reason: str = ""
) -> T:
    """Change ``row``; nothing is written when nothing changes.

    ``version`` is what the caller has seen; raises ``StaleVersion`` when the row moved on.
    """
    with unit_of_work():
        current = lock(row, version=version)
        changed = False
        for name, value in values.items():
            if getattr(current, name) != value:
                setattr(current, name, value)
                changed = True
        return current.save_by(by, reason=reason) if changed else current


def deactivate(row: T, *, by: Any, version: int | None = None, reason: str = "") -> T:
    """Retire ``row``: it stays in history and in what refers to it, but is offered no more."""
    return update_row(row, values={"is_active": False}, by=by, version=version, reason=reason)

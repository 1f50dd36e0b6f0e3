"""The history of one row as changes, read in one statement."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apps.core.models import User

MOST_CHANGES = 200
_UNTOLD = {"version", "updated_at", "created_at"}


def changes_of(row: Any, *, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Changes of ``row``, newest first: kind, when, by whom, why, and (field, old, new).

    ``only`` names the fields that may be told.
    """
    names = {
        field.attname: field.name
        for field in row._meta.concrete_fields
        if field.name not in _UNTOLD and (only is None or field.name in only)
    }
    entries = list(
        row.history.order_by("-history_id").values(
            "history_id",
            "history_type",
            "history_date",
            "history_user_id",
            "history_change_reason",
            *names,
        )[: MOST_CHANGES + 1]
    )
    people = _names_of({entry["history_user_id"] for entry in entries})
    result = []
    for entry, before in zip(entries, [*entries[1:], None], strict=True):
        result.append(
            {
                "id": entry["history_id"],
                "kind": {"+": "created", "~": "changed", "-": "deleted"}[entry["history_type"]],
                "at": entry["history_date"],
                "by": people.get(entry["history_user_id"]),
                "reason": entry["history_change_reason"] or "",
                "changes": _differences(before, entry, names),
            }
        )
    return result[:MOST_CHANGES]


def _differences(
    before: dict[str, Any] | None, after: dict[str, Any], names: dict[str, str]
) -> list[dict[str, Any]]:
    if before is None:
        return []
    return [
        {"field": name, "old": before[attname], "new": after[attname]}
        for attname, name in names.items()
        if before[attname] != after[attname]
    ]


def _names_of(user_ids: set[int | None]) -> dict[int, str]:
    known = [user_id for user_id in user_ids if user_id is not None]
    return dict(User.objects.filter(pk__in=known).values_list("pk", "username"))

"""Links from a register's row to what is behind it."""

from __future__ import annotations

from typing import Any

from apps.core.admin.links import admin_row_link, anchor


def entry_link(entry: Any) -> Any:
    """The journal entry behind a row, by its number."""
    return "–" if entry is None else anchor(admin_row_link(entry).url, entry)

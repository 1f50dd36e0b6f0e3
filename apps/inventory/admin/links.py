"""Links from a register's row to what is behind it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from apps.core.links import Link


def anchor(link: Link) -> Any:
    """The page of ``link``, or its words where there is none."""
    return format_html('<a href="{}">{}</a>', link.url, link.label) if link.url else link.label


def entry_link(entry_id: int | None) -> Any:
    """The journal entry behind a row."""
    if entry_id is None:
        return "–"
    url = reverse("admin:finance_journalentry_change", args=[entry_id])
    return format_html('<a href="{}">{}</a>', url, entry_id)

"""Links between pages of the admin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html


@dataclass(frozen=True, slots=True)
class Link:
    label: Any
    url: str
    icon: str = "arrow_forward"


def anchor(url: str, text: Any) -> Any:
    """``text`` as a link, or alone where there is no page of it."""
    return format_html('<a href="{}">{}</a>', url, text) if url else text


def admin_list_url(model: Any) -> str:
    """The list page of ``model``."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def admin_row_link(row: Any, label: Any = None, icon: str = "arrow_upward") -> Link:
    """A link to the page of ``row``; for parents in ``links_of``."""
    opts = row._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    return Link(label or str(row), url, icon)

from __future__ import annotations

from django.db.models import Index, Q


def reversed_rows(table: str) -> Index:
    """The few documents of a company that were taken back: lists of open items leave them out."""
    return Index(fields=["company"], condition=Q(status="reversed"), name=f"{table}_reversed")

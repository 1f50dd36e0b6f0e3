"""Finding entries by what they come from."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType

from apps.finance.models import JournalEntry


def entry_of(source: Any, *, purpose: str = "") -> JournalEntry:
    """The posting of ``source`` for ``purpose``. Raises ``JournalEntry.DoesNotExist``."""
    return JournalEntry.objects.select_related("company", "journal", "period").get(
        source_type=ContentType.objects.get_for_model(source),
        source_id=source.pk,
        purpose=purpose,
    )


def entries_of(source: Any) -> list[JournalEntry]:
    """All postings of ``source``, in the order of posting."""
    return list(
        JournalEntry.objects.select_related("company", "journal", "period")
        .filter(
            source_type=ContentType.objects.get_for_model(source),
            source_id=source.pk,
        )
        .order_by("id")
    )


def allocation_entries(source: Any) -> list[JournalEntry]:
    """The exchange differences that allocating ``source`` has posted."""
    return [entry for entry in entries_of(source) if entry.purpose.startswith("alloc ")]

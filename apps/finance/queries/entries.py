"""Finding entries by what they come from."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.finance.models import JournalEntry


def entry_of(source: Any, *, purpose: str = "") -> JournalEntry:
    """The posting of ``source`` for ``purpose``, or ``BusinessError`` (``not_in_the_ledger``)."""
    entry = (
        JournalEntry.objects.select_related("company", "journal", "period")
        .filter(
            source_type=ContentType.objects.get_for_model(source),
            source_id=source.pk,
            purpose=purpose,
        )
        .first()
    )
    if entry is None:
        raise BusinessError(
            "not_in_the_ledger",
            _("{document} has no such entry in the ledger.").format(document=source),
        )
    return entry


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

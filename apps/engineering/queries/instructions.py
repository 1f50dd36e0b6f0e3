"""Who has read which work instruction, and what a revision says."""

from __future__ import annotations

from collections.abc import Iterable

from apps.engineering.models import Acknowledgement, InstructionRevision
from apps.hr.models import Employee


def unread_revision(
    revision_id: int | None, employee: Employee | None
) -> InstructionRevision | None:
    """The revision, when it must be read and understood and ``employee`` has not; else None.

    Nobody (None) has read none. No statement without a revision.
    """
    if revision_id is None:
        return None
    revision = InstructionRevision.objects.select_related("instruction").get(pk=revision_id)
    if not revision.instruction.must_acknowledge:
        return None
    if employee is not None and has_read(revision, employee):
        return None
    return revision


def has_read(revision: InstructionRevision, employee: Employee) -> bool:
    return Acknowledgement.objects.filter(revision=revision, employee=employee).exists()


def revisions_to_show(keys: Iterable[int | None]) -> dict[int, InstructionRevision]:
    """Revisions with their instruction, steps and pictures, by key: three statements."""
    wanted = {key for key in keys if key is not None}
    if not wanted:
        return {}
    rows = InstructionRevision.objects.filter(pk__in=wanted).select_related("instruction")
    return {row.pk: row for row in rows.prefetch_related("steps__picture")}

"""What quality has against starting an operation."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from apps.core.models import Company
from apps.quality.models import Nonconformance


@dataclass(frozen=True, slots=True)
class Block:
    """A nonconformance that stops an operation until it is decided."""

    nonconformance_id: int
    number: str
    title: str


def blocks(company: Company, item_id: int, operation_sequence: int | None) -> list[Block]:
    """Why an operation on an item may not start; empty when it may. One statement."""
    rows = Nonconformance.objects.filter(
        Q(operation_sequence__isnull=True) | Q(operation_sequence=operation_sequence),
        company=company,
        item=item_id,
        blocks_start=True,
        status__in=Nonconformance.UNDECIDED,
    ).order_by("pk")
    return [Block(*row) for row in rows.values_list("pk", "number", "title")]

"""Which plan is asked for: the most exact of the released ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.quality.models import InspectionPlan

_RELEASED = """
SELECT i.id, p.stage, p.id, p.item_id IS NOT NULL, p.partner_id, p.operation_sequence
  FROM masterdata_item i
  JOIN quality_inspectionplan p ON p.company_id = i.company_id
   AND (p.item_id = i.id OR p.category_id = i.category_id)
 WHERE i.company_id = %s AND i.id = ANY(%s) AND p.stage = ANY(%s) AND p.status = 'released'
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What comes, and when it is looked at: an item, from a supplier or at an operation."""

    stage: str
    item_id: int
    partner_id: int | None = None
    operation_sequence: int | None = None


def plans_for(company: Company, wanted: Sequence[Wanted]) -> dict[int, InspectionPlan]:
    """The plan of each of ``wanted`` that has one, by its place. Two statements at most.

    A plan of the item goes before one of its category; then one of the supplier before one of
    all; then one of the operation before one of every operation.
    """
    if not wanted:
        return {}
    candidates: dict[tuple[int, str], list[tuple[int, bool, int | None, int | None]]] = {}
    item_ids = sorted({one.item_id for one in wanted})
    stages = sorted({str(one.stage) for one in wanted})
    for item_id, stage, *rest in fetch_all(_RELEASED, [company.pk, item_ids, stages]):
        candidates.setdefault((item_id, stage), []).append((rest[0], rest[1], rest[2], rest[3]))
    if not candidates:
        return {}
    chosen: dict[int, int] = {}
    for place, one in enumerate(wanted):
        released = candidates.get((one.item_id, str(one.stage)), ())
        fitting = [
            (is_item, partner is not None, sequence is not None, plan_id)
            for plan_id, is_item, partner, sequence in released
            if partner in (None, one.partner_id) and sequence in (None, one.operation_sequence)
        ]
        if fitting:
            chosen[place] = max(fitting)[3]
    plans = InspectionPlan.objects.in_bulk(set(chosen.values()))
    return {place: plans[plan_id] for place, plan_id in chosen.items()}

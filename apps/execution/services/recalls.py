"""Stopping a bad lot: it and everything made of it, in one act."""

from __future__ import annotations

from apps.core.models import User
from apps.core.transactions import unit_of_work
from apps.execution.queries.genealogy import reached_lot_ids
from apps.inventory.models import Lot
from apps.inventory.services.lots import hold_lots


def hold_affected_lots(lot: Lot, *, reason: str, by: User) -> list[Lot]:
    """Put ``lot`` and every lot made of it on hold; those that are now, and were not before.

    Rejected lots stay rejected. Raises ``InvalidInput`` without a reason.
    """
    with unit_of_work():
        lots = Lot.objects.filter(
            company_id=lot.company_id,
            pk__in=reached_lot_ids(lot.pk, "down"),
            status__in=(Lot.Status.AVAILABLE, Lot.Status.QUARANTINE),
        )
        return hold_lots(list(lots.order_by("pk")), reason=reason, by=by)

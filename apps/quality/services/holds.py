"""Holding stock for quality: by the status of its lot, or by its place where there is no lot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.inventory.models import Location, Lot
from apps.inventory.services.lots import change_lot_status
from apps.quality.models import Inspection, Nonconformance, NonconformingLot


def quarantine_place(company_id: int, site_id: Any) -> Location:
    """The oldest quarantine location of the site. Raises ``BusinessError`` without one."""
    found = (
        Location.objects.filter(
            company_id=company_id,
            site_id=site_id,
            kind=Location.Kind.INTERNAL,
            is_quarantine=True,
            is_active=True,
        )
        .order_by("id")
        .first()
    )
    if found is None:
        raise BusinessError(
            "no_quarantine",
            _("The site has no quarantine location. Create one first."),
            field="location",
        )
    return found


def set_status(lots: Sequence[Lot], status: str, *, authority: Any, reason: str, by: User) -> None:
    """Give ``lots`` a status in the name of ``authority``; those that have it are left alone.

    The caller holds the valuations of their items where it goes on to post.
    """
    current = Lot.objects.filter(pk__in=[lot.pk for lot in lots]).order_by("pk")
    changing = [lot for lot in current if lot.status != status]
    if changing:
        change_lot_status(changing, status, reason=reason, by=by, authority=authority)


def refuse_by_hand(lots: Sequence[Lot], status: str) -> None:
    """Raise ``BusinessError`` when somebody wants to free by hand what quality still holds."""
    if status != Lot.Status.AVAILABLE:
        return
    places = {lot.pk: row for row, lot in enumerate(lots)}
    holder: Inspection | NonconformingLot | None = (
        Inspection.objects.filter(lot__in=places, status__in=Inspection.UNDECIDED)
        .order_by("pk")
        .first()
    )
    lot_id = None if holder is None else holder.lot_id
    document: Any = holder
    if holder is None:
        held = (
            NonconformingLot.objects.filter(
                lot__in=places, nonconformance__status__in=Nonconformance.UNDECIDED
            )
            .exclude(status_before="")
            .select_related("nonconformance")
            .order_by("pk")
            .first()
        )
        if held is None:
            return
        document, lot_id = held.nonconformance, held.lot_id
    raise BusinessError(
        "held_by_quality",
        _("{document} holds this lot and decides on it.").format(document=document),
        field="status",
        row=places.get(lot_id) if lot_id is not None else None,
    )


def holds_elsewhere(lot: Lot, *, without: Any) -> bool:
    """Whether another inspection or nonconformance than ``without`` still holds ``lot``."""
    inspections = Inspection.objects.filter(lot=lot, status__in=Inspection.UNDECIDED)
    held = NonconformingLot.objects.filter(
        lot=lot, nonconformance__status__in=Nonconformance.UNDECIDED
    ).exclude(status_before="")
    if isinstance(without, Inspection):
        inspections = inspections.exclude(pk=without.pk)
    else:
        held = held.exclude(nonconformance=without)
    return inspections.exists() or held.exists()

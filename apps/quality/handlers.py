"""What happens here when an app below says that something happens there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from apps.core.models import Company, User
from apps.inventory.models import Lot, StockMove
from apps.inventory.signals import lot_status_changing, moves_reversed
from apps.quality.services.holds import refuse_by_hand
from apps.quality.services.inspections import cancel_inspections_of


@receiver(lot_status_changing, dispatch_uid="quality.refuse_by_hand")
def hold_what_is_held(
    sender: Any, *, lots: Sequence[Lot], status: str, authority: Any, **_more: Any
) -> None:
    """Nobody frees by hand a lot that an inspection or a nonconformance holds."""
    if authority is None:
        refuse_by_hand(lots, status)


@receiver(moves_reversed, dispatch_uid="quality.cancel_inspections")
def void_inspections(
    sender: Any, *, company: Company, moves: Sequence[StockMove], by: User, **_more: Any
) -> None:
    """What was taken back needs no inspection any more."""
    if moves:
        cancel_inspections_of(company, moves, reason=_("Taken back"), by=by)

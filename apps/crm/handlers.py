"""What happens here when an app below says that something happened there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from apps.crm.services.invoicing import require_not_invoiced
from apps.crm.services.returns import require_not_returned
from apps.inventory.models import StockMove
from apps.inventory.signals import moves_reversed


@receiver(moves_reversed, dispatch_uid="crm.require_not_invoiced")
def keep_what_is_invoiced(sender: Any, *, moves: Sequence[StockMove], **_more: Any) -> None:
    """What is invoiced stays shipped, and so does what is on a return."""
    if any(move.expected_move_id for move in moves):
        require_not_invoiced(moves)
        require_not_returned(moves)

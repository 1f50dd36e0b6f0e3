"""How important a reservation is and how long it holds; what held too long is free again."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO
from apps.core.sql import columns, execute, fetch_all
from apps.core.transactions import unit_of_work
from apps.inventory.models import PickLine, Reservation
from apps.inventory.services.locking import lock_balances

FIRST, LAST = 1, 9
# Who is using one right now ends it by that.
_LATE = """
SELECT id, item_id, location_id, lot_id, quantity FROM inventory_reservation
 WHERE held_until < %s AND source_type_id <> %s ORDER BY id FOR UPDATE SKIP LOCKED
"""
_LOWER = """
UPDATE inventory_stockbalance b SET reserved = b.reserved - d.quantity
  FROM unnest(%s::bigint[], %s::numeric[]) AS d(id, quantity) WHERE b.id = d.id
"""


def change_reservation(
    reservation: Reservation,
    *,
    by: Any,
    priority: int | None = None,
    held_until: datetime | None = None,
) -> Reservation:
    """Say how important it is (1 goes first, 9 last) or until when it holds. Raises when done."""
    if priority is not None and not FIRST <= priority <= LAST:
        raise InvalidInput(
            "out_of_range",
            _("Between {first} and {last}.").format(first=FIRST, last=LAST),
            field="priority",
        )
    with unit_of_work():
        reservation = Reservation.objects.select_for_update().get(pk=reservation.pk)
        reservation.priority = reservation.priority if priority is None else priority
        reservation.held_until = held_until or reservation.held_until
        reservation.save(update_fields=["priority", "held_until"])
    return reservation


def expire_reservations(*, now: datetime | None = None) -> int:
    """Give back what is held longer than it may be, but for pick lists; how many."""
    pick_line = ContentType.objects.get_for_model(PickLine).pk
    with unit_of_work():
        found = fetch_all(_LATE, [now or timezone.now(), pick_line])
        totals: dict[tuple[int, int, int | None], Decimal] = {}
        for _id, item_id, location_id, lot_id, quantity in found:
            key = (item_id, location_id, lot_id)
            totals[key] = totals.get(key, ZERO) + quantity
        locked = lock_balances(list(totals)) if totals else {}
        if found:
            execute(_LOWER, columns([(locked[key].id, sum_) for key, sum_ in totals.items()], 2))
            execute("DELETE FROM inventory_reservation WHERE id = ANY(%s)", [[r[0] for r in found]])
    return len(found)

"""What runs beside the posting path: stock that is held too long is free again."""

from __future__ import annotations

from celery import shared_task

from apps.inventory.services.pick_lists import expire_pick_lists
from apps.inventory.services.reservation_terms import expire_reservations


@shared_task(name="inventory.expire_pick_lists")
def expire_held_stock() -> int:
    """Take back the released pick lists whose time is over; how many."""
    return expire_pick_lists()


@shared_task(name="inventory.expire_reservations")
def expire_late_reservations() -> int:
    """Give back what is reserved longer than it may be; how many."""
    return expire_reservations()

"""Cross-docking: what waiting orders need is set aside for them as it comes in.

Goods that were set aside are not suggested for storage: they are picked from the dock where they
came in to the place where shipments wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import ZERO
from apps.core.services.documents import lock, require_status
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.inventory.models import ExpectedMove, Location, Lot, PickLine, PickList
from apps.inventory.services.pick_lists import ToPick, draft_pick_list, release_pick_list
from apps.inventory.services.reservations import Wanted, reserve_moved
from apps.masterdata.models import Item
from apps.supply_chain.models import PurchaseOrder, Receipt

# What is promised and neither done nor set aside, for the order itself or on a pick list, nor to
# be shipped by a supplier. Locked in the order of their sources, as every posting does.
_WAITING = """
SELECT e.id, e.item_id, e.source_type_id, e.source_id, e.due_date,
       e.quantity - e.quantity_done
       - coalesce((SELECT sum(r.quantity) FROM inventory_reservation r
                    WHERE r.source_type_id = e.source_type_id AND r.source_id = e.source_id
                      AND r.item_id = e.item_id), 0)
       - coalesce((SELECT sum(r.quantity)
                     FROM inventory_pickline l
                     JOIN inventory_reservation r
                       ON r.source_type_id = %(pick_line)s AND r.source_id = l.id
                    WHERE l.expected_move_id = e.id), 0)
  FROM inventory_expectedmove e
 WHERE e.company_id = %(company)s AND e.site_id = %(site)s AND e.direction = 'out' AND e.is_open
   AND e.partner_id IS NOT NULL AND e.item_id = ANY(%(items)s)
   AND NOT EXISTS (SELECT 1 FROM supply_chain_purchaseorderline d
                     JOIN supply_chain_purchaseorder h ON h.id = d.order_id
                    WHERE d.ships_for_id = e.id AND h.status IN ('draft', 'confirmed'))
 ORDER BY e.source_type_id, e.source_id FOR UPDATE OF e
"""
# Of what a receipt brought and put down: the promises that hold it at that place.
_HELD = """
SELECT e.id, sum(r.quantity)
  FROM inventory_reservation r
  JOIN inventory_expectedmove e
    ON e.source_type_id = r.source_type_id AND e.source_id = r.source_id AND e.direction = 'out'
 WHERE EXISTS (SELECT 1 FROM supply_chain_receiptline l
                 JOIN inventory_stockmove m ON m.id = l.move_id
                WHERE l.receipt_id = %s AND m.item_id = r.item_id
                  AND l.location_id = r.location_id AND l.lot_id IS NOT DISTINCT FROM r.lot_id)
   AND e.is_open
 GROUP BY e.id, e.due_date ORDER BY e.due_date, e.id
"""


@dataclass(slots=True)
class Waiting:
    """A locked promise, and the stock units of it that wait for goods."""

    id: int
    item_id: int
    source_type_id: int
    source_id: int
    due_date: Date
    missing: Decimal


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a line of a receipt put down at a place, free to be used."""

    item: Item
    quantity: Decimal
    location: Location
    lot: Lot | None


def lock_waiting(order: PurchaseOrder, item_ids: Sequence[int]) -> list[Waiting]:
    """Lock what customers wait for of these items at the site, the first due first."""
    asked = {
        "company": order.company_id,
        "site": order.site_id,
        "items": sorted(set(item_ids)),
        "pick_line": ContentType.objects.get_for_model(PickLine).pk,
    }
    rows = [Waiting(*row) for row in fetch_all(_WAITING, asked)]
    return sorted(rows, key=lambda one: (one.due_date, one.id))


def set_aside(
    order: PurchaseOrder, arrived: Sequence[Arrived], waiting: Sequence[Waiting], *, by: User
) -> Decimal:
    """Set aside what has just come for who waits longest; how much that was.

    The transaction holds the balances: it has just posted the goods there.
    """
    wanted = []
    for one in arrived:
        left = one.quantity
        for promise in waiting:
            part = min(left, promise.missing)
            if promise.item_id != one.item.pk or part <= 0:
                continue
            promise.missing -= part
            left -= part
            model = ContentType.objects.get_for_id(promise.source_type_id).model_class()
            if model is None:
                raise ValueError("a promise is of a document that is there")
            wanted.append(
                Wanted(
                    item=one.item,
                    quantity=part,
                    location=one.location,
                    lot=one.lot,
                    source=model(pk=promise.source_id),
                )
            )
    reserve_moved(order.company, wanted, by=by)
    return sum((one.quantity for one in wanted), ZERO)


def pick_cross_docked(
    receipt: Receipt, *, staging: Location, date: Date, by: User, version: int | None = None
) -> PickList:
    """A released pick list of what a receipt brought for waiting orders: from the dock to
    ``staging``. Raises ``BusinessError`` when nothing of it is set aside.
    """
    with unit_of_work():
        receipt = lock(receipt, version=version)
        require_status(receipt, Receipt.Status.POSTED)
        held = fetch_all(_HELD, [receipt.pk])
        if not held:
            raise BusinessError(
                "nothing_waits",
                _("Nobody waits for what {receipt} brought.").format(receipt=receipt),
                field="status",
            )
        promises = ExpectedMove.objects.select_related("item", "partner").in_bulk(
            [key for key, _quantity in held]
        )
        pick_list = draft_pick_list(
            receipt.company,
            site=receipt.order.site,
            staging=staging,
            lines=[ToPick(promises[key], quantity) for key, quantity in held],
            date=date,
            note=_("Cross-dock of {receipt}").format(receipt=receipt.number),
            by=by,
        )
        return release_pick_list(pick_list, by=by, today=date)

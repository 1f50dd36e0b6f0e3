"""Our material at suppliers: what lies there, what their orders still take, what is to be sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.money import ZERO
from apps.core.sql import columns, fetch_all, fetch_dicts
from apps.supply_chain.models import PurchaseOrderLine, SubcontractComponent

# What lies there and is still being sent, less what confirmed orders have still to be made of it.
_FREE = """
SELECT d.site_id, d.partner_id, i.id,
       coalesce((SELECT sum(b.quantity - b.reserved)
                   FROM inventory_stockbalance b
                   JOIN inventory_location p ON p.id = b.location_id
                  WHERE b.item_id = i.id AND p.site_id = d.site_id
                    AND p.held_by_id = d.partner_id), 0)
       + coalesce((SELECT sum(greatest(e.quantity - e.quantity_done, 0))
                     FROM inventory_expectedmove e
                    WHERE e.item_id = i.id AND e.is_open AND e.source_type_id = %(component)s
                      AND e.site_id = d.site_id AND e.partner_id = d.partner_id), 0)
       - coalesce((SELECT sum(round(c.per_unit * greatest(x.quantity - x.quantity_done, 0), 6))
                     FROM supply_chain_subcontractcomponent c
                     JOIN inventory_expectedmove x
                       ON x.source_type_id = %(line)s AND x.source_id = c.order_line_id
                    WHERE c.item_id = i.id AND x.is_open AND x.site_id = d.site_id
                      AND x.partner_id = d.partner_id), 0)
  FROM unnest(%(sites)s::bigint[], %(partners)s::bigint[]) AS d(site_id, partner_id)
 CROSS JOIN unnest(%(items)s::bigint[]) AS i(id)
"""
_MATERIAL = """
SELECT c.id, l.position, l.item_id AS made_item_id, m.code AS made_item, i.id AS item_id,
       i.code AS item, i.name AS item_name, u.code AS unit, c.quantity AS needed,
       coalesce(e.quantity_done, 0) AS sent,
       CASE WHEN e.is_open THEN greatest(e.quantity - e.quantity_done, 0) ELSE 0 END AS to_send,
       e.id AS expected_move_id,
       coalesce((SELECT sum(round(c.per_unit * r.quantity, 6))
                   FROM supply_chain_receiptline r
                   JOIN supply_chain_receipt h ON h.id = r.receipt_id AND h.status = 'posted'
                  WHERE r.order_line_id = l.id), 0) AS used,
       coalesce((SELECT sum(b.quantity)
                   FROM inventory_stockbalance b
                   JOIN inventory_location p ON p.id = b.location_id
                  WHERE b.item_id = c.item_id AND p.site_id = o.site_id
                    AND p.held_by_id = o.partner_id), 0) AS there
  FROM supply_chain_subcontractcomponent c
  JOIN supply_chain_purchaseorderline l ON l.id = c.order_line_id
  JOIN supply_chain_purchaseorder o ON o.id = l.order_id
  JOIN masterdata_item m ON m.id = l.item_id
  JOIN masterdata_item i ON i.id = c.item_id
  JOIN masterdata_unit u ON u.id = i.unit_id
  LEFT JOIN inventory_expectedmove e
    ON e.source_type_id = %(component)s AND e.source_id = c.id
 WHERE l.order_id = %(order)s ORDER BY l.position, c.id
"""


@dataclass(frozen=True, slots=True)
class Material:
    """What a line takes of one item, in its stock unit.

    ``to_send``: what the supplier has not got yet. ``used``: what came back in goods. ``there``:
    what lies at the supplier, for whatever order.
    """

    id: int
    position: int
    made_item_id: int
    made_item: str
    item_id: int
    item: str
    item_name: str
    unit: str
    needed: Decimal
    sent: Decimal
    to_send: Decimal
    expected_move_id: int | None
    used: Decimal
    there: Decimal


def order_material(order_id: int) -> list[Material]:
    """Our material in a purchase order; one statement."""
    asked = {"order": order_id, "component": component_type_id()}
    return [Material(**row) for row in fetch_dicts(_MATERIAL, asked)]


def free_at_supplier(
    places: Collection[tuple[int, int]], item_ids: Collection[int]
) -> dict[tuple[int, int, int], Decimal]:
    """What of our material no order takes, by (site, supplier, item)."""
    sites, partners = columns(sorted(places), 2)
    asked = {
        "sites": sites,
        "partners": partners,
        "items": sorted(item_ids),
        "component": component_type_id(),
        "line": ContentType.objects.get_for_model(PurchaseOrderLine).pk,
    }
    return {tuple(key): max(free, ZERO) for *key, free in fetch_all(_FREE, asked)}  # type: ignore[misc]


def component_type_id() -> int:
    return ContentType.objects.get_for_model(SubcontractComponent).pk

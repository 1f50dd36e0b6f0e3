"""Promises that nobody is ordered to ship yet, with free stock: what a supplier could ship."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.models import Company
from apps.core.sql import fetch_dicts
from apps.supply_chain.models import PurchaseOrderLine
from apps.supply_chain.queries.subcontracting import component_type_id

MOST = 200
_PROMISES = """
SELECT e.id, e.item_id, i.code AS item_code, i.name AS item_name, u.code AS unit_code,
       e.site_id, s.code AS site_code, p.id AS customer_id, p.code AS customer_code,
       p.name AS customer_name, e.due_date,
       e.quantity - e.quantity_done - coalesce(d.ordered, 0) AS open,
       coalesce(b.free, 0) AS free, i.default_supplier_id
  FROM inventory_expectedmove e
  JOIN masterdata_item i ON i.id = e.item_id
  JOIN masterdata_unit u ON u.id = i.unit_id
  JOIN core_site s ON s.id = e.site_id
  JOIN masterdata_partner p ON p.id = e.partner_id
  LEFT JOIN LATERAL (
       SELECT sum(greatest(l.stock_quantity - coalesce(x.quantity_done, 0), 0)) AS ordered
         FROM supply_chain_purchaseorderline l
         JOIN supply_chain_purchaseorder o ON o.id = l.order_id
         LEFT JOIN inventory_expectedmove x
           ON x.source_type_id = %(line_type)s AND x.source_id = l.id
        WHERE l.ships_for_id = e.id AND o.status IN ('draft', 'confirmed')
          AND NOT l.is_closed_short) AS d ON true
  LEFT JOIN LATERAL (
       SELECT sum(v.quantity - v.reserved) AS free
         FROM inventory_stockbalance v
         JOIN inventory_location w ON w.id = v.location_id
        WHERE v.item_id = e.item_id AND w.site_id = e.site_id AND w.kind = 'internal'
          AND NOT w.is_quarantine AND w.held_by_id IS NULL) AS b ON true
 WHERE e.company_id = %(company)s AND e.direction = 'out' AND e.is_open
   AND e.source_type_id <> %(component)s
   AND e.quantity - e.quantity_done - coalesce(d.ordered, 0) > 0
 ORDER BY e.due_date, e.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class ShippablePromise:
    """What is promised to a customer; ``open`` (of it nobody ships yet) and ``free`` stock at the
    site in stock units.
    """

    id: int
    item_id: int
    item_code: str
    item_name: str
    unit_code: str
    site_id: int
    site_code: str
    customer_id: int
    customer_code: str
    customer_name: str
    due_date: Date
    open: Decimal
    free: Decimal
    default_supplier_id: int | None

    @property
    def is_short(self) -> bool:
        """Whether free stock does not cover it."""
        return self.free < self.open


def shippable_promises(company: Company) -> list[ShippablePromise]:
    """The first due first, at most two hundred."""
    line_type = ContentType.objects.get_for_model(PurchaseOrderLine).pk
    asked = {
        "company": company.pk,
        "line_type": line_type,
        "component": component_type_id(),
        "most": MOST,
    }
    return [ShippablePromise(**row) for row in fetch_dicts(_PROMISES, asked)]

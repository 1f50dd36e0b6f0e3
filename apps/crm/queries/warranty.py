"""Warranty: from the day goods were shipped to the customer, by serial number or order."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date as Date

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.crm.models import SalesOrder, WarrantyTerm
from apps.crm.queries.sales_orders import line_type_id, part_type_id
from apps.inventory.models import Lot
from apps.masterdata.models import Item, Partner

_SHIPPED = """
SELECT max(m.date)
  FROM inventory_stockmove m
  JOIN inventory_location t ON t.id = m.to_location_id AND t.kind = 'customer'
  LEFT JOIN inventory_expectedmove e ON e.id = m.expected_move_id
  LEFT JOIN crm_salesorderlinepart k ON k.id = e.source_id AND e.source_type_id = %(part)s
  LEFT JOIN crm_salesorderline l ON l.id = CASE e.source_type_id WHEN %(type)s THEN e.source_id
                                                                 WHEN %(part)s THEN k.line_id END
 WHERE m.company_id = %(company)s AND m.item_id = %(item)s AND m.partner_id = %(partner)s
   AND m.reverses_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM inventory_stockmove r WHERE r.reverses_id = m.id)
   AND (%(lot)s::bigint IS NULL OR m.lot_id = %(lot)s)
   AND (%(order)s::bigint IS NULL OR l.order_id = %(order)s)
"""


@dataclass(frozen=True, slots=True)
class Warranty:
    """``until`` is the last day covered; without a shipment or a term nothing is known."""

    shipped_on: Date | None = None
    until: Date | None = None

    def covers(self, day: Date) -> bool | None:
        return None if self.until is None else day <= self.until


def warranty_of(
    company: Company,
    *,
    partner: Partner,
    item: Item,
    lot: Lot | None = None,
    order: SalesOrder | None = None,
) -> Warranty:
    """What is known of the goods of ``partner``: the last shipment of lot or order counts."""
    [[shipped_on]] = fetch_all(
        _SHIPPED,
        {
            "company": company.pk,
            "item": item.pk,
            "partner": partner.pk,
            "lot": lot.pk if lot else None,
            "order": order.pk if order else None,
            "type": line_type_id(),
            "part": part_type_id(),
        },
    )
    if shipped_on is None:
        return Warranty()
    months = warranty_months(company, item)
    return Warranty(shipped_on, None if months is None else months_after(shipped_on, months))


def warranty_months(company: Company, item: Item) -> int | None:
    """Of the item, else of its category, else of all goods."""
    terms = {
        (term.item_id, term.category_id): term.months
        for term in WarrantyTerm.objects.filter(company=company, is_active=True)
    }
    for key in ((item.pk, None), (None, item.category_id), (None, None)):
        if key in terms:
            return terms[key]
    return None


def months_after(day: Date, months: int) -> Date:
    """The same day ``months`` later, or the month's last."""
    place = day.month - 1 + months
    year, month = day.year + place // 12, place % 12 + 1
    return Date(year, month, min(day.day, calendar.monthrange(year, month)[1]))

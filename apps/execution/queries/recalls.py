"""Everything a bad lot touched: who got it, what is left, what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType

from apps.core.models import Company
from apps.core.money import ZERO, round_money
from apps.core.queries.currencies import decimal_places
from apps.core.sql import fetch_all
from apps.execution.queries.genealogy import Trace, trace
from apps.inventory.models import Lot
from apps.inventory.queries.stock import OnHand, stock_on_hand
from apps.masterdata.models import Item

_SHIPPED = """
SELECT m.partner_id, p.code, p.name, p.email, m.lot_id, l.code, i.id, i.code, i.name, u.code,
       sum(d.sign * m.quantity), sum(d.sign * m.value), max(m.date)
  FROM inventory_stockmove m
  JOIN inventory_location f ON f.id = m.from_location_id
  JOIN inventory_location t ON t.id = m.to_location_id
  JOIN inventory_lot l ON l.id = m.lot_id
  JOIN masterdata_item i ON i.id = m.item_id
  JOIN masterdata_unit u ON u.id = i.unit_id
  LEFT JOIN masterdata_partner p ON p.id = m.partner_id
 CROSS JOIN LATERAL (
       SELECT (t.kind = 'customer')::int - (f.kind = 'customer')::int AS sign) d
 WHERE m.lot_id = ANY(%s) AND d.sign <> 0
 GROUP BY m.partner_id, p.id, m.lot_id, l.id, i.id, u.id
HAVING sum(d.sign * m.quantity) > 0
 ORDER BY p.code NULLS LAST, l.code
"""
_ORDERS = """
SELECT w.id, w.number, w.status, i.code, w.quantity, u.code,
       sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END)
  FROM inventory_stockmove m
  JOIN inventory_location f ON f.id = m.from_location_id
  JOIN inventory_location t ON t.id = m.to_location_id
  JOIN execution_workorder w ON w.cost_object_id = m.cost_object_id
  JOIN masterdata_item i ON i.id = w.item_id
  JOIN masterdata_unit u ON u.id = i.unit_id
 WHERE m.lot_id = ANY(%s) AND m.item_id <> w.item_id
   AND (t.kind = 'production' OR f.kind = 'production')
 GROUP BY w.id, i.id, u.id
HAVING sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END) > 0
 ORDER BY w.number
"""
_BILLED = """
SELECT l.source_type_id, l.source_id, v.partner_id, l.item_id, l.amount * v.exchange_rate
  FROM finance_invoiceline l
  JOIN finance_invoice v ON v.id = l.invoice_id AND v.status = 'posted' AND v.kind = 'customer'
 WHERE v.company_id = %s AND v.partner_id = ANY(%s) AND l.item_id = ANY(%s)
   AND l.source_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class ShippedLot:
    """What a customer holds of one lot; ``value`` is what it cost us, in company currency."""

    lot_id: int
    lot: str
    item_id: int
    item: str
    item_name: str
    unit: str
    quantity: Decimal
    value: Decimal
    last_shipped: Date


@dataclass(slots=True)
class Customer:
    """A customer who holds affected goods. ``revenue`` is what was billed for them, where known."""

    partner_id: int | None
    code: str
    name: str
    email: str
    lots: list[ShippedLot]
    revenue: Decimal | None = None

    @property
    def quantity(self) -> Decimal:
        return sum((lot.quantity for lot in self.lots), ZERO)

    @property
    def value(self) -> Decimal:
        return sum((lot.value for lot in self.lots), ZERO)


@dataclass(frozen=True, slots=True)
class AffectedOrder:
    """A work order that took affected material, and how much of it."""

    id: int
    number: str
    status: str
    item: str
    quantity: Decimal
    unit: str
    quantity_taken: Decimal


@dataclass(frozen=True, slots=True)
class Recall:
    """All that came of a lot: lots, customers, stock and work orders."""

    trace: Trace
    customers: list[Customer]
    on_hand: list[OnHand]
    work_orders: list[AffectedOrder]

    @property
    def quantity_shipped(self) -> Decimal:
        return sum((customer.quantity for customer in self.customers), ZERO)

    @property
    def value_shipped(self) -> Decimal:
        return sum((customer.value for customer in self.customers), ZERO)

    @property
    def value_on_hand(self) -> Decimal:
        return sum((row.value for row in self.on_hand), ZERO)


def recall(lot: Lot) -> Recall:
    """What ``lot`` went into, who has it, what lies here and what it is worth."""
    found = trace(lot, "down")
    lot_ids = found.lot_ids
    customers = _customers(fetch_all(_SHIPPED, [lot_ids]))
    _add_revenue(lot.company, customers, lot_ids)
    return Recall(
        trace=found,
        customers=customers,
        on_hand=_on_hand(lot.company, found),
        work_orders=[AffectedOrder(*row) for row in fetch_all(_ORDERS, [lot_ids])],
    )


def _customers(rows: Iterable[Sequence[Any]]) -> list[Customer]:
    customers: dict[int | None, Customer] = {}
    for partner_id, code, name, email, *about in rows:
        customer = customers.setdefault(
            partner_id, Customer(partner_id, code or "", name or "", email or "", [])
        )
        customer.lots.append(ShippedLot(*about))
    return list(customers.values())


def _add_revenue(company: Company, customers: Sequence[Customer], lot_ids: list[int]) -> None:
    """What posted invoices bill for: lines whose source carries one of the lots."""
    items = sorted({lot.item_id for customer in customers for lot in customer.lots})
    partners = [customer.partner_id for customer in customers if customer.partner_id]
    rows = fetch_all(_BILLED, [company.pk, partners, items]) if partners else []
    by_type: dict[int, set[int]] = {}
    for type_id, source_id, *_rest in rows:
        by_type.setdefault(type_id, set()).add(source_id)
    ours = {
        (type_id, source_id)
        for type_id, ids in by_type.items()
        for source_id in _with_lots(type_id, ids, lot_ids)
    }
    places = decimal_places(company.currency_id)
    revenue: dict[int, Decimal] = {}
    for type_id, source_id, partner_id, _item_id, amount in rows:
        if (type_id, source_id) in ours:
            revenue[partner_id] = revenue.get(partner_id, ZERO) + round_money(amount, places)
    for customer in customers:
        customer.revenue = revenue.get(customer.partner_id or 0)


def _with_lots(type_id: int, ids: set[int], lot_ids: list[int]) -> Iterable[int]:
    """Those of ``ids`` that carry one of the lots, whatever document of an upper app they are."""
    model = ContentType.objects.get_for_id(type_id).model_class()
    if model is None or not any(field.name == "lot" for field in model._meta.fields):
        return ()
    found = model._default_manager.filter(pk__in=ids, lot_id__in=lot_ids)
    return list(found.values_list("pk", flat=True))


def _on_hand(company: Company, found: Trace) -> list[OnHand]:
    wanted = set(found.lot_ids)
    rows: list[OnHand] = []
    for item in Item.objects.filter(pk__in={lot.item_id for lot in found.lots}).order_by("code"):
        rows += [row for row in stock_on_hand(company, item=item) if row.lot_id in wanted]
    return rows

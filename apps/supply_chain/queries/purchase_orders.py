"""What orders come to, and how much of them is received and billed: read from the registers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from apps.core.models import Company
from apps.core.sql import fetch_all, fetch_dicts
from apps.finance.models import Invoice
from apps.supply_chain.models import BillMatch, PurchaseOrderLine

_TOTALS = """
SELECT o.id, o.currency_id, coalesce(l.sub_total, 0), o.tax_amount, o.freight_amount
  FROM supply_chain_purchaseorder o
  LEFT JOIN LATERAL (SELECT sum(quantity * unit_price) AS sub_total
                       FROM supply_chain_purchaseorderline WHERE order_id = o.id) AS l ON true
 WHERE o.id = ANY(%s) ORDER BY o.id
"""
_GROUPS = {"partner": "p.code", "year": "extract(year FROM o.order_date)::int::text"}
_SUMS = """
SELECT {group} AS key, o.currency_id AS currency, count(*) AS orders,
       sum(l.sub_total) AS sub_total, sum(o.tax_amount) AS tax, sum(o.freight_amount) AS freight
  FROM supply_chain_purchaseorder o
  JOIN masterdata_partner p ON p.id = o.partner_id
  JOIN LATERAL (SELECT coalesce(sum(quantity * unit_price), 0) AS sub_total
                  FROM supply_chain_purchaseorderline WHERE order_id = o.id) AS l ON true
 WHERE o.company_id = %s AND o.status <> 'cancelled'
 GROUP BY 1, 2 ORDER BY 1, 2
"""
# In stock units; what a reversed receipt brought does not count.
_QUANTITIES = """
SELECT l.id AS line_id, l.order_id, l.position, l.item_id, l.stock_quantity AS ordered,
       coalesce(e.quantity_done, 0) AS received, coalesce(r.rejected, 0) AS rejected,
       coalesce(b.billed, 0) AS billed
  FROM supply_chain_purchaseorderline l
  LEFT JOIN inventory_expectedmove e ON e.source_type_id = %s AND e.source_id = l.id
  LEFT JOIN LATERAL (
       SELECT sum(r.quantity_rejected) AS rejected
         FROM supply_chain_receiptline r JOIN supply_chain_receipt h ON h.id = r.receipt_id
        WHERE r.order_line_id = l.id AND h.status = 'posted') AS r ON true
  LEFT JOIN LATERAL (
       SELECT sum(CASE WHEN m.reverses_id IS NULL THEN m.quantity ELSE -m.quantity END) AS billed
         FROM supply_chain_receiptline r JOIN supply_chain_billmatch m ON m.receipt_line_id = r.id
        WHERE r.order_line_id = l.id) AS b ON true
 WHERE l.order_id = ANY(%s) ORDER BY l.order_id, l.position
"""
_OPEN = """
SELECT l.id AS line_id, o.id AS order_id, o.number, l.position, p.code AS partner_code,
       i.code AS item_code, e.due_date, e.quantity AS ordered, e.quantity_done AS received,
       e.quantity - e.quantity_done AS open,
       (e.quantity - e.quantity_done) * l.quantity * l.unit_price / l.stock_quantity AS open_value,
       o.currency_id AS currency, greatest(%(today)s - e.due_date, 0) AS days_late
  FROM inventory_expectedmove e
  JOIN supply_chain_purchaseorderline l ON l.id = e.source_id
  JOIN supply_chain_purchaseorder o ON o.id = l.order_id
  JOIN masterdata_partner p ON p.id = o.partner_id
  JOIN masterdata_item i ON i.id = l.item_id
 WHERE e.source_type_id = %(type)s AND e.is_open AND e.company_id = %(company)s
   AND e.quantity > e.quantity_done
   AND (%(partner)s::bigint IS NULL OR o.partner_id = %(partner)s)
 ORDER BY e.due_date, o.id, l.position
"""
# Delivered is what was taken in and what was refused at the door.
_REJECTS = """
SELECT p.id AS partner_id, p.code AS partner_code, p.name AS partner_name,
       sum(r.quantity + r.quantity_rejected) AS delivered, sum(r.quantity_rejected) AS rejected
  FROM supply_chain_receiptline r
  JOIN supply_chain_receipt h ON h.id = r.receipt_id AND h.status = 'posted'
  JOIN supply_chain_purchaseorder o ON o.id = h.order_id
  JOIN masterdata_partner p ON p.id = o.partner_id
 WHERE h.company_id = %(company)s AND h.date BETWEEN %(from)s AND %(until)s
 GROUP BY p.id ORDER BY p.code
"""


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """In the order's currency; nothing is rounded."""

    order_id: int
    currency: str
    sub_total: Decimal
    tax: Decimal
    freight: Decimal

    @property
    def total(self) -> Decimal:
        return self.sub_total + self.tax + self.freight


@dataclass(frozen=True, slots=True)
class PurchaseSum:
    """Orders of one supplier or one year (``key``), of one currency."""

    key: str
    currency: str
    orders: int
    sub_total: Decimal
    tax: Decimal
    freight: Decimal

    @property
    def total(self) -> Decimal:
        return self.sub_total + self.tax + self.freight


@dataclass(frozen=True, slots=True)
class LineQuantities:
    """In stock units."""

    line_id: int
    order_id: int
    position: int
    item_id: int
    ordered: Decimal
    received: Decimal
    rejected: Decimal
    billed: Decimal


@dataclass(frozen=True, slots=True)
class OpenLine:
    """What an order still lacks: quantities in stock units, the value in the order's currency."""

    line_id: int
    order_id: int
    number: str
    position: int
    partner_code: str
    item_code: str
    due_date: Date
    ordered: Decimal
    received: Decimal
    open: Decimal
    open_value: Decimal
    currency: str
    days_late: int


@dataclass(frozen=True, slots=True)
class RejectRate:
    """Stock units that a supplier delivered, and how many of them were refused at the door."""

    partner_id: int
    partner_code: str
    partner_name: str
    delivered: Decimal
    rejected: Decimal

    @property
    def rate(self) -> Decimal:
        return self.rejected / self.delivered if self.delivered else Decimal(0)


def order_totals(order_ids: Iterable[int]) -> dict[int, OrderTotals]:
    """What each order comes to, by its id."""
    return {row[0]: OrderTotals(*row) for row in fetch_all(_TOTALS, [list(order_ids)])}


def purchase_sums(company: Company, *, group: str) -> list[PurchaseSum]:
    """Orders that stand, summed by ``partner`` (its code) or by ``year`` of the order date."""
    statement = _SUMS.format(group=_GROUPS[group])
    return [PurchaseSum(**row) for row in fetch_dicts(statement, [company.pk])]


def line_quantities(order_ids: Iterable[int]) -> list[LineQuantities]:
    """Ordered, received, rejected and billed of every line of these orders, in one statement."""
    return [
        LineQuantities(**row) for row in fetch_dicts(_QUANTITIES, [_line_type(), list(order_ids)])
    ]


def open_purchase_lines(
    company: Company, *, today: Date, partner_id: int | None = None
) -> list[OpenLine]:
    """Lines that more is expected of, the earliest due first."""
    parameters = {
        "company": company.pk,
        "type": _line_type(),
        "partner": partner_id,
        "today": today,
    }
    return [OpenLine(**row) for row in fetch_dicts(_OPEN, parameters)]


def reject_rates(company: Company, *, since: Date, until: Date) -> list[RejectRate]:
    """How much of what each supplier delivered in a time was refused."""
    parameters = {"company": company.pk, "from": since, "until": until}
    return [RejectRate(**row) for row in fetch_dicts(_REJECTS, parameters)]


def bills_of_order(order_id: int) -> list[Invoice]:
    """The bills that were matched with what came for an order, reversed ones too."""
    return _bills(BillMatch.objects.filter(receipt_line__receipt__order=order_id))


def bills_of_receipt(receipt_id: int) -> list[Invoice]:
    """The bills that were matched with a receipt, reversed ones too."""
    return _bills(BillMatch.objects.filter(receipt_line__receipt=receipt_id))


def _bills(matches: QuerySet[BillMatch]) -> list[Invoice]:
    keys = matches.values_list("invoice_line__invoice_id", flat=True)
    return list(Invoice.objects.filter(pk__in=keys).order_by("pk"))


def _line_type() -> int:
    return ContentType.objects.get_for_model(PurchaseOrderLine).pk

"""What a supplier's person may see: his orders, what came of them, what is paid. Nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils import timezone

from apps.core.models import User
from apps.core.money import ZERO, round_quantity
from apps.core.sql import fetch_dicts
from apps.finance.models import Invoice
from apps.finance.queries.open_items import allocated_amounts
from apps.supply_chain.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ShippingNotice,
    SupplierAccess,
)

MOST = 100
#: A draft is nobody's business, what was cancelled is none.
SHOWN = (PurchaseOrder.Status.CONFIRMED, PurchaseOrder.Status.CLOSED)
_LINES = """
SELECT l.id, l.position, i.code AS item_code, i.name AS item_name, i.tracking,
       coalesce(t.supplier_code, '') AS supplier_code, u.code AS unit_code, l.quantity,
       l.stock_quantity, l.unit_price, l.due_date AS wanted, e.due_date AS expected,
       c.promised_date AS promised, coalesce(e.quantity_done, 0) AS done,
       coalesce(e.is_open, false) AS is_open
  FROM supply_chain_purchaseorderline l
  JOIN masterdata_item i ON i.id = l.item_id
  JOIN masterdata_unit u ON u.id = l.unit_id
  LEFT JOIN supply_chain_supplieritem t ON t.id = l.supplier_item_id
  LEFT JOIN inventory_expectedmove e ON e.source_type_id = %(type)s AND e.source_id = l.id
  LEFT JOIN LATERAL (SELECT promised_date FROM supply_chain_orderconfirmation
                      WHERE order_line_id = l.id ORDER BY id DESC LIMIT 1) AS c ON true
 WHERE l.order_id = %(order)s ORDER BY l.position
"""


@dataclass(frozen=True, slots=True)
class PortalLine:
    """An order line as its supplier sees it; ``stock_quantity`` and ``done`` in our stock unit."""

    id: int
    position: int
    item_code: str
    item_name: str
    tracking: str
    supplier_code: str
    unit_code: str
    quantity: Decimal
    stock_quantity: Decimal
    unit_price: Decimal
    wanted: Date
    expected: Date | None
    promised: Date | None
    done: Decimal
    is_open: bool

    @property
    def received(self) -> Decimal:
        """What came of it, in the order's unit."""
        if self.done == self.stock_quantity:
            return self.quantity
        return round_quantity(self.done * self.quantity / self.stock_quantity)

    @property
    def open(self) -> Decimal:
        """What is still to come, in the order's unit."""
        return max(self.quantity - self.received, ZERO) if self.is_open else ZERO

    @property
    def is_late(self) -> bool:
        return self.is_open and (self.expected or self.wanted) < timezone.localdate()


@dataclass(frozen=True, slots=True)
class PortalBill:
    """A bill or credit note of the supplier, and what of it is open."""

    number: str
    is_credit: bool
    date: Date
    due_date: Date
    currency: str
    total: Decimal
    open: Decimal

    @property
    def is_paid(self) -> bool:
        return not self.open


def access_of(user: User) -> SupplierAccess | None:
    """The supplier that ``user`` stands for in the company of this request; None for others.

    Whoever became staff meanwhile stands for nobody outside.
    """
    acting = user.acting
    if acting is None or user.is_staff or user.is_superuser:
        return None
    return (
        SupplierAccess.objects.select_related("company", "partner")
        .filter(
            company=acting.company_id,
            user=user,
            is_active=True,
            partner__is_active=True,
            partner__is_supplier=True,
        )
        .first()
    )


def has_access(user: User) -> bool:
    """Whether ``user`` stands for a supplier in some company: where he begins."""
    return (
        not user.is_staff and SupplierAccess.objects.filter(user=user.pk, is_active=True).exists()
    )


def orders_of_supplier(access: SupplierAccess) -> QuerySet[PurchaseOrder]:
    """The orders that were sent to the supplier, the newest first."""
    return (
        PurchaseOrder.objects.filter(
            company=access.company_id, partner=access.partner_id, status__in=SHOWN
        )
        .select_related("company", "partner", "site", "currency", "ships_to")
        .order_by("-pk")
    )


def lines_of_order(order: PurchaseOrder) -> list[PortalLine]:
    """The lines with what came and what was promised, in one statement."""
    line_type = ContentType.objects.get_for_model(PurchaseOrderLine).pk
    rows = fetch_dicts(_LINES, {"order": order.pk, "type": line_type})
    return [PortalLine(**row) for row in rows]


def receipts_of_order(order: PurchaseOrder) -> list[Receipt]:
    rows = Receipt.objects.filter(order=order, status=Receipt.Status.POSTED)
    return list(rows.prefetch_related("lines__order_line__item", "lines__lot").order_by("pk"))


def notices_of_order(order: PurchaseOrder) -> list[ShippingNotice]:
    rows = ShippingNotice.objects.filter(partner=order.partner_id, lines__order_line__order=order)
    return list(rows.distinct().order_by("-pk"))


def bills_of_supplier(access: SupplierAccess) -> list[PortalBill]:
    """His posted bills and credit notes, the newest first, with what is still open of them."""
    rows: Sequence[Any] = list(
        Invoice.objects.filter(
            company=access.company_id,
            partner=access.partner_id,
            kind__in=Invoice.PURCHASES,
            status=Invoice.Status.POSTED,
        ).order_by("-date", "-pk")[:MOST]
    )
    paid = allocated_amounts([row.pk for row in rows])
    return [
        PortalBill(
            number=row.reference or row.number,
            is_credit=row.kind == Invoice.Kind.BILL_CREDIT,
            date=row.date,
            due_date=row.due_date,
            currency=row.currency_id,
            total=row.total,
            open=row.total - paid[row.pk].amount,
        )
        for row in rows
    ]

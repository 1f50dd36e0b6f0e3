"""What of a purchase order may be received: locked, read and checked in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.services.documents import lock, require_status
from apps.core.sql import fetch_all
from apps.inventory.models import Location
from apps.masterdata.models import Item, Partner
from apps.masterdata.queries.catch_weights import CatchWeight
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine

# The order first, then what is expected, in the order of its sources: as every posting does.
# Both are locked, so both are read as they are after waiting.
_LINES = """
SELECT o.status, o.currency_id, o.partner_id,
       (SELECT nextval('supply_chain_receipt_series')),
       (SELECT min(s.id) FROM inventory_location s
         WHERE s.company_id = o.company_id AND s.kind = 'supplier' AND s.is_active),
       l.id, l.position, l.quantity, l.stock_quantity, l.unit_price, l.unit_id,
       e.id, e.quantity_done, l.cost_object_id,
       EXISTS (SELECT 1 FROM supply_chain_subcontractcomponent c WHERE c.order_line_id = l.id),
       coalesce(t.over_receipt_percent, p.over_receipt_percent, %s),
       coalesce(t.under_receipt_percent, p.under_receipt_percent, 0),
       i.id, i.company_id, i.code, i.name, i.unit_id, i.tracking, i.requires_supplier_lot,
       i.shelf_life_days, w.unit_id, c.code, w.numerator, w.denominator, w.catch_tolerance,
       coalesce(p.cross_docks, false)
  FROM supply_chain_purchaseorder o
  JOIN supply_chain_purchaseorderline l ON l.order_id = o.id
  JOIN inventory_expectedmove e ON e.source_type_id = %s AND e.source_id = l.id
  JOIN masterdata_item i ON i.id = l.item_id
  LEFT JOIN masterdata_itemunit w ON w.item_id = i.id AND w.is_catch_weight
  LEFT JOIN masterdata_unit c ON c.id = w.unit_id
  LEFT JOIN supply_chain_supplieritem t ON t.id = l.supplier_item_id
  LEFT JOIN supply_chain_purchasingpolicy p ON p.company_id = o.company_id
 WHERE o.id = %s AND l.id = ANY(%s)
 ORDER BY l.id FOR UPDATE OF o, e
"""
_ITEM = (
    "id",
    "company_id",
    "code",
    "name",
    "unit_id",
    "tracking",
    "requires_supplier_lot",
    "shelf_life_days",
)


@dataclass(frozen=True, slots=True)
class ReceivableLine:
    """A locked order line: ``quantity`` and ``unit_price`` in its own unit."""

    id: int
    position: int
    quantity: Decimal
    stock_quantity: Decimal
    unit_price: Decimal
    unit_id: int
    expected_move_id: int
    quantity_done: Decimal
    cost_object_id: int | None
    has_material: bool
    over_percent: Decimal
    under_percent: Decimal
    item: Item
    catch_weight: CatchWeight | None

    @property
    def is_by_weight(self) -> bool:
        """Whether it is ordered, and paid for, by what each piece weighs."""
        return self.catch_weight is not None and self.catch_weight.unit_id == self.unit_id

    @property
    def most(self) -> Decimal:
        """The stock units that may still come: the tolerance is a share of what was ordered."""
        return self.stock_quantity * (1 + self.over_percent / 100) - self.quantity_done

    def is_enough(self, taken: Decimal) -> bool:
        """Whether the line is short of what was ordered by no more than is allowed."""
        done = self.quantity_done + taken
        least = self.stock_quantity * (1 - self.under_percent / 100)
        return least <= done < self.stock_quantity

    def cost(self, stock_quantity: Decimal, rate: Decimal, weight: Decimal | None) -> Decimal:
        """What ``stock_quantity`` costs at the order's price, in company currency, not rounded.

        ``weight`` is what was weighed of it, where it is ordered by weight.
        """
        if self.is_by_weight and weight is not None:
            return weight * self.unit_price * rate
        return self.quantity * self.unit_price * rate * stock_quantity / self.stock_quantity


@dataclass(frozen=True, slots=True)
class Receivable:
    """A locked order that goods may come in for."""

    currency: str
    supplier: Partner
    number: int
    supplier_location: Location
    lines: dict[int, ReceivableLine]
    cross_docks: bool


def lock_receivable(order: PurchaseOrder, line_ids: Sequence[int]) -> Receivable:
    """Lock ``order`` and what is expected of its lines, and take a number for the receipt.

    Raises ``BusinessError`` unless the order is confirmed, ``InvalidInput`` for a line of another.
    """
    line_type = ContentType.objects.get_for_model(PurchaseOrderLine).pk
    default = Decimal(getattr(settings, "OVER_RECEIPT_PERCENT", 0))
    rows = fetch_all(_LINES, [default, line_type, order.pk, list(line_ids)])
    if not rows or rows[0][0] != PurchaseOrder.Status.CONFIRMED:
        require_status(lock(order), PurchaseOrder.Status.CONFIRMED)
    lines = {}
    for row in rows:
        item = Item(**dict(zip(_ITEM, row[17:25], strict=True)))
        weight = None if row[25] is None else CatchWeight.of_ratio(*row[25:30])
        lines[row[5]] = ReceivableLine(*row[5:17], item, weight)  # type: ignore[arg-type, misc, call-arg]
    for place, line_id in enumerate(line_ids):
        if line_id not in lines:
            raise InvalidInput(
                "wrong_order",
                _("This line is not of {order}.").format(order=order),
                field="order_line",
                row=place,
            )
    _status, currency, partner_id, number, location_id = rows[0][:5]
    if location_id is None:
        raise BusinessError(
            "no_location",
            _("There is no location of the kind “{kind}”. Create one first.").format(
                kind=Location.Kind.SUPPLIER.label
            ),
            field="location",
        )
    supplier_location = Location(
        id=location_id, company_id=order.company_id, code="SUPPLIER", kind=Location.Kind.SUPPLIER
    )
    partner = Partner(id=partner_id, company_id=order.company_id)
    return Receivable(currency, partner, number, supplier_location, lines, rows[0][-1])

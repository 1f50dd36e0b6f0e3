"""What a supplier is to ship to a customer: promises held, none ordered twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.sql import fetch_all
from apps.inventory.models import ExpectedMove
from apps.masterdata.models import Item
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine
from apps.supply_chain.queries.subcontracting import component_type_id

# In the order of their sources, as every posting locks them. Material for a subcontractor is
# promised to no customer. What other orders have still to
# ship of a promise is not open for this one.
_PROMISES = """
SELECT e.id, e.company_id, e.direction, e.item_id, i.code, e.site_id, e.partner_id,
       CASE WHEN e.is_open THEN e.quantity - e.quantity_done ELSE 0 END
       - coalesce((
           SELECT sum(greatest(l.stock_quantity - coalesce(x.quantity_done, 0), 0))
             FROM supply_chain_purchaseorderline l
             JOIN supply_chain_purchaseorder o ON o.id = l.order_id
             LEFT JOIN inventory_expectedmove x
               ON x.source_type_id = %(line_type)s AND x.source_id = l.id
            WHERE l.ships_for_id = e.id AND o.status IN ('draft', 'confirmed')
              AND NOT l.is_closed_short AND o.id <> %(order)s), 0)
  FROM inventory_expectedmove e JOIN masterdata_item i ON i.id = e.item_id
 WHERE e.id = ANY(%(keys)s) AND e.source_type_id <> %(component)s
 ORDER BY e.source_type_id, e.source_id FOR UPDATE OF e
"""


@dataclass(slots=True)
class OpenPromise:
    """A locked promise, and what of it nobody is ordered to ship yet, in stock units."""

    id: int
    company_id: int
    direction: str
    item_id: int
    item_code: str
    site_id: int
    partner_id: int | None
    open: Decimal


def open_promises(keys: Sequence[int], *, order_id: int = 0) -> dict[int, OpenPromise]:
    """Lock the promises ``keys``; what is open of each besides what ``order_id`` orders."""
    line_type = ContentType.objects.get_for_model(PurchaseOrderLine).pk
    asked = {
        "keys": sorted(set(keys)),
        "order": order_id,
        "line_type": line_type,
        "component": component_type_id(),
    }
    return {row[0]: OpenPromise(*row) for row in fetch_all(_PROMISES, asked)}


def hold_promises(order: PurchaseOrder, rows: Sequence[PurchaseOrderLine]) -> None:
    """Every line of an order that ships to a customer is for a promise to him, no line of another.

    Raises ``InvalidInput`` or ``BusinessError`` naming the row: nothing promised, another item,
    site or customer, more than is open of the promise.
    """
    keys = [row.ships_for_id for row in rows if row.ships_for_id is not None]
    if order.ships_to_id is None and not keys:
        return
    promises = open_promises(keys, order_id=order.pk or 0)
    for place, row in enumerate(rows):
        promise = promises.get(row.ships_for_id or 0)
        _check(order, row, promise, place)
        if promise is None:
            continue
        left = max(promise.open, Decimal(0))
        if row.stock_quantity > left:
            raise BusinessError(
                "over_promise",
                _("{item}: {open} open, {quantity} ordered.").format(
                    item=promise.item_code,
                    open=f"{left.normalize():f}",
                    quantity=f"{row.stock_quantity.normalize():f}",
                ),
                field="quantity",
                row=place,
                details={"open": str(left)},
            )
        promise.open -= row.stock_quantity


def not_promised(item: Item, row: int) -> InvalidInput:
    return InvalidInput(
        "not_promised",
        _("{item} was not promised to the customer that it would be shipped to.").format(
            item=item.code
        ),
        field="ships_for",
        row=row,
    )


def _check(
    order: PurchaseOrder, row: PurchaseOrderLine, promise: OpenPromise | None, place: int
) -> None:
    is_promised = (
        promise is not None
        and order.ships_to_id is not None
        and promise.company_id == order.company_id
        and promise.direction == ExpectedMove.Direction.OUT
        and promise.partner_id == order.ships_to_id
        and promise.item_id == row.item_id
    )
    if promise is None or not is_promised:
        raise not_promised(row.item, place)
    if promise.site_id != order.site_id:
        raise InvalidInput(
            "other_site",
            _("{item} was promised from another site.").format(item=promise.item_code),
            field="ships_for",
            row=place,
        )
    if row.cost_object_id is not None:
        raise InvalidInput(
            "not_for_cost_object",
            _("What goes to a customer is nobody else's cost."),
            field="cost_object",
            row=place,
        )

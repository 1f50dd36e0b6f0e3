"""Planned orders in people's hands: made firm, changed, and ordered in one transaction.

What is firm no run touches. What is ordered has its work order, purchase order or transfer; the
plan counts on that document as it stands, so a change by hand there is kept as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import require_decimal, round_quantity
from apps.core.transactions import unit_of_work
from apps.execution.services.work_orders import create_work_order, release_work_order
from apps.inventory.models import Location, StockDocument
from apps.inventory.services.stock_documents import draft_stock_document
from apps.inventory.services.stock_lines import StockLine
from apps.masterdata.models import Partner
from apps.planning.models import ItemPlanning, MasterScheduleLine, PlannedOrder
from apps.supply_chain.models import PurchaseOrder
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    confirm_purchase_orders,
    create_purchase_order,
)

Status = PlannedOrder.Status
Kind = PlannedOrder.Kind


@dataclass(slots=True)
class Ordered:
    """The documents that came of planned orders."""

    work_orders: list[Model] = field(default_factory=list)
    purchase_orders: list[PurchaseOrder] = field(default_factory=list)
    stock_documents: list[StockDocument] = field(default_factory=list)


def firm_planned_orders(
    orders: Sequence[PlannedOrder], *, by: User, reason: str = ""
) -> list[PlannedOrder]:
    """Keep these as they are from now on, whatever the next runs find."""
    with unit_of_work():
        locked = _lock(orders)
        for row, order in enumerate(locked):
            if order.status == Status.ORDERED:
                raise BusinessError(
                    "already_ordered",
                    _("{order} is ordered already.").format(order=order),
                    field="status",
                    row=row if len(locked) > 1 else None,
                )
        return _sign(locked, Status.FIRM, by, reason)


def change_planned_order(
    order: PlannedOrder,
    *,
    by: User,
    quantity: Decimal | None = None,
    start_date: Date | None = None,
    due_date: Date | None = None,
    reason: str = "",
) -> PlannedOrder:
    """Change a planned order by hand; that makes it firm. Raises ``InvalidInput`` by field."""
    with unit_of_work():
        [order] = _lock([order])
        _require_not_ordered([order])
        if quantity is not None:
            require_decimal(quantity, field="quantity")
            order.quantity_good = _good(order, quantity)
            order.quantity = quantity
        order.start_date = start_date or order.start_date
        order.due_date = due_date or order.due_date
        if order.due_date < order.start_date:
            raise InvalidInput("due_before_start", _("Due before it starts."), field="due_date")
        return _sign([order], Status.FIRM, by, reason)[0]


def release_firm_order(order: PlannedOrder, *, by: User, reason: str = "") -> PlannedOrder:
    """Hand a firm order back to the plan: the next run may change or drop it."""
    with unit_of_work():
        [order] = _lock([order])
        if order.status != Status.FIRM:
            raise BusinessError(
                "not_firm", _("{order} is not firm.").format(order=order), field="status"
            )
        return _sign([order], Status.PLANNED, by, reason)[0]


def order_planned_orders(
    orders: Sequence[PlannedOrder],
    *,
    by: User,
    release: bool = False,
    component_location: Location | None = None,
    output_location: Location | None = None,
) -> Ordered:
    """Turn planned orders into work orders, purchase orders (one per supplier and site) and
    transfers: all of them or none, each planned order keeping the link.

    With ``release`` work orders are released and purchase orders confirmed at once. Locations are
    the only internal one of the site unless named. Raises ``InvalidInput`` naming the row for a
    bought item without a supplier, or a site with several places.
    """
    with unit_of_work():
        locked = _lock(orders)
        if not locked:
            raise InvalidInput("no_orders", _("Choose planned orders."), field="orders")
        _require_not_ordered(locked)
        made = Ordered()
        rows = list(enumerate(locked))
        for row, order in rows:
            if order.kind == Kind.MAKE:
                where = _location(order.site_id, component_location, "component_location", row)
                out = _location(order.site_id, output_location, "output_location", row)
                made.work_orders.append(_make(order, where, out, release, by))
        bought = [(row, order) for row, order in rows if order.kind == Kind.BUY]
        made.purchase_orders = _buy(bought, release, by)
        moved = [(row, order) for row, order in rows if order.kind == Kind.TRANSFER]
        made.stock_documents = _move(moved, by)
        _close_schedule_lines(locked, by)
        _sign(locked, Status.ORDERED, by, "")
    return made


def _lock(orders: Sequence[PlannedOrder]) -> list[PlannedOrder]:
    keys = [order.pk for order in orders]
    rows = (
        PlannedOrder.objects.select_for_update(of=("self",))
        .select_related(
            "item__default_supplier", "item__unit", "site", "company", "source_site", "run"
        )
        .filter(pk__in=keys)
        .order_by("pk")
    )
    found = list(rows)
    if len(found) < len(set(keys)):
        raise BusinessError(
            "plan_replaced",
            _("A newer plan has replaced some of these orders. Reload."),
            field="orders",
        )
    if len({order.company_id for order in found}) > 1:
        raise InvalidInput("other_company", _("One company at a time."), field="orders")
    return found


def _require_not_ordered(orders: Sequence[PlannedOrder]) -> None:
    for row, order in enumerate(orders):
        if order.status == Status.ORDERED:
            raise BusinessError(
                "already_ordered",
                _("{order} is ordered already.").format(order=order),
                field="status",
                row=row if len(orders) > 1 else None,
            )


def _sign(orders: list[PlannedOrder], status: str, by: User, reason: str) -> list[PlannedOrder]:
    now = timezone.now()
    for order in orders:
        order.status = status
        order.changed_by, order.changed_at = by, now
        order.change_reason = reason.strip()[:200]
    PlannedOrder.objects.bulk_update(
        orders,
        [
            "status",
            "quantity",
            "quantity_good",
            "start_date",
            "due_date",
            "work_order",
            "purchase_order",
            "stock_document",
            "changed_by",
            "changed_at",
            "change_reason",
        ],
    )
    return orders


def _good(order: PlannedOrder, quantity: Decimal) -> Decimal:
    """What remains of ``quantity`` after the scrap that the item is planned with."""
    planning = ItemPlanning.objects.filter(item_id=order.item_id, site_id=order.site_id).first()
    scrap = planning.scrap_percent if planning and order.kind == Kind.MAKE else Decimal(0)
    return round_quantity(quantity * (100 - scrap) / 100)


def _location(site_id: int, given: Location | None, field: str, row: int) -> Location:
    if given is not None and given.site_id == site_id:
        return given
    found = list(
        Location.objects.filter(
            site_id=site_id,
            kind=Location.Kind.INTERNAL,
            is_quarantine=False,
            is_active=True,
            children__isnull=True,
        ).order_by("pk")[:2]
    )
    if len(found) == 1:
        return found[0]
    raise InvalidInput(
        "location_required",
        _("Name the place in stock: the site has none or several."),
        field=field,
        row=row,
    )


def _make(
    order: PlannedOrder, components: Location, output: Location, release: bool, by: User
) -> Model:
    made = create_work_order(
        order.company,
        item=order.item,
        quantity=order.quantity,
        site=order.site,
        start_date=max(order.start_date, min(order.run.planned_on, order.due_date)),
        due_date=order.due_date,
        component_location=components,
        output_location=output,
        by=by,
    )
    order.work_order = made
    return release_work_order(made, by=by) if release else made


def _buy(
    orders: Sequence[tuple[int, PlannedOrder]], release: bool, by: User
) -> list[PurchaseOrder]:
    groups: dict[tuple[int, int], list[PlannedOrder]] = {}
    for row, order in orders:
        if order.item.default_supplier_id is None:
            raise InvalidInput(
                "no_supplier",
                _("{item} has no supplier.").format(item=order.item.code),
                field="default_supplier",
                row=row,
            )
        key = (order.item.default_supplier_id, order.site_id)
        groups.setdefault(key, []).append(order)
    made = []
    for _key, group in sorted(groups.items()):
        made.append(_purchase(group, by))
    return confirm_purchase_orders(made, by=by) if release and made else made


def _purchase(group: Sequence[PlannedOrder], by: User) -> PurchaseOrder:
    first = group[0]
    supplier: Partner = first.item.default_supplier  # type: ignore[assignment]
    order_date = min(first.run.planned_on, *(order.due_date for order in group))
    purchase = create_purchase_order(
        first.company,
        partner=supplier,
        site=first.site,
        order_date=order_date,
        due_date=max(order.due_date for order in group),
        lines=[
            OrderLine(order.item, order.quantity, unit=order.item.unit, due_date=order.due_date)
            for order in group
        ],
        by=by,
    )
    for order in group:
        order.purchase_order = purchase
    return purchase


def _move(orders: Sequence[tuple[int, PlannedOrder]], by: User) -> list[StockDocument]:
    made = []
    for row, order in orders:
        document = draft_stock_document(
            order.company,
            kind=StockDocument.Kind.TRANSFER,
            site=order.source_site or order.site,
            date=order.start_date,
            lines=[
                StockLine(
                    item=order.item,
                    quantity=order.quantity,
                    from_location=_location(
                        order.source_site_id or order.site_id, None, "from_location", row
                    ),
                    to_location=_location(order.site_id, None, "to_location", row),
                )
            ],
            by=by,
        )
        order.stock_document = document
        made.append(document)
    return made


def _close_schedule_lines(orders: Sequence[PlannedOrder], by: User) -> None:
    """A line of the master schedule that is ordered has done its work."""
    wanted = [order.schedule_line_id for order in orders if order.schedule_line_id]
    for line in MasterScheduleLine.objects.select_for_update().filter(pk__in=wanted):
        line.is_active = False
        line.save_by(by, reason=str(_("Ordered")))

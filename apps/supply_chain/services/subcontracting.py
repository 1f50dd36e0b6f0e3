"""Subcontracting: which material of ours a supplier gets for an order, and where it lies there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company, Site, User
from apps.core.money import ZERO, round_quantity
from apps.core.services.documents import insert_all
from apps.core.transactions import unit_of_work
from apps.engineering.queries.requirements import Parts, material_parts
from apps.inventory.models import ExpectedMove, Location
from apps.inventory.services.expected import Expected
from apps.masterdata.models import Item, Partner
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine, SubcontractComponent
from apps.supply_chain.queries.subcontracting import free_at_supplier

PER_UNIT = Decimal("0.000000000001")


def plan_material(
    orders: Sequence[PurchaseOrder], lines: Sequence[PurchaseOrderLine], *, by: User
) -> list[Expected]:
    """Write down what suppliers get for lines they make from our material; what is to be sent.

    By the bills in force on the day of the order. What a supplier has and no other order of his
    takes is not sent again. No statement where there is no such line, else seven and one per
    supplier that has no place yet. Raises ``BusinessError`` naming the line's row in its order for
    an item without a released bill.
    """
    own = [line for line in lines if line.supplier_item and line.supplier_item.is_subcontracted]
    if not own:
        return []
    by_key = {order.pk: order for order in orders}
    rows = _components(by_key, own)
    for order in {line.order_id: by_key[line.order_id] for line in own}.values():
        place_at_supplier(order.company, order.site, order.partner, by=by)
    SubcontractComponent.objects.filter(order_line__in=own).delete()
    free = free_at_supplier(
        {(by_key[row.order_line.order_id].site_id, by_key[row.order_line.order_id].partner_id)
         for row in rows},
        {row.item_id for row in rows},
    )  # fmt: skip
    SubcontractComponent.objects.bulk_create(rows)
    expected = []
    for row in rows:
        order = by_key[row.order_line.order_id]
        key = (order.site_id, order.partner_id, row.item_id)
        there = min(free.get(key, ZERO), row.quantity)
        free[key] = free.get(key, ZERO) - there
        if row.quantity > there:
            expected.append(_to_send(order, row, row.quantity - there))
    return expected


def place_at_supplier(company: Company, site: Site, partner: Partner, *, by: User) -> Location:
    """Where our goods lie at ``partner``, for ``site``; made when he gets some for the first time.

    Its code is ``AT-`` and the partner's, with the site's where another site has that.
    """
    with unit_of_work():
        # two at once would both find none: one partner, one at a time
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        found = Location.objects.filter(
            company=company, site=site, held_by=partner, is_active=True
        ).order_by("pk")
        place = found.first()
        if place is not None:
            return place
        code = f"AT-{partner.code}"
        if Location.objects.filter(company=company, code=code).exists():
            code = f"{code}-{site.code}"
        made = Location(
            company=company,
            code=code,
            name=partner.name,
            kind=Location.Kind.INTERNAL,
            site=site,
            held_by=partner,
        )
        return insert_all([made], by=by)[0]


def supplier_place(company_id: int, site_id: int, partner_id: int) -> Location:
    """The same, where it must be there. Raises ``BusinessError`` ``no_place``."""
    found = (
        Location.objects.filter(
            company=company_id, site=site_id, held_by=partner_id, is_active=True
        )
        .order_by("pk")
        .first()
    )
    if found is None:
        raise BusinessError(
            "no_place",
            _("No place says that our material lies at this supplier's: add one."),
            field="location",
        )
    return found


def components_of(line_ids: Iterable[int]) -> dict[int, list[SubcontractComponent]]:
    """By order line, those that are made from our material."""
    result: dict[int, list[SubcontractComponent]] = {}
    for row in SubcontractComponent.objects.filter(order_line__in=list(line_ids)).order_by("pk"):
        result.setdefault(row.order_line_id, []).append(row)
    return result


def sending(order: PurchaseOrder) -> list[SubcontractComponent]:
    """What expects material of ``order`` to go out."""
    return list(SubcontractComponent.objects.filter(order_line__order=order))


def _components(
    orders: dict[int, PurchaseOrder], lines: Sequence[PurchaseOrderLine]
) -> list[SubcontractComponent]:
    rows = []
    days = {orders[line.order_id].order_date for line in lines}
    found: dict[tuple[int, object], Parts] = {}
    for day in days:
        items = {line.item_id for line in lines if orders[line.order_id].order_date == day}
        parts = material_parts(sorted(items), on=day)
        found |= {(key, day): one for key, one in parts.items()}
    for line in lines:
        parts_of_line = found[line.item_id, orders[line.order_id].order_date]
        _require_parts(line, parts_of_line)
        for item_id, per_unit in parts_of_line.parts.items():
            rows.append(
                SubcontractComponent(
                    company_id=line.company_id,
                    order_line=line,
                    item_id=item_id,
                    per_unit=per_unit.quantize(PER_UNIT),
                    quantity=round_quantity(per_unit * line.stock_quantity),
                )
            )
    return rows


def _require_parts(line: PurchaseOrderLine, parts: Parts) -> None:
    if parts.fault:
        raise BusinessError(
            "no_bom",
            _("{item} is made from our material, but has no released bill of materials.").format(
                item=line.item.code
            ),
            field="item",
        )


def _to_send(order: PurchaseOrder, row: SubcontractComponent, quantity: Decimal) -> Expected:
    return Expected(
        row,
        ExpectedMove.Direction.OUT,
        Item(id=row.item_id, company_id=row.company_id),
        order.site,
        order.partner,
        quantity,
        order.order_date,
    )

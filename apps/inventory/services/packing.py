"""Packing what was picked: from the staging place into packages, one customer in each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock, require_status
from apps.core.transactions import unit_of_work
from apps.inventory.models import Package, PickLine, PickList
from apps.inventory.queries.picks import reservations_of
from apps.inventory.services.packages import close_package
from apps.inventory.services.picked_goods import (
    carry_picked,
    figure,
    lines_of_list,
    open_target,
    require_one_customer,
)

Status = PickList.Status


def pack_picked(
    pick_list: PickList,
    package: Package,
    lines: Sequence[tuple[PickLine, Decimal]] | None = None,
    *,
    by: User,
) -> PickList:
    """Put picked goods from the staging place into a package; all of them without ``lines``.

    Raises ``BusinessError``: ``not_staged`` naming the row, ``mixed_package`` for goods of another
    customer than those in it.
    """
    with unit_of_work():
        pick_list = lock(pick_list, related=("company", "staging__site"))
        require_status(pick_list, Status.PICKING, Status.PICKED)
        target = open_target(pick_list, package, None)
        known = lines_of_list(pick_list, [line for line, _q in lines] if lines else None)
        staged = _held_at(known.values(), pick_list.staging_id)
        wanted = lines or [(line, staged[line.pk]) for line in known.values() if staged[line.pk]]
        if not wanted:
            raise BusinessError("not_staged", _("Nothing waits to be packed."), field="lines")
        carried = []
        for row, (line, quantity) in enumerate(wanted):
            require_decimal(quantity, field="quantity", row=row)
            if quantity > staged.get(line.pk, ZERO):
                raise BusinessError(
                    "not_staged",
                    _("{line}: {there} wait to be packed, not {quantity}.").format(
                        line=known[line.pk],
                        there=figure(staged.get(line.pk, ZERO)),
                        quantity=figure(quantity),
                    ),
                    field="quantity",
                    row=row,
                )
            staged[line.pk] -= quantity
            carried.append((known[line.pk], quantity, pick_list.staging, target))
        require_one_customer(target, [known[line.pk] for line, _q in wanted])
        carry_picked(pick_list, carried, by)
        return pick_list.save_by(by)


def finish_packing(pick_list: PickList, *, by: User, version: int | None = None) -> PickList:
    """All that was picked is in packages; those still open are closed.

    Raises ``BusinessError`` (``not_packed``) when something lies loose at the staging place.
    """
    with unit_of_work():
        pick_list = lock(pick_list, version=version, related=("company", "staging"))
        pick_list.transition_to(Status.PACKED)
        held = reservations_of(pick_list.lines.all())
        packages = Package.objects.filter(location__in={row.location_id for row in held})
        known = {one.location_id: one for one in packages.order_by("pk")}
        for row in held:
            if row.location_id not in known:
                raise BusinessError(
                    "not_packed",
                    _("{quantity} {item} lie loose at {location}.").format(
                        quantity=figure(row.quantity),
                        item=row.item.code,
                        location=row.location.code,
                    ),
                    field="status",
                )
        for package in known.values():
            if package.status == Package.Status.OPEN:
                close_package(package, by=by)
        return pick_list.save_by(by)


def _held_at(lines: Collection[PickLine], location_id: int) -> dict[int, Decimal]:
    """Line → what of it has been picked and lies at a place."""
    found = {line.pk: ZERO for line in lines}
    for row in reservations_of(lines):
        if row.location_id == location_id:
            found[row.source_id] += row.quantity
    for line in lines:  # what is still to be picked may lie at that place itself
        if line.location_id == location_id:
            found[line.pk] -= line.open_quantity
    return found

"""What pick lists hold: where their goods are, from the bin to the package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.money import ZERO
from apps.inventory.models import Package, PickLine, PickList, Reservation


@dataclass(slots=True)
class PackedIn:
    """What of a list is in one package."""

    package: Package
    lines: list[Reservation] = field(default_factory=list)

    @property
    def quantity(self) -> Decimal:
        return sum((row.quantity for row in self.lines), ZERO)


def reservations_of(lines: Iterable[PickLine]) -> list[Reservation]:
    """What is set aside for pick lines, oldest first: ``source_id`` is the line's key."""
    rows = Reservation.objects.filter(
        source_type=ContentType.objects.get_for_model(PickLine),
        source_id__in=[line.pk for line in lines],
    )
    return list(rows.select_related("item__unit", "location", "lot").order_by("pk"))


def goods_of(pick_list: PickList) -> tuple[list[Reservation], list[PackedIn]]:
    """What of a list waits loose at its staging place, and what is in which package."""
    lines = {line.pk: line for line in pick_list.lines.all()}
    held = reservations_of(lines.values())
    known = Package.objects.filter(location__in={row.location_id for row in held})
    packed = {one.location_id: PackedIn(one) for one in known.order_by("pk")}
    loose = []
    for row in held:
        line = lines[row.source_id]
        if row.location_id in packed and (
            row.location_id != line.location_id or not line.open_quantity
        ):
            packed[row.location_id].lines.append(row)
        elif row.location_id == pick_list.staging_id and line.picked_quantity:
            loose.append(row)
    return loose, [one for one in packed.values() if one.lines]

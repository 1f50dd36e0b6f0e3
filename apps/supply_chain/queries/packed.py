"""What a shipment is packed in: the packages its goods were in when they left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from apps.core.money import ZERO
from apps.inventory.models import Package
from apps.supply_chain.models import Shipment, ShipmentLine


@dataclass(slots=True)
class ShippedPackage:
    """A package, how deep it stood in others, and what of the shipment was in it."""

    package: Package
    depth: int = 0
    lines: list[ShipmentLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PackedShipment:
    """All packages, outer ones before what stands in them, and what went loose."""

    packages: list[ShippedPackage]
    loose: list[ShipmentLine]

    @property
    def gross_weight(self) -> Decimal:
        """Of the outermost packages, in kg; zero where nobody has weighed them."""
        return sum(
            (one.package.gross_weight or ZERO for one in self.packages if not one.depth), ZERO
        )


def packed_shipment(shipment: Shipment) -> PackedShipment:
    """The packages of a shipment with their contents. One statement for each level of packing."""
    lines = list(shipment.lines.select_related("item__unit", "lot", "location").order_by("pk"))
    found: dict[int, Package] = {}
    wanted = {line.location_id for line in lines}
    while wanted:
        rows = Package.objects.filter(location__in=wanted).select_related("location")
        new = {row.location_id: row for row in rows if row.location_id not in found}
        found.update(new)
        wanted = {row.location.parent_id for row in new.values() if row.location.parent_id} - set(
            found
        )
    inside: dict[int | None, list[Package]] = {}
    for package in sorted(found.values(), key=lambda one: one.pk):
        parent = package.location.parent_id
        inside.setdefault(parent if parent in found else None, []).append(package)
    packages = _tree(inside, None, 0)
    by_place = {one.package.location_id: one for one in packages}
    loose = []
    for line in lines:
        if line.location_id in by_place:
            by_place[line.location_id].lines.append(line)
        else:
            loose.append(line)
    return PackedShipment(packages, loose)


def _tree(
    inside: dict[int | None, list[Package]], key: int | None, depth: int
) -> list[ShippedPackage]:
    rows: Sequence[Package] = inside.get(key, ())
    made = []
    for package in rows:
        made.append(ShippedPackage(package, depth))
        made += _tree(inside, package.location_id, depth + 1)
    return made

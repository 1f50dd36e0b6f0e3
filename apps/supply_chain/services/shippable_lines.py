"""What may be shipped, and from where: promises locked, reservations used, lots chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import require_decimal
from apps.core.services.documents import require_company
from apps.core.sql import columns, fetch_all
from apps.inventory.models import ExpectedMove, Location, Lot
from apps.inventory.services.expected import source_keys
from apps.inventory.services.locking import lock_items
from apps.inventory.services.reservations import Wanted, reserve
from apps.masterdata.models import Item, Partner

# In the order of their sources, as every posting locks them.
_PROMISES = """
SELECT e.id, e.company_id, e.direction, e.item_id, i.code, e.site_id, e.partner_id,
       CASE WHEN e.is_open THEN e.quantity - e.quantity_done ELSE 0 END,
       e.source_type_id, e.source_id,
       EXISTS (SELECT 1 FROM masterdata_itemunit w WHERE w.item_id = i.id AND w.is_catch_weight)
  FROM inventory_expectedmove e JOIN masterdata_item i ON i.id = e.item_id
 WHERE e.id = ANY(%s) ORDER BY e.source_type_id, e.source_id FOR UPDATE OF e
"""
_RESERVED = """
SELECT r.source_type_id, r.source_id, r.id, r.location_id, r.lot_id, r.quantity
  FROM inventory_reservation r
  JOIN unnest(%s::int[], %s::bigint[], %s::bigint[]) AS d(source_type_id, source_id, item_id)
    ON r.source_type_id = d.source_type_id AND r.source_id = d.source_id
   AND r.item_id = d.item_id
 ORDER BY r.id
"""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What goes out for an expected move, in stock units.

    Without ``location`` what is reserved for it goes first, then the lots that expire first.
    ``reserved_for`` is what set it aside, when that is not the promising line itself.
    """

    expected_move: ExpectedMove
    quantity: Decimal
    location: Location | None = None
    lot: Lot | None = None
    reserved_for: Model | None = None


@dataclass(slots=True)
class Promise:
    """A locked expected move and what is open of it."""

    id: int
    company_id: int
    direction: str
    item_id: int
    item_code: str
    site_id: int
    partner_id: int | None
    open: Decimal
    source_type_id: int
    source_id: int
    is_weighed: bool

    @property
    def source(self) -> tuple[int, int]:
        return self.source_type_id, self.source_id


@dataclass(slots=True)
class Part:
    """A quantity of a line (``row``) from one place and lot, perhaps a reserved one."""

    row: int
    promise: Promise
    quantity: Decimal
    location_id: int
    lot_id: int | None
    reservation_id: int | None = None


@dataclass(slots=True)
class _Reserved:
    id: int
    location_id: int
    lot_id: int | None
    left: Decimal


def lock_promises(
    company: Company, partner: Partner, site: Site, lines: Sequence[Shipped]
) -> list[Promise]:
    """Lock what ``lines`` ship; the promise of each line.

    Raises naming the row: nobody was promised it, another partner was, or less is open.
    """
    keys = sorted({line.expected_move.pk for line in lines})
    found = {row[0]: Promise(*row) for row in fetch_all(_PROMISES, [keys])}
    left = {key: promise.open for key, promise in found.items()}
    result = []
    for row, line in enumerate(lines):
        promise = _checked_promise(
            found.get(line.expected_move.pk), line, company, partner, site, row
        )
        if line.quantity > left[promise.id]:
            raise BusinessError(
                "over_shipment",
                _("{item}: {open} open, {quantity} shipped.").format(
                    item=promise.item_code,
                    open=f"{left[promise.id].normalize():f}",
                    quantity=f"{line.quantity.normalize():f}",
                ),
                field="quantity",
                row=row,
                details={"open": str(left[promise.id])},
            )
        left[promise.id] -= line.quantity
        result.append(promise)
    return result


def _checked_promise(
    promise: Promise | None,
    line: Shipped,
    company: Company,
    partner: Partner,
    site: Site,
    row: int,
) -> Promise:
    require_decimal(line.quantity, field="quantity", row=row)
    require_company(company, row=row, location=line.location, lot=line.lot)
    is_promised = promise is not None and promise.company_id == company.pk
    if promise is None or not is_promised or promise.direction != ExpectedMove.Direction.OUT:
        raise InvalidInput(
            "not_promised", _("Nobody was promised this."), field="expected_move", row=row
        )
    if promise.partner_id != partner.pk:
        raise InvalidInput(
            "other_partner",
            _("{item} was promised to another partner.").format(item=promise.item_code),
            field="expected_move",
            row=row,
        )
    if promise.site_id != site.pk:
        raise InvalidInput(
            "other_site",
            _("{item} was promised from another site.").format(item=promise.item_code),
            field="expected_move",
            row=row,
        )
    place = line.location
    if place and (place.kind != Location.Kind.INTERNAL or place.site_id != site.pk):
        raise InvalidInput(
            "wrong_location",
            _("{location} is no place of {site}.").format(location=place, site=site),
            field="location",
            row=row,
        )
    if place is None and line.lot is not None:
        raise InvalidInput(
            "location_required", _("Say where the lot lies."), field="location", row=row
        )
    return promise


def choose_parts(
    company: Company,
    site: Site,
    lines: Sequence[Shipped],
    promises: Sequence[Promise],
    *,
    date: Date,
    by: User,
) -> list[Part]:
    """Where each line is taken from, reservations first. Three statements, more if lots are chosen.

    Raises ``BusinessError`` naming the row when there is too little to choose from.
    """
    sources = _sources(lines, promises)
    reserved = _reservations(sources, promises)
    parts: list[Part] = []
    missing: list[tuple[int, Decimal]] = []
    for row, (line, promise) in enumerate(zip(lines, promises, strict=True)):
        left = line.quantity
        for one in reserved.get(sources[row], ()):
            fits = line.location is None or (
                one.location_id == line.location.pk
                and one.lot_id == (line.lot.pk if line.lot else None)
            )
            taken = min(left, one.left)
            if fits and taken:
                parts.append(Part(row, promise, taken, one.location_id, one.lot_id, one.id))
                one.left -= taken
                left -= taken
        if left and line.location is not None:
            lot_id = line.lot.pk if line.lot else None
            parts.append(Part(row, promise, left, line.location.pk, lot_id))
        elif left:
            missing.append((row, left))
    parts.extend(_chosen(company, site, promises, missing, date, by))
    return sorted(parts, key=lambda part: part.row)


def _sources(lines: Sequence[Shipped], promises: Sequence[Promise]) -> list[tuple[int, int]]:
    return [
        promise.source if line.reserved_for is None else source_keys([line.reserved_for])[0]
        for line, promise in zip(lines, promises, strict=True)
    ]


def _reservations(
    sources: Sequence[tuple[int, int]], promises: Sequence[Promise]
) -> dict[tuple[int, int], list[_Reserved]]:
    wanted = sorted(
        {(*source, promise.item_id) for source, promise in zip(sources, promises, strict=True)}
    )
    found: dict[tuple[int, int], list[_Reserved]] = {}
    for type_id, source_id, *rest in fetch_all(_RESERVED, columns(wanted, 3)):
        found.setdefault((type_id, source_id), []).append(_Reserved(*rest))
    return found


def _chosen(
    company: Company,
    site: Site,
    promises: Sequence[Promise],
    missing: Sequence[tuple[int, Decimal]],
    date: Date,
    by: User,
) -> list[Part]:
    """Reserve what is missing, to ship it at once: the items' locks come first, as ever."""
    if not missing:
        return []
    lock_items(company, [promises[row].item_id for row, _quantity in missing])
    wanted = [
        Wanted(
            item=Item(
                id=promises[row].item_id,
                company_id=company.pk,
                code=promises[row].item_code,
            ),
            quantity=quantity,
            site=site,
            source=ExpectedMove(id=promises[row].id),
        )
        for row, quantity in missing
    ]
    try:
        made = reserve(company, wanted, by=by, today=date)
    except BusinessError as error:
        error.row = None if error.row is None else missing[error.row][0]
        raise
    return [
        Part(
            missing[one.row][0],
            promises[missing[one.row][0]],
            one.quantity,
            one.location_id,
            one.lot_id,
            one.id,
        )
        for one in made
    ]


def places_of(
    parts: Sequence[Part], lines: Sequence[Shipped]
) -> tuple[dict[int, Any], dict[int, Any]]:
    """The locations and the lots of ``parts`` by key; those that ``lines`` named are known."""
    locations = {line.location.pk: line.location for line in lines if line.location}
    lots = {line.lot.pk: line.lot for line in lines if line.lot}
    more = {part.location_id for part in parts} - set(locations)
    if more:
        locations.update(Location.objects.in_bulk(more))
    more = {part.lot_id for part in parts if part.lot_id is not None} - set(lots)
    if more:
        lots.update(Lot.objects.in_bulk(more))
    return locations, lots

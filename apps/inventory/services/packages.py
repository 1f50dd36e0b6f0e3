"""Packages: made, filled, closed, opened, emptied. What is in one is what lies at its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import insert_all, lock, require_company, update_all
from apps.core.services.numbering import as_number
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Lot, Package, SsccSeries
from apps.inventory.queries.packages import (
    contents_of,
    places_around,
    standing_in,
)
from apps.inventory.services.moves import Move, post_moves
from apps.inventory.services.room import require_room
from apps.inventory.services.ssccs import check_new_package, require_free_ssccs, ssccs_of
from apps.masterdata.models import Item

JOURNAL = "INV"
MOST_PACKAGES = 500
Status = Package.Status
_NUMBERS = "SELECT nextval('inventory_package_series') FROM generate_series(1, %s)"


@dataclass(frozen=True, slots=True)
class NewPackage:
    """A package to make in ``place``, a bin or an open package. Weights in kg.

    ``sscc`` is what a supplier gave it; without, it gets one of the company's own series.
    """

    place: Location
    kind: str = Package.Kind.CARTON
    sscc: str = ""
    tare_weight: Decimal | None = None
    gross_weight: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """``quantity`` of an item and lot, in stock units; ``location`` is where it comes from."""

    item: Item
    quantity: Decimal
    location: Location | None = None
    lot: Lot | None = None


def create_packages(
    company: Company,
    wanted: Sequence[NewPackage],
    *,
    by: User,
    series: SsccSeries | None = None,
) -> list[Package]:
    """New, empty, open packages, at most 500. Six statements however many.

    ``series`` is the oldest active one when None; without any they have a number only. Raises
    ``InvalidInput`` naming the row: ``wrong_check_digit``, ``sscc_taken``, ``wrong_place``.
    """
    if not 0 < len(wanted) <= MOST_PACKAGES:
        raise InvalidInput(
            "out_of_range", _("Between 1 and {most}.").format(most=MOST_PACKAGES), field="packages"
        )
    require_company(company, series=series)
    for row, one in enumerate(wanted):
        check_new_package(company, one, row)
    with unit_of_work():
        keys = {one.place.pk for one in wanted}
        rows = Location.objects.select_for_update(no_key=True).filter(pk__in=keys)
        for place in rows.order_by("pk"):
            require_standing_room(place, levels=1)
        require_free_ssccs(company, wanted)
        numbers = [as_number(row[0], "PK") for row in fetch_all(_NUMBERS, [len(wanted)])]
        ssccs = ssccs_of(company, wanted, series)
        places = insert_all(
            [
                Location(
                    company=company,
                    code=sscc or number,
                    name=f"{Package.Kind(one.kind).label} {number}",
                    site=one.place.site,
                    parent=one.place,
                    is_quarantine=one.place.is_quarantine,
                )
                for one, number, sscc in zip(wanted, numbers, ssccs, strict=True)
            ],
            by=by,
        )
        packages = [
            Package(
                company=company,
                number=number,
                kind=one.kind,
                sscc=sscc,
                location=place,
                tare_weight=one.tare_weight,
                gross_weight=one.gross_weight,
                created_by=by,
            )
            for one, number, sscc, place in zip(wanted, numbers, ssccs, places, strict=True)
        ]
        return insert_all(packages, by=by)


def pack(
    package: Package, contents: Sequence[Packed], *, by: User, date: Date | None = None
) -> Package:
    """Put goods of the package's site into it.

    Raises ``BusinessError`` naming the row for what is not there, held for somebody else, or
    beyond what the place bears.
    """
    with unit_of_work():
        package = lock(package, related=("location__site",))
        require_open_package(package)
        inside = package.location
        moves = []
        for row, one in enumerate(contents):
            place = one.location or standing_place(package)
            moves.append(_move(package, one, place, inside, row))
        _post(package, moves, by, date)
        limited = [one for one in places_around(inside.pk) if one.is_limited]
        require_room({one.location_id: None for one in limited})
        return package


def unpack(
    package: Package,
    *,
    by: User,
    contents: Sequence[Packed] | None = None,
    to: Location | None = None,
    date: Date | None = None,
) -> Package:
    """Take ``contents`` out of an open package to ``to`` (where it stands, when None).

    Without ``contents`` all comes out, and that is its end; packages in it stay where it stood.
    """
    with unit_of_work():
        package = lock(package, related=("location__site", "location__parent__site"))
        inside = package.location
        if contents is not None or package.status not in Package.HERE:
            require_open_package(package)
        target = to or standing_place(package)
        _require_place(target, inside, "to")
        if target.is_sealed:
            raise package_closed(target)
        if contents is None:
            _empty(package, inside, target, by, date)
            package.transition_to(Status.UNPACKED)
            inside.is_active, inside.is_sealed = False, False
            update_all([inside], "is_active", "is_sealed", by=by)
            return package.save_by(by)
        moves = [
            _move(package, one, inside, target, row, is_package=False)
            for row, one in enumerate(contents)
        ]
        _post(package, moves, by, date)
        return package


def close_package(
    package: Package, *, by: User, version: int | None = None, gross_weight: Decimal | None = None
) -> Package:
    """Seal a package that has something in it: goods go neither in nor out from now on."""
    if gross_weight is not None:
        require_decimal(gross_weight, field="gross_weight")
    with unit_of_work():
        package = lock(package, version=version, related=("location",))
        package.transition_to(Status.CLOSED)
        if not contents_of([package]) and not standing_in([package.location_id]):
            raise BusinessError(
                "package_empty", _("There is nothing in {package}.").format(package=package.plate)
            )
        inner = Package.objects.filter(location__parent=package.location_id, status=Status.OPEN)
        still_open = inner.order_by("pk").first()
        if still_open is not None:
            raise BusinessError(
                "inner_open",
                _("{inner} in it is open: close that first.").format(inner=still_open.plate),
            )
        package.gross_weight = gross_weight or package.gross_weight
        _seal(package, True, by)
        return package.save_by(by)


def reopen_package(package: Package, *, by: User, version: int | None = None) -> Package:
    """Open a closed package again. Raises ``BusinessError`` when it stands in a closed one."""
    with unit_of_work():
        package = lock(package, version=version, related=("location__parent",))
        package.transition_to(Status.OPEN)
        outer = package.location.parent
        if outer is not None and outer.is_sealed:
            raise package_closed(outer)
        _seal(package, False, by)
        return package.save_by(by)


def standing_place(package: Package) -> Location:
    """What a package that is here stands in. Raises ``BusinessError`` when it stands nowhere."""
    place = package.location.parent
    if place is None:
        raise BusinessError(
            "stands_nowhere",
            _("{package} stands in no place.").format(package=package.plate),
            field="package",
        )
    return place


def package_closed(place: Location) -> BusinessError:
    return BusinessError(
        "package_closed",
        _("{location} is closed: open it first.").format(location=place.code),
        field="location",
    )


def require_open_package(package: Package) -> None:
    """Raise ``BusinessError`` (``wrong_status``) unless goods may go in and out."""
    if package.status != Status.OPEN:
        raise BusinessError(
            "wrong_status",
            _("{package} is {status}: nothing goes in or out.").format(
                package=package.plate, status=package.get_status_display()
            ),
            field="package",
        )


def require_standing_room(place: Location, *, levels: int, row: int | None = None) -> None:
    """Raise unless ``levels`` of packages may come to stand in ``place``.

    ``wrong_place``: no place of ours, sealed or being counted; ``too_deep``.
    """
    problem = ""
    if place.kind != Location.Kind.INTERNAL or not place.is_active:
        problem = _("Packages can't stand in {location}.")
    elif place.is_frozen:
        problem = _("{location} is being counted: nothing moves there until that is done.")
    elif place.is_sealed:
        problem = _("{location} is closed: open it first.")
    if problem:
        raise BusinessError(
            "wrong_place", problem.format(location=place.code), field="place", row=row
        )
    around = places_around(place.pk)
    if sum(one.package_id is not None for one in around) + levels > Package.DEEPEST:
        raise BusinessError(
            "too_deep",
            _("At most {most} packages stand in one another.").format(most=Package.DEEPEST),
            field="place",
            row=row,
        )


def _move(
    package: Package,
    one: Packed,
    source: Location,
    target: Location,
    row: int,
    *,
    is_package: bool = False,
) -> Move:
    require_decimal(one.quantity, field="quantity", row=row)
    require_company(package.company, row=row, item=one.item, lot=one.lot, location=source)
    _require_place(source, package.location, "location", row)
    return Move(
        item_id=one.item.pk,
        quantity=one.quantity,
        from_location=source,
        to_location=target,
        lot=one.lot,
        is_package=is_package,
    )


def _require_place(place: Location, inside: Location, field: str, row: int | None = None) -> None:
    if place.kind != Location.Kind.INTERNAL or place.site_id != inside.site_id:
        raise InvalidInput(
            "wrong_place",
            _("{place} is no place of {site}.").format(place=place.code, site=inside.site),
            field=field,
            row=row,
        )


def _empty(
    package: Package, inside: Location, target: Location, by: User, date: Date | None
) -> None:
    """Loose goods to ``target``; packages standing in it stand where it stood from now on."""
    rows = contents_of([package])
    moves = [
        Move(row.item_id, row.quantity, inside, target, lot=row.lot, is_package=True)
        for row in rows
    ]
    inner = [key for key, depth in standing_in([inside.pk]).get(inside.pk, ()) if depth == 1]
    if inner:
        places = list(Location.objects.select_for_update(no_key=True).filter(pk__in=inner))
        for place in places:
            place.parent = standing_place(package)
        update_all(places, "parent", by=by)
    if moves:
        _post(package, moves, by, date)


def _post(package: Package, moves: Sequence[Move], by: User, date: Date | None) -> None:
    if not moves:
        raise InvalidInput("no_lines", _("Say what."), field="lines")
    post_moves(
        package.company,
        moves,
        source=package,
        date=date or timezone.localdate(),
        journal=JOURNAL,
        by=by,
        description=package.plate,
    )


def _seal(package: Package, sealed: bool, by: User) -> None:
    package.location.is_sealed = sealed
    update_all([package.location], "is_sealed", by=by)

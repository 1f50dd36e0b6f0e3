"""Packages go as one: to another place, to another site, out of the house, and back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date as Date

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, StaleVersion
from apps.core.models import Company, User
from apps.core.services.documents import insert_all, require_company, update_all
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Package, StockBalance
from apps.inventory.queries.packages import contents_of, places_around, standing_in
from apps.inventory.services.moves import Move, post_moves
from apps.inventory.services.packages import JOURNAL, require_standing_room
from apps.inventory.services.room import require_room

Status = Package.Status


def move_package(
    package: Package,
    *,
    to: Location,
    by: User,
    date: Date | None = None,
    version: int | None = None,
) -> Package:
    """Bring a package, with all that stands in it, to a bin or into an open package.

    On its own site nothing is posted: it stands elsewhere. To another site its contents are moved
    in one posting. Raises ``BusinessError``: ``circular``, ``too_deep``, ``wrong_place``,
    ``location_frozen``, ``no_room``, ``reserved`` for what is set aside here.
    """
    require_company(package.company, to=to)
    with unit_of_work():
        package, target = _locked(package, to, version)
        inner = standing_in([package.location_id]).get(package.location_id, [])
        _check(package, target, inner)
        family = [package.location, *_places([key for key, _depth in inner])]
        if target.site_id == package.location.site_id:
            _restand(package, family, target, by)
        else:
            _change_site(package, family, target, by, date or timezone.localdate())
        limited = [one for one in places_around(target.pk) if one.is_limited]
        require_room({one.location_id: None for one in limited})
        return package.save_by(by)


def ship_packages(company: Company, location_ids: Collection[int], *, by: User) -> list[Package]:
    """The packages that stood for ``location_ids`` have gone: they must be empty in the books.

    Outer packages go with the last one in them. Raises ``BusinessError`` (``goes_whole``) for one
    that something is left in. One statement when none of the places is a package.
    """
    with unit_of_work():
        packages = list(
            Package.objects.filter(
                company=company, location__in=location_ids, status__in=Package.HERE
            )
            .select_related("location")
            .order_by("pk")
        )
        if not packages:
            return []
        gone = {one.location_id: one for one in packages}
        for outer in _outer(packages):
            gone.setdefault(outer.location_id, outer)
        left = contents_of(list(gone.values()))
        unfinished = {row.location_id for row in left}
        inner = standing_in(gone)
        leaving = [one for one in gone.values() if one.status == Status.CLOSED]
        for package in leaving:
            inside = [package.location_id, *(k for k, _depth in inner.get(package.location_id, ()))]
            if any(key in unfinished or key not in gone for key in inside):
                raise BusinessError(
                    "goes_whole",
                    _("{package} is closed and goes whole: open it to take a part.").format(
                        package=package.plate
                    ),
                    field="location",
                )
        return _set_gone(leaving, Status.SHIPPED, by)


def return_packages(company: Company, location_ids: Collection[int], *, by: User) -> list[Package]:
    """Packages that a shipment took are back, closed, where they stood."""
    with unit_of_work():
        packages = list(
            Package.objects.filter(
                company=company, location__in=location_ids, status=Status.SHIPPED
            ).select_related("location")
        )
        known = {one.location_id for one in packages}
        packages += [
            one
            for one in _outer(packages, statuses=(Status.SHIPPED,))
            if one.location_id not in known
        ]
        return _set_gone(packages, Status.CLOSED, by)


def _locked(package: Package, to: Location, version: int | None) -> tuple[Package, Location]:
    """Documents by key, then places from outside to inside: two who nest the other wait."""
    outer_id = Package.objects.filter(location=to).values_list("pk", flat=True).first()
    keys = sorted({package.pk, outer_id or package.pk})
    rows = Package.objects.select_for_update(of=("self",)).select_related("location__site")
    locked = {row.pk: row for row in rows.filter(pk__in=keys).order_by("pk")}
    current = locked[package.pk]
    if version is not None and current.version != version:
        raise StaleVersion(
            "stale_version", _("Somebody changed this in the meantime. Reload and try again.")
        )
    target = _places([to.pk])[0]
    current.location = _places([current.location_id])[0]
    return current, target


def _places(keys: Sequence[int]) -> list[Location]:
    rows = Location.objects.select_for_update(of=("self",), no_key=True).select_related("site")
    found = {row.pk: row for row in rows.filter(pk__in=keys).order_by("pk")}
    return [found[key] for key in keys]


def _check(package: Package, target: Location, inner: Sequence[tuple[int, int]]) -> None:
    if package.status not in Package.HERE:
        raise BusinessError(
            "wrong_status",
            _("{package} is {status}: it stands nowhere.").format(
                package=package.plate, status=package.get_status_display()
            ),
            field="status",
        )
    if package.location.is_frozen:
        raise BusinessError(
            "location_frozen",
            _("{location} is being counted: nothing moves there until that is done.").format(
                location=package.plate
            ),
            field="location",
        )
    around = [one.location_id for one in places_around(target.pk)]
    if package.location_id in around:
        raise BusinessError("circular", _("A package can't stand in itself."), field="to")
    if package.location.parent_id == target.pk:
        raise BusinessError(
            "same_location",
            _("{package} stands there already.").format(package=package.plate),
            field="to",
        )
    levels = 1 + max((depth for _key, depth in inner), default=0)
    require_standing_room(target, levels=levels)
    changes_use = package.location.is_quarantine != target.is_quarantine
    if changes_use or target.site_id != package.location.site_id:
        _require_unreserved(package, [package.location_id, *(key for key, _depth in inner)])


def _require_unreserved(package: Package, places: Sequence[int]) -> None:
    rows = StockBalance.objects.filter(location__in=places)
    if rows.aggregate(total=Sum("reserved"))["total"]:
        raise BusinessError(
            "reserved",
            _("Goods in {package} are set aside for somebody.").format(package=package.plate),
            field="package",
        )


def _restand(package: Package, family: Sequence[Location], target: Location, by: User) -> None:
    package.location.parent = target
    for place in family:
        place.is_quarantine = target.is_quarantine
    update_all(family, "parent", "is_quarantine", by=by)


def _change_site(
    package: Package, family: Sequence[Location], target: Location, by: User, date: Date
) -> None:
    """Each package of the family gets its place on the other site, old or new."""
    packages = {
        one.location_id: one
        for one in Package.objects.select_for_update(of=("self",))
        .filter(location__in=[place.pk for place in family])
        .order_by("pk")
    }
    packages[package.location_id] = package
    rows = contents_of(list(packages.values()))
    moved: dict[int, Location] = {}
    for place in family:
        outer = moved.get(place.parent_id or 0)
        parent = target if place is package.location or outer is None else outer
        moved[place.pk] = _place_at(packages[place.pk], place, parent, by)
    post_moves(
        package.company,
        [
            Move(
                row.item_id,
                row.quantity,
                row.location,
                moved[row.location_id],
                lot=row.lot,
                is_package=True,
            )
            for row in rows
        ],
        source=package,
        date=date,
        journal=JOURNAL,
        by=by,
        description=package.plate,
    )
    for place in family:
        place.is_active = False
        packages[place.pk].location = moved[place.pk]
    update_all(family, "is_active", by=by)
    others = [one for one in packages.values() if one is not package]
    update_all(others, "location", by=by)


def _place_at(package: Package, old: Location, parent: Location, by: User) -> Location:
    site = parent.site
    codes = [package.plate, f"{package.plate}@{site.code if site else ''}"]
    known = Location.objects.filter(
        company=package.company, code__in=codes, site=parent.site
    ).first()
    if known is None:
        place = Location(
            company=package.company,
            code=codes[1],
            name=old.name,
            site=parent.site,
            parent=parent,
            is_quarantine=parent.is_quarantine,
            is_sealed=old.is_sealed,
        )
        return insert_all([place], by=by)[0]
    known.parent, known.is_active = parent, True
    known.is_quarantine, known.is_sealed = parent.is_quarantine, old.is_sealed
    return update_all([known], "parent", "is_active", "is_quarantine", "is_sealed", by=by)[0]


def _outer(packages: Sequence[Package], statuses: Collection[str] = Package.HERE) -> list[Package]:
    found: dict[int, Package] = {}
    parents = {one.location.parent_id for one in packages} - {None}
    while parents:
        rows = list(
            Package.objects.filter(location__in=parents, status__in=statuses)
            .exclude(pk__in=found)
            .select_related("location")
        )
        found.update({row.pk: row for row in rows})
        parents = {row.location.parent_id for row in rows} - {None}
    return list(found.values())


def _set_gone(packages: Sequence[Package], status: str, by: User) -> list[Package]:
    if not packages:
        return []
    for package in packages:
        package.transition_to(status)
        package.location.is_active = status != Status.SHIPPED
    update_all([package.location for package in packages], "is_active", by=by)
    return update_all(packages, "status", by=by)

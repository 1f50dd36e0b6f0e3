"""The places that stock moves between."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.services.documents import insert_all, lock
from apps.core.services.master_data import create_row, update_row
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Package
from apps.inventory.queries.locations import VIRTUAL_KINDS
from apps.inventory.queries.packages import standing_in

#: What a place is can't change while something lies there or has moved through it.
_FIXED = ("kind", "site", "held_by", "owner")
_REFERENCES = ("site", "parent", "held_by", "owner")
_IS_USED = """
SELECT EXISTS (SELECT 1 FROM inventory_stockbalance WHERE location_id = %(id)s AND quantity > 0)
    OR EXISTS (SELECT 1 FROM inventory_stockmove
                WHERE from_location_id = %(id)s OR to_location_id = %(id)s)
"""
_HAS_STOCK = """
SELECT EXISTS (SELECT 1 FROM inventory_stockbalance WHERE location_id = %s AND quantity > 0)
"""


def ensure_virtual_locations(company: Company, *, by: Any) -> dict[str, Location]:
    """Give ``company`` one location of each virtual kind, where it lacks one; all by kind."""
    with unit_of_work():
        add_virtual_locations(company, by=by)
        found: dict[str, Location] = {}
        for row in Location.objects.filter(company=company, kind__in=VIRTUAL_KINDS).order_by("id"):
            found.setdefault(row.kind, row)
    return found


def add_virtual_locations(company: Company, *, by: Any) -> list[Location]:
    """A location of each virtual kind that ``company`` has none of, in use or not; those added.

    Their codes are the kinds in capitals: SUPPLIER, CUSTOMER, PRODUCTION and so on. Raises
    ``BusinessError`` ``code_taken`` when a location of another kind has that code.
    """
    with unit_of_work():
        # two at once would both find none: one company, one at a time
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        kinds = dict(Location.objects.filter(company=company).values_list("code", "kind"))
        missing = [kind for kind in VIRTUAL_KINDS if kind not in kinds.values()]
        for kind in missing:
            if kind.upper() in kinds:
                raise BusinessError(
                    "code_taken",
                    _("{code} is a location of another kind than “{kind}”: rename it.").format(
                        code=kind.upper(), kind=kind.label
                    ),
                    field="code",
                )
        return insert_all(
            [
                Location(company=company, code=kind.upper(), name=str(kind.label), kind=kind)
                for kind in missing
            ],
            by=by,
        )


def create_location(*, by: Any, reason: str = "", **values: Any) -> Location:
    """A new place. Raises ``InvalidInput`` for one of ours without a site."""
    with unit_of_work():
        check_locations([Location(**values)], company=values["company"])
        return create_row(Location, values=values, by=by, reason=reason)


def update_location(
    row: Location, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> Location:
    """Change a place. Its kind and site stay once stock has moved through it."""
    with unit_of_work():
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        check_locations([wanted], company=wanted.company)
        return update_row(row, values=values, by=by, reason=reason)


def check_locations(rows: list[Location], *, company: Company) -> None:
    """Raise for a place that can't be as ``rows`` (not saved yet) want it, naming the row."""
    before = Location.objects.in_bulk([row.pk for row in rows if row.pk is not None])
    for place, row in enumerate(rows):
        if row.kind in (Location.Kind.INTERNAL, Location.Kind.FOREIGN) and row.site_id is None:
            raise InvalidInput(
                "site_required", _("A place of ours has a site."), field="site", row=place
            )
        if row.held_by_id is not None and row.kind != Location.Kind.INTERNAL:
            raise InvalidInput(
                "not_ours",
                _("Only a place of ours can lie at a partner's."),
                field="held_by",
                row=place,
            )
        if (row.kind == Location.Kind.FOREIGN) != (row.owner_id is not None):
            raise InvalidInput(
                "owner_required" if row.owner_id is None else "not_foreign",
                _("A place for goods of a supplier, and no other, has an owner."),
                field="owner",
                row=place,
            )
        if row.parent_id is not None and row.parent_id == row.pk:
            raise InvalidInput(
                "circular", _("A place does not lie in itself."), field="parent", row=place
            )
        if row.pk in before:
            _check_change(before[row.pk], row, place)
    _check_packages(before, rows)


def _check_change(old: Location, new: Location, place: int) -> None:
    fixed = [name for name in _FIXED if _key(old, name) != _key(new, name)]
    if fixed and fetch_all(_IS_USED, {"id": new.pk})[0][0]:
        raise BusinessError(
            "location_in_use",
            _("Stock has moved through {location}: its kind, site and holder stay.").format(
                location=new.code
            ),
            field=fixed[0],
            row=place,
        )
    if old.is_active and not new.is_active and fetch_all(_HAS_STOCK, [new.pk])[0][0]:
        raise BusinessError(
            "location_in_use",
            _("Stock lies at {location}.").format(location=new.code),
            field="is_active",
            row=place,
        )


def _check_packages(before: dict[int, Location], rows: list[Location]) -> None:
    """Packages are moved by their own services; what they stand in stays as it is meanwhile."""
    names = ("code", *_FIXED, "parent", "is_quarantine", "is_active")
    changed = {
        row.pk: (place, name)
        for place, row in enumerate(rows)
        for name in names
        if row.pk in before and _key(before[row.pk], name) != _key(row, name)
    }
    if not changed:
        return
    packages = set(Package.objects.filter(location__in=changed).values_list("location", flat=True))
    holding = standing_in(changed)
    for key, (place, name) in changed.items():
        if key in packages:
            raise BusinessError(
                "is_package",
                _("{location} is a package: move it as one.").format(location=before[key].code),
                field=name,
                row=place,
            )
        if key in holding and name in ("is_quarantine", "is_active"):
            raise BusinessError(
                "location_in_use",
                _("Packages stand at {location}.").format(location=before[key].code),
                field=name,
                row=place,
            )


def _key(row: Location, name: str) -> Any:
    return getattr(row, f"{name}_id" if name in _REFERENCES else name)

"""Finding the places that stand for a reason."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.inventory.models import Location

_REAL = {Location.Kind.INTERNAL, Location.Kind.FOREIGN}
VIRTUAL_KINDS = tuple(kind for kind in Location.Kind if kind not in _REAL)


def virtual_locations(company: Company, kinds: Iterable[str]) -> dict[str, Location]:
    """The virtual location of each of ``kinds``: the oldest active one of its kind.

    Raises ``BusinessError`` naming the first kind that has none.
    """
    wanted = {Location.Kind(kind) for kind in kinds}
    rows = Location.objects.filter(company=company, kind__in=wanted, is_active=True)
    found: dict[str, Location] = {}
    for location in rows.order_by("id"):
        found.setdefault(location.kind, location)
    for kind in sorted(wanted - set(found)):
        raise BusinessError(
            "no_location",
            _("There is no location of the kind “{kind}”. Create one first.").format(
                kind=Location.Kind(kind).label
            ),
            field="location",
        )
    return found


def virtual_location(company: Company, kind: str) -> Location:
    """The virtual location of ``kind``. Raises ``BusinessError`` when the company has none."""
    return virtual_locations(company, [kind])[kind]

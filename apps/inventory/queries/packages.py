"""What stands in what, and what packages contain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.core.models import Company, User
from apps.core.sql import fetch_all
from apps.inventory.models import Package, StockBalance
from apps.masterdata.gs1.check_digits import is_checked

SSCC_LENGTH = 18
#: A package can't stand deeper than this; what claims to is a circle.
_FAR = 20

# Level by level, so that whoever locks them comes from outside to inside.
_STANDING = """
WITH RECURSIVE inside AS (
  SELECT p.id AS root, p.id, 0 AS depth FROM inventory_location p WHERE p.id = ANY(%s)
  UNION ALL
  SELECT i.root, p.id, i.depth + 1
    FROM inside i
    JOIN inventory_location p ON p.parent_id = i.id AND p.is_active
    JOIN inventory_package k ON k.location_id = p.id
   WHERE i.depth < %s)
SELECT root, id, depth FROM inside WHERE depth > 0 ORDER BY depth, id
"""
_AROUND = """
WITH RECURSIVE around AS (
  SELECT p.*, 0 AS depth FROM inventory_location p WHERE p.id = %s
  UNION ALL
  SELECT o.*, a.depth + 1
    FROM around a
    JOIN inventory_package k ON k.location_id = a.id
    JOIN inventory_location o ON o.id = a.parent_id
   WHERE a.depth < %s)
SELECT a.id, k.id, a.is_single_item OR a.max_quantity IS NOT NULL OR a.max_weight IS NOT NULL
       OR a.max_volume IS NOT NULL
  FROM around a LEFT JOIN inventory_package k ON k.location_id = a.id ORDER BY a.depth
"""


@dataclass(frozen=True, slots=True)
class Around:
    """A place on the way from the inside of a package out to its bin."""

    location_id: int
    package_id: int | None
    is_limited: bool


def standing_in(location_ids: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """The places of all packages standing in each of the places: (location, how deep)."""
    found: dict[int, list[tuple[int, int]]] = {}
    for root, location_id, depth in fetch_all(_STANDING, [sorted(set(location_ids)), _FAR]):
        found.setdefault(root, []).append((location_id, depth))
    return found


def with_packages(location_ids: Iterable[int]) -> list[int]:
    """The places and those of the packages standing in them, from outside to inside."""
    roots = sorted(set(location_ids))
    inner = [(depth, key) for rows in standing_in(roots).values() for key, depth in rows]
    return list(dict.fromkeys([*roots, *(key for _depth, key in sorted(inner))]))


def places_around(location_id: int) -> list[Around]:
    """The place itself, then each outer package's, last the bin."""
    return [Around(*row) for row in fetch_all(_AROUND, [location_id, _FAR])]


def contents_of(packages: Sequence[Package]) -> list[StockBalance]:
    """What lies in the packages, without what lies in packages standing in them."""
    rows = StockBalance.objects.filter(
        location__in=[package.location_id for package in packages], quantity__gt=0
    )
    return list(rows.select_related("item__unit", "lot", "location").order_by("item__code", "pk"))


def scanned_packages(company: Company, code: str, *, user: User) -> list[Package]:
    """Packages that ``code`` names: an SSCC, with or without its identifier, or a number."""
    if len(code) == SSCC_LENGTH + 2 and code.startswith("00") and is_checked(code[2:]):
        code = code[2:]
    rows = Package.objects.visible_to(user).filter(company=company)
    found = rows.filter(sscc=code) if len(code) == SSCC_LENGTH and code.isdigit() else rows.none()
    found = found | rows.filter(number__iexact=code)
    return list(found.select_related("location__parent", "location__site")[:5])

"""What an item is made of, down to what is bought, and where an item is used.

Quantities are in stock units of the component, scrap included: quantity / (1 - scrap). Only
bills in force on a day count (today's, unless one is given), or the bill that is named. What an
order needs: ``queries.requirements``.

One recursive statement reads each line below (or above) the item once; the many ways through
them are walked over plain values.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import NamedTuple

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.engineering.models import BillOfMaterials
from apps.engineering.queries.effectivity import in_force, today
from apps.engineering.structure import low_level_codes
from apps.masterdata.models import Item

ONE = Decimal(1)
# The bill named stands in for the one of its item that is in force.
_CHOSEN = f"""(b.id = %(bom)s
        OR {in_force("b")} AND (%(bom)s::bigint IS NULL OR b.item_id <> %(item)s))"""
# One row per line: stock units of the component in one stock unit of the parent.
EDGES = f"""
SELECT b.id AS bom_id, b.item_id AS parent_id, l.id AS line_id, l.position, l.item_id,
       l.quantity * CASE WHEN l.unit_id IS NULL OR l.unit_id = i.unit_id THEN 1
                         WHEN o.id IS NOT NULL THEN o.numerator
                         ELSE u.numerator * s.denominator::numeric END * 100
     / (CASE WHEN l.unit_id IS NULL OR l.unit_id = i.unit_id THEN 1
             WHEN o.id IS NOT NULL THEN o.denominator
             ELSE u.denominator * s.numerator::numeric END
        * b.quantity * (100 - l.scrap_percent)) AS per_unit
  FROM engineering_billofmaterials b
  JOIN engineering_bomline l ON l.bom_id = b.id
  JOIN masterdata_item i ON i.id = l.item_id
  LEFT JOIN masterdata_unit u ON u.id = l.unit_id
  LEFT JOIN masterdata_unit s ON s.id = i.unit_id
  LEFT JOIN masterdata_itemunit o ON o.item_id = l.item_id AND o.unit_id = l.unit_id
 WHERE b.company_id = %(company)s
   AND {_CHOSEN}
"""  # noqa: S608 - constants only
_BELOW = f"""
WITH RECURSIVE below AS (
  SELECT %(item)s::bigint AS item_id
  UNION
  SELECT l.item_id FROM below
    JOIN engineering_billofmaterials b ON b.item_id = below.item_id
     AND {_CHOSEN}
    JOIN engineering_bomline l ON l.bom_id = b.id)
SELECT e.parent_id, e.line_id, e.item_id, i.code, i.name, i.kind, trim_scale(e.per_unit)
  FROM ({EDGES}) AS e JOIN masterdata_item i ON i.id = e.item_id
 WHERE e.parent_id IN (SELECT item_id FROM below)
 ORDER BY e.parent_id, e.position, e.line_id
"""  # noqa: S608 - constants only
_ABOVE = f"""
WITH RECURSIVE above AS (
  SELECT %(item)s::bigint AS item_id
  UNION
  SELECT b.item_id FROM above
    JOIN engineering_bomline l ON l.item_id = above.item_id
    JOIN engineering_billofmaterials b ON b.id = l.bom_id AND {in_force("b")})
SELECT e.item_id, e.parent_id, i.code, i.name, e.bom_id, trim_scale(e.per_unit)
  FROM ({EDGES}) AS e JOIN masterdata_item i ON i.id = e.parent_id
 WHERE e.item_id IN (SELECT item_id FROM above)
 ORDER BY i.code, e.line_id
"""  # noqa: S608 - constants only
_ALL_EDGES = f"""
SELECT b.item_id, l.item_id FROM engineering_billofmaterials b
  JOIN engineering_bomline l ON l.bom_id = b.id
 WHERE b.company_id = %(company)s AND {in_force("b")}
"""  # noqa: S608 - constants only


class _Line(NamedTuple):
    line_id: int
    item_id: int
    code: str
    name: str
    kind: str
    per_unit: Decimal


class Node(NamedTuple):
    """A line of the indented explosion. ``quantity`` is for all that was asked for."""

    level: int
    item_id: int
    code: str
    name: str
    kind: str
    parent_id: int
    line_id: int
    quantity_per: Decimal
    quantity: Decimal
    has_components: bool


@dataclass(frozen=True, slots=True)
class Requirement:
    """How much of an item without components of its own is needed."""

    item_id: int
    code: str
    name: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Use:
    """A parent that needs the item, ``level`` steps above it; ``is_top``: nothing needs that."""

    level: int
    item_id: int
    code: str
    name: str
    bom_id: int
    quantity_per: Decimal
    is_top: bool


def explosion(
    item: Item,
    *,
    quantity: Decimal = ONE,
    bom: BillOfMaterials | None = None,
    levels: int | None = None,
    on: Date | None = None,
) -> list[Node]:
    """Everything in ``quantity`` of ``item``, indented: each component under its parent."""
    below = _lines_below(item, bom, on)
    result: list[Node] = []
    waiting = [(item.pk, quantity, 1, iter(below.get(item.pk, ())))]
    while waiting:
        parent_id, needed, level, lines = waiting[-1]
        line = next(lines, None)
        if line is None:
            waiting.pop()
            continue
        line_id, item_id, code, name, kind, per_unit = line
        extended = needed * per_unit
        inner = below.get(item_id)
        result.append(
            Node(
                level,
                item_id,
                code,
                name,
                kind,
                parent_id,
                line_id,
                per_unit,
                extended,
                inner is not None,
            )
        )
        if inner is not None and level != levels:
            waiting.append((item_id, extended, level + 1, iter(inner)))
    return result


def leaf_requirements(
    item: Item,
    *,
    quantity: Decimal = ONE,
    bom: BillOfMaterials | None = None,
    on: Date | None = None,
) -> list[Requirement]:
    """What ``quantity`` of ``item`` comes down to: items that are made of nothing, summed.

    Level by level, so that an item needed in many places is resolved once.
    """
    below = _lines_below(item, bom, on)
    codes = low_level_codes(
        (parent_id, line.item_id) for parent_id, lines in below.items() for line in lines
    )
    needed: dict[int, Decimal] = defaultdict(Decimal, {item.pk: quantity})
    for parent_id in sorted(below, key=lambda one: codes[one]):
        for line in below[parent_id]:
            needed[line.item_id] += needed[parent_id] * line.per_unit
    leaves = {
        line.item_id: Requirement(line.item_id, line.code, line.name, needed[line.item_id])
        for lines in below.values()
        for line in lines
        if line.item_id not in below
    }
    return sorted(leaves.values(), key=lambda row: row.code)


def where_used(item: Item, *, levels: int | None = None, on: Date | None = None) -> list[Use]:
    """The bills in force that need ``item``; with ``levels=1`` only those that name it.

    ``quantity_per`` is what one stock unit of that parent takes of the item, all steps multiplied.
    """
    above: dict[int, list[tuple[int, str, str, int, Decimal]]] = {}
    for item_id, *use in fetch_all(_ABOVE, _values(item, None, on)):
        above.setdefault(item_id, []).append(tuple(use))
    result: list[Use] = []
    waiting = [(1, ONE, iter(above.get(item.pk, ())))]
    while waiting:
        level, quantity, parents = waiting[-1]
        found = next(parents, None)
        if found is None:
            waiting.pop()
            continue
        parent_id, code, name, bom_id, per_unit = found
        is_top = parent_id not in above
        result.append(Use(level, parent_id, code, name, bom_id, quantity * per_unit, is_top))
        if level != levels:
            waiting.append((level + 1, quantity * per_unit, iter(above.get(parent_id, ()))))
    return result


def item_levels(company: Company, *, on: Date | None = None) -> dict[int, int]:
    """The low-level code of each item in a bill in force: planning goes from 0 down."""
    values = {"company": company.pk, "on": on or today(company)}
    return low_level_codes(fetch_all(_ALL_EDGES, values))


def _lines_below(
    item: Item, bom: BillOfMaterials | None, on: Date | None
) -> dict[int, list[_Line]]:
    below: dict[int, list[_Line]] = {}
    for parent_id, *line in fetch_all(_BELOW, _values(item, bom, on)):
        below.setdefault(parent_id, []).append(_Line(*line))
    return below


def _values(item: Item, bom: BillOfMaterials | None, on: Date | None) -> dict[str, object]:
    return {
        "company": item.company_id,
        "item": item.pk,
        "bom": bom.pk if bom else None,
        "on": on or today(item.company),
    }

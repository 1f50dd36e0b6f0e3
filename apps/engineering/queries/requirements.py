"""What an order of an item needs: the design in force, phantoms blown through, in stock units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeVar

from django.db import connection

from apps.core.money import ZERO, round_quantity
from apps.core.sql import fetch_all
from apps.engineering.models import BillOfMaterials, Routing
from apps.engineering.queries.effectivity import in_force, today
from apps.masterdata.models import Item

Design = TypeVar("Design", BillOfMaterials, Routing)

# A component's quantity per unit made, in its stock unit, scrap included.
_NET_PER_UNIT = """
(l.quantity / b.quantity * CASE
   WHEN l.unit_id IS NULL OR l.unit_id = i.unit_id THEN 1
   ELSE coalesce(own.numerator::numeric / own.denominator,
                 u.numerator::numeric * stock.denominator / (u.denominator * stock.numerator)) END)
"""
_PER_UNIT = f"({_NET_PER_UNIT} / (1 - l.scrap_percent / 100))"
_JOINS = """
  JOIN engineering_bomline l ON l.bom_id = b.id
  JOIN masterdata_item i ON i.id = l.item_id
  JOIN masterdata_unit stock ON stock.id = i.unit_id
  LEFT JOIN masterdata_unit u ON u.id = l.unit_id
  LEFT JOIN masterdata_itemunit own ON own.item_id = i.id AND own.unit_id = l.unit_id
"""
_REQUIREMENTS = f"""
WITH RECURSIVE need AS (
  SELECT l.position, l.id, l.item_id, i.kind, l.operation_sequence, l.issue_method,
         (%(quantity)s::numeric * {_PER_UNIT})::numeric AS quantity
    FROM engineering_billofmaterials b {_JOINS}
   WHERE b.id = %(bom)s
  UNION ALL
  SELECT need.position, need.id, l.item_id, i.kind, need.operation_sequence, need.issue_method,
         (need.quantity * {_PER_UNIT})::numeric
    FROM need
    JOIN engineering_billofmaterials b ON b.item_id = need.item_id AND {in_force("b")}
    {_JOINS}
   WHERE need.kind = 'phantom'
)
SELECT position, item_id, operation_sequence, issue_method, sum(quantity)
  FROM need WHERE kind <> 'phantom'
 GROUP BY position, id, item_id, operation_sequence, issue_method ORDER BY position, id, item_id
"""  # noqa: S608 - only constants of this module are joined

# What items are made of, phantoms blown through. One that is in itself is marked, not followed.
_PARTS = """
WITH RECURSIVE need AS (
  SELECT b.item_id AS made_id, b.item_id AS parent_id, l.item_id, i.kind,
         {per_unit}::numeric AS quantity,
         ARRAY[b.item_id, l.item_id] AS path, l.item_id = b.item_id AS is_loop
    FROM engineering_billofmaterials b {joins}
   WHERE b.item_id = ANY(%(items)s) AND {in_force}
  UNION ALL
  SELECT need.made_id, need.item_id, l.item_id, i.kind,
         (need.quantity * {per_unit})::numeric,
         need.path || l.item_id, l.item_id = ANY(need.path)
    FROM need
    JOIN engineering_billofmaterials b ON b.item_id = need.item_id AND {in_force}
    {joins}
   WHERE need.kind = 'phantom' AND NOT need.is_loop
)
SELECT made_id, parent_id, item_id, kind, is_loop, sum(quantity)
  FROM need GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3
"""
_FILLED = {"joins": _JOINS, "in_force": in_force("b")}
# What a customer gets of a kit: nothing for scrap.
_KIT_PARTS = _PARTS.format(per_unit=_NET_PER_UNIT, **_FILLED)
_MATERIAL_PARTS = _PARTS.format(per_unit=_PER_UNIT, **_FILLED)


@dataclass(frozen=True, slots=True)
class Parts:
    """``parts``: stock units of each item in one of another. ``fault``: why nobody can tell."""

    parts: dict[int, Decimal]
    fault: Literal["", "no_bom", "loop"] = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """``quantity`` stock units of a component for the whole order."""

    position: int
    item_id: int
    operation_sequence: int | None
    issue_method: str
    quantity: Decimal


def order_requirements(
    bom: BillOfMaterials, quantity: Decimal, *, on: Date | None = None
) -> list[Requirement]:
    """Components for ``quantity`` of the bill's item, one level, phantoms replaced by theirs.

    Phantoms are those of the bills in force ``on`` a day, today's when it is left out.
    """
    values = {"bom": bom.pk, "quantity": quantity, "on": on or today(bom.company)}
    rows = fetch_all(_REQUIREMENTS, values)
    return [
        Requirement(position, item_id, sequence, issue_method, round_quantity(needed))
        for position, item_id, sequence, issue_method, needed in rows
    ]


def kit_parts(kit_ids: Sequence[int], *, on: Date) -> dict[int, Parts]:
    """What each phantom is made of by the bills in force ``on`` a day, kits in kits blown through.

    Services among the parts are left out. One statement however many kits.
    """
    found = _parts_of(_KIT_PARTS, kit_ids, on)
    return {
        key: Parts({item: round_quantity(q) for item, q in one.parts.items()}, one.fault)
        for key, one in found.items()
    }


def material_parts(item_ids: Sequence[int], *, on: Date) -> dict[int, Parts]:
    """The components of each item, one level, scrap included, phantoms replaced by theirs.

    Quantities are not rounded. Services are left out. One statement however many items.
    """
    return _parts_of(_MATERIAL_PARTS, item_ids, on)


def _parts_of(statement: str, item_ids: Sequence[int], on: Date) -> dict[int, Parts]:
    own: dict[int, list[tuple]] = {key: [] for key in item_ids}
    for made_id, *row in fetch_all(statement, {"items": list(item_ids), "on": on}):
        own[made_id].append(tuple(row))
    return {key: _parts(key, found) for key, found in own.items()}


def _parts(made_id: int, rows: Sequence[tuple]) -> Parts:
    if any(is_loop for _parent, _item, _kind, is_loop, _quantity in rows):
        return Parts({}, "loop")
    parents = {parent for parent, *_rest in rows}
    phantoms = {item for _parent, item, kind, *_rest in rows if kind == Item.Kind.PHANTOM}
    parts: dict[int, Decimal] = {}
    for _parent, item, kind, _is_loop, quantity in rows:
        if kind not in (Item.Kind.PHANTOM, Item.Kind.SERVICE):
            parts[item] = parts.get(item, ZERO) + quantity
    if not parts or not phantoms | {made_id} <= parents:
        return Parts({}, "no_bom")
    return Parts(parts)


def released_design(
    item: Item, *, on: Date | None = None
) -> tuple[BillOfMaterials | None, Routing | None]:
    """The item's bill and routing in force ``on`` a day (today), as far as there are any."""
    rows = fetch_all(_design(), {"item": item.pk, "on": on or today(item.company)})
    width = len(BillOfMaterials._meta.concrete_fields)
    [[*values]] = rows
    return _row(BillOfMaterials, values[:width]), _row(Routing, values[width:])


@cache
def _design() -> str:
    columns = [
        f"{alias}.{field.column}"
        for alias, model in (("b", BillOfMaterials), ("r", Routing))
        for field in model._meta.concrete_fields
    ]
    return f"""
    SELECT {", ".join(columns)} FROM (VALUES (%(item)s::bigint)) AS i(id)
      LEFT JOIN engineering_billofmaterials b ON b.item_id = i.id AND {in_force("b")}
      LEFT JOIN engineering_routing r ON r.item_id = i.id AND {in_force("r")}
    """  # noqa: S608 - columns of the models


def _row(model: type[Design], values: Sequence[Any]) -> Design | None:
    names = [field.attname for field in model._meta.concrete_fields]
    found = dict(zip(names, values, strict=True))
    return None if found["id"] is None else model.from_db(connection.alias, names, values)

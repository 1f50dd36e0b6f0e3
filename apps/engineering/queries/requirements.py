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

# What a customer gets of a kit: nothing for scrap. A kit in itself is marked, not followed.
_KIT_PARTS = f"""
WITH RECURSIVE need AS (
  SELECT b.item_id AS kit_id, b.item_id AS parent_id, l.item_id, i.kind,
         {_NET_PER_UNIT}::numeric AS quantity,
         ARRAY[b.item_id, l.item_id] AS path, l.item_id = b.item_id AS is_loop
    FROM engineering_billofmaterials b {_JOINS}
   WHERE b.item_id = ANY(%(kits)s) AND {in_force("b")}
  UNION ALL
  SELECT need.kit_id, need.item_id, l.item_id, i.kind,
         (need.quantity * {_NET_PER_UNIT})::numeric,
         need.path || l.item_id, l.item_id = ANY(need.path)
    FROM need
    JOIN engineering_billofmaterials b ON b.item_id = need.item_id AND {in_force("b")}
    {_JOINS}
   WHERE need.kind = 'phantom' AND NOT need.is_loop
)
SELECT kit_id, parent_id, item_id, kind, is_loop, sum(quantity)
  FROM need GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3
"""  # noqa: S608 - only constants of this module are joined


@dataclass(frozen=True, slots=True)
class Kit:
    """``parts``: stock units of each item in one kit. ``fault``: why it can't be taken apart."""

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


def kit_parts(kit_ids: Sequence[int], *, on: Date) -> dict[int, Kit]:
    """What each phantom is made of by the bills in force ``on`` a day, kits in kits blown through.

    Services among the parts are left out. One statement however many kits.
    """
    rows = fetch_all(_KIT_PARTS, {"kits": list(kit_ids), "on": on})
    own: dict[int, list[tuple]] = {key: [] for key in kit_ids}
    for kit_id, *row in rows:
        own[kit_id].append(tuple(row))
    return {key: _kit(key, found) for key, found in own.items()}


def _kit(kit_id: int, rows: Sequence[tuple]) -> Kit:
    if any(is_loop for _parent, _item, _kind, is_loop, _quantity in rows):
        return Kit({}, "loop")
    parents = {parent for parent, *_rest in rows}
    kits = {item for _parent, item, kind, *_rest in rows if kind == Item.Kind.PHANTOM}
    parts: dict[int, Decimal] = {}
    for _parent, item, kind, _is_loop, quantity in rows:
        if kind not in (Item.Kind.PHANTOM, Item.Kind.SERVICE):
            parts[item] = parts.get(item, ZERO) + quantity
    if not parts or not kits | {kit_id} <= parents:
        return Kit({}, "no_bom")
    return Kit({item: round_quantity(quantity) for item, quantity in parts.items()})


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

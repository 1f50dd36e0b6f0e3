"""What an item is made of, down to what is bought, and where an item is used.

Quantities are in stock units of the component, scrap included: quantity / (1 - scrap). Only
released bills count, unless a bill is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.engineering.models import BillOfMaterials
from apps.engineering.structure import low_level_codes
from apps.masterdata.models import Item

ONE = Decimal(1)
DEEPEST = 60
# One row per line: stock units of the component in one stock unit of the parent.
EDGES = """
SELECT b.id AS bom_id, b.item_id AS parent_id, b.status, l.id AS line_id, l.item_id, l.position,
       l.operation_sequence, l.issue_method, i.kind,
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
 WHERE b.company_id = %(company)s AND (b.status = 'released' OR b.id = %(bom)s)
"""
# The bill named stands in for the released one of its item; a released one else.
_TREE = f"""
WITH RECURSIVE edges AS MATERIALIZED (
  SELECT * FROM ({EDGES}) AS e
   WHERE %(bom)s::bigint IS NULL OR e.bom_id = %(bom)s OR e.parent_id <> %(item)s),
tree AS (
  SELECT item_id, parent_id, kind, line_id, per_unit, per_unit * %(quantity)s AS quantity,
         1 AS level, ARRAY[position, line_id] AS path
    FROM edges WHERE parent_id = %(item)s
  UNION ALL
  SELECT e.item_id, e.parent_id, e.kind, e.line_id, e.per_unit, t.quantity * e.per_unit,
         t.level + 1, t.path || ARRAY[e.position, e.line_id]
    FROM tree t JOIN edges e ON e.parent_id = t.item_id
   WHERE t.level < %(levels)s)
"""  # noqa: S608 - constants only
_EXPLOSION = f"""{_TREE}
SELECT t.level, t.item_id, i.code, i.name, i.kind, t.parent_id, t.line_id,
       trim_scale(t.per_unit), trim_scale(t.quantity),
       EXISTS (SELECT 1 FROM edges e WHERE e.parent_id = t.item_id)
  FROM tree t JOIN masterdata_item i ON i.id = t.item_id
 ORDER BY t.path
"""  # noqa: S608 - constants only
_LEAVES = f"""{_TREE}
SELECT t.item_id, i.code, i.name, trim_scale(sum(t.quantity))
  FROM tree t JOIN masterdata_item i ON i.id = t.item_id
 WHERE NOT EXISTS (SELECT 1 FROM edges e WHERE e.parent_id = t.item_id)
 GROUP BY t.item_id, i.code, i.name ORDER BY i.code
"""  # noqa: S608 - constants only
# An order needs the components of its own bill; phantoms are never made, so it needs theirs.
_COMPONENTS = f"""
WITH RECURSIVE edges AS MATERIALIZED (
  SELECT * FROM ({EDGES}) AS e WHERE e.bom_id = %(bom)s OR e.parent_id <> %(item)s),
tree AS (
  SELECT item_id, kind, per_unit, operation_sequence, issue_method, ARRAY[position, line_id] AS path
    FROM edges WHERE bom_id = %(bom)s
  UNION ALL
  SELECT e.item_id, e.kind, t.per_unit * e.per_unit,
         coalesce(t.operation_sequence, e.operation_sequence), e.issue_method,
         t.path || ARRAY[e.position, e.line_id]
    FROM tree t JOIN edges e ON e.parent_id = t.item_id
   WHERE t.kind = 'phantom' AND cardinality(t.path) < 2 * %(levels)s)
SELECT t.item_id, i.code, i.name, trim_scale(t.per_unit), t.operation_sequence, t.issue_method
  FROM tree t JOIN masterdata_item i ON i.id = t.item_id
 WHERE t.kind <> 'phantom' ORDER BY t.path
"""  # noqa: S608 - constants only
_WHERE_USED = f"""
WITH RECURSIVE edges AS MATERIALIZED (SELECT * FROM ({EDGES}) AS e),
up AS (
  SELECT parent_id, bom_id, line_id, per_unit, 1 AS level, ARRAY[line_id] AS path
    FROM edges WHERE item_id = %(item)s
  UNION ALL
  SELECT e.parent_id, e.bom_id, e.line_id, u.per_unit * e.per_unit, u.level + 1,
         u.path || e.line_id
    FROM up u JOIN edges e ON e.item_id = u.parent_id
   WHERE u.level < %(levels)s)
SELECT u.level, u.parent_id, i.code, i.name, u.bom_id, trim_scale(u.per_unit),
       NOT EXISTS (SELECT 1 FROM edges e WHERE e.item_id = u.parent_id)
  FROM up u JOIN masterdata_item i ON i.id = u.parent_id
 ORDER BY u.path
"""  # noqa: S608 - constants only
_ALL_EDGES = """
SELECT b.item_id, l.item_id FROM engineering_billofmaterials b
  JOIN engineering_bomline l ON l.bom_id = b.id
 WHERE b.company_id = %s AND b.status = 'released'
"""


@dataclass(frozen=True, slots=True)
class Node:
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
class OrderComponent:
    """What an order for one unit needs, phantoms resolved; a phantom's operation comes first."""

    item_id: int
    code: str
    name: str
    quantity_per: Decimal
    operation_sequence: int | None
    issue_method: str


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
    levels: int = DEEPEST,
) -> list[Node]:
    """Everything in ``quantity`` of ``item``, indented: each component under its parent."""
    return [Node(*row) for row in fetch_all(_EXPLOSION, _values(item, quantity, bom, levels))]


def leaf_requirements(
    item: Item, *, quantity: Decimal = ONE, bom: BillOfMaterials | None = None
) -> list[Requirement]:
    """What ``quantity`` of ``item`` comes down to: items that are made of nothing, summed."""
    return [Requirement(*row) for row in fetch_all(_LEAVES, _values(item, quantity, bom, DEEPEST))]


def order_components(bom: BillOfMaterials) -> list[OrderComponent]:
    """The components that one unit by ``bom`` needs, phantoms replaced by what they consist of."""
    values = _values(bom.item, ONE, bom, DEEPEST)
    return [OrderComponent(*row) for row in fetch_all(_COMPONENTS, values)]


def where_used(item: Item, *, levels: int = DEEPEST) -> list[Use]:
    """The released bills that need ``item``; with ``levels=1`` only those that name it."""
    return [Use(*row) for row in fetch_all(_WHERE_USED, _values(item, ONE, None, levels))]


def item_levels(company: Company) -> dict[int, int]:
    """The low-level code of each item in a released bill: planning goes from 0 down."""
    return low_level_codes(fetch_all(_ALL_EDGES, [company.pk]))


def _values(
    item: Item, quantity: Decimal, bom: BillOfMaterials | None, levels: int
) -> dict[str, object]:
    return {
        "company": item.company_id,
        "item": item.pk,
        "quantity": quantity,
        "bom": bom.pk if bom else None,
        "levels": min(levels, DEEPEST),
    }

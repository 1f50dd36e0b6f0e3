"""Two bills of one item line by line, and two roll-ups item by item, with what it costs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO, round_quantity
from apps.core.sql import fetch_all, fetch_dicts
from apps.engineering.models import BillOfMaterials, CostRollup
from apps.engineering.queries.costs import cost_structure
from apps.engineering.queries.effectivity import today
from apps.engineering.queries.explosion import EDGES
from apps.engineering.rollup import roll_up

_LINES = f"""
SELECT e.item_id, i.code, i.name, u.code, e.position, trim_scale(e.per_unit), l.scrap_percent,
       l.operation_sequence, l.issue_method
  FROM ({EDGES}) AS e
  JOIN engineering_bomline l ON l.id = e.line_id
  JOIN masterdata_item i ON i.id = e.item_id
  JOIN masterdata_unit u ON u.id = i.unit_id
 WHERE e.bom_id = %(bom)s ORDER BY e.position, e.line_id
"""  # noqa: S608 - constants only
# Stock at standard is what an activation revalues.
_ROLLUPS = """
WITH old AS (SELECT * FROM engineering_standardcost WHERE rollup_id = %(old)s),
     new AS (SELECT * FROM engineering_standardcost WHERE rollup_id = %(new)s)
SELECT i.id AS item_id, i.code, i.name, coalesce(new.level, old.level) AS level,
       coalesce(old.material, 0) AS old_material, coalesce(new.material, 0) AS new_material,
       coalesce(old.labour, 0) AS old_labour, coalesce(new.labour, 0) AS new_labour,
       coalesce(old.machine, 0) AS old_machine, coalesce(new.machine, 0) AS new_machine,
       coalesce(old.total, 0) AS old_total, coalesce(new.total, 0) AS new_total,
       old.id IS NULL AS is_added, new.id IS NULL AS is_removed,
       CASE WHEN c.costing = 'standard' THEN coalesce(v.quantity, 0) ELSE 0 END AS on_hand
  FROM old FULL JOIN new ON new.item_id = old.item_id
  JOIN masterdata_item i ON i.id = coalesce(new.item_id, old.item_id)
  JOIN masterdata_itemcategory c ON c.id = i.category_id
  LEFT JOIN inventory_itemvaluation v ON v.item_id = i.id
 WHERE old.id IS NULL OR new.id IS NULL
    OR (old.material, old.labour, old.machine) IS DISTINCT FROM
       (new.material, new.labour, new.machine)
 ORDER BY level, i.code
"""


@dataclass(frozen=True, slots=True)
class BomSide:
    """A line as one of the two bills has it. ``quantity`` per unit made, scrap included."""

    position: int
    quantity: Decimal
    scrap_percent: Decimal
    operation_sequence: int | None
    issue_method: str


@dataclass(frozen=True, slots=True)
class BomDifference:
    """``kind`` is added, removed, changed or same; costs are per unit made, company currency."""

    kind: str
    item_id: int
    code: str
    name: str
    unit: str
    old: BomSide | None
    new: BomSide | None
    unit_cost: Decimal
    cost_difference: Decimal

    @property
    def quantity_difference(self) -> Decimal:
        return (self.new.quantity if self.new else ZERO) - (self.old.quantity if self.old else ZERO)


@dataclass(frozen=True, slots=True)
class CostDifference:
    """What a unit of an item costs in two roll-ups, by element; ``revaluation`` of stock."""

    item_id: int
    code: str
    name: str
    level: int
    old_material: Decimal
    new_material: Decimal
    old_labour: Decimal
    new_labour: Decimal
    old_machine: Decimal
    new_machine: Decimal
    old_total: Decimal
    new_total: Decimal
    is_added: bool
    is_removed: bool
    on_hand: Decimal

    @property
    def kind(self) -> str:
        return "added" if self.is_added else "removed" if self.is_removed else "changed"

    @property
    def material(self) -> Decimal:
        return self.new_material - self.old_material

    @property
    def labour(self) -> Decimal:
        return self.new_labour - self.old_labour

    @property
    def machine(self) -> Decimal:
        return self.new_machine - self.old_machine

    @property
    def total(self) -> Decimal:
        return self.new_total - self.old_total

    @property
    def revaluation(self) -> Decimal:
        return ZERO if self.is_removed else self.on_hand * self.total


def compare_boms(
    old: BillOfMaterials, new: BillOfMaterials, *, on: Date | None = None
) -> list[BomDifference]:
    """Line by line, in the order of the new bill, removed ones last; costs as of ``on`` (today).

    Lines of one component are matched by operation, then in their order. Raises ``InvalidInput``
    for bills of different items.
    """
    if old.item_id != new.item_id:
        raise InvalidInput(
            "different_items",
            _("{old} and {new} are bills of different items.").format(old=old, new=new),
            field="to",
        )
    on = on or today(new.company)
    costs = roll_up(cost_structure(new.company, on), lot_size=Decimal(1))
    before, after = _lines(old, on), _lines(new, on)
    result = []
    for item_id, name, left, right in _matched(before, after):
        cost = costs[item_id].total if item_id in costs else ZERO
        change = (right.quantity if right else ZERO) - (left.quantity if left else ZERO)
        result.append(
            BomDifference(
                _kind(left, right),
                item_id,
                *name,
                left,
                right,
                round_quantity(cost),
                round_quantity(change * cost),
            )
        )
    return result


def compare_rollups(old: CostRollup, new: CostRollup) -> list[CostDifference]:
    """Items whose costs differ, by level and code; one statement.

    Raises ``InvalidInput`` for roll-ups of different companies.
    """
    if old.company_id != new.company_id:
        raise InvalidInput(
            "other_company",
            _("{value} belongs to another company.").format(value=old),
            field="to",
        )
    rows = fetch_dicts(_ROLLUPS, {"old": old.pk, "new": new.pk})
    return [CostDifference(**row) for row in rows]


_Line = tuple[int, tuple[str, str, str], BomSide]


def _lines(bom: BillOfMaterials, on: Date) -> list[_Line]:
    values = {"company": bom.company_id, "bom": bom.pk, "item": bom.item_id, "on": on}
    return [
        (item_id, (code, name, unit), BomSide(*side))
        for item_id, code, name, unit, *side in fetch_all(_LINES, values)
    ]


def _matched(
    before: list[_Line], after: list[_Line]
) -> list[tuple[int, tuple[str, str, str], BomSide | None, BomSide | None]]:
    """Pairs: first those of the same operation, then the rest of a component in their order."""
    waiting: dict[int, list[BomSide]] = defaultdict(list)
    names: dict[int, tuple[str, str, str]] = {}
    for item_id, name, side in before:
        waiting[item_id].append(side)
        names[item_id] = name
    pairs: dict[int, BomSide] = {}
    for by_operation in (True, False):
        for place, (item_id, _name, side) in enumerate(after):
            if place in pairs:
                continue
            found = next(
                (
                    one
                    for one in waiting[item_id]
                    if not by_operation or one.operation_sequence == side.operation_sequence
                ),
                None,
            )
            if found is not None:
                pairs[place] = found
                waiting[item_id].remove(found)
    result: list[tuple[int, tuple[str, str, str], BomSide | None, BomSide | None]] = [
        (item_id, name, pairs.get(place), side) for place, (item_id, name, side) in enumerate(after)
    ]
    for item_id, sides in waiting.items():
        result += [(item_id, names[item_id], side, None) for side in sides]
    return result


def _kind(old: BomSide | None, new: BomSide | None) -> str:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    same = (old.quantity, old.scrap_percent, old.operation_sequence, old.issue_method) == (
        new.quantity,
        new.scrap_percent,
        new.operation_sequence,
        new.issue_method,
    )
    return "same" if same else "changed"

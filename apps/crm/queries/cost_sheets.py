"""Cost sheets: the build-up of one unit from bills and routings in force, and the day's rates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.core.money import ZERO, round_quantity
from apps.crm.cost_build_up import LABOUR, MATERIAL, Position, build_up, rounded_amounts
from apps.engineering.models import RoutingOperation
from apps.engineering.queries.costs import cost_structure
from apps.engineering.queries.effectivity import in_force_on
from apps.engineering.rollup import Structure
from apps.masterdata.models import Item


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of a cost sheet: ``quantity`` × ``unit_cost`` is ``amount``, all per stock unit."""

    element: str
    description: str
    quantity: Decimal
    unit_cost: Decimal
    amount: Decimal


class CostReader:
    """The cost structure of a company on a day, and the names for its rows; read once."""

    def __init__(self, company: Company, at: Date) -> None:
        self.structure: Structure = cost_structure(company, at)
        self._company = company
        self._at = at
        self._items: dict[int, Item] = {}
        self._steps: dict[tuple[int, int], RoutingOperation] = {}

    def sheet(
        self, item: Item, *, lot_size: Decimal, extra: Sequence[SheetRow] = ()
    ) -> list[SheetRow]:
        """What one stock unit of ``item`` costs when ``lot_size`` are made, then ``extra`` rows.

        Raises ``BusinessError`` when its structure is circular.
        """
        try:
            positions = build_up(self.structure, item.pk, lot_size=lot_size)
        except ValueError as error:
            raise BusinessError(
                "circular", _("{item} is made of itself.").format(item=item.code), field="item"
            ) from error
        self._name(positions)
        amounts = rounded_amounts([one.amount for one in positions])
        rows = [
            SheetRow(
                one.element,
                self._description(one),
                round_quantity(one.quantity),
                round_quantity(one.unit_cost),
                amount,
            )
            for one, amount in zip(positions, amounts, strict=True)
        ]
        return [*rows, *extra]

    def _name(self, positions: Iterable[Position]) -> None:
        missing = {one.item_id for one in positions} - self._items.keys()
        if not missing:
            return
        self._items.update(Item.objects.in_bulk(missing))
        operations = (
            RoutingOperation.objects.filter(
                in_force_on(self._at, "routing__"),
                routing__company=self._company,
                routing__item__in=missing,
            )
            .select_related("work_centre", "routing")
            .order_by("routing__item_id", "sequence")
        )
        places: dict[int, int] = {}
        for operation in operations:
            item_id = operation.routing.item_id
            place = places.get(item_id, 0)
            self._steps[item_id, place] = operation
            places[item_id] = place + 1

    def _description(self, one: Position) -> str:
        item = self._items[one.item_id]
        if one.element == MATERIAL:
            return f"{item.code} {item.name}"[:200]
        step = self._steps.get((one.item_id, one.step or 0))
        what = _("Labour") if one.element == LABOUR else _("Machine")
        if step is None:
            return f"{item.code} · {what}"[:200]
        place = f"{step.sequence} {step.name} ({step.work_centre.code})"
        return f"{item.code} · {place} · {what}"[:200]


def total_of(rows: Iterable[SheetRow]) -> Decimal:
    return sum((row.amount for row in rows), ZERO)

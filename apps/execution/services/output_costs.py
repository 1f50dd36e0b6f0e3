"""What good and scrapped units of a report are worth when they leave work in process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from apps.core.money import ZERO, allocate, round_money
from apps.execution.queries.order_costs import CostSoFar
from apps.inventory.services.moves import PostedMove


@dataclass(slots=True)
class OutputCosts:
    """Values of a report's outputs, worked out once its own material has been valued.

    ``takes_all``: these units end the order, so under actual costing they bear all that is left.
    """

    is_standard: bool
    decimal_places: int
    so_far: CostSoFar
    wip: Decimal
    conversion: Decimal
    per_unit: dict[int, Decimal]
    operations_passed: set[int | None]
    good: list[Decimal]
    scrap: Decimal
    is_normal_loss: bool
    takes_all: bool
    _values: tuple[Decimal, list[Decimal]] | None = field(default=None)

    def scrap_value(self, posted: Sequence[PostedMove]) -> Decimal:
        return self._work_out(posted)[0]

    def good_value(self, place: int, posted: Sequence[PostedMove]) -> Decimal:
        return self._work_out(posted)[1][place]

    def _work_out(self, posted: Sequence[PostedMove]) -> tuple[Decimal, list[Decimal]]:
        if self._values is None:
            for one in posted:
                if one.move.is_issue:
                    self.so_far.add_material(one.item.id, one.move.quantity, one.counter_value)
                    self.wip += one.counter_value
            wip = max(self.wip + self.conversion, ZERO)
            unit_cost = self.so_far.unit_cost(self.per_unit, self.operations_passed)
            scrapped = ZERO
            if not self.is_normal_loss:
                scrapped = min(self._rounded(self.scrap * unit_cost), wip)
            self._values = (scrapped, self._split(wip - scrapped, unit_cost))
        return self._values

    def _split(self, wip: Decimal, unit_cost: Decimal) -> list[Decimal]:
        total = sum(self.good, ZERO)
        if not total:
            return []
        worth = wip if self.takes_all else min(self._rounded(total * unit_cost), wip)
        return allocate(worth, self.good, self.decimal_places)

    def _rounded(self, amount: Decimal) -> Decimal:
        return round_money(amount, self.decimal_places)

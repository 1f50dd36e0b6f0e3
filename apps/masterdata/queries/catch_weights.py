"""Catch weights: what a piece of an item is expected to hold, where each one is weighed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import round_quantity
from apps.masterdata.models import ItemUnit

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class CatchWeight:
    """One piece holds about ``expected`` of a unit, ``tolerance`` percent less or more."""

    unit_id: int
    unit: str
    expected: Decimal
    tolerance: Decimal

    @classmethod
    def of_ratio(
        cls, unit_id: int, unit: str, numerator: int, denominator: int, tolerance: Decimal
    ) -> CatchWeight:
        """Of the ratio of an item's unit: one of it is ``numerator / denominator`` pieces."""
        expected = round_quantity(Decimal(denominator) / Decimal(numerator))
        return cls(unit_id, unit, expected, tolerance)

    @property
    def least(self) -> Decimal:
        return round_quantity(self.expected * (1 - self.tolerance / _HUNDRED))

    @property
    def most(self) -> Decimal:
        return round_quantity(self.expected * (1 + self.tolerance / _HUNDRED))


def catch_weights(item_ids: Iterable[int]) -> dict[int, CatchWeight]:
    """Item → its catch weight, for those of ``item_ids`` that have one. One statement."""
    rows = ItemUnit.objects.filter(item__in=set(item_ids), is_catch_weight=True)
    return {
        row.item_id: CatchWeight.of_ratio(
            row.unit_id, row.unit.code, row.numerator, row.denominator, row.catch_tolerance
        )
        for row in rows.select_related("unit")
    }

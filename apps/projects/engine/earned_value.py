"""Earned value: what was planned, what is done, what it cost, and where that leads.

Formulas and signs of PMI's Practice Standard for Earned Value Management: above zero (above one) is
good. A ratio without a base is None; nothing is rounded here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


def _ratio(above: Decimal, below: Decimal) -> Decimal | None:
    return above / below if below else None


@dataclass(frozen=True, slots=True)
class EarnedValue:
    """Money at one moment: ``planned``, ``earned`` and ``actual`` so far, ``budget`` of it all."""

    planned: Decimal
    earned: Decimal
    actual: Decimal
    budget: Decimal

    def __add__(self, other: EarnedValue) -> EarnedValue:
        return EarnedValue(
            self.planned + other.planned,
            self.earned + other.earned,
            self.actual + other.actual,
            self.budget + other.budget,
        )

    @property
    def cost_variance(self) -> Decimal:
        """CV = EV − AC."""
        return self.earned - self.actual

    @property
    def schedule_variance(self) -> Decimal:
        """SV = EV − PV."""
        return self.earned - self.planned

    @property
    def cost_index(self) -> Decimal | None:
        """CPI = EV ÷ AC."""
        return _ratio(self.earned, self.actual)

    @property
    def schedule_index(self) -> Decimal | None:
        """SPI = EV ÷ PV."""
        return _ratio(self.earned, self.planned)

    @property
    def estimate_at_completion(self) -> Decimal:
        """EAC = BAC ÷ CPI: the rest costs as what is done did.

        Where nothing is earned or spent yet there is no CPI, and the rest costs as planned.
        """
        if not self.earned or not self.actual:
            return self.estimate_as_planned
        return self.budget * self.actual / self.earned

    @property
    def estimate_as_planned(self) -> Decimal:
        """EAC = AC + BAC − EV: the rest costs what was planned for it."""
        return self.actual + self.budget - self.earned

    @property
    def estimate_with_schedule(self) -> Decimal | None:
        """EAC = AC + (BAC − EV) ÷ (CPI × SPI): the date is to be kept at this cost and pace."""
        if self.cost_index is None or self.schedule_index is None:
            return None
        rest = _ratio(self.budget - self.earned, self.cost_index * self.schedule_index)
        return None if rest is None else self.actual + rest

    @property
    def estimate_to_complete(self) -> Decimal:
        """ETC = EAC − AC."""
        return self.estimate_at_completion - self.actual

    @property
    def variance_at_completion(self) -> Decimal:
        """VAC = BAC − EAC."""
        return self.budget - self.estimate_at_completion

    @property
    def index_to_complete(self) -> Decimal | None:
        """TCPI = (BAC − EV) ÷ (BAC − AC): how well the rest must go to keep the budget.

        None once the budget is spent.
        """
        left = self.budget - self.actual
        return (self.budget - self.earned) / left if left > 0 else None


NOTHING = EarnedValue(ZERO, ZERO, ZERO, ZERO)

"""Three-point estimates (PERT): the beta distribution's mean and variance, and what they promise.

Malcolm, Roseboom, Clark & Fazar 1959: mean (a + 4m + b) / 6, standard deviation (b − a) / 6; the
project's duration is taken as normal, with the variances of one critical path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

SIX = Decimal(6)
#: Means are thirds and sixths: cut here, so that sums forward and backward through a network agree.
STEP = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Working days: the shortest, the most likely and the longest."""

    optimistic: Decimal
    likely: Decimal
    pessimistic: Decimal

    @property
    def mean(self) -> Decimal:
        mean = (self.optimistic + 4 * self.likely + self.pessimistic) / SIX
        return mean.quantize(STEP).normalize()

    @property
    def variance(self) -> Decimal:
        return ((self.pessimistic - self.optimistic) / SIX) ** 2


@dataclass(frozen=True, slots=True)
class Outlook:
    """The project's duration as a normal distribution, in working days."""

    mean: Decimal
    variance: Decimal

    @property
    def deviation(self) -> Decimal:
        return self.variance.sqrt()

    def chance_by(self, days: Decimal) -> Decimal:
        """How likely the project is done within ``days``, 0 to 1."""
        if not self.variance:
            return Decimal(int(days >= self.mean))
        return Decimal(str(NormalDist().cdf(float((days - self.mean) / self.deviation))))

    def days_for(self, chance: Decimal) -> Decimal:
        """The days within which it is done with ``chance`` (0 to 1, both excluded)."""
        z = Decimal(str(NormalDist().inv_cdf(float(chance))))
        return self.mean + z * self.deviation


def outlook(duration: Decimal, on_chain: Iterable[Estimate]) -> Outlook:
    """``duration`` is the length of the network of means, ``on_chain`` one critical chain of it."""
    return Outlook(duration, sum((one.variance for one in on_chain), Decimal(0)))

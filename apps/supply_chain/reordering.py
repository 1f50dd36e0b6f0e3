"""When to buy again, and how much, over plain values: no database, no dates but days.

Safety stock for demand and lead time that both vary (Silver, Pyke and Thomas, *Inventory and
Production Management in Supply Chains*): ``z · sqrt((L+R)·s² + d²·t²)``, with L the median
lead time, R the days between two looks, d and s demand per day and its deviation, and t what the
90th percentile of lead time says of its deviation.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from statistics import NormalDist

from apps.core.money import ZERO, round_quantity

#: Standard deviations that the 90th percentile lies above the median of a normal distribution.
NINETIETH = Decimal("1.281552")
HUNDRED = Decimal(100)
_DISTRIBUTION = NormalDist()


@dataclass(frozen=True, slots=True)
class Demand:
    """Usage of ``days`` days: its sum and the sum of its daily squares, in stock units."""

    days: int
    total: Decimal = ZERO
    squares: Decimal = ZERO

    @property
    def per_day(self) -> Decimal:
        return self.total / self.days if self.days else ZERO

    @property
    def deviation(self) -> Decimal:
        """The standard deviation of a day's usage, days without any counted as zero."""
        if self.days < 2:
            return ZERO
        spread = self.squares - self.total * self.total / self.days
        return (max(spread, ZERO) / (self.days - 1)).sqrt()


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from order to receipt: median and 90th percentile; of ``receipts``, 0 if only stated."""

    p50: Decimal
    p90: Decimal
    receipts: int = 0

    @property
    def deviation(self) -> Decimal:
        return max(self.p90 - self.p50, ZERO) / NINETIETH


@dataclass(frozen=True, slots=True)
class Stock:
    """What is there and what is on its way, in stock units.

    ``reserved`` is set aside for what is not among ``expected_out``; ``requested`` is asked for in
    requisitions and drafts of orders; ``known_out`` is that part of ``expected_out`` which is due
    before what is ordered now would be looked at again.
    """

    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO
    expected_in: Decimal = ZERO
    requested: Decimal = ZERO
    expected_out: Decimal = ZERO
    known_out: Decimal = ZERO

    @property
    def supply(self) -> Decimal:
        return self.on_hand - self.reserved + self.expected_in + self.requested


@dataclass(frozen=True, slots=True)
class Level:
    """Below (or at) ``reorder_point`` the ``position`` is filled to ``order_up_to``."""

    position: Decimal
    safety_stock: Decimal
    reorder_point: Decimal
    order_up_to: Decimal

    @property
    def shortfall(self) -> Decimal:
        """What is lacking, before the supplier's lots; zero while there is enough."""
        if self.position > self.reorder_point:
            return ZERO
        return max(self.order_up_to - self.position, ZERO)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """All that a rule came to: ``quantity`` is the shortfall in the supplier's lots."""

    demand: Demand
    lead_time: LeadTime
    stock: Stock
    level: Level
    quantity: Decimal


def service_factor(percent: Decimal) -> Decimal:
    """z of a service level: how many deviations it covers. 95 % → 1.644854."""
    return round_quantity(Decimal(repr(_DISTRIBUTION.inv_cdf(float(percent / HUNDRED)))))


def safety_stock(
    demand: Demand, lead_time: LeadTime, *, review_days: int, service_level_percent: Decimal
) -> Decimal:
    """What covers the swings of demand and lead time at the service level."""
    interval = lead_time.p50 + review_days
    variance = interval * demand.deviation**2 + demand.per_day**2 * lead_time.deviation**2
    return round_quantity(service_factor(service_level_percent) * variance.sqrt())


def min_max(stock: Stock, *, minimum: Decimal, maximum: Decimal) -> Level:
    """All that is promised counts; at or below the minimum it is filled up to the maximum."""
    return Level(stock.supply - stock.expected_out, ZERO, minimum, maximum)


def reorder_point(
    stock: Stock,
    demand: Demand,
    lead_time: LeadTime,
    *,
    review_days: int,
    service_level_percent: Decimal,
    minimum: Decimal = ZERO,
    maximum: Decimal | None = None,
) -> Level:
    """The need until an order of the next look would be here, and the safety stock.

    The need is what usage says, or what is promised already where that is more: orders in hand are
    part of the usage to come, never on top of it.
    """
    buffer = safety_stock(
        demand, lead_time, review_days=review_days, service_level_percent=service_level_percent
    )
    need = max(demand.per_day * (lead_time.p50 + review_days), stock.known_out)
    point = max(round_quantity(need + buffer), minimum)
    filled = round_quantity(point + demand.per_day * review_days)
    up_to = filled if maximum is None else max(maximum, point)
    return Level(stock.supply, buffer, point, up_to)


def rounded_up(quantity: Decimal, decimal_places: int) -> Decimal:
    """A quantity that can be ordered: no fewer than asked for, in steps of the unit."""
    return quantity.quantize(Decimal(1).scaleb(-decimal_places), rounding=ROUND_CEILING)

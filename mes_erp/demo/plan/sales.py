"""What customers order, when it is promised and when it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from mes_erp.demo.company import Company, Customer
from mes_erp.demo.plan.model import Delivery, SalesLine, SalesOrder
from mes_erp.demo.working_time import DAY, WorkingTime

CENT = Decimal("0.01")
LINES_PER_ORDER = 1.75
#: Working days from order to delivery: mostly from stock, engineered goods take their time.
LEAD_TIMES = (2, 2, 3, 3, 4, 5, 5, 6, 8, 10)
LEAD_TIMES_ENGINEERED = (8, 9, 10, 12)
SHIPS_AT = 15


def plan_sales(company: Company, time: WorkingTime, rng: Random) -> list[SalesOrder]:
    """The month's orders and those carried over from the month before, none without a line."""
    story = company.story["story"]
    count = story["sales_orders"]
    customers = rng.choices(
        list(company.customers.values()),
        weights=[customer.weight for customer in company.customers.values()],
        k=count,
    )
    engineered, others = _lines(company, count, rng)
    baskets = _baskets(engineered, others, count, rng)
    days = _order_dates(time, count, story["carried_sales_orders"], rng)
    rate = Decimal(company.story["exchange"]["USD"]["start"])
    orders = []
    for number, (customer, basket, day) in enumerate(
        zip(customers, baskets, days, strict=True), start=1
    ):
        order = SalesOrder(
            key=f"45{10_400 + 3 * number:06d}",
            customer=customer.code,
            order_date=day,
            due_date=_due_date(company, time, basket, day, rng),
            currency=customer.currency,
            lines=[
                SalesLine(item, pieces, _price(company, customer, item, pieces, rate))
                for item, pieces in basket
            ],
        )
        order.deliveries = _deliveries(order, time, story, rng)
        orders.append(order)
    return orders


def _lines(
    company: Company, orders: int, rng: Random
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Cut each item's demand into lines of uneven size; what is engineered stands apart."""
    demand: dict[str, int] = company.story["demand"]
    shares = {code: pieces**0.6 for code, pieces in demand.items()}
    wanted = orders * LINES_PER_ORDER / sum(shares.values())
    engineered, others = [], []
    for code, pieces in demand.items():
        is_engineered = code in company.items and company.items[code].category == "ETO"
        lines = max(2, min(pieces, round(shares[code] * wanted)))
        for part in _parts(pieces, 3 if is_engineered else lines, rng):
            (engineered if is_engineered else others).append((code, part))
    rng.shuffle(others)
    return engineered, others


def _parts(whole: int, count: int, rng: Random) -> list[int]:
    weights = [rng.uniform(0.35, 1.9) for _n in range(count)]
    exact = [whole * weight / sum(weights) for weight in weights]
    parts = [_nice(part) for part in exact]
    parts[parts.index(max(parts))] += whole - sum(parts)
    return [max(1, part) for part in parts]


def _nice(pieces: float) -> int:
    """People order by the five when they order many."""
    return round(pieces / 5) * 5 if pieces > 12 else max(1, round(pieces))


def _baskets(
    engineered: Sequence[tuple[str, int]],
    others: Sequence[tuple[str, int]],
    count: int,
    rng: Random,
) -> list[list[tuple[str, int]]]:
    """One line for each order, then the rest where the item is not in the basket yet."""
    baskets = [[line] for line in (*engineered, *others)][:count]
    for line in others[count - len(engineered) :]:
        for _attempt in range(20):
            basket = rng.choice(baskets[len(engineered) :])
            if len(basket) < 4 and all(line[0] != item for item, _pieces in basket):
                basket.append(line)
                break
    rng.shuffle(baskets)
    return baskets


def _order_dates(time: WorkingTime, count: int, carried: int, rng: Random) -> list[Date]:
    site = time.company.story["company"]["main_site"]
    before = [time.plus(site, time.first - DAY, -rng.randrange(1, 8)) for _n in range(carried)]
    days = time.days(site)
    return sorted(before) + sorted(rng.choice(days) for _n in range(count - carried))


def _due_date(
    company: Company, time: WorkingTime, basket: list[tuple[str, int]], day: Date, rng: Random
) -> Date:
    site = time.company.story["company"]["main_site"]
    is_engineered = any(company.items[item].category == "ETO" for item, _pieces in basket)
    lead = rng.choice(LEAD_TIMES_ENGINEERED if is_engineered else LEAD_TIMES)
    if day < time.first:  # carried over: due in the first days of the month
        return time.plus(site, time.first, lead if is_engineered else rng.randrange(0, 5))
    return time.plus(site, day, lead)


def _price(company: Company, customer: Customer, item: str, pieces: int, rate: Decimal) -> Decimal:
    """List price less the customer's discount and two percent for a large line."""
    percent = 100 - customer.discount_percent - (2 if pieces >= 20 else 0)
    price = company.items[item].sales_price * percent / 100
    if customer.currency != company.story["company"]["currency"]:
        price /= rate
    return price.quantize(CENT, ROUND_HALF_UP)


def _deliveries(
    order: SalesOrder, time: WorkingTime, story: dict[str, int], rng: Random
) -> list[Delivery]:
    """On the day it is due, some late, some in two parts."""
    site = time.company.story["company"]["main_site"]
    whole = {place: line.quantity for place, line in enumerate(order.lines)}
    late = rng.randrange(1, 5) if rng.random() * 100 < story["ship_late_percent"] else 0
    parts = [(late, whole)]
    if rng.random() * 100 < story["split_delivery_percent"] and max(whole.values()) > 4:
        first = {place: pieces // 2 for place, pieces in whole.items() if pieces > 1}
        rest = {place: pieces - first.get(place, 0) for place, pieces in whole.items()}
        parts = [(late, first), (late + rng.randrange(2, 6), rest)]
    minute = rng.randrange(0, 55, 5)
    return [
        Delivery(time.moment(site, time.plus(site, order.due_date, days), SHIPS_AT, minute), pieces)
        for days, pieces in parts
    ]

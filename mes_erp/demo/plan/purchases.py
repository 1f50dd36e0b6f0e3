"""What is bought: orders to thirty suppliers that bring what the month uses."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date as Date
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from mes_erp.demo.company import Company
from mes_erp.demo.plan.model import ZERO, Arrival, PurchaseLine, PurchaseOrder
from mes_erp.demo.plan.stock import Change
from mes_erp.demo.working_time import WorkingTime

PRICE_STEP = Decimal("0.0001")
RECEIVES_FROM, RECEIVES_TO = 8, 13
FEWEST, MOST = 2, 9
#: Growth in stock that buyers allow themselves.
ROUND_UP = Decimal("1.03")
Needs = dict[str, Decimal]


def plan_purchases(
    company: Company, time: WorkingTime, used: Iterable[Change], rng: Random
) -> list[PurchaseOrder]:
    """About as many orders as the story says, each with some of its supplier's items."""
    needs: Needs = {}
    for change in used:
        if change.quantity < 0 and company.items[change.item].is_bought:
            needs[change.item] = needs.get(change.item, ZERO) - change.quantity
    by_supplier: dict[str, list[str]] = {}
    for item in sorted(needs):
        by_supplier.setdefault(company.purchases[item].supplier, []).append(item)
    counts = _counts(company, needs, by_supplier)
    drafts = [
        (due, supplier, items)
        for supplier, items in sorted(by_supplier.items())
        for due, items in _split(company, time, items, counts[supplier], rng)
    ]
    drafts.sort(key=lambda draft: (_order_date(company, time, *draft), draft[1]))
    orders = []
    for number, (due, supplier, items) in enumerate(drafts, start=1):
        order = _order(company, time, f"AB-{31_200 + 4 * number}", supplier, due, items, needs, rng)
        order.arrivals = _arrivals(company, time, order, rng)
        orders.append(order)
    return orders


def _counts(company: Company, needs: Needs, by_supplier: dict[str, list[str]]) -> dict[str, int]:
    """Orders by supplier: the more is spent, the more often; together what the story says."""
    spent = {
        supplier: float(sum(needs[item] * company.items[item].purchase_price for item in items))
        for supplier, items in by_supplier.items()
    }
    wanted = company.story["story"]["purchase_orders"]
    scale = wanted / sum(math.sqrt(value) for value in spent.values())
    counts = {
        supplier: min(MOST, max(FEWEST, round(math.sqrt(value) * scale)))
        for supplier, value in spent.items()
    }
    by_value = sorted(counts, key=lambda supplier: spent[supplier], reverse=True)
    while (missing := wanted - sum(counts.values())) != 0:
        step = 1 if missing > 0 else -1
        free = [one for one in by_value if FEWEST <= counts[one] + step <= MOST]
        for supplier in free[: abs(missing)]:
            counts[supplier] += step
        if not free:
            break
    return counts


def _split(
    company: Company, time: WorkingTime, items: list[str], count: int, rng: Random
) -> list[tuple[Date, dict[str, int]]]:
    """Due dates at equal distances through the month; each order has some of the items.

    An item's value is how many orders of the supplier it is on.
    """
    site = company.site_of(items[0])
    days = time.days(site)
    phase = rng.uniform(0.1, 0.9)
    baskets: list[dict[str, int]] = [{} for _n in range(count)]
    for place, item in enumerate(items):
        shares = count if len(items) <= 2 else max(1, min(count, math.ceil(2 * count / len(items))))
        for n in range(shares):
            baskets[(place + n * count // shares) % count][item] = shares
    dues = [days[min(int((n + phase) * len(days) / count), len(days) - 1)] for n in range(count)]
    return [(due, basket) for due, basket in zip(dues, baskets, strict=True) if basket]


def _order_date(
    company: Company, time: WorkingTime, due: Date, _supplier: str, items: dict[str, int]
) -> Date:
    lead = max(company.items[item].lead_time_days for item in items)
    return time.plus(company.site_of(next(iter(items))), due - timedelta(days=lead), 0)


def _order(
    company: Company,
    time: WorkingTime,
    key: str,
    supplier: str,
    due: Date,
    items: dict[str, int],
    needs: Needs,
    rng: Random,
) -> PurchaseOrder:
    partner = company.partners[supplier]
    return PurchaseOrder(
        key=key,
        supplier=supplier,
        site=company.site_of(next(iter(items))),
        order_date=_order_date(company, time, due, supplier, items),
        due_date=due,
        currency=partner["currency"],
        lines=[
            _line(company, item, needs[item] / orders, partner["currency"])
            for item, orders in items.items()
        ],
    )


def _line(company: Company, item: str, need: Decimal, currency: str) -> PurchaseLine:
    bought = company.purchases[item]
    packs = max(1, math.ceil(need * ROUND_UP / bought.stock_units / bought.multiple))
    quantity = packs * bought.multiple
    price = company.items[item].purchase_price * bought.stock_units
    if currency != company.story["company"]["currency"]:
        price /= Decimal(company.story["exchange"][currency]["start"])
    return PurchaseLine(
        item=item,
        unit=bought.unit,
        quantity=quantity,
        stock_quantity=quantity * bought.stock_units,
        unit_price=price.quantize(PRICE_STEP, ROUND_HALF_UP),
    )


def _arrivals(
    company: Company, time: WorkingTime, order: PurchaseOrder, rng: Random
) -> list[Arrival]:
    """On time, a day early or late; some in two parts. Only what comes within the story."""
    story = company.story["story"]
    whole = {place: line.stock_quantity for place, line in enumerate(order.lines)}
    chance = rng.random() * 100
    late = rng.randrange(1, 6) if chance < story["receive_late_percent"] else 0
    if chance > 90 and order.due_date > time.first + timedelta(days=3):
        late = -1
    parts = [(late, whole)]
    if rng.random() * 100 < story["split_receipt_percent"]:
        first = {place: _part(company, order, place, rng) for place in whole}
        rest = {
            place: whole[place] - first[place] for place in whole if whole[place] > first[place]
        }
        if rest and any(first.values()):
            parts = [
                (late, {place: quantity for place, quantity in first.items() if quantity}),
                (late + rng.randrange(2, 6), rest),
            ]
    found = []
    for days, quantities in parts:
        day = time.plus(order.site, order.due_date, days)
        hour, minute = rng.randrange(RECEIVES_FROM, RECEIVES_TO), rng.randrange(0, 60, 5)
        bill_date = time.plus(order.site, day, rng.randrange(1, 6))
        arrival = Arrival(time.moment(order.site, day, hour, minute), quantities, bill_date)
        if rng.random() * 100 < story["price_difference_percent"]:
            place = rng.choice(sorted(quantities))
            change = Decimal(str(round(1 + rng.choice((-0.03, 0.015, 0.02, 0.03, 0.045)), 3)))
            price = order.lines[place].unit_price * change
            arrival.price_changes[place] = price.quantize(PRICE_STEP, ROUND_HALF_UP)
        if day <= time.last:
            found.append(arrival)
    return found


def _part(company: Company, order: PurchaseOrder, place: int, rng: Random) -> Decimal:
    """More than half of a line, in whole multiples of the order unit."""
    line = order.lines[place]
    bought = company.purchases[line.item]
    packs = line.quantity // bought.multiple
    return math.ceil(packs * rng.choice((0.5, 0.6, 0.7))) * bought.multiple * bought.stock_units

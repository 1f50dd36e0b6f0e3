"""Stock as the plan moves it: what there must be at the beginning so that it never runs out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from mes_erp.demo.company import Company
from mes_erp.demo.plan.model import ZERO, Plan, WorkOrder

STEP = Decimal("0.000001")
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """``quantity`` stock units of an item that come to a site, or (below zero) go."""

    at: datetime
    site: str
    item: str
    quantity: Decimal


def changes(company: Company, plan: Plan) -> list[Change]:
    """Every planned movement of free stock, in time. Held lots do not count."""
    found = [
        *_received(plan),
        *_shipped(company, plan),
        *_transferred(plan),
        *_adjusted(plan),
        *_taken_out(plan),
        *(change for order in plan.work_orders for change in order_changes(company, order)),
    ]
    return sorted(found)


def _received(plan: Plan) -> Iterator[Change]:
    for order in plan.purchases:
        for arrival in order.arrivals:
            for place, quantity in arrival.quantities.items():
                if place != arrival.held_line:
                    yield Change(arrival.at, order.site, order.lines[place].item, quantity)


def _shipped(company: Company, plan: Plan) -> Iterator[Change]:
    site = company.story["company"]["main_site"]
    for order in plan.sales:
        for delivery in order.deliveries:
            for place, pieces in delivery.quantities.items():
                yield Change(delivery.at, site, order.lines[place].item, Decimal(-pieces))


def _transferred(plan: Plan) -> Iterator[Change]:
    for transfer in plan.transfers:
        for item, pieces in transfer.quantities.items():
            yield Change(transfer.leaves_at, transfer.from_site, item, Decimal(-pieces))
            yield Change(transfer.arrives_at, transfer.to_site, item, Decimal(pieces))


def _adjusted(plan: Plan) -> Iterator[Change]:
    for adjustment in plan.adjustments:
        for item, difference in adjustment.differences.items():
            yield Change(adjustment.at, adjustment.site, item, difference)


def _taken_out(plan: Plan) -> Iterator[Change]:
    """What quality holds counts as gone, whatever becomes of it."""
    for incident in plan.incidents:
        yield Change(incident.at, incident.site, incident.item, -incident.quantity)


def order_changes(company: Company, order: WorkOrder) -> Iterator[Change]:
    """What a work order takes and gives, as the services will post it."""
    if order.started_at is None:
        return
    last = company.routings[order.item][-1].sequence
    for component in order.components:
        if component.is_manual:
            yield Change(order.started_at, order.site, component.item, -component.quantity)
    for portion in order.portions:
        units = portion.good + portion.scrap
        for component in order.components:
            if not component.is_manual and component.operation == portion.sequence and units:
                share = component.quantity * units / order.quantity
                used = share.quantize(STEP, ROUND_HALF_UP)
                yield Change(portion.ends_at, order.site, component.item, -used)
        if portion.sequence == last and portion.good:
            yield Change(portion.ends_at, order.site, order.item, Decimal(portion.good))


def running(
    found: Iterable[Change], opening: dict[Key, Decimal]
) -> Iterator[tuple[Change, Decimal]]:
    """Each change with what there is after it. At one moment, what comes in counts first."""
    stock = dict(opening)
    for change in sorted(found, key=lambda one: (one.at, one.quantity < 0)):
        key = (change.site, change.item)
        stock[key] = stock.get(key, ZERO) + change.quantity
        yield change, stock[key]


def opening_stock(company: Company, plan: Plan) -> dict[Key, Decimal]:
    """What must lie there on the first day: the deepest shortage, and some days of use on top."""
    lowest: dict[Key, Decimal] = {}
    used: dict[Key, Decimal] = {}
    found = changes(company, plan)
    for change, left in running(found, {}):
        key = (change.site, change.item)
        lowest[key] = min(lowest.get(key, ZERO), left)
        used[key] = used.get(key, ZERO) - min(change.quantity, ZERO)
    days = Decimal((plan.last - plan.first + timedelta(days=1)).days)
    safety = company.story["story"]["safety_days"]
    return {
        key: _whole(company, key[1], -short + used[key] * safety / days)
        for key, short in sorted(lowest.items())
        if short or used[key]
    }


def _whole(company: Company, code: str, quantity: Decimal) -> Decimal:
    """Round up to pieces, or to what a shelf would hold; what is engineered is never in stock."""
    item = company.items[code]
    if item.category == "ETO":
        return ZERO
    if item.unit == "EA":
        step = 1 if item.is_made or quantity < 50 else 10 if quantity < 1000 else 100
        return Decimal(math.ceil(quantity / step) * step)
    step = 1 if quantity < 20 else 5
    return Decimal(math.ceil(quantity / step) * step)

"""What is made: work orders for every level of the bills, spread over the month."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date as Date
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from mes_erp.demo.company import Company
from mes_erp.demo.plan.model import Component, SalesOrder, WorkOrder
from mes_erp.demo.working_time import WorkingTime

STEP = Decimal("0.000001")
LEAD_DAYS = {"FIN": 3, "ETO": 5, "SEMI": 4}


def plan_work_orders(
    company: Company, time: WorkingTime, sales: Iterable[SalesOrder], rng: Random
) -> list[WorkOrder]:
    """Orders for stock by the month's demand, and one for each sale of what is engineered."""
    demand: dict[str, Decimal] = {
        code: Decimal(pieces)
        for code, pieces in company.story["demand"].items()
        if company.items[code].is_made
    }
    planned: list[tuple[Date, str, int, str]] = []
    for sale in sales:
        for line in sale.lines:
            if company.items[line.item].category == "ETO":
                start = time.plus(company.site_of(line.item), max(sale.order_date, time.first), 1)
                planned.append((start, line.item, line.quantity, sale.key))
    for code in company.by_level:
        if company.items[code].category != "ETO":
            planned += _for_stock(company, time, code, demand.get(code, Decimal(0)), rng)
        made = sum(quantity for _day, item, quantity, _sale in planned if item == code)
        for line in company.components(code):
            if company.items[line.item].is_made:
                demand[line.item] = demand.get(line.item, Decimal(0)) + line.quantity * made
    planned.sort()
    return [_order(company, time, number, *one) for number, one in enumerate(planned, start=1)]


def _for_stock(
    company: Company, time: WorkingTime, code: str, pieces: Decimal, rng: Random
) -> list[tuple[Date, str, int, str]]:
    """The month's need in equal lots at equal distances, each item beginning somewhere else."""
    days = [day for day in time.days(company.site_of(code)) if day <= time.last]
    lots = _lots(company, code)
    lot = max(5, math.ceil(pieces / lots / 5) * 5)
    phase = rng.uniform(0, 0.95)
    return [
        (days[min(int((n + phase) * len(days) / lots), len(days) - 1)], code, lot, "")
        for n in range(lots)
        if pieces
    ]


def _lots(company: Company, code: str) -> int:
    """By the longest beginning of the code that the story names, else by category."""
    rules: dict[str, int] = company.story["work_orders"]
    named = [start for start in rules if code.startswith(start)]
    return rules[max(named, key=len)] if named else rules[company.items[code].category]


def _order(
    company: Company, time: WorkingTime, number: int, start: Date, code: str, pieces: int, sale: str
) -> WorkOrder:
    site = company.site_of(code)
    return WorkOrder(
        key=f"W{number:03d}",
        item=code,
        quantity=pieces,
        site=site,
        start_date=start,
        due_date=time.plus(site, start, LEAD_DAYS[company.items[code].category]),
        components=[
            Component(
                line.item,
                line.position,
                (line.quantity * pieces).quantize(STEP, ROUND_HALF_UP),
                line.operation,
                line.is_manual,
            )
            for line in company.components(code)
        ],
        customer_order=sale,
    )

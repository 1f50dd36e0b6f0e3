"""The whole month: each part planned on what the part before it decided."""

from __future__ import annotations

import tomllib
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from random import Random

from mes_erp.demo.company import FOLDER, Company
from mes_erp.demo.plan.floor import Floor
from mes_erp.demo.plan.model import Adjustment, Incident, Plan, SalesOrder, Transfer, WorkOrder
from mes_erp.demo.plan.orders import plan_work_orders
from mes_erp.demo.plan.purchases import plan_purchases
from mes_erp.demo.plan.sales import SHIPS_AT, plan_sales
from mes_erp.demo.plan.stock import changes, opening_stock
from mes_erp.demo.working_time import WorkingTime

DAYS = 31
LEAVES_ON, DAYS_ON_THE_ROAD = 2, 2  # every Wednesday


def month_until(today: Date) -> Date:
    """The first day of the month that ends yesterday, so that every home page has its figures."""
    return today - timedelta(days=DAYS)


def plan_month(company: Company, *, first: Date, seed: int) -> Plan:
    """The story of the 31 days that begin on ``first``; the same for the same seed."""
    last = first + timedelta(days=DAYS - 1)
    time = WorkingTime(company, first, last)

    def rng(part: str) -> Random:
        return Random(f"{seed}/{first}/{part}")  # noqa: S311 - a story, not a secret

    sales = plan_sales(company, time, rng("sales"))
    orders = plan_work_orders(company, time, sales, rng("orders"))
    floor = Floor(company, time, rng("floor"))
    floor.run(orders)
    _ship_what_was_made(time, sales, orders)
    for sale in sales:
        sale.deliveries = [d for d in sale.deliveries if d.at < time.end("LUE")]
    plan = Plan(first, last, sales, [], orders, [], floor.spans)
    plan.transfers = plan_transfers(company, time, orders)
    plan.adjustments = plan_adjustments(company, time)
    plan.incidents = plan_incidents(time)
    plan.purchases = plan_purchases(company, time, changes(company, plan), rng("purchases"))
    _hold_a_lot(company, plan)
    plan.opening = opening_stock(company, plan) | spare_parts(company)
    for code, pieces in parts_of_projects().items():
        key = (str(company.story["company"]["main_site"]), code)
        plan.opening[key] = plan.opening.get(key, Decimal(0)) + pieces
    return plan


def spare_parts(company: Company) -> dict[tuple[str, str], Decimal]:
    """What the workshop keeps at the main site."""
    text = (FOLDER / "maintenance.toml").read_text(encoding="utf-8")
    spares = tomllib.loads(text)["spares"]
    site = str(company.story["company"]["main_site"])
    return {(site, code): Decimal(pieces) for code, pieces in spares.items()}


def parts_of_projects() -> dict[str, Decimal]:
    """What lies aside at the main site for the projects of the month."""
    text = (FOLDER / "projects.toml").read_text(encoding="utf-8")
    issues = [one["issue"] for one in tomllib.loads(text)["projects"] if "issue" in one]
    return {code: Decimal(pieces) for one in issues for code, pieces in one["parts"].items()}


def _ship_what_was_made(
    time: WorkingTime, sales: list[SalesOrder], orders: list[WorkOrder]
) -> None:
    """What is made for a customer leaves the working day after it is done, not before."""
    made = {order.customer_order: order for order in orders if order.customer_order}
    for sale in sales:
        order = made.get(sale.key)
        if order is None:
            continue
        done = [portion for portion in order.portions if portion.sequence == 20]
        good = sum(portion.good for portion in done)
        if not done or not done[-1].ends_operation or not good:
            sale.deliveries = []
            continue
        day = time.plus(order.site, time.local_date(order.site, done[-1].ends_at), 1)
        sale.deliveries = sale.deliveries[:1]
        sale.deliveries[0].quantities = {0: min(good, sale.lines[0].quantity)}
        ready = time.moment(order.site, day, SHIPS_AT)
        sale.deliveries[0].at = max(sale.deliveries[0].at, ready)


def _hold_a_lot(company: Company, plan: Plan) -> None:
    """One delivery of castings turns out porous: nobody may use it."""
    wanted = company.story["incidents"]["held_item"]
    arrivals = [
        (arrival.at, place, arrival)
        for order in plan.purchases
        for arrival in order.arrivals
        for place in arrival.quantities
        if order.lines[place].item == wanted
    ]
    if arrivals:
        _at, place, arrival = sorted(arrivals, key=lambda one: one[:2])[len(arrivals) // 2]
        arrival.held_line = place


def plan_adjustments(company: Company, time: WorkingTime) -> list[Adjustment]:
    """A cycle count at each site, and what a fork lift has run over."""
    story = company.story["incidents"]
    found = []
    for count in (*story["counts"], story["scrap"]):
        site = count["site"]
        day = time.day(site, count["working_day"])
        differences = {item: Decimal(number) for item, number in count["differences"].items()}
        reason = count.get("reason", "")
        found.append(Adjustment(time.moment(site, day, 14, 30), site, differences, reason))
    return found


def plan_incidents(time: WorkingTime) -> list[Incident]:
    """What people find wrong, beside what inspections refuse."""
    found = []
    text = (FOLDER / "quality.toml").read_text(encoding="utf-8")
    for row in tomllib.loads(text)["found"]:
        about = {key: value for key, value in row.items() if key not in ("day", "quantity")}
        at = time.moment(row["site"], time.day(row["site"], row["day"]), 10, 15)
        found.append(Incident(at=at, quantity=Decimal(row["quantity"]), **about))
    return found


def plan_transfers(company: Company, time: WorkingTime, orders: list[WorkOrder]) -> list[Transfer]:
    """Once a week a lorry each way with what the other site needs and this one has finished."""
    main, second = (str(site["code"]) for site in company.story["sites"])
    found = []
    for from_site, to_site in ((second, main), (main, second)):
        sent: dict[str, int] = {}
        for day in time.days(from_site):
            if day.weekday() != LEAVES_ON:
                continue
            leaves_at = time.moment(from_site, day, 16)
            made: dict[str, int] = {}
            for order in orders:
                if order.site == from_site and _travels(company, order.item, to_site):
                    last = company.routings[order.item][-1].sequence
                    made[order.item] = made.get(order.item, 0) + sum(
                        portion.good
                        for portion in order.portions
                        if portion.sequence == last and portion.ends_at <= leaves_at
                    )
            load = {item: n - sent.get(item, 0) for item, n in made.items()}
            load = {item: pieces for item, pieces in sorted(load.items()) if pieces}
            arrives = time.plus(to_site, day + timedelta(days=DAYS_ON_THE_ROAD), 0)
            if load:
                sent.update(made)
                key = f"T{len(found) + 1:02d}"
                arrives_at = time.moment(to_site, arrives, 7)
                found.append(Transfer(key, from_site, to_site, leaves_at, arrives_at, load))
    return found


def _travels(company: Company, item: str, to_site: str) -> bool:
    return any(company.site_of(user) == to_site for user in company.users_of.get(item, ()))

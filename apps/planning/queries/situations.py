"""The situation that a plan answers, read from the registers in a few statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta

import numpy as np

from apps.core.models import Company, Site
from apps.masterdata.queries.calendars import calendars_of
from apps.masterdata.shift_spans import SiteCalendar
from apps.planning.engine.calendars import WorkingDays
from apps.planning.engine.errors import PlanError
from apps.planning.engine.netting import after_loss
from apps.planning.engine.plan import Flow, Situation
from apps.planning.engine.scale import Ints
from apps.planning.queries.plan_flows import Flows, read_flows, unconsumed_forecast
from apps.planning.queries.plan_nodes import Network, build_network, nodes_of
from apps.planning.queries.plan_structure import (
    BUY,
    MAKE,
    Items,
    read_edges,
    read_items,
    read_plannings,
)

LONGEST_LEAD_DAYS = 3660  # how far into the past a start may fall

#: What a supply or a demand row of the plan comes from.
STOCK, EXPECTED, FIRM, SCHEDULED, FORECAST, DEPENDENT, PLANNED = range(7)


#: From (item ids, site ids) to nodes, -1 where there is none.
Finder = Callable[[Ints, Ints], Ints]


@dataclass(slots=True)
class Rows:
    """Supply or demand row by row: node, day, quantity, what it comes from and its id there."""

    node: Ints
    day: Ints
    quantity: Ints
    origin: Ints
    key: Ints

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        return cls(*(np.concatenate([getattr(p, name) for p in parts]) for name in cls.__slots__))

    def sorted(self) -> Rows:
        """By node, then day, then origin and key: the order in which they serve or are served."""
        order = np.lexsort((self.key, self.origin, self.day, self.node))
        return Rows(*(getattr(self, name)[order] for name in self.__slots__))


@dataclass(slots=True)
class PlanInput:
    """The situation with the names of its nodes and the rows behind its flows."""

    planned_on: Date
    items: Items
    sites: Ints
    network: Network
    situation: Situation
    arriving: Rows
    demand: Rows
    flows: Flows
    scheduled: Rows  # of the master schedule: day is the start

    def day(self, number: int) -> Date:
        return self.planned_on + timedelta(days=int(number))


def read_situation(
    company: Company,
    *,
    site: Site | None,
    planned_on: Date,
    days: int,
    by_week: bool,
    is_rescheduling: bool,
) -> PlanInput:
    """Everything that ``make_plan`` needs for a site, or for all sites of the company.

    Raises ``PlanError``: ``no_calendar`` for a site without a shift, ``no_working_days``,
    ``circular_structure`` with the ids of the items.
    """
    items = read_items(company.pk)
    sites = _sites(company, site)
    plannings = read_plannings(company.pk, sites.tolist())
    flows = read_flows(company.pk, planned_on)
    edges = read_edges(company.pk, items, planned_on, days)
    network = build_network(items, sites, plannings, edges, flows.pairs())
    calendars = _calendars(company, sites[np.unique(network.site)], planned_on, days)
    return assemble(
        items, sites, network, flows, calendars, planned_on, days, by_week, is_rescheduling
    )


def assemble(
    items: Items,
    sites: Ints,
    network: Network,
    flows: Flows,
    calendars: dict[int, WorkingDays],
    planned_on: Date,
    days: int,
    by_week: bool,
    is_rescheduling: bool,
) -> PlanInput:
    node_of = _finder(items, sites, network)
    place = {site_id: n for n, site_id in enumerate(calendars)}
    calendar = np.array([place[int(sites[s])] for s in network.site], dtype=np.int64)
    on_hand = np.zeros(len(network.item), dtype=np.int64)
    stock = node_of(flows.stock[:, 0], flows.stock[:, 1])
    on_hand[stock[stock >= 0]] = flows.stock[stock >= 0, 2]
    nodes = nodes_of(items, network, on_hand, calendar)
    lines = flows.schedule[flows.schedule[:, 4] < days]
    scheduled = _scheduled(lines, node_of, nodes.lead_time, calendar, list(calendars.values()))
    arriving, fixed = _arriving(flows, node_of, network, nodes.policies.loss, scheduled)
    bucket = _weeks(planned_on, days) if by_week else None
    demand = _demand(flows, node_of, network)
    return PlanInput(
        planned_on=planned_on,
        items=items,
        sites=sites,
        network=network,
        situation=Situation(
            nodes=nodes,
            edges=network.edges,
            demand=Flow(demand.node, demand.day, demand.quantity),
            arriving=Flow(arriving.node, arriving.day, arriving.quantity),
            fixed=fixed,
            calendars=list(calendars.values()),
            days=days,
            is_rescheduling=is_rescheduling,
            bucket=bucket,
        ),
        arriving=arriving,
        demand=demand,
        flows=flows,
        scheduled=scheduled,
    )


def _sites(company: Company, site: Site | None) -> Ints:
    if site is not None:
        return np.array([site.pk], dtype=np.int64)
    found = Site.objects.filter(company=company, is_active=True).order_by("pk")
    return np.array(list(found.values_list("pk", flat=True)), dtype=np.int64)


def _finder(items: Items, sites: Ints, network: Network) -> Finder:
    """A function from (item ids, site ids) to nodes, -1 where there is none."""

    def find(item_ids: Ints, site_ids: Ints) -> Ints:
        item = items.places(item_ids)
        site = np.minimum(np.searchsorted(sites, site_ids), max(len(sites) - 1, 0))
        known = (item >= 0) & (sites[site] == site_ids) if len(sites) else item < -1
        return np.where(known, network.node[item, site], -1)

    return find


def _calendars(
    company: Company, site_ids: Ints, planned_on: Date, days: int
) -> dict[int, WorkingDays]:
    found = calendars_of(company, site_ids.tolist())
    result = {}
    for site_id in site_ids.tolist():
        if found[site_id].is_continuous:
            raise PlanError("no_calendar", field="site", items=(site_id,))
        result[site_id] = working_days(found[site_id], planned_on, days)
    return result


def working_days(calendar: SiteCalendar, planned_on: Date, days: int) -> WorkingDays:
    """The working days of a site from its longest lead time ago to a year after the horizon."""
    mask = 0
    for shift in calendar.shifts:
        mask |= shift.weekdays
    first, last = -LONGEST_LEAD_DAYS, days + 366
    weekday = (np.arange(first, last + 1) + planned_on.weekday()) % 7
    flags = (mask >> weekday & 1).astype(bool)
    for holiday in calendar.holidays:
        place = (holiday - planned_on).days - first
        if 0 <= place < len(flags):
            flags[place] = False
    if not flags[-first : -first + days].any():
        raise PlanError("no_working_days", field="site")
    return WorkingDays.of(flags, first=first)


def _weeks(planned_on: Date, days: int) -> Ints:
    day = np.arange(days)
    return np.maximum(day - (day + planned_on.weekday()) % 7, 0)


def _scheduled(
    lines: Ints, node_of: Finder, lead_time: Ints, calendar: Ints, calendars: list[WorkingDays]
) -> Rows:
    """Lines of the master schedule as orders: due on their day, started a lead time before.

    ``day`` of these rows is the start, ``origin`` the day on which they are due.
    """
    rows = lines
    node = node_of(rows[:, 1], rows[:, 2])
    rows, node = rows[node >= 0], node[node >= 0]
    start = rows[:, 4].copy()
    for number, days in enumerate(calendars):
        mine = calendar[node] == number
        start[mine] = days.shift(rows[mine, 4], lead_time[node[mine]])
    return Rows(node, start, rows[:, 3], rows[:, 4].copy(), rows[:, 0])


def _arriving(
    flows: Flows, node_of: Finder, network: Network, loss: Ints, scheduled: Rows
) -> tuple[Rows, Flow]:
    """(what comes in, what firm orders ask of their components)."""
    parts, fixed = [], []
    coming = flows.coming
    node = node_of(coming[:, 1], coming[:, 2])
    coming, node = coming[node >= 0], node[node >= 0]
    kept = 1_000_000 - np.where(coming[:, 5] == 1, loss[node], 0)
    origin = np.full(len(node), EXPECTED, dtype=np.int64)
    parts.append(Rows(node, coming[:, 4], after_loss(coming[:, 3], kept), origin, coming[:, 0]))
    firm = flows.firm
    node = node_of(firm[:, 1], firm[:, 2])
    firm, node = firm[node >= 0], node[node >= 0]
    kept = 1_000_000 - np.where(network.source[node] == MAKE, loss[node], 0)
    origin = np.full(len(node), FIRM, dtype=np.int64)
    parts.append(Rows(node, firm[:, 4], after_loss(firm[:, 3], kept), origin, firm[:, 0]))
    feeds = (firm[:, 6] == 0) & (network.source[node] != BUY)
    fixed.append(np.stack([node[feeds], firm[feeds, 5], firm[feeds, 3]], axis=1))
    due, key = scheduled.origin, scheduled.key
    kept = 1_000_000 - np.where(network.source[scheduled.node] == MAKE, loss[scheduled.node], 0)
    origin = np.full(len(due), SCHEDULED, dtype=np.int64)
    good = after_loss(scheduled.quantity, kept)
    parts.append(Rows(scheduled.node, due, good, origin, key))
    feeds = network.source[scheduled.node] != BUY
    columns = [scheduled.node[feeds], scheduled.day[feeds], scheduled.quantity[feeds]]
    fixed.append(np.stack(columns, axis=1))
    together = np.concatenate(fixed)
    return Rows.joined(parts), Flow(together[:, 0], together[:, 1], together[:, 2])


def _demand(flows: Flows, node_of: Finder, network: Network) -> Rows:
    """What is asked from outside: orders, and what forecasts still expect beyond them."""
    going = flows.going
    node = node_of(going[:, 1], going[:, 2])
    going, node = going[node >= 0], node[node >= 0]
    origin = np.full(len(node), EXPECTED, dtype=np.int64)
    orders = Rows(node, going[:, 4], going[:, 3], origin, going[:, 0])
    forecast = flows.forecast
    at = node_of(forecast[:, 1], forecast[:, 2])
    forecast, at = forecast[at >= 0], at[at >= 0]
    if not len(forecast):
        return orders
    customers = going[:, 5] == 1
    planning = network.planning
    left = unconsumed_forecast(
        at,
        forecast,
        node[customers],
        going[customers, 4],
        going[customers, 3],
        (planning["backward"], planning["forward"], planning["demand_fence"]),
    )
    origin = np.full(len(at), FORECAST, dtype=np.int64)
    foreseen = Rows(at, np.maximum(forecast[:, 4], 0), left, origin, forecast[:, 0])
    some = left > 0
    kept = Rows(*(getattr(foreseen, name)[some] for name in Rows.__slots__))
    return Rows.joined([orders, kept])

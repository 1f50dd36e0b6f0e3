"""Who needs an order and what it needs: pegs followed up to customers and down to suppliers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

import numpy as np
from django.db.models import Q
from django.utils import timezone

from apps.core.money import ZERO, round_quantity
from apps.planning.models import Pegging, PlannedOrder, PlanningRun
from apps.planning.queries.order_labels import OrderLabel, order_labels
from apps.planning.queries.plan_structure import read_edges, read_items

MOST_STEPS = 2000
Supply = Pegging.Supply
Demand = Pegging.Demand


@dataclass(frozen=True, slots=True)
class Served:
    """A demand that an order serves, or a supply that serves it, and how much of it.

    ``kind`` is of the peg; the rest names the other side: a document, a planned order, a forecast.
    """

    kind: str
    quantity: Decimal
    date: Date | None
    item_id: int
    order_id: int | None = None
    document: OrderLabel | None = None
    move_id: int | None = None
    forecast_id: int | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """``factor`` units of ``component`` per unit of ``parent``, from day ``first`` to ``last``."""

    parent: int
    component: int
    factor: Decimal
    first: int
    last: int
    planned_on: Date

    def holds(self, start: Date) -> bool:
        """Whether an order of the parent that starts on that day takes it: late ones do today."""
        return self.first <= max((start - self.planned_on).days, 0) <= self.last


@dataclass(slots=True)
class PegMap:
    """The pegs of a company's plan, read item by item as they are followed."""

    company_id: int
    runs: dict[int, PlanningRun] = field(default_factory=dict)
    _above: dict[int, list[Use]] = field(default_factory=dict)
    _below: dict[int, list[Use]] = field(default_factory=dict)
    _pegs: dict[tuple[int, int], list[Pegging]] = field(default_factory=dict)
    _is_read: bool = False

    def _structure(self) -> None:
        if self._is_read:
            return
        items = read_items(self.company_id)
        runs = PlanningRun.objects.filter(company=self.company_id).order_by("-id")
        run = runs.only("planned_on", "horizon_days").first()
        on, days = (run.planned_on, run.horizon_days + 1) if run else (timezone.localdate(), 1)
        edges = read_edges(self.company_id, items, on, days)
        parents, components = items.ids[edges.parent], items.ids[edges.component]
        columns = (parents, components, edges.numerator, edges.denominator, edges.first, edges.last)
        for row in zip(*(np.asarray(column).tolist() for column in columns), strict=True):
            parent, component, top, bottom, first, last = row
            use = Use(parent, component, Decimal(top) / Decimal(bottom), first, last, on)
            self._above.setdefault(component, []).append(use)
            self._below.setdefault(parent, []).append(use)
        self._is_read = True

    def uses(self, item_id: int) -> list[Use]:
        """What items take of it."""
        self._structure()
        return self._above.get(item_id, [])

    def needs(self, item_id: int) -> list[Use]:
        """What it takes of other items."""
        self._structure()
        return self._below.get(item_id, [])

    def pegs(self, item_id: int, site_id: int) -> list[Pegging]:
        key = (item_id, site_id)
        if key not in self._pegs:
            rows = Pegging.objects.filter(
                company_id=self.company_id, item_id=item_id, site_id=site_id
            )
            self._pegs[key] = list(rows.order_by("demand_date", "id"))
        return self._pegs[key]

    def run(self, run_id: int) -> PlanningRun:
        if run_id not in self.runs:
            self.runs[run_id] = PlanningRun.objects.get(pk=run_id)
        return self.runs[run_id]

    def bucket(self, order: PlannedOrder, run: PlanningRun) -> Date:
        """The day on which the plan asks for the components of ``order``."""
        day = max(order.start_date, run.planned_on)
        if run.bucket == PlanningRun.Bucket.WEEK:
            day = max(day - timedelta(days=day.weekday()), run.planned_on)
        return day


def demands_of(order: PlannedOrder, pegs: PegMap) -> list[Served]:
    """What ``order`` is for: customers' orders, forecasts, the planned orders above it, stock."""
    mine = [
        row for row in pegs.pegs(order.item_id, order.site_id) if row.planned_order_id == order.pk
    ]
    labels = order_labels(row.demand_move_id for row in mine if row.demand_move_id)
    found: list[Served] = []
    for row in mine:
        if row.demand != Demand.DEPENDENT:
            found.append(
                Served(
                    kind=row.demand,
                    quantity=row.quantity,
                    date=row.demand_date,
                    item_id=order.item_id,
                    document=labels.get(row.demand_move_id or 0),
                    move_id=row.demand_move_id,
                    forecast_id=row.demand_forecast_id,
                )
            )
            continue
        found.extend(_parents(row, pegs))
    return found


def _parents(row: Pegging, pegs: PegMap) -> list[Served]:
    """The planned orders above that a peg of a dependent demand serves, in their order."""
    same = [
        other
        for other in pegs.pegs(row.item_id, row.site_id)
        if other.demand == Demand.DEPENDENT and other.demand_date == row.demand_date
    ]
    first = sum((other.quantity for other in same if _before(other, row)), ZERO)
    shares = dependent_shares(row, pegs)
    return [
        Served(Demand.DEPENDENT, quantity, row.demand_date, order.item_id, order_id=order.pk)
        for order, quantity in _overlap(shares, first, first + row.quantity)
    ]


def _before(other: Pegging, row: Pegging) -> bool:
    return (_RANK[other.supply], other.pk) < (_RANK[row.supply], row.pk)


# The order in which supply serves: stock first, then what is on order, then what is planned.
_RANK: dict[str, int] = {Supply.STOCK: 0, Supply.EXPECTED: 1, Supply.PLANNED: 2, Supply.NONE: 3}


def dependent_shares(row: Pegging, pegs: PegMap) -> list[tuple[PlannedOrder, Decimal]]:
    """The orders that ask for the item of ``row`` on its day, each with how much it asks."""
    run = pegs.run(row.run_id)
    uses = dict[int, list[Use]]()
    for use in pegs.uses(row.item_id):
        uses.setdefault(use.parent, []).append(use)
    day = row.demand_date
    candidates = (
        PlannedOrder.objects.filter(company_id=row.company_id)
        .exclude(kind=PlannedOrder.Kind.BUY)
        .filter(_starting(day, run))
        .filter(
            Q(site_id=row.site_id, item_id__in=uses, kind=PlannedOrder.Kind.MAKE)
            | Q(source_site_id=row.site_id, item_id=row.item_id, kind=PlannedOrder.Kind.TRANSFER)
        )
        .order_by("item_id", "pk")
    )
    shares = []
    for order in candidates:
        if pegs.bucket(order, run) != day:
            continue
        is_move = order.kind == PlannedOrder.Kind.TRANSFER
        taken = [use.factor for use in uses.get(order.item_id, ()) if use.holds(order.start_date)]
        factor = Decimal(1) if is_move else sum(taken, ZERO)
        shares.append((order, round_quantity(order.quantity * factor)))
    return shares


def _starting(day: Date | None, run: PlanningRun) -> Q:
    """Orders whose start may fall into the bucket of ``day``."""
    if day is None:
        return Q(pk__in=[])
    length = 6 if run.bucket == PlanningRun.Bucket.WEEK else 0
    until = Q(start_date__lte=day + timedelta(days=length))
    return until if day <= run.planned_on else until & Q(start_date__gte=day)


def _overlap(
    shares: Iterable[tuple[PlannedOrder, Decimal]], first: Decimal, last: Decimal
) -> list[tuple[PlannedOrder, Decimal]]:
    """The part of shares laid end to end that lies between ``first`` and ``last``."""
    found, reached = [], ZERO
    for order, quantity in shares:
        inside = min(last, reached + quantity) - max(first, reached)
        if inside > 0:
            found.append((order, inside))
        reached += quantity
    return found


def supplies_of(order: PlannedOrder, pegs: PegMap) -> list[Served]:
    """What ``order`` needs and where it comes from: stock, orders, planned orders, nothing."""
    if order.kind == PlannedOrder.Kind.BUY:
        return []
    run = pegs.run(order.run_id)
    day = pegs.bucket(order, run)
    if order.kind == PlannedOrder.Kind.TRANSFER:
        site_id, wanted = order.source_site_id or order.site_id, [order.item_id]
    else:
        site_id = order.site_id
        used = [use for use in pegs.needs(order.item_id) if use.holds(order.start_date)]
        wanted = list(dict.fromkeys(use.component for use in used))
    found: list[Served] = []
    for item_id in wanted:
        rows = [
            row
            for row in pegs.pegs(item_id, site_id)
            if row.demand == Demand.DEPENDENT and row.demand_date == day
        ]
        rows.sort(key=lambda row: (_RANK[row.supply], row.pk))
        if rows:
            found.extend(_slices(order, rows, pegs))
    labels = order_labels(one.move_id for one in found if one.move_id)
    return [
        Served(
            one.kind,
            one.quantity,
            one.date,
            one.item_id,
            one.order_id,
            labels.get(one.move_id or 0),
            one.move_id,
        )
        for one in found
    ]


def _slices(order: PlannedOrder, rows: list[Pegging], pegs: PegMap) -> list[Served]:
    """The part of an item's supplies of one day that goes to ``order``."""
    first = ZERO
    last = ZERO
    for other, quantity in dependent_shares(rows[0], pegs):
        if other.pk == order.pk:
            last = first + quantity
            break
        first += quantity
    found, reached = [], ZERO
    for row in rows:
        inside = min(last, reached + row.quantity) - max(first, reached)
        if inside > 0:
            found.append(
                Served(
                    row.supply,
                    inside,
                    row.demand_date,
                    row.item_id,
                    order_id=row.planned_order_id,
                    move_id=row.supply_move_id,
                )
            )
        reached += row.quantity
    return found


def end_demands(order: PlannedOrder, pegs: PegMap | None = None) -> list[Served]:
    """The customers' orders and forecasts at the top that ``order`` serves, through all levels."""
    pegs = pegs or PegMap(order.company_id)
    ends: dict[tuple[str, int], Served] = {}
    waiting, seen = [order.pk], set[int]()
    while waiting and len(seen) < MOST_STEPS:
        rows = PlannedOrder.objects.filter(pk__in=waiting)
        waiting = []
        for one in rows:
            seen.add(one.pk)
            for served in demands_of(one, pegs):
                if served.order_id is not None:
                    if served.order_id not in seen:
                        waiting.append(served.order_id)
                elif served.kind != Demand.STOCK:
                    key = (served.kind, served.move_id or served.forecast_id or 0)
                    ends.setdefault(key, served)
    return sorted(ends.values(), key=lambda one: (one.date or Date.max, one.kind))

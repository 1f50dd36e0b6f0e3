"""Planning a few items again: from what changed downwards, and no further than it matters.

What the orders above ask of an item stands in its pegs, so nothing above has to be read. Where the
new orders of an item differ from the old ones its components are planned too, level by level. The
result is the plan that a whole run would have made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.services.documents import lock, require_company
from apps.core.sql import execute, fetch_all
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Item
from apps.masterdata.queries.calendars import calendars_of
from apps.planning.engine.calendars import WorkingDays
from apps.planning.engine.plan import (
    Edges,
    Flow,
    Plan,
    asked_of_components,
    bucketed,
    make_plan,
)
from apps.planning.engine.scale import Ints
from apps.planning.models import PlannedItem, PlanningRun
from apps.planning.queries.plan_flows import read_flows
from apps.planning.queries.plan_nodes import build_network
from apps.planning.queries.plan_structure import (
    MAKE,
    TRANSFER,
    Items,
    read_edges,
    read_items,
    read_plannings,
    table,
)
from apps.planning.queries.situations import PlanInput, assemble, working_days
from apps.planning.services.bulk_rows import days_since_epoch
from apps.planning.services.messages import write_messages
from apps.planning.services.plan_storage import follow_drafts, store_plan

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('planning.plan'), %s)"
_DEPENDENT = 2  # PlannedItem.DEMANDS
_ORDERS = """
SELECT id, item_id, site_id, (quantity * 1000000)::bigint, start_date - %(on)s::date
  FROM planning_plannedorder WHERE id = ANY(%(ids)s) AND status = 'planned'
"""
_FORGET = (
    "DELETE FROM planning_plannedorder WHERE id = ANY(%(ids)s) AND status = 'planned'",
    "DELETE FROM planning_planneditem WHERE id = ANY(%(rows)s)",
    "DELETE FROM planning_actionmessage WHERE company_id = %(company)s AND status = 'open'"
    " AND item_id = ANY(%(items)s) AND site_id = ANY(%(sites)s)",
)


def replan_items(
    company: Company, *, site: Site, items: Sequence[Item], by: User
) -> tuple[PlanningRun, int]:
    """Bring the current plan of ``site`` up to date for ``items`` and all that follows from it.

    Returns the run and how many items were planned. Stock, orders, forecasts and planning of the
    items may have changed; after a change of a bill a whole run is needed. Raises
    ``BusinessError`` ``no_plan`` where nothing is planned yet.
    """
    if not items:
        raise InvalidInput("no_items", _("Choose items."), field="items")
    require_company(company, site=site)
    for row, item in enumerate(items):
        require_company(company, row=row, items=item)
    with unit_of_work():
        execute(_ONE_AT_A_TIME, [company.pk])
        run = lock(_current(company, site))
        follow_drafts(company.pk)
        again = _Replanning(run, company, site)
        count = again.work({item.pk for item in items})
        return run.save_by(by, reason=_("{count} items planned again").format(count=count)), count


def _current(company: Company, site: Site) -> PlanningRun:
    rows = PlanningRun.objects.filter(company=company, is_current=True)
    found = rows.filter(site=site).first() or rows.filter(site__isnull=True).first()
    if found is None:
        raise BusinessError("no_plan", _("{site} has no plan yet.").format(site=site), field="site")
    return found


def _whole_plan_needed() -> BusinessError:
    """Transfers tie sites together, and a new structure ties items together anew."""
    return BusinessError(
        "plan_again",
        _("What hangs together has changed, or spans sites: make a whole plan."),
        field="items",
    )


@dataclass(slots=True)
class _Part:
    """One level planned: what it was, what it is now."""

    found: PlanInput
    plan: Plan
    old_ids: list[int]
    old_rows: list[int]


class _Replanning:
    def __init__(self, run: PlanningRun, company: Company, site: Site) -> None:
        self.run = run
        self.company = company
        self.days = run.horizon_days + 1
        self.items = read_items(company.pk)
        if run.site_id is not None:
            site_ids = [run.site_id]
        else:
            sites = Site.objects.filter(company=company, is_active=True).order_by("pk")
            site_ids = list(sites.values_list("pk", flat=True))
        self.sites = np.array(site_ids, dtype=np.int64)
        self.plannings = read_plannings(company.pk, site_ids)
        self.epoch = days_since_epoch(run.planned_on)
        self.calendars: dict[int, WorkingDays] = {}
        #: What the orders above newly ask for, or no longer: (item, site) → day → millionths.
        self.more: dict[tuple[int, int], dict[int, int]] = {}

    def work(self, wanted: set[int]) -> int:
        parts, done = [], set[int]()
        while wanted:
            batch, level = self._lowest(wanted)
            wanted -= batch
            part = self._plan(batch, level)
            done |= batch
            parts.append(part)
            wanted |= self._differences(part)
            if wanted & done:
                raise _whole_plan_needed()
        for part in parts:
            self._store(part)
        return len(done)

    def _lowest(self, wanted: set[int]) -> tuple[set[int], int]:
        """The items of the lowest level code among ``wanted``, and that code."""
        rows = PlannedItem.objects.filter(
            company=self.company, item_id__in=wanted, site_id__in=self.sites.tolist()
        ).values_list("item_id", "low_level_code")
        level: dict[int, int] = dict.fromkeys(wanted, 0)
        for item, code in rows:
            level[item] = max(level[item], code)
        lowest = min(level.values())
        return {item for item, code in level.items() if code == lowest}, lowest

    def _plan(self, batch: set[int], level: int) -> _Part:
        rows = list(
            PlannedItem.objects.filter(
                company=self.company, item_id__in=batch, site_id__in=self.sites.tolist()
            )
        )
        flows = read_flows(self.company.pk, self.run.planned_on, sorted(batch))
        dependent = self._dependent(rows, batch)
        items = self._only(batch)
        nothing = np.zeros(0, dtype=np.int64)
        pairs = np.concatenate(
            [
                flows.pairs(),
                table([(row.item_id, row.site_id) for row in rows], 2),
                dependent[:, :2],
            ]
        )
        edges = Edges(nothing, nothing, nothing, nothing)
        network = build_network(items, self.sites, self.plannings, edges, pairs)
        if (network.source == TRANSFER).any():
            raise _whole_plan_needed()
        found = assemble(
            items,
            self.sites,
            network,
            flows,
            self._calendars_of(self.sites[np.unique(network.site)]),
            self.run.planned_on,
            self.days,
            self.run.bucket == PlanningRun.Bucket.WEEK,
            self.run.is_rescheduling,
        )
        asked = Flow(
            network.node[
                items.places(dependent[:, 0]), np.searchsorted(self.sites, dependent[:, 1])
            ],
            dependent[:, 2],
            dependent[:, 3],
        )
        situation = found.situation
        outside = situation.demand
        situation.level = np.full(len(network.item), level, dtype=np.int64)
        situation.demand = Flow(
            *(
                np.concatenate([getattr(outside, name), getattr(asked, name)])
                for name in Flow.__slots__
            )
        )
        plan = make_plan(situation)
        plan.dependent = Flow(
            np.concatenate([plan.dependent.node, asked.node]),
            np.concatenate([plan.dependent.day, asked.day]),
            np.concatenate([plan.dependent.quantity, asked.quantity]),
        )
        old = [
            key
            for row in rows
            for key, kind in zip(row.peg_supply_id, row.peg_supply, strict=True)
            if kind == 2
        ]
        return _Part(found, plan, sorted(set(old)), [row.pk for row in rows])

    def _only(self, batch: set[int]) -> Items:
        places = self.items.places(sorted(batch))
        places = places[places >= 0]
        return Items(*(getattr(self.items, name)[places] for name in Items.__slots__))

    def _calendars_of(self, site_ids: Ints) -> dict[int, WorkingDays]:
        missing = [key for key in site_ids.tolist() if key not in self.calendars]
        if missing:
            for key, calendar in calendars_of(self.company, missing).items():
                self.calendars[key] = working_days(calendar, self.run.planned_on, self.days)
        return {key: self.calendars[key] for key in site_ids.tolist()}

    def _dependent(self, rows: Iterable[PlannedItem], batch: set[int]) -> Ints:
        """(item, site, day, quantity) that orders above ask, as pegged and as changed since."""
        asked: dict[tuple[int, int], dict[int, int]] = {}
        for row in rows:
            mine = asked.setdefault((row.item_id, row.site_id), {})
            for kind, day, quantity in zip(
                row.peg_demand, row.peg_day, row.peg_quantity, strict=True
            ):
                if kind == _DEPENDENT:
                    mine[day - self.epoch] = mine.get(day - self.epoch, 0) + quantity
        for key, changes in self.more.items():
            if key[0] in batch:
                mine = asked.setdefault(key, {})
                for day, quantity in changes.items():
                    mine[day] = mine.get(day, 0) + quantity
        found = [
            (*key, day, quantity)
            for key, mine in asked.items()
            for day, quantity in sorted(mine.items())
            if quantity > 0
        ]
        return table(found, 4)

    def _differences(self, part: _Part) -> set[int]:
        """Note what the new orders ask otherwise of components; these items are next."""
        network, plan = part.found.network, part.plan
        if not (network.source == MAKE).any():
            return set()
        before = self._old_starts(part)
        after = np.zeros_like(before)
        orders, lines = plan.orders, part.found.scheduled
        np.add.at(after, (orders.node, bucketed(orders.start, None)), orders.quantity)
        np.add.at(after, (lines.node, bucketed(lines.day, None)), lines.quantity)
        changed = np.flatnonzero((before != after).any(axis=1))
        if not changed.size:
            return set()
        edges, sites = self._edges(part, changed)
        bucket = part.found.situation.bucket
        fresh = self._asked(after, edges, bucket) - self._asked(before, edges, bucket)
        found = set()
        for row, day in zip(*np.nonzero(fresh), strict=True):
            key = (int(edges.component[row]), int(sites[row]))
            mine = self.more.setdefault(key, {})
            mine[int(day)] = mine.get(int(day), 0) + int(fresh[row, day])
            found.add(key[0])
        return found

    def _asked(self, starts: Ints, edges: Edges, bucket: Ints | None) -> Ints:
        """(edges, days): what orders that start so take."""
        result = np.zeros((len(edges.parent), self.days), dtype=np.int64)
        asked, days = asked_of_components(starts, edges.parent, edges, bucket)
        result[:, days] = asked
        return result

    def _old_starts(self, part: _Part) -> Ints:
        network = part.found.network
        result = np.zeros((len(network.item), self.days), dtype=np.int64)
        rows = table(fetch_all(_ORDERS, {"ids": part.old_ids, "on": self.run.planned_on}), 5)
        if len(rows):
            node = network.node[
                part.found.items.places(rows[:, 1]), np.searchsorted(self.sites, rows[:, 2])
            ]
            inside = (node >= 0) & (rows[:, 4] < self.days)
            day = bucketed(rows[inside, 4], None)
            np.add.at(result, (node[inside], day), rows[inside, 3])
        return result

    def _edges(self, part: _Part, changed: Ints) -> tuple[Edges, Ints]:
        """From changed nodes to ids of components, and the site of each."""
        network, items = part.found.network, part.found.items
        parent_ids = items.ids[network.item[changed]]
        edges = read_edges(
            self.company.pk, self.items, self.run.planned_on, self.days, parent_ids.tolist()
        )
        owner = self.items.ids[edges.parent]
        mine = [np.flatnonzero(owner == item_id) for item_id in parent_ids]
        node = np.repeat(changed, [len(one) for one in mine])
        found = edges.rows(np.concatenate(mine))
        found.parent, found.component = node, self.items.ids[found.component]
        return found, self.sites[network.site[node]]

    def _store(self, part: _Part) -> None:
        values = {
            "company": self.company.pk,
            "ids": part.old_ids,
            "rows": part.old_rows,
            "items": part.found.items.ids.tolist(),
            "sites": self.sites.tolist(),
        }
        for statement in _FORGET:
            execute(statement, values)
        stored = store_plan(self.run, part.found, part.plan)
        write_messages(self.run, part.found, part.plan, stored)

"""Which items are planned where, and how: the nodes of the plan and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.planning.engine.calendars import Flags
from apps.planning.engine.netting import Policies
from apps.planning.engine.plan import Edges, Nodes
from apps.planning.engine.scale import MICRO, Ints
from apps.planning.queries.plan_structure import (
    BUY,
    FIRST_DAY,
    LAST_DAY,
    MAKE,
    MRP,
    TRANSFER,
    Items,
)


@dataclass(slots=True)
class Network:
    """``node`` is (items, sites) → node or -1; the rest has one entry per node, by place."""

    node: Ints
    item: Ints
    site: Ints
    source: Ints
    source_site: Ints
    edges: Edges
    planning: dict[str, Ints]  # columns of ItemPlanning by node, defaults where there is none


_DEFAULTS = {"policy": MRP, "source": -1, "lead_time": -1}


def build_network(
    items: Items, sites: Ints, plannings: dict[str, Ints], edges: Edges, pairs: Ints
) -> Network:
    """Nodes for ``pairs`` of (item id, site id), for all that is planned, and what these need."""
    by_pair = _planning_table(items, sites, plannings)
    source = by_pair["source"]
    is_default = source < 0
    source[is_default] = np.broadcast_to(items.kind[:, None], source.shape)[is_default]
    wanted = _closure(items, sites, by_pair, edges, pairs)
    node = np.full(wanted.shape, -1, dtype=np.int64)
    item, site = np.nonzero(wanted)
    node[item, site] = np.arange(len(item))
    planning = {name: column[item, site] for name, column in by_pair.items()}
    source_site = np.searchsorted(sites, planning["source_site"])
    source_site = np.minimum(source_site, max(len(sites) - 1, 0))
    known = sites[source_site] == planning["source_site"] if len(sites) else source_site == 0
    source_site = np.where((planning["source"] == TRANSFER) & known, source_site, -1)
    return Network(
        node=node,
        item=item,
        site=site,
        source=planning["source"],
        source_site=source_site,
        edges=_edges(node, item, site, planning["source"], source_site, edges),
        planning=planning,
    )


def _planning_table(items: Items, sites: Ints, plannings: dict[str, Ints]) -> dict[str, Ints]:
    """Each column of ItemPlanning spread over (items, sites), with defaults where none is."""
    place = items.places(plannings["item"])
    site = np.searchsorted(sites, plannings["site"])
    known = (place >= 0) & (site < len(sites))
    known[known] = sites[site[known]] == plannings["site"][known]
    result: dict[str, Ints] = {}
    for name, column in plannings.items():
        if name in ("item", "site"):
            continue
        shape = (len(items.ids), len(sites))
        spread = np.full(shape, _DEFAULTS.get(name, 0), dtype=np.int64)
        spread[place[known], site[known]] = column[known]
        result[name] = spread
    result["is_set"] = np.zeros((len(items.ids), len(sites)), dtype=np.int64)
    result["is_set"][place[known], site[known]] = 1
    return result


def _closure(
    items: Items, sites: Ints, by_pair: dict[str, Ints], edges: Edges, pairs: Ints
) -> Flags:
    """(items, sites): whether it is planned there."""
    wanted = by_pair["is_set"] > 0
    place = items.places(pairs[:, 0])
    site = np.searchsorted(sites, pairs[:, 1])
    known = (place >= 0) & (site < len(sites))
    known[known] = sites[site[known]] == pairs[known, 1]
    wanted[place[known], site[known]] = True
    wanted &= (items.kind < 2)[:, None]
    from_site = {int(site_id): number for number, site_id in enumerate(sites.tolist())}
    count = -1
    while count != (count := int(wanted.sum())):
        for number in range(len(sites)):
            uses = wanted[edges.parent, number] & (by_pair["source"][edges.parent, number] == MAKE)
            wanted[edges.component[uses], number] = True
            moved = wanted[:, number] & (by_pair["source"][:, number] == TRANSFER)
            for row in np.flatnonzero(moved):
                other = from_site.get(int(by_pair["source_site"][row, number]))
                if other is not None:
                    wanted[row, other] = True
    return wanted


def _edges(
    node: Ints, item: Ints, site: Ints, source: Ints, source_site: Ints, edges: Edges
) -> Edges:
    """What made nodes take of others at their site, and moved ones of themselves elsewhere."""
    parents, components, rows = [], [], []
    for number in range(node.shape[1]):
        parent, component = node[edges.parent, number], node[edges.component, number]
        used = (parent >= 0) & (component >= 0)
        used[used] = source[parent[used]] == MAKE
        parents.append(parent[used])
        components.append(component[used])
        rows.append(np.flatnonzero(used))
    made = edges.rows(np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64))
    moved = np.flatnonzero(source_site >= 0)
    one = np.ones(len(moved), dtype=np.int64)
    return Edges(
        np.concatenate([*parents, moved]),
        np.concatenate([*components, node[item[moved], source_site[moved]]]),
        np.concatenate([made.numerator, one]),
        np.concatenate([made.denominator, one]),
        None if made.first is None else np.concatenate([made.first, one * FIRST_DAY]),
        None if made.last is None else np.concatenate([made.last, one * LAST_DAY]),
    )


def nodes_of(items: Items, network: Network, on_hand: Ints, calendar: Ints) -> Nodes:
    """The nodes as the engine plans them; lead time of the item where planning names none."""
    planning = network.planning
    lead_time = np.where(
        planning["lead_time"] >= 0, planning["lead_time"], items.lead_time[network.item]
    )
    # What is counted by the piece can't be started by the fraction that scrap would ask for.
    whole = (items.is_serial[network.item] > 0) | (
        (items.is_counted[network.item] > 0) & (planning["loss"] > 0)
    )
    multiple = np.where(whole & (planning["multiple"] == 0), MICRO, planning["multiple"])
    policies = Policies(
        rule=planning["rule"],
        minimum=planning["minimum"],
        multiple=multiple,
        fixed=planning["fixed"],
        period=planning["period"],
        safety_stock=planning["safety_stock"],
        fence=planning["fence"],
        loss=planning["loss"],
        is_planned=(planning["policy"] == MRP).astype(np.int64),
    )
    return Nodes(on_hand, lead_time, planning["safety_time"], calendar, policies)


KINDS = {MAKE: "make", BUY: "buy", TRANSFER: "transfer"}

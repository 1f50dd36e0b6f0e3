"""What people should do about orders, and why: each message with the values that triggered it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.planning.engine.lots import FIXED, MULTIPLE, ceil_to
from apps.planning.engine.plan import Plan, Situation
from apps.planning.engine.scale import Ints

RELEASE, PAST_DUE = "release", "past_due"
EXPEDITE, DEFER, CANCEL = "expedite", "defer", "cancel"
INCREASE, DECREASE = "increase", "decrease"


@dataclass(frozen=True, slots=True)
class Message:
    """About the arriving row ``arrival`` or the new order ``order`` (the other is -1).

    Quantities in millionths, days from today; ``needed`` and ``required`` are what told it.
    """

    kind: str
    node: int
    arrival: int
    order: int
    quantity: int
    new_quantity: int | None
    day: int
    new_day: int | None
    needed: int
    required: int


def order_messages(plan: Plan, *, release_until: int = 0) -> list[Message]:
    """New orders that must start today, or should have started before."""
    orders = plan.orders
    found = []
    for row in np.flatnonzero(orders.start <= release_until).tolist():
        start = int(orders.start[row])
        found.append(
            Message(
                kind=PAST_DUE if start < 0 else RELEASE,
                node=int(orders.node[row]),
                arrival=-1,
                order=row,
                quantity=int(orders.quantity[row]),
                new_quantity=None,
                day=start,
                new_day=0 if start < 0 else None,
                needed=int(orders.good[row]),
                required=int(orders.day[row]),
            )
        )
    return found


def arrival_messages(
    situation: Situation, plan: Plan, node: Ints, day: Ints, quantity: Ints, *, tolerance: int = 0
) -> list[Message]:
    """What is on order against when and how much of it is needed.

    The rows are sorted by node and day; they serve in this order. What is due beyond the horizon
    is left alone: nobody knows yet whether it will be needed.
    """
    if not len(node):
        return []
    before, after = _cumulated(node, quantity)
    required = plan.required[node]
    need_day = (required <= before[:, None]).sum(axis=1)
    most = required[:, -1]
    needed = np.clip(np.minimum(after, most) - before, 0, None)
    wanted = _by_lot(situation, node, needed)
    due = _with_safety_time(situation, node, need_day)
    late = _planned_on(plan)
    found = []
    for row in np.flatnonzero(day < situation.days).tolist():
        now, then = int(day[row]), int(due[row])
        have, want = int(quantity[row]), int(wanted[row])
        kind, new_day, new_quantity = "", None, None
        if needed[row] == 0:
            kind = CANCEL
        elif now - max(then, 0) > tolerance and now > 0:
            kind, new_day = EXPEDITE, max(then, 0)
        elif want < have:
            kind, new_quantity = DECREASE, want
        elif then - now > tolerance:
            kind, new_day = DEFER, then
        else:
            more = late.get((int(node[row]), int(need_day[row])), 0)
            if more:
                kind, new_quantity = INCREASE, have + more
        if kind:
            found.append(
                Message(
                    kind=kind,
                    node=int(node[row]),
                    arrival=row,
                    order=-1,
                    quantity=have,
                    new_quantity=new_quantity,
                    day=now,
                    new_day=new_day,
                    needed=int(needed[row]),
                    required=int(need_day[row]),
                )
            )
    return found


def _cumulated(node: Ints, quantity: Ints) -> tuple[Ints, Ints]:
    total = np.cumsum(quantity)
    firsts = np.flatnonzero(np.diff(node, prepend=-1))
    base = np.repeat(total[firsts] - quantity[firsts], np.diff(firsts, append=len(node)))
    return total - quantity - base, total - base


def _by_lot(situation: Situation, node: Ints, needed: Ints) -> Ints:
    """The smallest order that the lot rule allows for what is needed."""
    policies = situation.nodes.policies
    rule, minimum = policies.rule[node], policies.minimum[node]
    fixed = ceil_to(needed, policies.fixed[node])
    bounded = ceil_to(np.maximum(needed, minimum), policies.multiple[node])
    sized = np.where(rule == MULTIPLE, bounded, ceil_to(needed, policies.multiple[node]))
    return np.where(rule == FIXED, fixed, sized)


def _with_safety_time(situation: Situation, node: Ints, need_day: Ints) -> Ints:
    due = need_day.copy()
    inside = need_day < situation.days
    for number, calendar in enumerate(situation.calendars):
        mine = (situation.nodes.calendar[node] == number) & inside
        if mine.any():
            due[mine] = calendar.shift(need_day[mine], situation.nodes.safety_time[node[mine]])
    # A day of rest is not a reason to move what was promised for it.
    return np.where(situation.nodes.safety_time[node] == 0, need_day, due)


def _planned_on(plan: Plan) -> dict[tuple[int, int], int]:
    """Quantity of new orders by (node, day needed)."""
    result: dict[tuple[int, int], int] = {}
    orders = plan.orders
    keys = zip(orders.node.tolist(), orders.day.tolist(), strict=True)
    for key, quantity in zip(keys, orders.quantity.tolist(), strict=True):
        result[key] = result.get(key, 0) + quantity
    return result

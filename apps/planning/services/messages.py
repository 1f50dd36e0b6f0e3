"""Action messages: written by the run, answered by people."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import round_money
from apps.core.queries.currencies import decimal_places
from apps.core.services.documents import lock, require_reason
from apps.core.transactions import unit_of_work
from apps.planning.engine.messages import (
    CANCEL,
    DECREASE,
    DEFER,
    EXPEDITE,
    INCREASE,
    Message,
    arrival_messages,
    order_messages,
)
from apps.planning.engine.plan import Plan
from apps.planning.engine.scale import Ints, from_micro
from apps.planning.models import ActionMessage, PlanningRun
from apps.planning.queries.item_values import unit_values
from apps.planning.queries.order_labels import OrderLabel, order_labels
from apps.planning.queries.situations import EXPECTED, PLANNED, STOCK, PlanInput, Rows
from apps.planning.services.plan_storage import Stored

Status = ActionMessage.Status


def write_messages(run: PlanningRun, found: PlanInput, plan: Plan, stored: Stored) -> int:
    """The messages of a plan with reason, planner and money; how many there are."""
    situation = found.situation
    arriving = found.arriving.sorted()
    messages = order_messages(plan)
    messages += arrival_messages(
        situation,
        plan,
        arriving.node,
        arriving.day,
        arriving.quantity,
        tolerance=run.tolerance_days,
    )
    writer = _Writer(run, found, plan, stored, arriving)
    rows = writer.rows(messages) + writer.shortages()
    _insert(rows)
    return len(rows)


def _insert(rows: list[dict[str, Any]]) -> None:
    """COPY, for there may be thousands."""
    if not rows:
        return
    names = ", ".join(rows[0])
    table = ActionMessage._meta.db_table
    statement = f"COPY {table} ({names}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(list(row.values()))


class _Writer:
    """Turns what the engine says into rows that name documents, days and money."""

    def __init__(
        self, run: PlanningRun, found: PlanInput, plan: Plan, stored: Stored, arriving: Rows
    ) -> None:
        self.run, self.found, self.plan, self.stored = run, found, plan, stored
        self.arriving = arriving
        self.network = found.network
        self.places = decimal_places(run.company.currency_id)
        self.first_peg = self._first_pegs()

    def _first_pegs(self) -> Ints:
        """For each supply row the first peg: the demand that it must be there for; -1 for none."""
        pegs = self.stored.pegs
        served = np.flatnonzero((pegs.supply >= 0) & (pegs.demand >= 0))[::-1]
        first = np.full(len(self.stored.supply.node) + 1, -1, dtype=np.int64)
        first[pegs.supply[served]] = served  # the last to be written is the first
        return first

    def _supply_rows(self) -> tuple[Ints, dict[tuple[int, int], int]]:
        """(the supply row of each new order, the row of everything else by origin and key)."""
        supply, order_ids = self.stored.supply, self.stored.order_ids
        planned = np.flatnonzero(supply.origin == PLANNED)
        of_order = np.full(len(order_ids), -1, dtype=np.int64)
        by_id = np.argsort(order_ids)
        places = np.searchsorted(order_ids[by_id], supply.key[planned])
        of_order[by_id[places]] = planned
        others = np.flatnonzero((supply.origin != PLANNED) & (supply.origin != STOCK))
        keys = zip(supply.origin[others].tolist(), supply.key[others].tolist(), strict=True)
        return of_order, dict(zip(keys, others.tolist(), strict=True))

    def rows(self, messages: list[Message]) -> list[dict[str, Any]]:
        of_order, place = self._supply_rows()
        told = []
        for message in messages:
            origin, key = self._source(message)
            if message.order >= 0:
                row = int(of_order[message.order])
            else:
                row = place.get((origin, key), -1)
            told.append((message, origin, key, row))
        demand = self.stored.demand
        moves = [key for _m, origin, key, _row in told if origin == EXPECTED]
        for _message, _origin, _key, row in told:
            peg = int(self.first_peg[row])
            if peg >= 0:
                asked = int(self.stored.pegs.demand[peg])
                if demand.origin[asked] == EXPECTED:
                    moves.append(int(demand.key[asked]))
        labels = order_labels(moves)
        values = unit_values(self.found.items.ids[self.network.item[m.node]] for m in messages)
        return [self._row(m, origin, key, row, labels, values) for m, origin, key, row in told]

    def _source(self, message: Message) -> tuple[int, int]:
        if message.order >= 0:
            return PLANNED, int(self.stored.order_ids[message.order])
        return (
            int(self.arriving.origin[message.arrival]),
            int(self.arriving.key[message.arrival]),
        )

    def _row(
        self,
        message: Message,
        origin: int,
        key: int,
        supply_row: int,
        labels: dict[int, OrderLabel],
        values: dict[int, tuple[Decimal, Decimal]],
    ) -> dict[str, Any]:
        item_id = int(self.found.items.ids[self.network.item[message.node]])
        label = labels.get(key) if origin == EXPECTED else None
        quantity = from_micro(message.quantity)
        trigger = self._trigger(message, supply_row, labels)
        return self._plain(message.node, message.kind) | {
            "planned_order_id": None if origin == EXPECTED else key,
            "expected_move_id": key if origin == EXPECTED else None,
            "order_number": label.number if label else "",
            "quantity": quantity,
            "new_quantity": (
                None if message.new_quantity is None else from_micro(message.new_quantity)
            ),
            "date": self.found.day(message.day),
            "new_date": None if message.new_day is None else self.found.day(message.new_day),
            "trigger": json.dumps(trigger),
            "amount": self._amount(message, trigger, values[item_id]),
        }

    def _plain(self, node: int, kind: str) -> dict[str, Any]:
        planner = int(self.network.planning["planner"][node])
        return {
            "company_id": self.run.company_id,
            "run_id": self.run.pk,
            "item_id": int(self.found.items.ids[self.network.item[node]]),
            "site_id": int(self.found.sites[self.network.site[node]]),
            "kind": kind,
            "status": Status.OPEN.value,
            "planner_id": planner or None,
            "answer": "",
        }

    def _trigger(
        self, message: Message, supply_row: int, labels: dict[int, OrderLabel]
    ) -> dict[str, Any]:
        """The values behind a message: stock, what is needed when, and by whom first."""
        nodes = self.found.situation.nodes
        node = message.node
        trigger: dict[str, Any] = {
            "on_hand": str(from_micro(nodes.on_hand[node])),
            "safety_stock": str(from_micro(nodes.policies.safety_stock[node])),
            "lead_time_days": int(nodes.lead_time[node]),
            "needed": str(from_micro(message.needed)),
        }
        if message.required < self.found.situation.days:
            trigger["needed_on"] = self.found.day(message.required).isoformat()
        peg = int(self.first_peg[supply_row])
        if peg >= 0:
            row = int(self.stored.pegs.demand[peg])
            demand = self.stored.demand
            trigger["demand_on"] = self.found.day(int(demand.day[row])).isoformat()
            trigger["demand_quantity"] = str(from_micro(demand.quantity[row]))
            label = labels.get(int(demand.key[row])) if demand.origin[row] == EXPECTED else None
            if label is not None:
                trigger |= {"demand": label.kind, "demand_number": label.number}
                trigger["partner"] = label.partner
            else:
                trigger["demand"] = "forecast" if demand.key[row] else "planned_orders"
        return trigger

    def _amount(
        self, message: Message, trigger: dict[str, Any], value: tuple[Decimal, Decimal]
    ) -> Decimal:
        cost, price = value
        quantity = from_micro(message.quantity)
        if message.kind == EXPEDITE:
            is_sold = trigger.get("demand") == "sales_order" and price
            amount = from_micro(message.needed) * (price if is_sold else cost)
        elif message.kind in (CANCEL, DEFER):
            amount = -quantity * cost
        elif message.kind in (INCREASE, DECREASE):
            amount = (from_micro(message.new_quantity or 0) - quantity) * cost
        else:
            amount = quantity * cost
        return round_money(amount, self.places)

    def shortages(self) -> list[dict[str, Any]]:
        """Demand that nothing covers: within a fence, or of items that are not planned."""
        pegs, demand = self.stored.pegs, self.stored.demand
        bare = np.flatnonzero((pegs.supply < 0) & (pegs.demand >= 0))
        labels = order_labels(
            int(demand.key[row])
            for row in pegs.demand[bare].tolist()
            if demand.origin[row] == EXPECTED
        )
        items = self.found.items.ids[self.network.item[pegs.node[bare]]]
        values = unit_values(items)
        rows = []
        for place in bare.tolist():
            node, row = int(pegs.node[place]), int(pegs.demand[place])
            label = labels.get(int(demand.key[row])) if demand.origin[row] == EXPECTED else None
            quantity = from_micro(pegs.quantity[place])
            cost, price = values[int(self.found.items.ids[self.network.item[node]])]
            worth = price if label and label.kind == "sales_order" and price else cost
            nodes = self.found.situation.nodes
            trigger = {
                "on_hand": str(from_micro(nodes.on_hand[node])),
                "safety_stock": str(from_micro(nodes.policies.safety_stock[node])),
                "needed": str(quantity),
                "needed_on": self.found.day(int(demand.day[row])).isoformat(),
                "demand": label.kind if label else "planned_orders",
                "demand_number": label.number if label else "",
                "partner": label.partner if label else "",
            }
            is_move = demand.origin[row] == EXPECTED
            rows.append(
                self._plain(node, "shortage")
                | {
                    "planned_order_id": None,
                    "expected_move_id": int(demand.key[row]) if is_move else None,
                    "order_number": label.number if label else "",
                    "quantity": quantity,
                    "new_quantity": None,
                    "date": self.found.planned_on + timedelta(days=int(demand.day[row])),
                    "new_date": None,
                    "trigger": json.dumps(trigger),
                    "amount": round_money(quantity * worth, self.places),
                }
            )
        return rows


def complete_message(message: ActionMessage, *, by: User, answer: str = "") -> ActionMessage:
    """Say that what the message asked for is done."""
    return _answer(message, Status.DONE, answer.strip(), by)


def dismiss_message(message: ActionMessage, *, answer: str, by: User) -> ActionMessage:
    """Say that nothing will be done about it, and why."""
    return _answer(message, Status.DISMISSED, require_reason(answer), by)


def _answer(message: ActionMessage, status: str, answer: str, by: User) -> ActionMessage:
    with unit_of_work():
        message = lock(message)
        if message.status != Status.OPEN:
            raise BusinessError(
                "already_answered", _("This message is answered already."), field="status"
            )
        message.status, message.answer = status, answer[:200]
        message.answered_by, message.answered_at = by, timezone.now()
        message.save(update_fields=["status", "answer", "answered_by", "answered_at"])
    return message

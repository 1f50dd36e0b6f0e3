"""What nodes cost: journal lines on their cost objects, and what is ordered for them.

There is no second ledger. Cost is every line but those on income accounts (revenue) and on the
control accounts of what is owed. The element is told by what posted the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal

from django.utils import timezone

from apps.core.money import ZERO, round_money
from apps.core.sql import fetch_all
from apps.finance.queries.rates import exchange_rate
from apps.projects.models import CostElement, Project, WbsNode

REVENUE = "revenue"
OWED = ("receivable", "payable", "grni", "tax", "cash")
_ELEMENT = """
CASE WHEN a.kind = 'income' THEN 'revenue'
     WHEN l.machine_id IS NOT NULL THEN 'machine'
     WHEN t.app_label = 'projects' THEN 'labour'
     WHEN t.app_label = 'inventory' OR t.model = 'invoice' AND e.purpose LIKE 'late_cost%%'
       THEN 'material'
     WHEN t.app_label = 'supply_chain' OR t.model = 'invoice' THEN 'purchases'
     ELSE 'other' END
"""
_LINES = f"""
  FROM projects_wbsnode n
  JOIN finance_journalline l ON l.cost_object_id = n.cost_object_id
  JOIN finance_journalentry e ON e.id = l.entry_id
  JOIN finance_account a ON a.id = l.account_id AND a.control NOT IN {OWED}
  JOIN django_content_type t ON t.id = e.source_type_id
 WHERE n.project_id = ANY(%(projects)s) AND l.date <= %(until)s
"""
_COSTS = f"SELECT n.id, {_ELEMENT} AS element, sum(l.amount) {_LINES} GROUP BY 1, 2"
_BY_DAY = f"""
SELECT l.date, sum(l.amount) {_LINES} AND a.kind <> 'income' GROUP BY l.date ORDER BY l.date
"""
_TOTALS = f"""
SELECT n.project_id, sum(l.amount) {_LINES} AND a.kind <> 'income' GROUP BY n.project_id
"""
_COMMITTED = """
SELECT n.id, o.currency_id,
       sum((e.quantity - e.quantity_done) * l.quantity * l.unit_price / l.stock_quantity)
  FROM projects_wbsnode n
  JOIN supply_chain_purchaseorderline l ON l.cost_object_id = n.cost_object_id
  JOIN supply_chain_purchaseorder o ON o.id = l.order_id AND o.status = 'confirmed'
  JOIN django_content_type t ON t.app_label = 'supply_chain' AND t.model = 'purchaseorderline'
  JOIN inventory_expectedmove e ON e.source_type_id = t.id AND e.source_id = l.id AND e.is_open
   AND e.quantity > e.quantity_done
 WHERE n.project_id = %s GROUP BY 1, 2
"""
FOREVER = Date(9999, 12, 31)


@dataclass(slots=True)
class NodeCost:
    """A node's own figures in company currency; ``total`` adds all that is below it."""

    node: WbsNode
    budget: dict[str, Decimal]
    actual: dict[str, Decimal]
    committed: Decimal = ZERO
    revenue: Decimal = ZERO
    below: list[NodeCost] = field(default_factory=list)

    @property
    def own_actual(self) -> Decimal:
        return sum(self.actual.values(), ZERO)

    def all(self) -> list[NodeCost]:
        """The node and everything below it."""
        return [self, *(one for child in self.below for one in child.all())]

    @property
    def total_budget(self) -> Decimal:
        return sum((sum(one.budget.values(), ZERO) for one in self.all()), ZERO)

    @property
    def total_actual(self) -> Decimal:
        return sum((one.own_actual for one in self.all()), ZERO)

    @property
    def total_committed(self) -> Decimal:
        return sum((one.committed for one in self.all()), ZERO)

    @property
    def total_revenue(self) -> Decimal:
        return sum((one.revenue for one in self.all()), ZERO)

    @property
    def left(self) -> Decimal:
        """What of the budget is neither spent nor ordered."""
        return self.total_budget - self.total_actual - self.total_committed


def node_costs(project: Project, *, until: Date = FOREVER) -> list[NodeCost]:
    """Every node in the order of the tree; four statements however many nodes and lines."""
    elements = CostElement.values
    found: dict[int, NodeCost] = {}
    nodes = WbsNode.objects.filter(project=project).select_related("cost_object", "responsible")
    for node in nodes.order_by("path"):
        budget = {name: getattr(node, f"budget_{name}") for name in elements}
        found[node.pk] = NodeCost(node, budget, dict.fromkeys(elements, ZERO))
        if node.parent_id in found:
            found[node.parent_id].below.append(found[node.pk])
    for node_id, element, amount in fetch_all(_COSTS, {"projects": [project.pk], "until": until}):
        if element == REVENUE:
            found[node_id].revenue -= amount
        else:
            found[node_id].actual[element] += amount
    for node_id, amount in committed(project).items():
        found[node_id].committed = amount
    return list(found.values())


def committed(project: Project) -> dict[int, Decimal]:
    """Open amounts of purchase orders by node, in company currency at today's rates."""
    today = timezone.now().astimezone(project.site.zone).date()
    places = project.company.currency.decimal_places
    found: dict[int, Decimal] = {}
    for node_id, currency, amount in fetch_all(_COMMITTED, [project.pk]):
        rate = exchange_rate(project.company, currency, today)
        found[node_id] = found.get(node_id, ZERO) + round_money(amount * rate, places)
    return found


def cost_by_day(project_ids: Sequence[int], *, until: Date = FOREVER) -> list[tuple[Date, Decimal]]:
    """What was posted on each day, in order."""
    return fetch_all(_BY_DAY, {"projects": list(project_ids), "until": until})  # type: ignore[return-value]


def cost_totals(project_ids: Sequence[int], *, until: Date = FOREVER) -> dict[int, Decimal]:
    """Everything that the ledger has on each project's nodes; projects without cost are absent."""
    return dict(fetch_all(_TOTALS, {"projects": list(project_ids), "until": until}))

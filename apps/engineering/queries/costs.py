"""All that a cost roll-up needs, in three statements."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.engineering.queries.effectivity import in_force
from apps.engineering.queries.explosion import EDGES
from apps.engineering.rollup import Component, Step, Structure

_EDGES = f"SELECT parent_id, item_id, per_unit FROM ({EDGES}) AS e"  # noqa: S608 - constants only
_STEPS = f"""
SELECT r.item_id, o.setup_minutes, o.run_minutes, o.labour_factor,
       coalesce(w.labour_rate, 0), coalesce(w.machine_rate, 0)
  FROM engineering_routing r
  JOIN engineering_routingoperation o ON o.routing_id = r.id
  LEFT JOIN LATERAL (
    SELECT labour_rate, machine_rate FROM masterdata_workcentrerate
     WHERE work_centre_id = o.work_centre_id AND effective_from <= %(on)s
     ORDER BY effective_from DESC LIMIT 1) AS w ON true
 WHERE r.company_id = %(company)s AND {in_force("r")}
 ORDER BY r.item_id, o.sequence
"""  # noqa: S608 - constants only
# What is bought costs its price, else what it is carried at.
_PRICES = """
SELECT i.id, CASE WHEN i.purchase_price > 0 THEN i.purchase_price
                  WHEN c.costing <> 'standard' AND v.quantity > 0 THEN v.value / v.quantity
                  ELSE coalesce(v.standard_cost, 0) END
  FROM masterdata_item i
  JOIN masterdata_itemcategory c ON c.id = i.category_id
  LEFT JOIN inventory_itemvaluation v ON v.item_id = i.id
 WHERE i.company_id = %(company)s AND i.is_active AND i.kind <> 'service'
"""


def cost_structure(company: Company, at: Date) -> Structure:
    """Bills and routings of ``company`` in force on ``at``, with that day's rates and prices."""
    values = {"company": company.pk, "item": None, "bom": None, "on": at}
    components: dict[int, list[Component]] = {}
    for parent_id, item_id, quantity in fetch_all(_EDGES, values):
        components.setdefault(parent_id, []).append(Component(item_id, quantity))
    steps: dict[int, list[Step]] = {}
    for item_id, *step in fetch_all(_STEPS, values):
        steps.setdefault(item_id, []).append(Step(*step))
    prices: dict[int, Decimal] = dict(fetch_all(_PRICES, values))
    return Structure(components, steps, prices)

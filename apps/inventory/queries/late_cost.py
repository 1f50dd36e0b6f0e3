"""Following units: where the goods of a receipt are now, and what became of production's cost."""

from __future__ import annotations

from collections.abc import Iterable

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.inventory.late_cost import Output, Receipt, Use

_RECEIPTS = """
SELECT m.id, m.item_id, l.id, l.quantity_left
  FROM inventory_stockmove m
  LEFT JOIN inventory_costlayer l ON l.move_id = m.id
 WHERE m.company_id = %s AND m.id = ANY(%s) ORDER BY m.id
"""
# Of an issue that took from many receipts, and of which a part came back, each has its share in it.
_USES = """
WITH uses AS (
  SELECT l.move_id, c.id, c.quantity, m.id AS issue_id, m.quantity AS issued, m.item_id, p.kind,
         m.cost_object_id, m.partner_id, m.reason_id, r.id AS returned_by
    FROM inventory_costlayer l
    JOIN inventory_layerconsumption c ON c.layer_id = l.id
    JOIN inventory_stockmove m ON m.id = c.move_id
    JOIN inventory_location p ON p.id = m.to_location_id
    LEFT JOIN inventory_stockmove r ON r.reverses_id = m.id
   WHERE l.company_id = %s AND l.move_id = ANY(%s)),
parts AS (
  SELECT u.id, b.quantity, b.receipt_id AS returned_by
    FROM uses u JOIN inventory_returnedunits b ON b.issue_id = u.issue_id
   WHERE u.returned_by IS NULL
  UNION ALL
  SELECT u.id, u.issued - coalesce((SELECT sum(b.quantity) FROM inventory_returnedunits b
                                     WHERE b.issue_id = u.issue_id AND u.returned_by IS NULL), 0),
         u.returned_by
    FROM uses u)
SELECT u.move_id, u.quantity * p.quantity / u.issued, u.item_id, u.kind, u.cost_object_id,
       u.partner_id, u.reason_id, p.returned_by
  FROM uses u JOIN parts p USING (id)
 WHERE p.quantity > 0 ORDER BY u.id, p.returned_by NULLS FIRST
"""
_IN_WIP = """
SELECT l.cost_object_id, sum(l.amount)
  FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id AND a.control = 'wip'
 WHERE l.company_id = %s AND l.cost_object_id = ANY(%s) GROUP BY l.cost_object_id
"""
_OUTPUTS = """
SELECT m.cost_object_id, m.id, m.counter_value
  FROM inventory_stockmove m
  JOIN inventory_location f ON f.id = m.from_location_id AND f.kind = 'production'
  JOIN inventory_location t ON t.id = m.to_location_id AND t.kind IN ('internal', 'transit')
 WHERE m.company_id = %s AND m.cost_object_id = ANY(%s) AND m.reverses_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM inventory_stockmove r WHERE r.reverses_id = m.id)
 ORDER BY m.id
"""
# What left WIP other than as goods: scrap, and the variance when the order was closed.
_EXPENSES = """
WITH relieved AS (
  SELECT DISTINCT l.entry_id, l.cost_object_id
    FROM finance_journalline l
    JOIN finance_account a ON a.id = l.account_id AND a.control = 'wip'
   WHERE l.company_id = %s AND l.cost_object_id = ANY(%s) AND l.amount < 0)
SELECT l.cost_object_id, l.account_id, sum(l.amount)
  FROM relieved
  JOIN finance_journalline l ON l.entry_id = relieved.entry_id
   AND l.cost_object_id = relieved.cost_object_id
  JOIN finance_account a ON a.id = l.account_id AND a.kind = 'expense'
 GROUP BY l.cost_object_id, l.account_id HAVING sum(l.amount) > 0
 ORDER BY l.cost_object_id, l.account_id
"""


def receipts_now(company: Company, move_ids: Iterable[int]) -> dict[int, Receipt]:
    """Each receipt with what is left of it and what took the rest: two statements."""
    wanted = sorted(set(move_ids))
    if not wanted:
        return {}
    found = {
        move_id: Receipt(move_id, item_id, layer_id, left)
        for move_id, item_id, layer_id, left in fetch_all(_RECEIPTS, [company.pk, wanted])
    }
    for move_id, *use in fetch_all(_USES, [company.pk, wanted]):
        found[move_id].uses.append(Use(*use))
    return found


def outputs_now(company: Company, cost_object_ids: Iterable[int]) -> dict[int, Output]:
    """What is in WIP of each cost object and what has left it: three statements."""
    wanted = sorted(set(cost_object_ids))
    if not wanted:
        return {}
    found = {cost_object_id: Output() for cost_object_id in wanted}
    for cost_object_id, amount in fetch_all(_IN_WIP, [company.pk, wanted]):
        found[cost_object_id].in_wip = amount
    for cost_object_id, move_id, value in fetch_all(_OUTPUTS, [company.pk, wanted]):
        found[cost_object_id].receipts.append((move_id, value))
    for cost_object_id, account_id, amount in fetch_all(_EXPENSES, [company.pk, wanted]):
        found[cost_object_id].expenses.append((account_id, amount))
    return found

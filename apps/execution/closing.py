"""Checks of the close about production: no cost is left on orders that are over."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.finance.close_checks import CloseCheck, by_statement, register_check

_WIP = """
SELECT coalesce(w.number, c.code) AS work_order, coalesce(w.status, '') AS status,
       sum(l.amount) AS amount
  FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id AND a.control = 'wip'
  LEFT JOIN finance_costobject c ON c.id = l.cost_object_id
  LEFT JOIN execution_workorder w ON w.cost_object_id = l.cost_object_id
 WHERE l.company_id = %(company)s AND l.date <= %(last)s
 GROUP BY l.cost_object_id, c.code, w.number, w.status
HAVING sum(l.amount) <> 0
   AND (w.status IS NULL OR w.status IN ('closed', 'cancelled', 'draft'))
 ORDER BY 1
"""
_COMPLETED = """
SELECT w.number AS work_order, max(l.date) AS last_cost, sum(l.amount) AS amount
  FROM execution_workorder w
  JOIN finance_journalline l ON l.cost_object_id = w.cost_object_id AND l.date <= %(last)s
  JOIN finance_account a ON a.id = l.account_id AND a.control = 'wip'
 WHERE w.company_id = %(company)s AND w.status = 'completed'
 GROUP BY w.id HAVING sum(l.amount) <> 0 AND max(l.date) <= %(last)s
 ORDER BY w.number
"""

register_check(
    CloseCheck("wip", _("No cost is left on closed work orders"), by_statement(_WIP)),
    CloseCheck("completed-orders", _("Finished work orders are closed"), by_statement(_COMPLETED)),
)

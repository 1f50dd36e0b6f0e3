"""Figures of projects."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.registry import Behind, Measure, Unit, register
from apps.reporting.measures.scope import in_sites

register(
    Measure(
        code="projects_over_budget",
        title=_("Projects over budget"),
        unit=Unit.COUNT,
        permission="projects.view_project_cost",
        formula=_(
            "Active projects on whose nodes the ledger has more cost than their budgets allow."
        ),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(id ORDER BY id) FROM (
  SELECT p.id
    FROM projects_project p
    JOIN company c ON c.id = p.company_id
    JOIN projects_wbsnode n ON n.project_id = p.id
    LEFT JOIN LATERAL (
         SELECT sum(l.amount) AS amount FROM finance_journalline l
           JOIN finance_account a ON a.id = l.account_id AND a.kind <> 'income'
            AND a.control NOT IN ('receivable', 'payable', 'grni', 'tax', 'cash')
          WHERE l.cost_object_id = n.cost_object_id) AS k ON true
   WHERE {in_sites("p")} AND p.status = 'active'
   GROUP BY p.id
  HAVING sum(coalesce(k.amount, 0)) > sum(n.budget_labour + n.budget_material
         + n.budget_purchases + n.budget_machine + n.budget_other)) AS over_budget
""",  # noqa: S608 - constants only
        behind=Behind(model="projects.Project"),
        icon="flag",
        is_alarm=True,
    ),
)

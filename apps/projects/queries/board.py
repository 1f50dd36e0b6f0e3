"""All projects at a glance: a few statements however many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.projects.models import Project
from apps.projects.queries.costs import cost_totals

_BUDGETS = """
SELECT project_id, sum(budget_labour + budget_material + budget_purchases + budget_machine
                       + budget_other)
  FROM projects_wbsnode WHERE project_id = ANY(%s) GROUP BY project_id
"""
_DONE = """
SELECT project_id, sum(duration * percent_complete) / nullif(sum(duration), 0)
  FROM projects_task WHERE project_id = ANY(%s) GROUP BY project_id
"""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A project; ``percent`` of its tasks' working days are done."""

    project: Project
    budget: Decimal
    actual: Decimal
    percent: Decimal

    @property
    def is_over(self) -> bool:
        return self.actual > self.budget


def board_rows(projects: Sequence[Project], *, with_cost: bool) -> list[BoardRow]:
    """The rows in the order of ``projects``; cost is zero unless asked for."""
    keys = [project.pk for project in projects]
    budgets = dict(fetch_all(_BUDGETS, [keys])) if with_cost else {}
    actual = cost_totals(keys) if with_cost else {}
    done = dict(fetch_all(_DONE, [keys]))
    return [
        BoardRow(
            project=project,
            budget=budgets.get(project.pk) or ZERO,
            actual=actual.get(project.pk, ZERO),
            percent=done.get(project.pk) or ZERO,
        )
        for project in projects
    ]

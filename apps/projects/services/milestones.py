"""The billing plan: what is billed when, each line once."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company, require_status
from apps.core.transactions import unit_of_work
from apps.projects.models import BillingMilestone, Project, ProjectBilling

CHANGEABLE = frozenset({"node", "name", "amount", "due_on", "task"})


def create_milestone(
    *, company: Company, project: Project, by: User, reason: str = "", **values: Any
) -> BillingMilestone:
    """A line of the billing plan of a project that is billed by milestones."""
    with unit_of_work():
        project = lock(project)
        require_status(project, *Project.CHANGEABLE)
        milestone = BillingMilestone(company=company, project=project, **values)
        _check(milestone)
        return milestone.save_by(by, reason=reason)


def update_milestone(
    row: BillingMilestone,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> BillingMilestone:
    """Change a line that is not billed."""
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of a milestone: {sorted(unknown)}")
    with unit_of_work():
        project = lock(row.project)
        require_status(project, *Project.CHANGEABLE)
        milestone = lock(row, version=version, related=("company",))
        milestone.project = project
        if ProjectBilling.objects.filter(milestone=milestone, is_live=True).exists():
            raise BusinessError(
                "already_billed", _("{milestone} is billed.").format(milestone=milestone)
            )
        for name, value in values.items():
            setattr(milestone, name, value)
        _check(milestone)
        return milestone.save_by(by, reason=reason)


def _check(milestone: BillingMilestone) -> None:
    project = milestone.project
    require_company(milestone.company, project=project, node=milestone.node, task=milestone.task)
    if project.billing != Project.BillingMethod.MILESTONE:
        raise InvalidInput(
            "other_billing",
            _("{project} is not billed by milestones.").format(project=project.number),
            field="project",
        )
    require_decimal(
        milestone.amount, field="amount", decimal_places=project.currency.decimal_places
    )
    for field, row in (("node", milestone.node), ("task", milestone.task)):
        if row is not None and row.project_id != project.pk:
            raise InvalidInput(
                "other_project",
                _("{row} is of another project.").format(row=row),
                field=field,
            )

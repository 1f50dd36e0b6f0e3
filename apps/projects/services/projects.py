"""Projects: opened, put on hold, closed. Their cost objects take cost while they are active."""

from __future__ import annotations

from datetime import date as Date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, Site, User
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.services.cost_objects import set_cost_objects_active
from apps.hr.models import Employee
from apps.masterdata.models import Partner
from apps.projects.models import Project, ProjectBilling, Timesheet, TimesheetLine, WbsNode

Status = Project.Status
BillingMethod = Project.BillingMethod
CHANGEABLE = frozenset(
    {
        "name",
        "description",
        "partner",
        "customer_reference",
        "site",
        "manager",
        "starts_on",
        "due_on",
        "billing",
        "currency",
        "tax_code",
    }
)
#: What invoices and rates speak of: fixed once something is billed.
_FIXED_WHEN_BILLED = ("partner", "currency")


def create_project(
    company: Company,
    *,
    name: str,
    site: Site,
    by: User,
    starts_on: Date | None = None,
    partner: Partner | None = None,
    currency: Currency | None = None,
    manager: Employee | None = None,
    reason: str = "",
    **values: Any,
) -> Project:
    """A new project as a draft, numbered at once. Billed in the customer's currency by default."""
    project = Project(
        company=company,
        name=name,
        site=site,
        starts_on=starts_on or timezone.now().astimezone(site.zone).date(),
        partner=partner,
        manager=manager,
        currency_id=_currency(company, partner, currency),
        created_by=by,
        **values,
    )
    _check(project)
    with unit_of_work():
        project.number = next_number("projects_project_series", "PJ")
        return project.save_by(by, reason=reason)


def change_project(
    project: Project, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> Project:
    """Change a project that is not closed. What is billed keeps its customer and currency."""
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of a project: {sorted(unknown)}")
    with unit_of_work():
        project = lock(project, version=version)
        require_status(project, *Project.CHANGEABLE)
        changed = [name for name in values if getattr(project, name) != values[name]]
        for name in _FIXED_WHEN_BILLED:
            if name in changed and ProjectBilling.objects.filter(project=project).exists():
                raise BusinessError(
                    "billed", _("{project} is billed already.").format(project=project), field=name
                )
        for name, value in values.items():
            setattr(project, name, value)
        _check(project)
        return project.save_by(by, reason=reason)


def activate_project(project: Project, *, by: User, version: int | None = None) -> Project:
    """From now on it takes cost. A project without nodes has nothing to take it on."""
    with unit_of_work():
        project = lock(project, version=version)
        require_status(project, Status.DRAFT, Status.HOLD)
        if not WbsNode.objects.filter(project=project).exists():
            raise BusinessError(
                "no_nodes",
                _("{project} has no work breakdown yet.").format(project=project),
                field="status",
            )
        return _become(project, Status.ACTIVE, by)


def hold_project(project: Project, *, reason: str, by: User, version: int | None = None) -> Project:
    """Take no cost until it is activated again."""
    reason = require_reason(reason)
    with unit_of_work():
        return _become(lock(project, version=version), Status.HOLD, by, reason)


def close_project(
    project: Project, *, by: User, reason: str = "", version: int | None = None
) -> Project:
    """Nothing more is posted on it. Raises ``BusinessError`` while timesheets wait on it."""
    with unit_of_work():
        project = lock(project, version=version)
        waiting = (
            TimesheetLine.objects.filter(
                node__project=project,
                timesheet__status__in=(Timesheet.Status.DRAFT, Timesheet.Status.SUBMITTED),
            )
            .select_related("timesheet")
            .first()
        )
        if waiting is not None:
            raise BusinessError(
                "open_timesheets",
                _("Timesheet {number} is not approved yet.").format(number=waiting.timesheet),
                field="status",
            )
        return _become(project, Status.CLOSED, by, reason)


def reopen_project(
    project: Project, *, reason: str, by: User, version: int | None = None
) -> Project:
    """A closed project takes cost again."""
    reason = require_reason(reason)
    with unit_of_work():
        project = lock(project, version=version)
        require_status(project, Status.CLOSED)
        return _become(project, Status.ACTIVE, by, reason)


def require_active(project: Project, *, row: int | None = None, field: str = "node") -> None:
    """Raise ``BusinessError`` unless ``project`` takes cost."""
    if project.status != Status.ACTIVE:
        raise BusinessError(
            "project_not_active",
            _("{project} is “{status}” and takes no cost.").format(
                project=project.number, status=project.get_status_display()
            ),
            field=field,
            row=row,
        )


def _become(project: Project, status: Status, by: User, reason: str = "") -> Project:
    project.transition_to(status)
    project.save_by(by, reason=reason)
    set_cost_objects_active(
        WbsNode.objects.filter(project=project).values_list("cost_object_id", flat=True),
        is_active=status == Status.ACTIVE,
        by=by,
        reason=reason or project.get_status_display(),
    )
    return project


def _currency(company: Company, partner: Partner | None, currency: Currency | None) -> str:
    if currency is not None:
        return str(currency.pk)
    return str(partner.currency_id if partner is not None else company.currency_id)


def _check(project: Project) -> None:
    require_company(
        project.company,
        site=project.site,
        partner=project.partner,
        manager=project.manager,
        tax_code=project.tax_code,
    )
    if project.billing != BillingMethod.NONE and project.partner is None:
        raise InvalidInput("customer_required", _("Say who is billed."), field="partner")
    if project.partner is not None and not project.partner.is_customer:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no customer.").format(partner=project.partner),
            field="partner",
        )
    if project.due_on is not None and project.due_on < project.starts_on:
        raise InvalidInput(
            "due_before_start", _("It can't be due before it starts."), field="due_on"
        )

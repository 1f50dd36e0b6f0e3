"""Invoices of projects, made by finance: by milestones, or by hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import insert_all, lock, update_all
from apps.core.transactions import unit_of_work
from apps.finance.models import Invoice
from apps.finance.services.credit_notes import credited_lines
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.projects.models import (
    BillingMilestone,
    Project,
    ProjectBilling,
    Timesheet,
    TimesheetLine,
)
from apps.projects.queries.rates import Rates

Method = Project.BillingMethod
HUNDRED = Decimal(100)


def bill_milestones(
    project: Project,
    *,
    milestones: Sequence[BillingMilestone],
    date: Date,
    by: User,
    due_date: Date | None = None,
) -> Invoice:
    """Invoice milestones and post it: revenue on their nodes' cost objects.

    Raises ``BusinessError`` naming the row for one that is billed already or whose task is not
    complete.
    """
    with unit_of_work():
        project = _locked(project, Method.MILESTONE)
        keys = [milestone.pk for milestone in milestones]
        rows = {
            row.pk: row
            for row in BillingMilestone.objects.select_for_update(of=("self",))
            .filter(project=project, pk__in=keys)
            .select_related("node__cost_object", "task")
        }
        billed = set(
            ProjectBilling.objects.filter(milestone__in=keys, is_live=True).values_list(
                "milestone_id", flat=True
            )
        )
        if not keys:
            raise _nothing(project)
        for row, key in enumerate(keys):
            _check_milestone(project, rows.get(key), billed, row)
            billed.add(key)
        lines = [
            BillingLine(
                quantity=Decimal(1),
                unit_price=rows[key].amount,
                description=f"{project.number} {rows[key].name}",
                tax_code=project.tax_code,
                cost_object=rows[key].node.cost_object,
                source=rows[key],
            )
            for key in keys
        ]
        return _invoice(
            project, lines, [{"milestone": rows[key]} for key in keys], date, due_date, by
        )


def bill_hours(
    project: Project,
    *,
    until: Date,
    date: Date,
    by: User,
    due_date: Date | None = None,
) -> Invoice:
    """Invoice all approved, billable hours up to ``until`` that are not billed yet, and post it.

    Each line of a timesheet becomes a line of the invoice, at the billing rate of its day. Raises
    ``BusinessError`` when there are none, or hours that no rate is known for.
    """
    with unit_of_work():
        project = _locked(project, Method.TIME)
        rows = list(
            TimesheetLine.objects.filter(
                node__project=project,
                timesheet__status=Timesheet.Status.APPROVED,
                is_billable=True,
                date__lte=until,
            )
            .exclude(pk__in=_billed_hours(project))
            .select_related("employee", "node__cost_object", "task")
            .order_by("date", "pk")
        )
        if not rows:
            raise _nothing(project)
        rates = Rates(
            project.company, employees=[row.employee for row in rows], projects=[project.pk]
        )
        lines = [
            BillingLine(
                quantity=row.hours,
                unit_price=rates.billing(row.employee, project, row.date),
                description=_hours_text(project, row),
                tax_code=project.tax_code,
                cost_object=row.node.cost_object,
                source=row,
            )
            for row in rows
        ]
        return _invoice(
            project, lines, [{"timesheet_line": row} for row in rows], date, due_date, by
        )


def free_reversed(invoice: Invoice, *, by: User, reason: str) -> None:
    """What a reversed invoice billed may be billed again."""
    with unit_of_work():
        _set_live(invoice.lines.values_list("pk", flat=True), is_live=False, by=by, reason=reason)


def free_credited(invoice: Invoice, *, by: User) -> None:
    """What is wholly credited may be billed again; the rest of a line stays billed."""
    with unit_of_work():
        lines = {line.pk: line for line in invoice.lines.all()}
        credited = credited_lines(list(lines))
        whole = [key for key, one in credited.items() if one.quantity == lines[key].quantity]
        _set_live(whole, is_live=False, by=by, reason=_("Credited"))


def bill_again(note: Invoice, *, by: User, reason: str) -> None:
    """A credit note is taken back: what it freed is billed again by the first invoice.

    Raises ``BusinessError`` when it was billed anew meanwhile.
    """
    with unit_of_work():
        keys = [line.source_id for line in note.lines.all() if line.source_id is not None]
        rows = ProjectBilling.objects.filter(invoice_line__in=keys, is_live=False)
        for row in rows:
            anew = ProjectBilling.objects.filter(
                milestone=row.milestone_id, timesheet_line=row.timesheet_line_id, is_live=True
            )
            if anew.exists():
                raise BusinessError(
                    "billed_again",
                    _("{what} is billed again: credit that invoice first.").format(
                        what=row.milestone or row.timesheet_line
                    ),
                    field="lines",
                )
        _set_live(keys, is_live=True, by=by, reason=reason)


def _set_live(line_ids: Any, *, is_live: bool, by: User, reason: str) -> None:
    found = ProjectBilling.objects.filter(invoice_line__in=list(line_ids)).exclude(is_live=is_live)
    projects = found.values_list("project_id", flat=True)
    list(Project.objects.select_for_update(of=("self",)).filter(pk__in=projects).order_by("pk"))
    rows = list(found.order_by("pk"))
    for row in rows:
        row.is_live = is_live
    update_all(rows, "is_live", by=by, reason=reason)


def _locked(project: Project, method: str) -> Project:
    """The project, locked: nobody else bills it meanwhile."""
    project = lock(project, related=("company__currency", "currency"))
    if project.billing != method:
        raise BusinessError(
            "other_billing",
            _("{project} is billed otherwise: {method}.").format(
                project=project.number, method=project.get_billing_display()
            ),
            field="billing",
        )
    if project.status == Project.Status.DRAFT:
        raise BusinessError(
            "project_not_active",
            _("{project} is a draft.").format(project=project.number),
            field="status",
        )
    return project


def _billed_hours(project: Project) -> Any:
    return ProjectBilling.objects.filter(
        project=project, is_live=True, timesheet_line__isnull=False
    ).values("timesheet_line_id")


def _nothing(project: Project) -> InvalidInput:
    return InvalidInput(
        "nothing_to_bill",
        _("There is nothing to bill on {project}.").format(project=project.number),
        field="lines",
    )


def _check_milestone(
    project: Project, milestone: BillingMilestone | None, billed: set[int], row: int
) -> None:
    if milestone is None:
        raise InvalidInput(
            "other_project",
            _("This milestone is of another project than {project}.").format(
                project=project.number
            ),
            field="milestones",
            row=row,
        )
    if milestone.pk in billed:
        raise BusinessError(
            "already_billed",
            _("{milestone} is billed.").format(milestone=milestone),
            field="milestones",
            row=row,
        )
    if milestone.task is not None and milestone.task.percent_complete < HUNDRED:
        raise BusinessError(
            "not_complete",
            _("{milestone} is billed when {task} is complete.").format(
                milestone=milestone, task=milestone.task
            ),
            field="milestones",
            row=row,
        )


def _hours_text(project: Project, row: TimesheetLine) -> str:
    what = row.task.name if row.task is not None else row.node.name
    return f"{project.number} {row.date} {row.employee.name}: {what}"[:200]


def _invoice(
    project: Project,
    lines: Sequence[BillingLine],
    billed: Sequence[dict[str, Any]],
    date: Date,
    due_date: Date | None,
    by: User,
) -> Invoice:
    assert project.partner is not None  # noqa: S101 - a billed project has a customer (CHECK)
    invoice = draft_invoice(
        project.company,
        kind=Invoice.Kind.CUSTOMER,
        partner=project.partner,
        date=date,
        due_date=due_date,
        currency=project.currency,
        reference=project.customer_reference or project.number,
        lines=lines,
        by=by,
    )
    rows = [
        ProjectBilling(company=project.company, project=project, invoice_line=line, **what)
        for line, what in zip(invoice.lines.order_by("pk"), billed, strict=True)
    ]
    insert_all(rows, by=by)
    return post_invoice(invoice, by=by)

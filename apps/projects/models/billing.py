from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class BillingMilestone(CompanyBound, AuditedModel):
    """A line of a project's billing plan: ``amount`` (net, in its billing currency) is billed once.

    With a ``task`` it may be billed when that is complete.
    """

    project = CompanyForeignKey(
        "projects.Project", related_name="milestones", verbose_name=_("project")
    )
    node = CompanyForeignKey("projects.WbsNode", related_name="+", verbose_name=_("node"))
    name = models.CharField(_("name"), max_length=160)
    amount = MoneyField(_("net amount"))
    due_on = models.DateField(_("due on"), null=True, blank=True)
    task = CompanyForeignKey(
        "projects.Task",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("billed when complete"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("project", "due_on", "id")
        verbose_name = _("billing milestone")
        verbose_name_plural = _("billing milestones")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("projects_billingmilestone", "amount"),
            *company_references("projects_billingmilestone", "project", "node", "task"),
        ]

    def __str__(self) -> str:
        return self.name


class ProjectBilling(CompanyBound, AuditedModel):
    """What an invoice line bills: a milestone or a line of a timesheet, each once while it stands.

    ``is_live`` ends when the invoice is reversed or the line wholly credited: then it may be billed
    again.
    """

    project = CompanyForeignKey(
        "projects.Project", related_name="billings", verbose_name=_("project")
    )
    milestone = CompanyForeignKey(
        BillingMilestone, related_name="billings", null=True, verbose_name=_("milestone")
    )
    timesheet_line = CompanyForeignKey(
        "projects.TimesheetLine", related_name="billings", null=True, verbose_name=_("hours")
    )
    invoice_line = CompanyForeignKey(
        "finance.InvoiceLine", related_name="+", verbose_name=_("invoice line")
    )
    is_live = models.BooleanField(_("stands"), default=True)

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("billing")
        verbose_name_plural = _("billings")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(milestone__isnull=True, timesheet_line__isnull=False)
                | Q(milestone__isnull=False, timesheet_line__isnull=True),
                name="projects_projectbilling_one_thing",
            ),
            UniqueConstraint(fields=["invoice_line"], name="projects_projectbilling_line"),
            UniqueConstraint(
                fields=["milestone"],
                condition=Q(is_live=True),
                name="projects_projectbilling_milestone_once",
            ),
            UniqueConstraint(
                fields=["timesheet_line"],
                condition=Q(is_live=True),
                name="projects_projectbilling_hours_once",
            ),
            *company_references(
                "projects_projectbilling",
                "project",
                "milestone",
                "timesheet_line",
                "invoice_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.milestone or self.timesheet_line}"

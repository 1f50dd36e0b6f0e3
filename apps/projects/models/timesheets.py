from __future__ import annotations

from django.db import models
from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class Timesheet(Document):
    """Hours of people (and of machines beside them) on nodes of projects.

    Approval posts them at the rates of their days; whoever wrote it does not approve it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        APPROVED = "approved", _("Approved")
        REVERSED = "reversed", _("Reversed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.SUBMITTED, Status.CANCELLED},
        Status.SUBMITTED: {Status.APPROVED, Status.DRAFT},
        Status.APPROVED: {Status.REVERSED},
        Status.REVERSED: set(),
        Status.CANCELLED: set(),
    }
    #: Its hours count for the 24 of a day.
    COUNTING = (Status.DRAFT, Status.SUBMITTED, Status.APPROVED)

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("timesheet")
        verbose_name_plural = _("timesheets")
        constraints = [*Document.Meta.constraints]
        indexes = [Index(fields=["company", "status"], name="projects_timesheet_status")]
        permissions = [
            ("view_all_timesheets", "Can see everybody's timesheets"),
            ("submit_timesheet", "Can submit timesheets"),
            ("approve_timesheet", "Can approve and return timesheets"),
            ("reverse_timesheet", "Can reverse timesheets"),
        ]


class TimesheetLine(CompanyBound):
    """Hours of one employee on one day for a node. Rates and amounts are those of the approval."""

    timesheet = CompanyForeignKey(Timesheet, on_delete=models.CASCADE, related_name="lines")
    employee = CompanyForeignKey("hr.Employee", related_name="+", verbose_name=_("employee"))
    node = CompanyForeignKey("projects.WbsNode", related_name="+", verbose_name=_("node"))
    task = CompanyForeignKey(
        "projects.Task", related_name="+", null=True, blank=True, verbose_name=_("task")
    )
    date = models.DateField(_("date"))
    hours = QuantityField(_("hours"))
    machine = CompanyForeignKey(
        "masterdata.Machine",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("machine used"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    is_billable = models.BooleanField(_("billable"), default=True)
    cost_rate = QuantityField(_("cost per hour"), null=True, editable=False)
    amount = MoneyField(_("labour cost"), null=True, editable=False)
    machine_amount = MoneyField(_("machine cost"), null=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("date", "id")
        verbose_name = _("timesheet line")
        verbose_name_plural = _("timesheet lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(hours__gt=0, hours__lte=24), name="projects_timesheetline_hours"
            ),
            *positive("projects_timesheetline", "cost_rate", "amount"),
            *not_negative("projects_timesheetline", "machine_amount"),
            *company_references(
                "projects_timesheetline", "timesheet", "employee", "node", "task", "machine"
            ),
        ]
        indexes = [Index(fields=["employee", "date"], name="projects_timesheetline_day")]

    def __str__(self) -> str:
        return f"{self.date} {self.employee_id} {self.hours.normalize():f} h"

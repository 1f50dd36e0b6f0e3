from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document, LedgerRow, MasterData


class LeaveType(MasterData):
    """Why somebody may stay away. ``overdraft`` days may be taken before they are earned."""

    is_paid = models.BooleanField(_("paid"), default=True)
    needs_balance = models.BooleanField(_("limited by balance"), default=True)
    days_per_month = QuantityField(_("days earned per month"), default=0)
    overdraft = QuantityField(_("overdraft (days)"), default=0)

    class Meta(MasterData.Meta):
        verbose_name = _("leave type")
        verbose_name_plural = _("leave types")
        constraints = [
            *MasterData.Meta.constraints,
            *not_negative("hr_leavetype", "days_per_month", "overdraft"),
        ]


class LeaveRequest(Document):
    """Days off: asked, decided, taken. ``days`` are the working days among them."""

    class Status(models.TextChoices):
        ASKED = "asked", _("Asked")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        TAKEN = "taken", _("Taken")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.ASKED: {Status.APPROVED, Status.REJECTED, Status.CANCELLED},
        Status.APPROVED: {Status.TAKEN, Status.CANCELLED},
        Status.REJECTED: set(),
        Status.TAKEN: {Status.CANCELLED},
        Status.CANCELLED: set(),
    }
    #: Statuses in which the days count.
    GRANTED = (Status.APPROVED, Status.TAKEN)

    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.ASKED, editable=False
    )
    employee = CompanyForeignKey(
        "hr.Employee", related_name="leave_requests", verbose_name=_("employee")
    )
    leave_type = CompanyForeignKey(LeaveType, related_name="+", verbose_name=_("leave type"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    days = QuantityField(_("working days"), editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("leave request")
        verbose_name_plural = _("leave requests")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="hr_leaverequest_span"
            ),
            *positive("hr_leaverequest", "days"),
            *company_references("hr_leaverequest", "employee", "leave_type"),
        ]
        indexes = [Index(fields=["employee", "starts_on"], name="hr_leaverequest_days")]
        permissions = [("approve_leaverequest", "Can decide leave requests")]

    def __str__(self) -> str:
        return f"{self.number} {self.employee.name}"


class LeaveEntry(LedgerRow):
    """Days earned (above zero) or granted away; the balance is their sum.

    Its source is the request, or the leave type for what is earned and adjusted.
    """

    class Kind(models.TextChoices):
        ACCRUAL = "accrual", _("Earned")
        TAKEN = "taken", _("Granted")
        RETURNED = "returned", _("Given back")
        ADJUSTMENT = "adjustment", _("Adjustment")

    employee = CompanyForeignKey(
        "hr.Employee", related_name="leave_entries", db_index=False, verbose_name=_("employee")
    )
    leave_type = CompanyForeignKey(LeaveType, related_name="+", verbose_name=_("leave type"))
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    days = QuantityField(_("days"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("leave entry")
        verbose_name_plural = _("leave entries")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(
                fields=["employee", "leave_type", "date"],
                condition=Q(kind="accrual"),
                name="hr_leaveentry_earned_once",
            ),
            models.CheckConstraint(condition=~Q(days=0), name="hr_leaveentry_not_zero"),
            *company_references("hr_leaveentry", "employee", "leave_type"),
        ]
        indexes = [
            Index(fields=["employee", "leave_type"], include=["days"], name="hr_leaveentry_balance")
        ]
        permissions = [
            ("accrue_leave", "Can credit the leave of a month"),
            ("adjust_leave", "Can adjust leave balances"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.days:f}"

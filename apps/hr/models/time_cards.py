from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document, LedgerRow
from apps.core.models.base import CompanyBound
from apps.hr.models.spans import one_at_a_time


class TimeCard(Document):
    """The time of an employee on the days it covers, ready to be paid once approved.

    Locked while a pay run has it: clock events and labour of its days are then refused.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        APPROVED = "approved", _("Approved")
        LOCKED = "locked", _("Locked")

    TRANSITIONS = {
        Status.OPEN: {Status.APPROVED},
        Status.APPROVED: {Status.OPEN, Status.LOCKED},
        Status.LOCKED: {Status.APPROVED},
    }

    status = models.CharField(
        _("status"), max_length=8, choices=Status, default=Status.OPEN, editable=False
    )
    employee = CompanyForeignKey(
        "hr.Employee", related_name="time_cards", verbose_name=_("employee")
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    pay_slip = CompanyForeignKey(
        "hr.PaySlip",
        related_name="time_cards",
        null=True,
        editable=False,
        verbose_name=_("pay slip"),
    )

    class Meta(Document.Meta):
        verbose_name = _("time card")
        verbose_name_plural = _("time cards")
        constraints = [
            *Document.Meta.constraints,
            *one_at_a_time("hr_timecard", "employee", "starts_on", "ends_on"),
            models.CheckConstraint(
                condition=Q(pay_slip__isnull=True) | Q(status="locked"),
                name="hr_timecard_paid_is_locked",
            ),
            *company_references("hr_timecard", "employee", "pay_slip"),
        ]
        indexes = [Index(fields=["company", "status", "ends_on"], name="hr_timecard_status")]
        permissions = [
            ("approve_timecard", "Can approve time cards"),
            ("reopen_timecard", "Can reopen time cards"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.employee.name}"


class TimeCardLine(CompanyBound):
    """Minutes of one kind on one day; without a cost object they are the cost centre's."""

    class Kind(models.TextChoices):
        REGULAR = "regular", _("Regular")
        OVERTIME = "overtime", _("Overtime")
        ABSENCE = "absence", _("Absence")

    class Origin(models.TextChoices):
        CLOCK = "clock", _("Clock")
        PRODUCTION = "production", _("Production")
        LEAVE = "leave", _("Leave")
        MANUAL = "manual", _("By hand")

    card = CompanyForeignKey(TimeCard, on_delete=models.CASCADE, related_name="lines")
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.REGULAR)
    minutes = QuantityField(_("minutes"))
    cost_object = CompanyForeignKey(
        "finance.CostObject",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("cost object"),
    )
    origin = models.CharField(
        _("origin"), max_length=10, choices=Origin, default=Origin.MANUAL, editable=False
    )
    is_paid = models.BooleanField(_("paid"), default=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("date", "id")
        verbose_name = _("time card line")
        verbose_name_plural = _("time card lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("hr_timecardline", "minutes"),
            *company_references("hr_timecardline", "card", "cost_object"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()} {self.minutes:f}"


class LabourBooking(LedgerRow):
    """Minutes an employee worked for a cost object on a day, said once by its source.

    A reversal books them negative. Time cards gather these; so clocked time, pay and the cost of
    work orders speak of the same minutes.
    """

    employee = CompanyForeignKey(
        "hr.Employee", related_name="+", db_index=False, verbose_name=_("employee")
    )
    date = models.DateField(_("date"))
    minutes = QuantityField(_("minutes"))
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", verbose_name=_("cost object")
    )
    purpose = models.CharField(_("purpose"), max_length=30, blank=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("labour booking")
        verbose_name_plural = _("labour bookings")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(
                fields=["source_type", "source_id", "purpose"], name="hr_labourbooking_once"
            ),
            *company_references("hr_labourbooking", "employee", "cost_object"),
        ]
        indexes = [Index(fields=["employee", "date"], name="hr_labourbooking_day")]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.date} {self.minutes:f}"

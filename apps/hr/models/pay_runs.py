from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, LedgerAmountField, MoneyField, QuantityField
from apps.core.models import Document, LedgerRow
from apps.core.models.base import CompanyBound


class PayRun(Document):
    """The pay of a period for everybody under one structure.

    ``retro`` pays what the past would have been under the terms of today, less what was paid;
    ``off_cycle`` pays named inputs only, such as a bonus.
    """

    class Kind(models.TextChoices):
        REGULAR = "regular", _("Regular")
        OFF_CYCLE = "off_cycle", _("Off-cycle")
        RETRO = "retro", _("Retroactive")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CALCULATED = "calculated", _("Calculated")
        APPROVED = "approved", _("Approved")
        PAID = "paid", _("Paid")
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.CALCULATED, Status.CANCELLED},
        Status.CALCULATED: {Status.DRAFT, Status.APPROVED, Status.CANCELLED},
        Status.APPROVED: {Status.DRAFT, Status.PAID, Status.POSTED},
        Status.PAID: {Status.POSTED},
        Status.POSTED: {Status.REVERSED},
        Status.REVERSED: set(),
        Status.CANCELLED: set(),
    }
    #: Statuses in which a slip is what the employee gets.
    VALID = (Status.APPROVED, Status.PAID, Status.POSTED)

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind, default=Kind.REGULAR)
    structure = CompanyForeignKey(
        "hr.PayStructure", related_name="runs", verbose_name=_("pay structure")
    )
    period_start = models.DateField(_("first day"))
    period_end = models.DateField(_("last day"))
    pay_date = models.DateField(_("pay date"))
    retro_from = models.DateField(_("recalculate from"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    gross = MoneyField(_("gross"), default=0, editable=False)
    deductions = MoneyField(_("deductions"), default=0, editable=False)
    net = MoneyField(_("net"), default=0, editable=False)
    employer_cost = MoneyField(_("employer's cost"), default=0, editable=False)
    paid_on = models.DateField(_("paid on"), null=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("pay run")
        verbose_name_plural = _("pay runs")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")), name="hr_payrun_span"
            ),
            models.CheckConstraint(
                condition=~Q(kind="retro") | Q(retro_from__isnull=False),
                name="hr_payrun_retro_says_since_when",
            ),
            *company_references("hr_payrun", "structure"),
        ]
        permissions = [
            ("calculate_payrun", "Can calculate pay runs"),
            ("approve_payrun", "Can approve pay runs"),
            ("pay_payrun", "Can pay pay runs"),
            ("post_payrun", "Can post pay runs"),
            ("reverse_payrun", "Can reverse pay runs"),
        ]


class PayRunInput(CompanyBound):
    """A value for one employee in one run only: a bonus, a correction."""

    run = CompanyForeignKey(PayRun, on_delete=models.CASCADE, related_name="inputs")
    employee = CompanyForeignKey("hr.Employee", related_name="+", verbose_name=_("employee"))
    code = models.CharField(_("name in formulas"), max_length=40)
    value = models.CharField(_("value"), max_length=40)

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("run input")
        verbose_name_plural = _("run inputs")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["run", "employee", "code"], name="hr_payruninput_once"),
            *company_references("hr_payruninput", "run", "employee"),
        ]

    def __str__(self) -> str:
        return f"{self.code} = {self.value}"


class PaySlip(CompanyBound):
    """What one employee gets in one run, with the inputs it was calculated from.

    ``time`` is what was paid by the hour: cost object, kind, minutes and pay, as texts.
    """

    Status = PayRun.Status

    run = CompanyForeignKey(PayRun, on_delete=models.CASCADE, related_name="slips")
    number = models.CharField(_("number"), max_length=40)
    employee = CompanyForeignKey(
        "hr.Employee", related_name="pay_slips", verbose_name=_("employee")
    )
    contract = CompanyForeignKey("hr.Contract", related_name="+", verbose_name=_("contract"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.CALCULATED, editable=False
    )
    pay_date = models.DateField(_("pay date"))
    inputs = models.JSONField(_("inputs"), default=dict, editable=False)
    time = models.JSONField(_("time by cost object"), default=list, editable=False)
    gross = MoneyField(_("gross"), default=0)
    deductions = MoneyField(_("deductions"), default=0)
    net = MoneyField(_("net"), default=0)
    employer_cost = MoneyField(_("employer's cost"), default=0)

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("pay slip")
        verbose_name_plural = _("pay slips")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["company", "number"], name="hr_payslip_number"),
            UniqueConstraint(fields=["run", "employee"], name="hr_payslip_once"),
            models.CheckConstraint(
                condition=Q(net=F("gross") - F("deductions")), name="hr_payslip_adds_up"
            ),
            *company_references("hr_payslip", "run", "employee", "contract"),
        ]
        indexes = [Index(fields=["employee", "pay_date"], name="hr_payslip_year")]

    def __str__(self) -> str:
        return f"{self.number} {self.employee.name}"


class PaySlipLine(CompanyBound):
    """What a component came to; ``arrears_of`` is the slip of the past that it makes up for."""

    slip = CompanyForeignKey(PaySlip, on_delete=models.CASCADE, related_name="lines")
    component = CompanyForeignKey("hr.PayComponent", related_name="+", verbose_name=_("component"))
    sequence = models.PositiveIntegerField(_("sequence"))
    kind = models.CharField(_("kind"), max_length=14)
    name = models.CharField(_("name"), max_length=200)
    base = MoneyField(_("base"), null=True)
    amount = MoneyField(_("amount"))
    formula = models.TextField(_("formula"), blank=True)
    arrears_of = CompanyForeignKey(
        PaySlip, related_name="+", null=True, verbose_name=_("arrears of")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("sequence", "id")
        verbose_name = _("pay slip line")
        verbose_name_plural = _("pay slip lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["slip", "component", "arrears_of"],
                nulls_distinct=False,
                name="hr_payslipline_once",
            ),
            *company_references("hr_payslipline", "slip", "component", "arrears_of"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.amount:f}"


class LabourDistribution(LedgerRow):
    """Which cost object bears how much of a slip's gross and employer's cost. Source: the run.

    At COMMIT the rows of a posted slip sum to both; those of a reversed one to nothing.
    """

    pay_slip = CompanyForeignKey(PaySlip, related_name="distribution", verbose_name=_("pay slip"))
    component = CompanyForeignKey("hr.PayComponent", related_name="+", verbose_name=_("component"))
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", verbose_name=_("cost object")
    )
    is_direct = models.BooleanField(_("direct"), default=False)
    minutes = QuantityField(_("minutes"), default=0)
    amount = LedgerAmountField(_("amount"))

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("labour distribution")
        verbose_name_plural = _("labour distribution")
        constraints = [
            *LedgerRow.Meta.constraints,
            *company_references("hr_labourdistribution", "pay_slip", "component", "cost_object"),
        ]

    def __str__(self) -> str:
        return f"{self.cost_object_id} {self.amount:f}"

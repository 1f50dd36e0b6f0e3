from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound
from apps.finance.models import PostingRole

#: Roles that a line of pay may be charged or owed to.
PAY_ROLES = [
    (role.value, role.label)
    for role in (
        PostingRole.WAGES,
        PostingRole.DIRECT_WAGES,
        PostingRole.EMPLOYER_COST,
        PostingRole.EXPENSE,
        PostingRole.PAYROLL_TAX,
        PostingRole.SOCIAL_SECURITY,
        PostingRole.PAYROLL_DEDUCTION,
        PostingRole.EMPLOYEE_PAYABLE,
    )
]


class PayComponent(MasterData):
    """A line of a pay slip. Its ``code`` in capitals is its name in formulas.

    ``account_role`` says where a deduction or an employer's cost is owed; ``distribution`` by
    which time an earning or an employer's cost reaches cost objects.
    """

    class Kind(models.TextChoices):
        EARNING = "earning", _("Earning")
        DEDUCTION = "deduction", _("Deduction")
        EMPLOYER_COST = "employer_cost", _("Employer's cost")
        INFORMATION = "information", _("Information")

    class Distribution(models.TextChoices):
        REGULAR_TIME = "regular_time", _("Where regular time was worked")
        OVERTIME = "overtime", _("Where overtime was worked")
        ALL_TIME = "all_time", _("Where any time was worked")
        COST_CENTRE = "cost_centre", _("Cost centre")

    class Rounding(models.TextChoices):
        HALF_UP = "half_up", _("Half up")
        HALF_EVEN = "half_even", _("Half to even")
        DOWN = "down", _("Down")
        UP = "up", _("Up")

    kind = models.CharField(_("kind"), max_length=14, choices=Kind)
    sequence = models.PositiveIntegerField(_("sequence"), default=100)
    account_role = models.CharField(
        _("account role"), max_length=20, choices=PAY_ROLES, blank=True, default=""
    )
    distribution = models.CharField(
        _("distribution"), max_length=14, choices=Distribution, default=Distribution.COST_CENTRE
    )
    decimal_places = models.PositiveSmallIntegerField(_("decimal places"), default=2)
    rounding = models.CharField(
        _("rounding"), max_length=10, choices=Rounding, default=Rounding.HALF_UP
    )
    is_shown = models.BooleanField(_("on the pay slip"), default=True)

    class Meta(MasterData.Meta):
        ordering = ("sequence", "code")  # type: ignore[assignment]
        verbose_name = _("pay component")
        verbose_name_plural = _("pay components")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(decimal_places__lte=4), name="hr_paycomponent_places"
            ),
        ]


class PayFormula(CompanyBound, AuditedModel):
    """How a component is calculated from a day on."""

    component = CompanyForeignKey(
        PayComponent, on_delete=models.CASCADE, related_name="formulas", verbose_name=_("component")
    )
    effective_from = models.DateField(_("effective from"))
    base_formula = models.TextField(_("base"), blank=True)
    formula = models.TextField(_("formula"))

    class Meta(CompanyBound.Meta):
        ordering = ("component", "-effective_from")
        verbose_name = _("pay formula")
        verbose_name_plural = _("pay formulas")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["component", "effective_from"], name="hr_payformula_day"),
            *company_references("hr_payformula", "component"),
        ]

    def __str__(self) -> str:
        return f"{self.component.code} {self.effective_from}"


class PayTable(MasterData):
    """A table of brackets that formulas look into: tax, contribution ceilings, allowances."""

    class Meta(MasterData.Meta):
        verbose_name = _("pay table")
        verbose_name_plural = _("pay tables")


class PayTableRow(CompanyBound, AuditedModel):
    """From ``above`` on: ``amount`` plus ``percent`` of the rest, from ``effective_from`` on.

    ``key`` tells tables of one law apart, such as filing statuses. Without ``amount`` it is what
    the brackets below come to.
    """

    table = CompanyForeignKey(
        PayTable, on_delete=models.CASCADE, related_name="rows", verbose_name=_("table")
    )
    effective_from = models.DateField(_("effective from"))
    key = models.CharField(_("key"), max_length=40, blank=True)
    above = QuantityField(_("above"), default=0)
    amount = QuantityField(_("amount"), null=True, blank=True)
    percent = QuantityField(_("percent"), default=0)

    class Meta(CompanyBound.Meta):
        ordering = ("table", "-effective_from", "key", "above")
        verbose_name = _("pay table row")
        verbose_name_plural = _("pay table rows")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["table", "effective_from", "key", "above"], name="hr_paytablerow_bracket"
            ),
            *not_negative("hr_paytablerow", "above"),
            *company_references("hr_paytablerow", "table"),
        ]

    def __str__(self) -> str:
        return f"{self.table.code} {self.key} {self.above:f}"

from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound


class PayStructure(MasterData):
    """Which components make up the pay of a kind of contract, in which country, how often."""

    class Frequency(models.TextChoices):
        DAILY = "daily", _("Daily")
        WEEKLY = "weekly", _("Weekly")
        BIWEEKLY = "biweekly", _("Every two weeks")
        SEMIMONTHLY = "semimonthly", _("Twice a month")
        MONTHLY = "monthly", _("Monthly")

    country = models.CharField(_("country"), max_length=2, blank=True)
    frequency = models.CharField(
        _("frequency"), max_length=11, choices=Frequency, default=Frequency.MONTHLY
    )

    #: Pay periods in a year (260 working days, IRS Pub. 15-T table 5).
    PERIODS = {"daily": 260, "weekly": 52, "biweekly": 26, "semimonthly": 24, "monthly": 12}

    class Meta(MasterData.Meta):
        verbose_name = _("pay structure")
        verbose_name_plural = _("pay structures")
        constraints = [*MasterData.Meta.constraints]

    @property
    def periods_per_year(self) -> int:
        return self.PERIODS[self.frequency]


class PayStructureComponent(CompanyBound):
    """A component of a structure."""

    structure = CompanyForeignKey(PayStructure, on_delete=models.CASCADE, related_name="components")
    component = CompanyForeignKey(
        "hr.PayComponent", related_name="structures", verbose_name=_("component")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("component of a structure")
        verbose_name_plural = _("components of structures")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["structure", "component"], name="hr_paystructurecomponent_once"
            ),
            *company_references("hr_paystructurecomponent", "structure", "component"),
        ]

    def __str__(self) -> str:
        return str(self.component)


class PayInput(CompanyBound):
    """What formulas of a structure ask about an employee or a run, and what holds otherwise."""

    structure = CompanyForeignKey(PayStructure, on_delete=models.CASCADE, related_name="inputs")
    code = models.CharField(_("name in formulas"), max_length=40)
    label = models.CharField(_("label"), max_length=100, blank=True)
    default = models.CharField(_("default"), max_length=40, blank=True, default="0")

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("pay input")
        verbose_name_plural = _("pay inputs")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["structure", "code"], name="hr_payinput_code"),
            *company_references("hr_payinput", "structure"),
        ]

    def __str__(self) -> str:
        return self.label or self.code


class PayFact(CompanyBound, AuditedModel):
    """What holds for an employee from a day on: a tax form's answers, a loan's instalment.

    ``ytd_<COMPONENT>`` brings what another system paid earlier in the year.
    """

    employee = CompanyForeignKey(
        "hr.Employee", related_name="pay_facts", verbose_name=_("employee")
    )
    code = models.CharField(_("name in formulas"), max_length=44)
    effective_from = models.DateField(_("effective from"))
    value = models.CharField(_("value"), max_length=40)

    class Meta(CompanyBound.Meta):
        ordering = ("employee", "code", "-effective_from")
        verbose_name = _("pay fact")
        verbose_name_plural = _("pay facts")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["employee", "code", "effective_from"], name="hr_payfact_day"),
            *company_references("hr_payfact", "employee"),
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.code} = {self.value}"

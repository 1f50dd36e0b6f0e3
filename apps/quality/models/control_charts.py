from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import LedgerRow, MasterData
from apps.core.models.base import CompanyBound
from apps.quality.spc.run_rules import RULES


class ControlChart(MasterData):
    """A control chart of one characteristic of one item, perhaps of one operation.

    Its points come from the results of inspections; its limits are frozen, revision by revision.
    """

    class Kind(models.TextChoices):
        XBAR_R = "xbar_r", _("X̄ and R")
        XBAR_S = "xbar_s", _("X̄ and s")
        INDIVIDUALS = "i_mr", _("Individuals and moving range")
        P = "p", _("p: share of defective units")
        NP = "np", _("np: number of defective units")
        C = "c", _("c: defects per sample")
        U = "u", _("u: defects per unit")

    #: One chart of location and one of spread; the others count.
    MEASURED = (Kind.XBAR_R, Kind.XBAR_S, Kind.INDIVIDUALS)

    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.XBAR_R)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    characteristic = CompanyForeignKey(
        "quality.Characteristic", related_name="charts", verbose_name=_("characteristic")
    )
    operation_sequence = models.PositiveIntegerField(
        _("operation (sequence)"), null=True, blank=True
    )
    subgroup_size = models.PositiveSmallIntegerField(_("subgroup size"), default=5)
    rules = models.CharField(
        _("run rules"),
        max_length=80,
        default="WER1 WER2 WER3 WER4",
        help_text=_("Names with blanks between: {names}").format(names=" ".join(RULES)),
    )
    has_printed_factors = models.BooleanField(
        _("factors as printed"),
        default=True,
        help_text=_("Factors with three decimals, as in the tables of AIAG; else exact."),
    )
    blocks_start = models.BooleanField(_("a signal blocks the operation"), default=True)

    class Meta(MasterData.Meta):
        verbose_name = _("control chart")
        verbose_name_plural = _("control charts")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=Q(subgroup_size__gte=1, subgroup_size__lte=5000),
                name="quality_controlchart_subgroup",
            ),
            *company_references("quality_controlchart", "item", "characteristic"),
        ]
        indexes = [
            Index(
                fields=["item", "characteristic"],
                condition=Q(is_active=True),
                name="quality_controlchart_watch",
            )
        ]
        permissions = [("freeze_controlchart", "Can freeze control limits")]

    @property
    def is_measured(self) -> bool:
        return self.kind in self.MEASURED

    @property
    def rule_names(self) -> list[str]:
        return self.rules.split()


class ControlLimits(CompanyBound):
    """Limits as they were frozen from ``points`` points; the newest revision is in force.

    For p and u charts ``center`` is the mean share; limits of each point follow its size.
    """

    IS_REGISTER = True

    chart = CompanyForeignKey(ControlChart, related_name="limits")
    revision = models.PositiveIntegerField(_("revision"))
    points = models.PositiveIntegerField(_("from points"))
    center = models.FloatField(_("centre line"))
    lower = models.FloatField(_("lower limit"))
    upper = models.FloatField(_("upper limit"))
    sigma = models.FloatField(_("sigma of a point"))
    process_sigma = models.FloatField(_("sigma of the process"), null=True)
    spread_center = models.FloatField(_("centre of spread"), null=True)
    spread_lower = models.FloatField(_("lower limit of spread"), null=True)
    spread_upper = models.FloatField(_("upper limit of spread"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    frozen_at = models.DateTimeField(_("frozen at"))
    frozen_by = models.ForeignKey(
        "core.User", on_delete=models.PROTECT, related_name="+", verbose_name=_("frozen by")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("chart", "-revision")
        verbose_name = _("control limits")
        verbose_name_plural = _("control limits")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["chart", "revision"], name="quality_controllimits_revision"),
            *company_references("quality_controllimits", "chart"),
        ]

    def __str__(self) -> str:
        return f"{self.chart} / {self.revision}"


class SpcSignal(LedgerRow):
    """A point that broke a rule, under the limits of its day. ``source`` is the inspection."""

    class Side(models.TextChoices):
        LOCATION = "location", _("Location")
        SPREAD = "spread", _("Spread")

    chart = CompanyForeignKey(ControlChart, related_name="signals", verbose_name=_("chart"))
    limits = CompanyForeignKey(ControlLimits, related_name="+", verbose_name=_("limits"))
    inspection = CompanyForeignKey(
        "quality.Inspection", related_name="signals", verbose_name=_("inspection")
    )
    subgroup = models.PositiveIntegerField(_("subgroup"))
    point = models.PositiveIntegerField(_("point"))
    side = models.CharField(_("chart of"), max_length=10, choices=Side, default=Side.LOCATION)
    rule = models.CharField(_("rule"), max_length=6)
    value = models.FloatField(_("value"))
    nonconformance = CompanyForeignKey(
        "quality.Nonconformance",
        related_name="signals",
        null=True,
        verbose_name=_("nonconformance"),
    )

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("SPC signal")
        verbose_name_plural = _("SPC signals")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(
                fields=["chart", "limits", "inspection", "subgroup", "side", "rule"],
                name="quality_spcsignal_once",
            ),
            *company_references(
                "quality_spcsignal", "chart", "limits", "inspection", "nonconformance"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chart.code} #{self.point}: {self.rule}"

from __future__ import annotations

from datetime import date as Date

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document, LedgerRow, MasterData
from apps.core.models.base import CompanyBound


class Gauge(MasterData):
    """A measuring instrument; ``code`` is on its label. Usable while its calibration lasts."""

    class Status(models.TextChoices):
        IN_USE = "in_use", _("In use")
        DUE = "due", _("Calibration due")
        OUT = "out", _("Out of tolerance")
        QUARANTINE = "quarantine", _("Quarantine")

    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.DUE, editable=False
    )
    site = CompanyForeignKey(
        "core.Site", related_name="+", null=True, blank=True, verbose_name=_("site")
    )
    serial_number = models.CharField(_("serial number"), max_length=60, blank=True)
    maker = models.CharField(_("maker"), max_length=100, blank=True)
    resolution = QuantityField(_("resolution"), null=True, blank=True)
    interval_days = models.PositiveIntegerField(_("calibrate every (days)"), default=365)
    due_on = models.DateField(_("calibration due"), null=True, editable=False)

    class Meta(MasterData.Meta):
        verbose_name = _("gauge")
        verbose_name_plural = _("gauges")
        constraints = [
            *MasterData.Meta.constraints,
            *positive("quality_gauge", "interval_days"),
            *company_references("quality_gauge", "site"),
        ]
        permissions = [
            ("calibrate_gauge", "Can record calibrations"),
            ("quarantine_gauge", "Can take gauges out of use"),
        ]

    def status_on(self, day: Date) -> Gauge.Status:
        """Its status that day: one in use is due as soon as its calibration has run out."""
        is_current = self.due_on is not None and self.due_on >= day
        if self.status == self.Status.IN_USE and not is_current:
            return self.Status.DUE
        return self.Status(self.status)

    def is_usable(self, on: Date) -> bool:
        return self.is_active and self.status_on(on) == self.Status.IN_USE


class Calibration(LedgerRow):
    """A calibration as its certificate has it: how the gauge was found, and how it was left."""

    gauge = CompanyForeignKey(Gauge, related_name="calibrations", verbose_name=_("gauge"))
    calibrated_on = models.DateField(_("calibrated on"))
    due_on = models.DateField(_("due again on"))
    is_found_good = models.BooleanField(_("found within tolerance"))
    is_left_good = models.BooleanField(_("left within tolerance"))
    as_found = QuantityField(_("deviation found"), null=True, blank=True)
    as_left = QuantityField(_("deviation left"), null=True, blank=True)
    certificate = models.CharField(_("certificate"), max_length=80, blank=True)
    laboratory = models.CharField(_("laboratory"), max_length=100, blank=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("calibration")
        verbose_name_plural = _("calibrations")
        constraints = [
            *LedgerRow.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(due_on__gt=models.F("calibrated_on")),
                name="quality_calibration_due_after",
            ),
            *company_references("quality_calibration", "gauge"),
        ]

    def __str__(self) -> str:
        return f"{self.gauge} {self.calibrated_on}"


class GaugeStudy(Document):
    """A study of repeatability and reproducibility: some parts, some people, some trials."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    class Method(models.TextChoices):
        ANOVA = "anova", _("Analysis of variance")
        AVERAGE_RANGE = "average_range", _("Average and range")

    TRANSITIONS = {
        Status.OPEN: {Status.DONE, Status.CANCELLED},
        Status.DONE: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False
    )
    gauge = CompanyForeignKey(Gauge, related_name="studies", verbose_name=_("gauge"))
    characteristic = CompanyForeignKey(
        "quality.Characteristic", related_name="+", verbose_name=_("characteristic")
    )
    method = models.CharField(_("method"), max_length=14, choices=Method, default=Method.ANOVA)
    tolerance = QuantityField(_("tolerance (width)"), null=True, blank=True)
    date = models.DateField(_("date"))
    percent_gauge = QuantityField(_("% R&R of total variation"), null=True, editable=False)
    percent_tolerance = QuantityField(_("% R&R of tolerance"), null=True, editable=False)
    categories = models.PositiveIntegerField(_("distinct categories"), null=True, editable=False)
    verdict = models.CharField(_("verdict"), max_length=14, blank=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("gauge study")
        verbose_name_plural = _("gauge studies")
        constraints = [
            *Document.Meta.constraints,
            *positive("quality_gaugestudy", "tolerance"),
            *company_references("quality_gaugestudy", "gauge", "characteristic"),
        ]
        permissions = [("finish_gaugestudy", "Can finish gauge studies")]


class GaugeReading(CompanyBound):
    """One trial of one person at one part."""

    study = CompanyForeignKey(GaugeStudy, on_delete=models.CASCADE, related_name="readings")
    part = models.CharField(_("part"), max_length=20)
    appraiser = models.CharField(_("appraiser"), max_length=40)
    trial = models.PositiveSmallIntegerField(_("trial"))
    value = QuantityField(_("value"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["study", "part", "appraiser", "trial"], name="quality_gaugereading_once"
            ),
            *company_references("quality_gaugereading", "study"),
        ]

    def __str__(self) -> str:
        return f"{self.part}/{self.appraiser}/{self.trial}"

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel, Document, LedgerRow
from apps.core.models.base import CompanyBound
from apps.quality.sampling import NORMAL, REDUCED, TIGHTENED


class Severity(models.TextChoices):
    NORMAL = NORMAL, _("Normal")
    TIGHTENED = TIGHTENED, _("Tightened")
    REDUCED = REDUCED, _("Reduced")


class Inspection(Document):
    """A lot (or a part of a run) before its judge, by one revision of a plan.

    While it is open its lot is in quarantine: value stays in stock, nobody may use or ship it.
    ``source`` is what asked for it: a receipt's line or a production report.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        MEASURING = "measuring", _("Measuring")
        ACCEPTED = "accepted", _("Accepted")
        PARTIAL = "partial", _("Accepted in part")
        REJECTED = "rejected", _("Rejected")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.OPEN: {Status.MEASURING, Status.CANCELLED},
        Status.MEASURING: {
            Status.ACCEPTED,
            Status.PARTIAL,
            Status.REJECTED,
            Status.CANCELLED,
        },
        Status.ACCEPTED: {Status.CANCELLED},
        Status.PARTIAL: {Status.CANCELLED},
        Status.REJECTED: {Status.CANCELLED},
        Status.CANCELLED: set(),
    }
    UNDECIDED = (Status.OPEN, Status.MEASURING)

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False
    )
    plan = CompanyForeignKey(
        "quality.InspectionPlan", related_name="inspections", verbose_name=_("plan")
    )
    plan_revision = models.PositiveIntegerField(_("plan revision"), editable=False)
    stage = models.CharField(_("stage"), max_length=10, editable=False)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    lot = CompanyForeignKey(
        "inventory.Lot", related_name="+", null=True, blank=True, verbose_name=_("lot")
    )
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("supplier")
    )
    location = CompanyForeignKey(
        "inventory.Location",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("lies at"),
    )
    home = CompanyForeignKey(
        "inventory.Location",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("goes to when accepted"),
    )
    move = CompanyForeignKey(
        "inventory.StockMove", related_name="+", null=True, editable=False, verbose_name=_("move")
    )
    operation_sequence = models.PositiveIntegerField(_("operation"), null=True, editable=False)
    quantity = QuantityField(_("quantity"))
    severity = models.CharField(
        _("severity"), max_length=10, choices=Severity, default=Severity.NORMAL, editable=False
    )
    code_letter = models.CharField(_("code letter"), max_length=1, blank=True, editable=False)
    sample_size = models.PositiveIntegerField(_("sample size"))
    accept = models.PositiveIntegerField(_("accept up to"))
    reject = models.PositiveIntegerField(_("reject from"))
    quantity_accepted = QuantityField(_("accepted"), default=0, editable=False)
    quantity_rejected = QuantityField(_("rejected"), default=0, editable=False)
    nonconforming = models.PositiveIntegerField(
        _("nonconforming in sample"), null=True, editable=False
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)
    source_type = models.ForeignKey(
        ContentType, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    source_id = models.BigIntegerField(null=True, editable=False)
    source = GenericForeignKey("source_type", "source_id")

    class Meta(Document.Meta):
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        constraints = [
            *Document.Meta.constraints,
            *positive("quality_inspection", "quantity", "sample_size"),
            *not_negative("quality_inspection", "quantity_accepted", "quantity_rejected"),
            models.CheckConstraint(
                condition=Q(reject__gt=F("accept")), name="quality_inspection_reject_above_accept"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("open", "measuring", "cancelled"))
                | Q(quantity=F("quantity_accepted") + F("quantity_rejected")),
                name="quality_inspection_all_decided",
            ),
            *company_references(
                "quality_inspection", "plan", "item", "lot", "partner", "location", "home", "move"
            ),
        ]
        indexes = [
            Index(fields=["source_type", "source_id"], name="quality_inspection_source"),
            Index(
                fields=["company", "status"],
                condition=Q(status__in=("open", "measuring")),
                name="quality_inspection_waiting",
            ),
            Index(fields=["lot"], condition=Q(lot__isnull=False), name="quality_inspection_lot"),
        ]
        permissions = [
            ("measure_inspection", "Can enter measurements"),
            ("decide_inspection", "Can accept and reject"),
        ]


class InspectionResult(LedgerRow):
    """One value of one sample unit; a correction is a new row that ``supersedes`` the old one.

    ``value`` is the measurement or the number of defects, ``is_conforming`` the judgement by the
    plan's limits of that day, or what was ticked. ``source`` is the inspection.
    """

    inspection = CompanyForeignKey(Inspection, related_name="results")
    line = CompanyForeignKey("quality.InspectionPlanLine", related_name="+", db_index=False)
    characteristic = CompanyForeignKey("quality.Characteristic", related_name="+", db_index=False)
    item = CompanyForeignKey("masterdata.Item", related_name="+", db_index=False)
    lot = CompanyForeignKey("inventory.Lot", related_name="+", null=True, db_index=False)
    sample = models.PositiveIntegerField(_("sample"))
    value = QuantityField(_("value"), null=True)
    is_conforming = models.BooleanField(_("conforms"))
    gauge = CompanyForeignKey("quality.Gauge", related_name="+", null=True, db_index=False)
    measured_at = models.DateTimeField(_("measured at"))
    supersedes = CompanyForeignKey("self", related_name="superseded_by", null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("inspection result")
        verbose_name_plural = _("inspection results")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(fields=["supersedes"], name="quality_inspectionresult_corrected_once"),
            UniqueConstraint(
                fields=["inspection", "line", "sample"],
                condition=Q(supersedes__isnull=True),
                name="quality_inspectionresult_once",
            ),
            *positive("quality_inspectionresult", "sample"),
            *company_references(
                "quality_inspectionresult",
                "inspection",
                "line",
                "characteristic",
                "item",
                "lot",
                "gauge",
                "supersedes",
            ),
        ]
        indexes = [
            Index(fields=["characteristic", "item", "id"], name="quality_inspectionresult_chart"),
            Index(
                fields=["gauge", "measured_at"],
                condition=Q(gauge__isnull=False),
                name="quality_inspectionresult_gauge",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inspection} / {self.sample}"


class SamplingState(CompanyBound, AuditedModel):
    """Normal, tightened or reduced: where an item of a supplier stands under a plan."""

    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, verbose_name=_("supplier")
    )
    plan_number = models.CharField(_("plan"), max_length=40)
    severity = models.CharField(
        _("severity"), max_length=10, choices=Severity, default=Severity.NORMAL
    )
    recent = models.CharField(
        _("last lots"),
        max_length=10,
        blank=True,
        help_text=_("A for accepted, R for rejected, the newest last."),
    )
    score = models.PositiveIntegerField(_("switching score"), default=0)
    refused = models.PositiveIntegerField(_("rejected under tightened"), default=0)
    is_stopped = models.BooleanField(_("acceptance stopped"), default=False)

    class Meta(CompanyBound.Meta):
        ordering = ("plan_number", "item", "partner")
        verbose_name = _("sampling state")
        verbose_name_plural = _("sampling states")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["company", "plan_number", "item", "partner"],
                nulls_distinct=False,
                name="quality_samplingstate_key",
            ),
            *company_references("quality_samplingstate", "item", "partner"),
        ]
        permissions = [("resume_samplingstate", "Can resume acceptance that was stopped")]

    def __str__(self) -> str:
        return f"{self.plan_number} {self.item}: {self.get_severity_display()}"

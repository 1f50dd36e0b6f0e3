from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import AuditedModel, Document
from apps.core.models.base import CompanyBound


class Nonconformance(Document):
    """A nonconformance report (NCR): what is wrong, with how much of it, and what becomes of it.

    What it holds can't be used. Its dispositions move stock, status and value together.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CONTAINED = "contained", _("Contained")
        REVIEW = "review", _("Material review")
        DISPOSITIONED = "dispositioned", _("Dispositioned")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    class Origin(models.TextChoices):
        INSPECTION = "inspection", _("Inspection")
        CONTROL_CHART = "control_chart", _("Control chart")
        GAUGE = "gauge", _("Gauge")
        MANUAL = "manual", _("Reported by hand")

    TRANSITIONS = {
        Status.OPEN: {Status.CONTAINED, Status.REVIEW, Status.CANCELLED},
        Status.CONTAINED: {Status.REVIEW, Status.CANCELLED},
        Status.REVIEW: {Status.DISPOSITIONED, Status.CANCELLED},
        Status.DISPOSITIONED: {Status.CLOSED, Status.REVIEW},
        Status.CLOSED: {Status.REVIEW},
        Status.CANCELLED: set(),
    }
    #: Nobody has decided yet: what it holds is held, what it blocks is blocked.
    UNDECIDED = (Status.OPEN, Status.CONTAINED, Status.REVIEW)

    status = models.CharField(
        _("status"), max_length=14, choices=Status, default=Status.OPEN, editable=False
    )
    origin = models.CharField(
        _("origin"), max_length=14, choices=Origin, default=Origin.MANUAL, editable=False
    )
    title = models.CharField(_("what is wrong"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"), default=0, editable=False)
    reason = CompanyForeignKey(
        "masterdata.ReasonCode",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("reason code"),
    )
    partner = CompanyForeignKey(
        "masterdata.Partner",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("supplier or customer"),
    )
    inspection = CompanyForeignKey(
        "quality.Inspection",
        related_name="nonconformances",
        null=True,
        editable=False,
        verbose_name=_("inspection"),
    )
    operation_sequence = models.PositiveIntegerField(_("operation"), null=True, blank=True)
    blocks_start = models.BooleanField(
        _("blocks the operation"),
        default=False,
        help_text=_("The operation of this item can't be started until this is decided."),
    )
    containment = models.TextField(_("containment"), blank=True, editable=False)
    conclusion = models.TextField(_("conclusion"), blank=True, editable=False)
    source_type = models.ForeignKey(
        ContentType, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    source_id = models.BigIntegerField(null=True, editable=False)
    source = GenericForeignKey("source_type", "source_id")

    class Meta(Document.Meta):
        verbose_name = _("nonconformance")
        verbose_name_plural = _("nonconformances")
        constraints = [
            *Document.Meta.constraints,
            *not_negative("quality_nonconformance", "quantity"),
            *company_references(
                "quality_nonconformance", "item", "reason", "partner", "inspection"
            ),
        ]
        indexes = [
            Index(
                fields=["item", "operation_sequence"],
                condition=Q(blocks_start=True, status__in=("open", "contained", "review")),
                name="quality_nonconformance_blocks",
            ),
        ]
        permissions = [
            ("contain_nonconformance", "Can contain nonconformances"),
            ("review_nonconformance", "Can call for material review"),
            ("disposition_nonconformance", "Can decide on nonconforming material"),
            ("close_nonconformance", "Can close nonconformances"),
            ("reopen_nonconformance", "Can reopen nonconformances"),
        ]


class NonconformingLot(CompanyBound):
    """What a nonconformance holds: a quantity of a lot (or untracked) at a place.

    ``status_before`` is what the lot was when its status was taken; empty when only the place, a
    quarantine, blocks it. ``home`` is where it goes when it may be used after all.
    """

    nonconformance = CompanyForeignKey(
        Nonconformance, on_delete=models.CASCADE, related_name="lots"
    )
    lot = CompanyForeignKey(
        "inventory.Lot", related_name="+", null=True, blank=True, verbose_name=_("lot")
    )
    location = CompanyForeignKey("inventory.Location", related_name="+", verbose_name=_("location"))
    home = CompanyForeignKey(
        "inventory.Location",
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("came from"),
    )
    quantity = QuantityField(_("quantity"))
    status_before = models.CharField(max_length=12, blank=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("nonconforming lot")
        verbose_name_plural = _("nonconforming lots")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("quality_nonconforminglot", "quantity"),
            *company_references(
                "quality_nonconforminglot", "nonconformance", "lot", "location", "home"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.lot or ''}".strip()


class Disposition(CompanyBound, AuditedModel):
    """What becomes of a part: used as it is, reworked, scrapped, returned. Posted as decided.

    ``value`` is what the move took out of stock; ``move`` is empty when nothing moved.
    """

    class Kind(models.TextChoices):
        USE_AS_IS = "use_as_is", _("Use as is")
        REWORK = "rework", _("Rework")
        SCRAP = "scrap", _("Scrap")
        RETURN = "return", _("Return to supplier")

    #: These leave the stock.
    LEAVING = (Kind.SCRAP, Kind.RETURN)

    nonconformance = CompanyForeignKey(Nonconformance, related_name="dispositions")
    nonconforming_lot = CompanyForeignKey(
        NonconformingLot, related_name="dispositions", verbose_name=_("of")
    )
    kind = models.CharField(_("decision"), max_length=10, choices=Kind)
    quantity = QuantityField(_("quantity"))
    reason = CompanyForeignKey(
        "masterdata.ReasonCode",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("reason code"),
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("rework for"),
        help_text=_("Rework that goes into work in process of this order; else it stays in stock."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    value = LedgerAmountField(_("value"), default=0, editable=False)
    move = CompanyForeignKey(
        "inventory.StockMove", related_name="+", null=True, editable=False, verbose_name=_("move")
    )
    decided_at = models.DateTimeField(_("decided at"), editable=False)
    decided_by = models.ForeignKey(
        "core.User",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("decided by"),
    )
    is_reversed = models.BooleanField(_("taken back"), default=False, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("disposition")
        verbose_name_plural = _("dispositions")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("quality_disposition", "quantity"),
            models.CheckConstraint(
                condition=Q(cost_object__isnull=True) | Q(kind="rework"),
                name="quality_disposition_cost_object_of_rework",
            ),
            *company_references(
                "quality_disposition",
                "nonconformance",
                "nonconforming_lot",
                "reason",
                "cost_object",
                "move",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity.normalize():f}"

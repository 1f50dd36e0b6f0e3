from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class EngineeringChange(Document):
    """An engineering change order (ECO): new bills and routings in place of old ones, together.

    What it releases is frozen from its submission on. Somebody else than its author approves it;
    where a signature rule asks for it, with an electronic signature.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REVIEW = "review", _("In review")
        APPROVED = "approved", _("Approved")
        IMPLEMENTED = "implemented", _("Implemented")
        REJECTED = "rejected", _("Rejected")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.REVIEW, Status.CANCELLED},
        Status.REVIEW: {Status.APPROVED, Status.REJECTED, Status.DRAFT, Status.CANCELLED},
        Status.APPROVED: {Status.IMPLEMENTED, Status.DRAFT, Status.CANCELLED},
        Status.REJECTED: {Status.DRAFT, Status.CANCELLED},
        Status.IMPLEMENTED: set(),
        Status.CANCELLED: set(),
    }
    #: Neither done nor given up.
    OPEN = (Status.DRAFT, Status.REVIEW, Status.APPROVED, Status.REJECTED)

    status = models.CharField(
        _("status"), max_length=11, choices=Status, default=Status.DRAFT, editable=False
    )
    title = models.CharField(_("title"), max_length=200)
    why = models.TextField(_("why"), help_text=_("What is wrong or better, and for whom."))
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("submitted by"),
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)
    decision = models.CharField(_("decision"), max_length=500, blank=True, editable=False)
    implemented_at = models.DateTimeField(_("implemented at"), null=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("engineering change")
        verbose_name_plural = _("engineering changes")
        permissions = [
            ("submit_engineeringchange", "Can submit engineering changes and take them back"),
            ("approve_engineeringchange", "Can approve and reject engineering changes"),
            ("implement_engineeringchange", "Can implement engineering changes"),
        ]


class Disposition(models.TextChoices):
    """What becomes of what is there already."""

    USE_UP = "use_up", _("Use up")
    REWORK = "rework", _("Rework")
    SCRAP = "scrap", _("Scrap")
    RETURN = "return", _("Return")


class ChangeLine(CompanyBound):
    """One design in place of another: a bill or a routing of ``item``, never both.

    The old one is that in force on the day before; none for the first of an item.
    """

    change = CompanyForeignKey(EngineeringChange, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=10)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    from_bom = CompanyForeignKey(
        "engineering.BillOfMaterials",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("old bill"),
    )
    to_bom = CompanyForeignKey(
        "engineering.BillOfMaterials",
        related_name="change_lines",
        null=True,
        blank=True,
        verbose_name=_("new bill"),
    )
    from_routing = CompanyForeignKey(
        "engineering.Routing",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("old routing"),
    )
    to_routing = CompanyForeignKey(
        "engineering.Routing",
        related_name="change_lines",
        null=True,
        blank=True,
        verbose_name=_("new routing"),
    )
    effective_from = models.DateField(_("effective from"))
    stock_disposition = models.CharField(
        _("stock"), max_length=8, choices=Disposition, default=Disposition.USE_UP
    )
    wip_disposition = models.CharField(
        _("work in process"), max_length=8, choices=Disposition, default=Disposition.USE_UP
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("change", "position", "id")
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(to_bom__isnull=False, to_routing__isnull=True, from_routing=None)
                | Q(to_bom__isnull=True, to_routing__isnull=False, from_bom=None),
                name="engineering_changeline_one_design",
            ),
            UniqueConstraint(fields=["change", "to_bom"], name="engineering_changeline_bom"),
            UniqueConstraint(
                fields=["change", "to_routing"], name="engineering_changeline_routing"
            ),
            *company_references(
                "engineering_changeline",
                "change",
                "item",
                "from_bom",
                "to_bom",
                "from_routing",
                "to_routing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.to_bom or self.to_routing}"

from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound
from apps.engineering.models.effectivity import Effective, one_in_force
from apps.engineering.models.status import DESIGN_TRANSITIONS, DesignStatus


class BillOfMaterials(Effective, Document):
    """What one revision of an item is made of: the lines make ``quantity`` stock units of it.

    On any day an item has at most one released bill; releasing another ends or replaces it.
    Drawings are files of the bill: they belong to its revision.
    """

    Status = DesignStatus
    TRANSITIONS = DESIGN_TRANSITIONS

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    item = CompanyForeignKey("masterdata.Item", related_name="boms", verbose_name=_("item"))
    revision = models.CharField(_("revision"), max_length=10, default="A")
    quantity = QuantityField(_("makes quantity"), default=1)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("bill of materials")
        verbose_name_plural = _("bills of materials")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(fields=["item", "revision"], name="engineering_bom_revision"),
            *one_in_force("engineering_bom", "item"),
            *positive("engineering_bom", "quantity"),
            *company_references("engineering_bom", "item"),
        ]
        permissions = [("release_billofmaterials", "Can release bills of materials")]

    def __str__(self) -> str:
        return f"{self.item.code} rev {self.revision}"


class BomLine(CompanyBound):
    """A component; ``scrap_percent`` of what is issued is lost (quantity / (1 - scrap) needed)."""

    class IssueMethod(models.TextChoices):
        BACKFLUSH = "backflush", _("Backflush")
        MANUAL = "manual", _("Issue by hand")

    bom = CompanyForeignKey(BillOfMaterials, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=10)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("component"))
    quantity = QuantityField(_("quantity"))
    unit = CompanyForeignKey(
        "masterdata.Unit", related_name="+", null=True, blank=True, verbose_name=_("unit")
    )
    scrap_percent = models.DecimalField(_("scrap (%)"), max_digits=7, decimal_places=4, default=0)
    operation_sequence = models.PositiveIntegerField(_("used at operation"), null=True, blank=True)
    issue_method = models.CharField(
        _("issue method"), max_length=10, choices=IssueMethod, default=IssueMethod.BACKFLUSH
    )

    class Meta(CompanyBound.Meta):
        ordering = ("bom", "position", "id")
        verbose_name = _("component")
        verbose_name_plural = _("components")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("engineering_bomline", "quantity"),
            models.CheckConstraint(
                condition=Q(scrap_percent__gte=0, scrap_percent__lt=100),
                name="engineering_bomline_scrap_percent",
            ),
            *company_references("engineering_bomline", "bom", "item", "unit"),
        ]
        indexes = [Index(fields=["item", "bom"], name="engineering_bomline_where_used")]

    def __str__(self) -> str:
        return f"{self.item.code} × {self.quantity.normalize():f}"

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class Requisition(Document):
    """Somebody asks that something is bought; another person agrees, and it is ordered."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        ORDERED = "ordered", _("Ordered")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.SUBMITTED, Status.CANCELLED},
        Status.SUBMITTED: {Status.APPROVED, Status.REJECTED, Status.DRAFT},
        Status.APPROVED: {Status.ORDERED, Status.CANCELLED},
        Status.REJECTED: {Status.DRAFT, Status.CANCELLED},
        Status.ORDERED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("deliver to"))
    date = models.DateField(_("date"))
    needed_by = models.DateField(_("needed by"))
    note = models.TextField(_("what for"), blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("approved by"),
    )

    class Meta(Document.Meta):
        verbose_name = _("requisition")
        verbose_name_plural = _("requisitions")
        constraints = [
            *Document.Meta.constraints,
            *company_references("supply_chain_requisition", "site"),
        ]
        indexes = [
            Index(fields=["company", "status", "needed_by"], name="supply_chain_requisition_need")
        ]
        permissions = [
            ("submit_requisition", "Can submit requisitions"),
            ("approve_requisition", "Can approve and reject requisitions"),
            ("order_requisition", "Can order what requisitions ask for"),
        ]


class RequisitionLine(CompanyBound):
    """``quantity`` and ``unit_price`` (an estimate, in company currency) are in ``unit``.

    Without a supplier the item's preferred one is asked when it is ordered.
    """

    requisition = CompanyForeignKey(Requisition, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=10)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))
    unit = CompanyForeignKey("masterdata.Unit", related_name="+", verbose_name=_("unit"))
    stock_quantity = QuantityField(_("quantity in stock units"), editable=False)
    unit_price = QuantityField(_("estimated price"), help_text=_("Per unit, in company currency."))
    needed_by = models.DateField(_("needed by"))
    partner = CompanyForeignKey(
        "masterdata.Partner",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("supplier"),
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("cost object"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("requisition", "position", "id")
        verbose_name = _("requisition line")
        verbose_name_plural = _("requisition lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["requisition", "position"], name="supply_chain_requisitionline_position"
            ),
            *positive("supply_chain_requisitionline", "quantity", "stock_quantity"),
            *not_negative("supply_chain_requisitionline", "unit_price"),
            *company_references(
                "supply_chain_requisitionline",
                "requisition",
                "item",
                "unit",
                "partner",
                "cost_object",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.item.code}"

from __future__ import annotations

from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class Return(Document):
    """Goods that come back (RMA): into quarantine at their original cost, then decided on."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        APPROVED = "approved", _("Approved")
        RECEIVED = "received", _("Received")
        INSPECTED = "inspected", _("Inspected")
        CREDITED = "credited", _("Credited")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.REQUESTED: {Status.APPROVED, Status.CANCELLED},
        Status.APPROVED: {Status.RECEIVED, Status.CANCELLED},
        Status.RECEIVED: {Status.INSPECTED},
        Status.INSPECTED: {Status.CREDITED, Status.CLOSED},
        Status.CREDITED: {Status.CLOSED},
        Status.CLOSED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.REQUESTED, editable=False
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("customer"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("comes back to"))
    requested_on = models.DateField(_("requested on"))
    received_on = models.DateField(_("received on"), null=True, editable=False)
    reason = models.CharField(_("reason"), max_length=500)
    service_case = CompanyForeignKey(
        "crm.ServiceCase",
        related_name="returns",
        null=True,
        blank=True,
        verbose_name=_("service case"),
    )
    complaint = CompanyForeignKey(
        "crm.Complaint", related_name="returns", null=True, blank=True, verbose_name=_("complaint")
    )
    replacement_order = CompanyForeignKey(
        "crm.SalesOrder",
        related_name="returns",
        null=True,
        editable=False,
        verbose_name=_("replacement order"),
    )

    class Meta(Document.Meta):
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            *Document.Meta.constraints,
            *company_references(
                "crm_return", "partner", "site", "service_case", "complaint", "replacement_order"
            ),
        ]
        indexes = [Index(fields=["company", "status"], name="crm_return_status")]
        permissions = [
            ("approve_return", "Can approve returns"),
            ("receive_return", "Can receive and inspect returns"),
            ("credit_return", "Can credit returns"),
        ]


class ReturnLine(CompanyBound):
    """What comes back of a shipped order line; ``quantity`` in stock units."""

    class Resolution(models.TextChoices):
        CREDIT = "credit", _("Credit")
        REPLACE = "replace", _("Replace")
        REPAIR = "repair", _("Repair")

    class Finding(models.TextChoices):
        NONE = "", _("Not inspected")
        RESTOCK = "restock", _("Good, back to stock")
        KEEP = "keep", _("Stays in quarantine")
        SCRAP = "scrap", _("Scrap")

    rma = CompanyForeignKey(
        Return, on_delete=models.CASCADE, related_name="lines", verbose_name=_("return")
    )
    position = models.PositiveIntegerField(_("position"), default=10)
    order_line = CompanyForeignKey(
        "crm.SalesOrderLine", related_name="+", verbose_name=_("order line")
    )
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    lot = CompanyForeignKey(
        "inventory.Lot",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("lot or serial number"),
    )
    quantity = QuantityField(_("quantity"))
    resolution = models.CharField(
        _("resolution"), max_length=8, choices=Resolution, default=Resolution.CREDIT
    )
    finding = models.CharField(
        _("finding"), max_length=8, choices=Finding, default=Finding.NONE, blank=True
    )
    location = CompanyForeignKey(
        "inventory.Location", related_name="+", null=True, editable=False, verbose_name=_("lies at")
    )
    original_cost = LedgerAmountField(_("original cost"), null=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("rma", "position", "id")
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["rma", "position"], name="crm_returnline_position"),
            *positive("crm_returnline", "quantity"),
            *company_references("crm_returnline", "rma", "order_line", "item", "lot", "location"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.item.code}"


class ReturnCredit(CompanyBound):
    """The line of a credit note that credits a return line."""

    line = CompanyForeignKey(ReturnLine, related_name="credits")
    invoice_line = CompanyForeignKey(
        "finance.InvoiceLine", related_name="+", verbose_name=_("credit note line")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("credit of a return")
        verbose_name_plural = _("credits of returns")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["line", "invoice_line"], name="crm_returncredit_once"),
            *company_references("crm_returncredit", "line", "invoice_line"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.invoice_line_id}"

from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class SupplierReturn(Document):
    """Goods that go back to their supplier: drafted, shipped, credited by him.

    What quality has decided to return has left the stock by that decision; it travels, and is
    credited, by this document too.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SHIPPED = "shipped", _("Shipped")
        CREDITED = "credited", _("Credited")
        CLOSED = "closed", _("Closed")
        REVERSED = "reversed", _("Reversed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.SHIPPED, Status.CANCELLED},
        Status.SHIPPED: {Status.CREDITED, Status.CLOSED, Status.REVERSED},
        Status.CREDITED: {Status.SHIPPED},
        Status.CLOSED: set(),
        Status.REVERSED: set(),
        Status.CANCELLED: set(),
    }
    #: In these the goods are on a return, so they can't be on another.
    STANDING = (Status.DRAFT, Status.SHIPPED, Status.CREDITED, Status.CLOSED)

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("supplier"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("ships from"))
    reason = models.CharField(_("reason"), max_length=500)
    supplier_reference = models.CharField(
        _("supplier's return number"),
        max_length=60,
        blank=True,
        help_text=_("What the supplier wants to read on the parcel (RMA number)."),
    )
    shipped_on = models.DateField(_("shipped on"), null=True, editable=False)
    carrier = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("carrier")
    )
    tracking_number = models.CharField(_("tracking number"), max_length=60, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("supplier return")
        verbose_name_plural = _("supplier returns")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(status__in=("draft", "cancelled")) | Q(shipped_on__isnull=False),
                name="supply_chain_supplierreturn_shipped_on",
            ),
            *company_references("supply_chain_supplierreturn", "partner", "site", "carrier"),
        ]
        indexes = [Index(fields=["company", "status"], name="supply_chain_return_status")]
        permissions = [
            ("ship_supplierreturn", "Can send goods back to suppliers"),
            ("credit_supplierreturn", "Can enter suppliers' credits of returns"),
            ("reverse_supplierreturn", "Can take back returns to suppliers"),
        ]


class SupplierReturnLine(CompanyBound):
    """``quantity`` (stock units) of what a receipt's line brought, and the place it leaves.

    With a ``disposition`` quality's decision has moved it: then ``move`` is that of the decision,
    and a receipt is named only where one is known.
    """

    supplier_return = CompanyForeignKey(
        SupplierReturn, on_delete=models.CASCADE, related_name="lines", verbose_name=_("return")
    )
    position = models.PositiveIntegerField(_("position"), default=10)
    receipt_line = CompanyForeignKey(
        "supply_chain.ReceiptLine",
        related_name="return_lines",
        null=True,
        blank=True,
        verbose_name=_("receipt line"),
    )
    disposition = CompanyForeignKey(
        "quality.Disposition",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("decision of quality"),
    )
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    lot = CompanyForeignKey("inventory.Lot", related_name="+", null=True, verbose_name=_("lot"))
    quantity = QuantityField(_("quantity"))
    location = CompanyForeignKey(
        "inventory.Location", related_name="+", null=True, blank=True, verbose_name=_("from")
    )
    move = CompanyForeignKey(
        "inventory.StockMove", related_name="+", null=True, editable=False, verbose_name=_("move")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("supplier_return", "position", "id")
        verbose_name = _("line of a supplier return")
        verbose_name_plural = _("lines of supplier returns")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["supplier_return", "position"],
                name="supply_chain_supplierreturnline_position",
            ),
            models.CheckConstraint(
                condition=Q(disposition__isnull=False)
                | Q(receipt_line__isnull=False, location__isnull=False),
                name="supply_chain_supplierreturnline_origin",
            ),
            *positive("supply_chain_supplierreturnline", "quantity"),
            *company_references(
                "supply_chain_supplierreturnline",
                "supplier_return",
                "receipt_line",
                "disposition",
                "item",
                "lot",
                "location",
                "move",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.item.code}"


class SupplierReturnCredit(CompanyBound):
    """A supplier's credit note that credits a return."""

    supplier_return = CompanyForeignKey(
        SupplierReturn, related_name="credits", verbose_name=_("return")
    )
    invoice = CompanyForeignKey(
        "finance.Invoice", related_name="+", verbose_name=_("supplier's credit note")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("credit of a supplier return")
        verbose_name_plural = _("credits of supplier returns")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["invoice"], name="supply_chain_supplierreturncredit_once"),
            *company_references("supply_chain_supplierreturncredit", "supplier_return", "invoice"),
        ]

    def __str__(self) -> str:
        return str(self.invoice)

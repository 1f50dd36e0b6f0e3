from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class SalesOrder(Document):
    """A customer's order. How much is shipped and invoiced is read from the registers."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CONFIRMED = "confirmed", _("Confirmed")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.CONFIRMED, Status.CANCELLED},
        Status.CONFIRMED: {Status.CLOSED, Status.CANCELLED},
        Status.CLOSED: {Status.CONFIRMED},
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("customer"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("ships from"))
    order_date = models.DateField(_("order date"))
    due_date = models.DateField(_("due date"))
    customer_reference = models.CharField(_("customer's reference"), max_length=60, blank=True)
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    quotation = CompanyForeignKey(
        "crm.Quotation",
        related_name="orders",
        null=True,
        editable=False,
        verbose_name=_("quotation"),
    )

    class Meta(Document.Meta):
        verbose_name = _("sales order")
        verbose_name_plural = _("sales orders")
        constraints = [
            *Document.Meta.constraints,
            *company_references("crm_salesorder", "partner", "site", "quotation"),
        ]
        indexes = [Index(fields=["company", "status", "due_date"], name="crm_salesorder_due")]
        permissions = [
            ("confirm_salesorder", "Can confirm sales orders"),
            ("cancel_salesorder", "Can cancel sales orders"),
            ("invoice_salesorder", "Can invoice sales orders"),
            ("view_margin", "Can see customers' margins"),
        ]


class SalesOrderLine(CompanyBound):
    """``quantity`` is in ``unit``; ``stock_quantity`` the same in the item's stock unit."""

    order = CompanyForeignKey(SalesOrder, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=10)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))
    unit = CompanyForeignKey("masterdata.Unit", related_name="+", verbose_name=_("unit"))
    stock_quantity = QuantityField(_("quantity in stock units"), editable=False)
    unit_price = QuantityField(_("unit price"))
    tax_code = CompanyForeignKey(
        "finance.TaxCode", related_name="+", null=True, blank=True, verbose_name=_("tax code")
    )
    due_date = models.DateField(_("due date"))

    class Meta(CompanyBound.Meta):
        ordering = ("order", "position", "id")
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["order", "position"], name="crm_salesorderline_position"),
            *positive("crm_salesorderline", "quantity", "stock_quantity"),
            *not_negative("crm_salesorderline", "unit_price"),
            *company_references("crm_salesorderline", "order", "item", "unit", "tax_code"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.item.code}"


class SalesOrderLinePart(CompanyBound):
    """A part of a kit as it was when the order was confirmed; what is promised is the part.

    ``per_kit`` is in stock units for one stock unit of the kit, ``quantity`` for the whole line.
    ``unit_price`` is the part's share of the kit's price, for papers: what is billed is the kit.
    """

    line = CompanyForeignKey(SalesOrderLine, on_delete=models.CASCADE, related_name="parts")
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    per_kit = QuantityField(_("quantity in one kit"))
    quantity = QuantityField(_("quantity"))
    unit_price = QuantityField(_("share of the price"))

    class Meta(CompanyBound.Meta):
        ordering = ("line", "id")
        verbose_name = _("part of a kit")
        verbose_name_plural = _("parts of kits")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["line", "item"], name="crm_salesorderlinepart_item"),
            *positive("crm_salesorderlinepart", "per_kit", "quantity"),
            *not_negative("crm_salesorderlinepart", "unit_price"),
            *company_references("crm_salesorderlinepart", "line", "item"),
        ]

    def __str__(self) -> str:
        return f"{self.per_kit.normalize():f} {self.item.code}"

    @property
    def order(self) -> SalesOrder:
        return self.line.order

    @property
    def position(self) -> int:
        return self.line.position

    @property
    def stock_quantity(self) -> Decimal:
        return self.quantity

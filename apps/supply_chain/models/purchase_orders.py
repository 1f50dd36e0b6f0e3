from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class PurchaseOrder(Document):
    """An order to a supplier. How much is received and billed is read from the registers."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CONFIRMED = "confirmed", _("Ordered")
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
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("supplier"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("deliver to"))
    order_date = models.DateField(_("order date"))
    due_date = models.DateField(_("due date"))
    supplier_reference = models.CharField(_("supplier's reference"), max_length=60, blank=True)
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    contract = CompanyForeignKey(
        "supply_chain.PurchaseContract",
        related_name="releases",
        null=True,
        blank=True,
        verbose_name=_("contract"),
    )
    ships_to = CompanyForeignKey(
        "masterdata.Partner",
        related_name="+",
        null=True,
        editable=False,
        db_index=False,
        verbose_name=_("ships to"),
        help_text=_("The customer that the supplier ships to: the goods never come here."),
    )
    delivery_address = models.TextField(_("delivery address"), blank=True, editable=False)
    tax_amount = MoneyField(_("tax"), default=0)
    freight_amount = MoneyField(_("freight"), default=0)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("approved by"),
    )

    class Meta(Document.Meta):
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        constraints = [
            *Document.Meta.constraints,
            *company_references(
                "supply_chain_purchaseorder", "partner", "site", "contract", "ships_to"
            ),
            *not_negative("supply_chain_purchaseorder", "tax_amount", "freight_amount"),
        ]
        indexes = [Index(fields=["company", "status", "due_date"], name="supply_chain_po_due")]
        permissions = [
            ("confirm_purchaseorder", "Can confirm purchase orders"),
            ("approve_purchaseorder", "Can approve purchase orders"),
            ("cancel_purchaseorder", "Can cancel purchase orders"),
        ]


class PurchaseOrderLine(CompanyBound):
    """``quantity`` and ``unit_price`` are in ``unit``; ``stock_quantity`` in the stock unit.

    What the supplier ships to a customer of ours names what was promised to him (``ships_for``).
    What is ordered for a ``cost_object`` is its cost as it comes in, and never lies in stock. A
    line that came short within what is allowed ``is_closed_short``: nothing more is expected.
    """

    order = CompanyForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=10)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))
    unit = CompanyForeignKey("masterdata.Unit", related_name="+", verbose_name=_("unit"))
    stock_quantity = QuantityField(_("quantity in stock units"), editable=False)
    unit_price = QuantityField(_("unit price"))
    due_date = models.DateField(_("due date"))
    cost_object = CompanyForeignKey(
        "finance.CostObject",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("cost object"),
    )
    supplier_item = CompanyForeignKey(
        "supply_chain.SupplierItem",
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("supplier item"),
    )
    requisition_line = CompanyForeignKey(
        "supply_chain.RequisitionLine",
        related_name="order_lines",
        null=True,
        editable=False,
        verbose_name=_("requisition line"),
    )
    bid_line = CompanyForeignKey(
        "supply_chain.BidLine",
        related_name="order_lines",
        null=True,
        editable=False,
        verbose_name=_("bid line"),
    )
    contract_line = CompanyForeignKey(
        "supply_chain.PurchaseContractLine",
        related_name="order_lines",
        null=True,
        editable=False,
        verbose_name=_("contract line"),
    )
    ships_for = CompanyForeignKey(
        "inventory.ExpectedMove",
        related_name="+",
        null=True,
        editable=False,
        db_index=False,
        verbose_name=_("ships for"),
        help_text=_("What was promised to the customer that the supplier ships to."),
    )
    is_closed_short = models.BooleanField(_("closed short"), default=False, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("order", "position", "id")
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["order", "position"], name="supply_chain_purchaseorderline_position"
            ),
            *positive("supply_chain_purchaseorderline", "quantity", "stock_quantity"),
            *not_negative("supply_chain_purchaseorderline", "unit_price"),
            *company_references(
                "supply_chain_purchaseorderline",
                "order",
                "item",
                "unit",
                "cost_object",
                "supplier_item",
                "requisition_line",
                "bid_line",
                "contract_line",
                "ships_for",
            ),
        ]
        indexes = [
            Index(
                fields=["ships_for"],
                condition=Q(ships_for__isnull=False),
                name="supply_chain_line_ships_for",
            )
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.item.code}"

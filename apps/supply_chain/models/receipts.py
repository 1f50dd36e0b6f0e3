from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound
from apps.core.money import round_quantity
from apps.inventory.models import StockMove


class Receipt(Document):
    """Goods that came in for a purchase order. Posted as it is written; undone by reversal."""

    class Status(models.TextChoices):
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS = {Status.POSTED: {Status.REVERSED}, Status.REVERSED: set()}

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.POSTED, editable=False
    )
    order = CompanyForeignKey(
        "supply_chain.PurchaseOrder", related_name="receipts", verbose_name=_("purchase order")
    )
    date = models.DateField(_("date"))
    delivery_note = models.CharField(_("delivery note"), max_length=60, blank=True)
    exchange_rate = QuantityField(
        _("exchange rate"), max_digits=20, decimal_places=8, default=1, editable=False
    )

    class Meta(Document.Meta):
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            *Document.Meta.constraints,
            *company_references("supply_chain_receipt", "order"),
        ]
        permissions = [("reverse_receipt", "Can reverse receipts")]


class ReceiptLine(CompanyBound):
    """``quantity`` (stock units) was taken in, ``quantity_rejected`` was refused at the door.

    ``move`` is what is owed for. Where a supplier worked on our material, ``made_move`` brought
    the goods into stock, at what material and work came to. Of what is ordered by weight
    ``weighed`` is what came, in the order's unit.
    """

    receipt = CompanyForeignKey(Receipt, on_delete=models.CASCADE, related_name="lines")
    order_line = CompanyForeignKey(
        "supply_chain.PurchaseOrderLine", related_name="receipt_lines", verbose_name=_("order line")
    )
    quantity = QuantityField(_("quantity"))
    quantity_rejected = QuantityField(_("quantity rejected"), default=0)
    weighed = QuantityField(_("weighed"), null=True, editable=False)
    location = CompanyForeignKey("inventory.Location", related_name="+", verbose_name=_("location"))
    lot = CompanyForeignKey("inventory.Lot", related_name="+", null=True, verbose_name=_("lot"))
    notice_line = CompanyForeignKey(
        "supply_chain.ShippingNoticeLine",
        related_name="receipt_lines",
        null=True,
        editable=False,
        verbose_name=_("line of the shipping notice"),
    )
    move = CompanyForeignKey(
        "inventory.StockMove", related_name="+", null=True, editable=False, verbose_name=_("move")
    )
    made_move = CompanyForeignKey(
        "inventory.StockMove",
        related_name="+",
        null=True,
        editable=False,
        db_index=False,
        verbose_name=_("move into stock"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            *not_negative("supply_chain_receiptline", "quantity", "quantity_rejected"),
            *company_references(
                "supply_chain_receiptline",
                "receipt",
                "order_line",
                "location",
                "lot",
                "notice_line",
                "move",
                "made_move",
            ),
        ]

    def in_order_unit(self, quantity: Decimal) -> Decimal:
        """``quantity`` (stock units) in the order's unit: as it was weighed, or by the ratio."""
        if self.weighed is not None:
            return round_quantity(quantity * self.weighed / self.quantity)
        ordered = self.order_line
        return round_quantity(quantity * ordered.quantity / ordered.stock_quantity)

    def in_stock_unit(self, quantity: Decimal) -> Decimal:
        """``quantity`` of the order's unit in stock units: the way back."""
        if self.weighed is not None:
            return round_quantity(quantity * self.quantity / self.weighed)
        ordered = self.order_line
        return round_quantity(quantity * ordered.stock_quantity / ordered.quantity)

    @property
    def cost_move(self) -> StockMove | None:
        """What bears a dearer or cheaper price of it."""
        return self.made_move or self.move

    def __str__(self) -> str:
        return f"{self.receipt} · {self.order_line}: {self.quantity.normalize():f}"

from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import LedgerRow
from apps.core.models.base import CompanyBound


class ItemValuation(CompanyBound):
    """Running quantity and value of an item in a company: all a posting needs to know of the past.

    Its row lock comes first in every posting of the item, so that balances, layers and value of
    an item change one after the other (ADR 0002).
    """

    item = models.OneToOneField(
        "masterdata.Item", on_delete=models.PROTECT, related_name="valuation", db_constraint=False
    )
    quantity = QuantityField(_("quantity"), default=0)
    value = LedgerAmountField(_("value"), default=0)
    standard_cost = QuantityField(_("standard cost"), default=0)

    class Meta:
        verbose_name = _("item valuation")
        verbose_name_plural = _("item valuations")
        constraints = [
            *not_negative("inventory_itemvaluation", "quantity", "value", "standard_cost"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) | Q(value=0),
                name="inventory_itemvaluation_no_value_without_quantity",
            ),
            *company_references("inventory_itemvaluation", "item"),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.quantity} = {self.value}"


class CostLayer(CompanyBound):
    """What is left of one inbound move. Values are kept for FIFO and specific lot.

    For moving average the layer only tells which receipt the units came from, for late cost.
    """

    item = CompanyForeignKey("masterdata.Item", related_name="+", db_index=False)
    lot = CompanyForeignKey("inventory.Lot", related_name="+", null=True, db_index=False)
    move = CompanyForeignKey("inventory.StockMove", related_name="layers")
    quantity = QuantityField(_("quantity"))
    quantity_left = QuantityField(_("quantity left"))
    value_left = LedgerAmountField(_("value left"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("cost layer")
        verbose_name_plural = _("cost layers")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(quantity_left__gte=0, quantity_left__lte=F("quantity")),
                name="inventory_costlayer_quantity_left",
            ),
            models.CheckConstraint(
                condition=Q(value_left__gte=0) & (Q(quantity_left__gt=0) | Q(value_left=0)),
                name="inventory_costlayer_value_left",
            ),
            *company_references("inventory_costlayer", "item", "lot", "move"),
        ]
        indexes = [
            Index(
                fields=["item", "id"],
                condition=Q(quantity_left__gt=0),
                name="inventory_costlayer_open",
            ),
            Index(
                fields=["lot", "id"],
                condition=Q(quantity_left__gt=0, lot__isnull=False),
                name="inventory_costlayer_open_lot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.quantity_left}"


class LayerConsumption(CompanyBound):
    """Which layer an outbound move took from: the thread that late cost follows."""

    IS_REGISTER = True

    layer = CompanyForeignKey(CostLayer, related_name="consumptions")
    move = CompanyForeignKey("inventory.StockMove", related_name="consumptions")
    quantity = QuantityField(_("quantity"))
    value = LedgerAmountField(_("value"))

    class Meta:
        verbose_name = _("layer consumption")
        verbose_name_plural = _("layer consumptions")
        constraints = [*company_references("inventory_layerconsumption", "layer", "move")]

    def __str__(self) -> str:
        return f"{self.layer}: {self.quantity}"


class ValuationAdjustment(LedgerRow):
    """A change of stock value without a move: late cost, revaluation, write-down.

    ``quantity`` is what was left of the layer that a write-down changed: by it, what the units
    still there bear of it is known.
    """

    class Kind(models.TextChoices):
        LATE_COST = "late_cost", _("Late cost")
        REVALUATION = "revaluation", _("Revaluation")
        WRITE_DOWN = "write_down", _("Write-down")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    date = models.DateField(_("posting date"))
    item = CompanyForeignKey("masterdata.Item", related_name="+")
    layer = CompanyForeignKey(CostLayer, related_name="adjustments", null=True)
    amount = LedgerAmountField(_("amount"))
    quantity = QuantityField(_("quantity"), null=True)
    entry = CompanyForeignKey("finance.JournalEntry", related_name="+")

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("valuation adjustment")
        verbose_name_plural = _("valuation adjustments")
        constraints = [
            *LedgerRow.Meta.constraints,
            *company_references("inventory_valuationadjustment", "item", "layer", "entry"),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.amount}"

from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class LandedCost(Document):
    """Freight, duty, insurance: a charge that goods which came in bear, also when it comes late.

    Posting takes ``amount`` from the account of charges, where the bill of it stands, and adds it
    to the receipts by ``basis``: in stock, in production, sold, wherever their units are now.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")
        CANCELLED = "cancelled", _("Cancelled")

    class Basis(models.TextChoices):
        QUANTITY = "quantity", _("Quantity")
        VALUE = "value", _("Value")
        WEIGHT = "weight", _("Weight")
        VOLUME = "volume", _("Volume")

    TRANSITIONS = {
        Status.DRAFT: {Status.POSTED, Status.CANCELLED},
        Status.POSTED: {Status.REVERSED},
        Status.REVERSED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    date = models.DateField(_("date"))
    basis = models.CharField(_("split by"), max_length=8, choices=Basis, default=Basis.VALUE)
    amount = LedgerAmountField(_("amount"), help_text=_("In company currency, without tax."))
    partner = CompanyForeignKey(
        "masterdata.Partner",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("partner"),
        help_text=_("Who charges it."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("landed cost")
        verbose_name_plural = _("landed costs")
        constraints = [
            *Document.Meta.constraints,
            *positive("inventory_landedcost", "amount"),
            *company_references("inventory_landedcost", "partner"),
        ]
        permissions = [
            ("post_landedcost", "Can post landed costs"),
            ("reverse_landedcost", "Can reverse landed costs"),
        ]


class LandedCostLine(CompanyBound):
    """A receipt that bears a part: ``measure`` is what it weighs in the split, when posted."""

    landed_cost = CompanyForeignKey(LandedCost, on_delete=models.CASCADE, related_name="lines")
    move = CompanyForeignKey(
        "inventory.StockMove", related_name="+", verbose_name=_("receipt of stock")
    )
    measure = QuantityField(_("measure"), null=True, blank=True, editable=False)
    amount = LedgerAmountField(_("amount"), null=True, blank=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("landed cost line")
        verbose_name_plural = _("landed cost lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["landed_cost", "move"], name="inventory_landedcostline_once"),
            *company_references("inventory_landedcostline", "landed_cost", "move"),
        ]

    def __str__(self) -> str:
        return str(self.move)

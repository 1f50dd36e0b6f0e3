from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models.base import CompanyBound


class ReturnedUnits(CompanyBound):
    """With which issue units had left that a receipt brought back: late cost follows them."""

    IS_REGISTER = True

    issue = CompanyForeignKey("inventory.StockMove", related_name="returned_units")
    receipt = CompanyForeignKey("inventory.StockMove", related_name="brought_back")
    quantity = QuantityField(_("quantity"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("returned units")
        verbose_name_plural = _("returned units")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.UniqueConstraint(
                fields=["issue", "receipt"], name="inventory_returnedunits_once"
            ),
            *positive("inventory_returnedunits", "quantity"),
            *company_references("inventory_returnedunits", "issue", "receipt"),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id}: {self.quantity.normalize():f}"

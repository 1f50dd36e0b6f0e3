from __future__ import annotations

from django.db import models
from django.db.models import Index
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import LedgerRow


class OrderConfirmation(LedgerRow):
    """What a supplier promised for an order line, each time anew; the last one holds.

    ``quantity`` and ``unit_price`` are in the order line's unit and the order's currency. The
    ``source`` is the order.
    """

    order_line = CompanyForeignKey(
        "supply_chain.PurchaseOrderLine",
        related_name="confirmations",
        db_index=False,
        verbose_name=_("order line"),
    )
    promised_date = models.DateField(_("promised date"))
    quantity = QuantityField(_("quantity"))
    unit_price = QuantityField(_("unit price"), null=True)
    reference = models.CharField(_("supplier's reference"), max_length=60, blank=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("order confirmation")
        verbose_name_plural = _("order confirmations")
        constraints = [
            *LedgerRow.Meta.constraints,
            *positive("supply_chain_orderconfirmation", "quantity"),
            *not_negative("supply_chain_orderconfirmation", "unit_price"),
            *company_references("supply_chain_orderconfirmation", "order_line"),
        ]
        indexes = [
            Index(fields=["order_line", "id"], name="supply_chain_confirmation_line"),
            Index(fields=["source_type", "source_id"], name="supply_chain_confirmation_src"),
        ]

    def __str__(self) -> str:
        return f"{self.promised_date}: {self.quantity.normalize():f}"

from __future__ import annotations

from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import LedgerRow


class BillMatch(LedgerRow):
    """The part of a receipt line that a supplier bill's line bills: what clears GRNI.

    ``value`` is the cleared value at receipt cost, ``variance`` what the bill asks above it, both
    in company currency. A reversal is a match of its own with ``reverses``. What a supplier's
    credit note takes back is below zero; of the price alone, without a quantity.
    """

    receipt_line = CompanyForeignKey("supply_chain.ReceiptLine", related_name="matches")
    invoice_line = CompanyForeignKey("finance.InvoiceLine", related_name="+")
    quantity = QuantityField(_("quantity"))
    value = LedgerAmountField(_("value"))
    variance = LedgerAmountField(_("variance"))
    reverses = CompanyForeignKey("self", related_name="reversals", null=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("bill match")
        verbose_name_plural = _("bill matches")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(fields=["reverses"], name="supply_chain_billmatch_reversed_once"),
            *company_references(
                "supply_chain_billmatch", "receipt_line", "invoice_line", "reverses"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_line} · {self.value}"

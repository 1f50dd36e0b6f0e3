from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import LedgerRow


class StockMove(LedgerRow):
    """A quantity of one item and lot that went from one location to another.

    ``value`` is what stock gained or lost by it, ``counter_value`` what the virtual side bears;
    they differ by a price variance. Both are in company currency and never change. Of a weighed
    piece ``catch_weight`` is what it weighed as it moved.
    """

    date = models.DateField(_("posting date"))
    item = CompanyForeignKey("masterdata.Item", related_name="+", db_index=False)
    lot = CompanyForeignKey("inventory.Lot", related_name="+", null=True, db_index=False)
    from_location = CompanyForeignKey("inventory.Location", related_name="+", db_index=False)
    to_location = CompanyForeignKey("inventory.Location", related_name="+", db_index=False)
    quantity = QuantityField(_("quantity"))
    catch_weight = QuantityField(_("catch weight"), null=True)
    value = LedgerAmountField(_("value"))
    counter_value = LedgerAmountField(_("counter value"))
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", null=True, db_index=False
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", null=True, db_index=False)
    reason = CompanyForeignKey("masterdata.ReasonCode", related_name="+", null=True, db_index=False)
    entry = CompanyForeignKey("finance.JournalEntry", related_name="stock_moves", null=True)
    reverses = CompanyForeignKey("self", related_name="reversals", null=True, db_index=False)
    expected_move = CompanyForeignKey(
        "inventory.ExpectedMove", related_name="moves", null=True, db_index=False
    )

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("stock move")
        verbose_name_plural = _("stock moves")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(fields=["reverses"], name="inventory_stockmove_reversed_once"),
            models.CheckConstraint(
                condition=~Q(from_location=F("to_location")),
                name="inventory_stockmove_two_places",
            ),
            *positive("inventory_stockmove", "quantity"),
            *company_references(
                "inventory_stockmove",
                "item",
                "lot",
                "from_location",
                "to_location",
                "cost_object",
                "partner",
                "reason",
                "entry",
                "reverses",
                "expected_move",
            ),
        ]
        indexes = [
            Index(fields=["item", "date", "id"], name="inventory_stockmove_item"),
            Index(
                fields=["lot", "id"], condition=Q(lot__isnull=False), name="inventory_stockmove_lot"
            ),
            Index(
                fields=["cost_object", "item"],
                condition=Q(cost_object__isnull=False),
                name="inventory_stockmove_cost",
            ),
            Index(fields=["source_type", "source_id"], name="inventory_stockmove_source"),
            Index(
                fields=["expected_move"],
                condition=Q(expected_move__isnull=False),
                name="inventory_stockmove_promise",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.item.code}"

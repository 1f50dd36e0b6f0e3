from __future__ import annotations

from decimal import Decimal

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models.base import CompanyBound


class StockBalance(CompanyBound):
    """What lies at a physical location, of one item and lot. The database refuses below zero.

    ``transit_value`` is what goods in transit came in with, in company currency: they leave with
    it, whatever the item is carried at by then. Elsewhere it is zero; value is the item's.
    """

    item = CompanyForeignKey("masterdata.Item", related_name="+", db_index=False)
    location = CompanyForeignKey("inventory.Location", related_name="+")
    lot = CompanyForeignKey("inventory.Lot", related_name="balances", null=True)
    quantity = QuantityField(_("quantity"), default=0)
    reserved = QuantityField(_("reserved"), default=0)
    transit_value = MoneyField(_("value in transit"), default=0, db_default=0)

    class Meta:
        ordering = ("item", "location", "lot")
        verbose_name = _("stock on hand")
        verbose_name_plural = _("stock on hand")
        constraints = [
            UniqueConstraint(
                fields=["item", "location", "lot"],
                nulls_distinct=False,
                name="inventory_stockbalance_key",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0), name="inventory_stockbalance_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("quantity")),
                name="inventory_stockbalance_reserved_on_hand",
            ),
            *company_references("inventory_stockbalance", "item", "location", "lot"),
        ]

    def __str__(self) -> str:
        return f"{self.item} @ {self.location}"

    @property
    def available(self) -> Decimal:
        return self.quantity - self.reserved


class Reservation(CompanyBound):
    """Stock set aside for a document's line; removed as it is used.

    When stock is short, who has a lower ``priority`` takes over what is held for higher ones, and
    what is held past ``held_until``. What pick lists hold stays theirs.
    """

    item = CompanyForeignKey("masterdata.Item", related_name="+")
    location = CompanyForeignKey("inventory.Location", related_name="+")
    lot = CompanyForeignKey("inventory.Lot", related_name="+", null=True)
    quantity = QuantityField(_("quantity"))
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=5,
        db_default=5,
        help_text=_("1 goes first: it gets what is held for later ones when stock is short."),
    )
    held_until = models.DateTimeField(_("held until"), null=True, blank=True)
    source_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    source_id = models.BigIntegerField()
    source = GenericForeignKey("source_type", "source_id")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        ordering = ("id",)
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            *positive("inventory_reservation", "quantity"),
            *company_references("inventory_reservation", "item", "location", "lot"),
        ]
        indexes = [
            Index(fields=["source_type", "source_id"], name="inventory_reservation_source"),
            Index(
                fields=["held_until"],
                condition=Q(held_until__isnull=False),
                name="inventory_reservation_until",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.item.code}"

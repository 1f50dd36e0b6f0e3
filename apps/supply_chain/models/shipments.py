from __future__ import annotations

from django.db import models
from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class Shipment(Document):
    """Goods that went out to one partner. Posted as it is written; undone by reversal.

    What it ships are expected moves, so it serves whatever document promised them.
    """

    class Status(models.TextChoices):
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS = {Status.POSTED: {Status.REVERSED}, Status.REVERSED: set()}

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.POSTED, editable=False
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("customer"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("ships from"))
    date = models.DateField(_("date"))
    carrier = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("carrier")
    )
    tracking_number = models.CharField(_("tracking number"), max_length=60, blank=True)
    delivery_address = models.TextField(_("delivery address"), blank=True)
    drop_receipt = CompanyForeignKey(
        "supply_chain.Receipt",
        related_name="drop_shipments",
        null=True,
        editable=False,
        db_index=False,
        verbose_name=_("shipped by the supplier"),
        help_text=_("The receipt of what the supplier shipped for us."),
    )

    class Meta(Document.Meta):
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        constraints = [
            *Document.Meta.constraints,
            *company_references(
                "supply_chain_shipment", "partner", "site", "carrier", "drop_receipt"
            ),
        ]
        indexes = [
            Index(
                fields=["drop_receipt"],
                condition=Q(drop_receipt__isnull=False),
                name="supply_chain_shipment_dropped",
            )
        ]
        permissions = [
            ("reverse_shipment", "Can reverse shipments"),
            ("certify_shipment", "Can sign certificates of conformity"),
        ]


class ShipmentLine(CompanyBound):
    """``quantity`` is in stock units."""

    shipment = CompanyForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    expected_move = CompanyForeignKey(
        "inventory.ExpectedMove", related_name="+", verbose_name=_("expected move")
    )
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))
    location = CompanyForeignKey("inventory.Location", related_name="+", verbose_name=_("location"))
    lot = CompanyForeignKey("inventory.Lot", related_name="+", null=True, verbose_name=_("lot"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("shipment line")
        verbose_name_plural = _("shipment lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("supply_chain_shipmentline", "quantity"),
            *company_references(
                "supply_chain_shipmentline",
                "shipment",
                "expected_move",
                "item",
                "location",
                "lot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item.code} {self.quantity}"

from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class ShippingNotice(Document):
    """A supplier says what is on its way (ASN, GS1 DESADV): the goods-in desk only counts it."""

    class Status(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        RECEIVED = "received", _("Received")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.ANNOUNCED: {Status.RECEIVED, Status.CANCELLED},
        Status.RECEIVED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.ANNOUNCED, editable=False
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("supplier"))
    reference = models.CharField(_("number of the notice"), max_length=60)
    shipped_on = models.DateField(_("shipped on"))
    expected_on = models.DateField(_("expected on"))
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("shipping notice")
        verbose_name_plural = _("shipping notices")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["partner", "reference"],
                condition=~Q(status="cancelled"),
                name="supply_chain_shippingnotice_reference",
            ),
            models.CheckConstraint(
                condition=Q(expected_on__gte=models.F("shipped_on")),
                name="supply_chain_shippingnotice_days",
            ),
            *company_references("supply_chain_shippingnotice", "partner"),
        ]
        indexes = [
            Index(fields=["company", "status", "expected_on"], name="supply_chain_notice_expected")
        ]
        permissions = [("cancel_shippingnotice", "Can cancel shipping notices")]


class ShippingNoticeLine(CompanyBound):
    """``quantity`` is in the unit of the order line; the SSCC is that of the package it is in."""

    notice = CompanyForeignKey(ShippingNotice, on_delete=models.CASCADE, related_name="lines")
    order_line = CompanyForeignKey(
        "supply_chain.PurchaseOrderLine", related_name="notice_lines", verbose_name=_("order line")
    )
    quantity = QuantityField(_("quantity"))
    lot_code = models.CharField(_("lot"), max_length=60, blank=True)
    supplier_lot = models.CharField(_("supplier's lot"), max_length=60, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    sscc = models.CharField(_("SSCC"), max_length=18, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("notice", "id")
        verbose_name = _("line of a shipping notice")
        verbose_name_plural = _("lines of shipping notices")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("supply_chain_shippingnoticeline", "quantity"),
            *company_references("supply_chain_shippingnoticeline", "notice", "order_line"),
        ]

    def __str__(self) -> str:
        return f"{self.order_line}: {self.quantity.normalize():f}"

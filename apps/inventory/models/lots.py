from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class Lot(CompanyBound, AuditedModel):
    """A lot, or one serial number, of an item. Its status blocks or allows its use."""

    class Status(models.TextChoices):
        AVAILABLE = "available", _("Available")
        QUARANTINE = "quarantine", _("Quarantine")
        HOLD = "hold", _("On hold")
        REJECTED = "rejected", _("Rejected")

    item = CompanyForeignKey("masterdata.Item", related_name="lots", verbose_name=_("item"))
    code = models.CharField(_("lot or serial number"), max_length=60)
    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.AVAILABLE, editable=False
    )
    supplier = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("supplier")
    )
    supplier_lot = models.CharField(_("supplier's lot"), max_length=60, blank=True)
    made_on = models.DateField(_("made on"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    catch_weight = QuantityField(
        _("catch weight"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("What this piece weighs, in the unit of its item's catch weight."),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["company", "item", "code"], name="inventory_lot_code"),
            models.CheckConstraint(
                condition=Q(catch_weight__isnull=True) | Q(catch_weight__gt=0),
                name="inventory_lot_catch_weight_positive",
            ),
            *company_references("inventory_lot", "item", "supplier"),
        ]
        indexes = [
            Index(fields=["company", "code"], name="inventory_lot_scan"),
            Index(
                fields=["company", "supplier_lot"],
                condition=~Q(supplier_lot=""),
                name="inventory_lot_supplier_lot",
            ),
        ]
        permissions = [
            ("change_lot_status", "Can hold and release lots"),
            ("weigh_lot", "Can weigh pieces"),
        ]

    def __str__(self) -> str:
        return self.code

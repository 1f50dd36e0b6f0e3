from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class ItemBarcode(CompanyBound, AuditedModel):
    """What a scanner reads off an item: a GTIN of 14 digits, or any other text.

    ``unit`` is what one symbol stands for, a box for instance; None is the stock unit.
    """

    class Kind(models.TextChoices):
        GTIN = "gtin", _("GTIN")
        OTHER = "other", _("Other text")

    item = CompanyForeignKey(
        "masterdata.Item",
        on_delete=models.CASCADE,
        related_name="barcodes",
        verbose_name=_("item"),
    )
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.GTIN)
    code = models.CharField(
        _("barcode"),
        max_length=60,
        help_text=_("A GTIN of 8, 12, 13 or 14 digits is kept with 14."),
    )
    unit = CompanyForeignKey(
        "masterdata.Unit", related_name="+", null=True, blank=True, verbose_name=_("unit")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("barcode")
        verbose_name_plural = _("barcodes")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["company", "code"], name="masterdata_itembarcode_code"),
            *company_references("masterdata_itembarcode", "item", "unit"),
        ]

    def __str__(self) -> str:
        return self.code

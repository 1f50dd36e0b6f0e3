from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class WriteDown(Document):
    """Stock at the lower of cost and net realisable value (IAS 2 ¶28–33), item by item.

    Posting lowers what is carried above its net realisable value, and takes earlier write-downs
    back where that has risen again: never above what the units still there had cost.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")
        CANCELLED = "cancelled", _("Cancelled")

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
    reason = CompanyForeignKey(
        "masterdata.ReasonCode",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("reason"),
        help_text=_("A posting rule for it may name an account of its own."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("write-down")
        verbose_name_plural = _("write-downs")
        constraints = [
            *Document.Meta.constraints,
            *company_references("inventory_writedown", "reason"),
        ]
        permissions = [
            ("post_writedown", "Can post write-downs"),
            ("reverse_writedown", "Can reverse write-downs"),
        ]


class WriteDownLine(CompanyBound):
    """What a stock unit of an item, or of one lot of it, brings when it is sold.

    ``net_value`` is the estimated price less the cost of completing and selling. The rest is
    written when it is posted: what was there, what it was carried at, and by how much that changed.
    """

    write_down = CompanyForeignKey(WriteDown, on_delete=models.CASCADE, related_name="lines")
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    lot = CompanyForeignKey(
        "inventory.Lot", related_name="+", null=True, blank=True, verbose_name=_("lot")
    )
    net_value = QuantityField(_("net realisable value of a unit"))
    quantity = QuantityField(_("quantity"), null=True, blank=True, editable=False)
    carried = LedgerAmountField(_("carried at"), null=True, blank=True, editable=False)
    amount = LedgerAmountField(_("change of value"), null=True, blank=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("write-down line")
        verbose_name_plural = _("write-down lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            *not_negative("inventory_writedownline", "net_value"),
            UniqueConstraint(
                fields=["write_down", "item", "lot"],
                nulls_distinct=False,
                name="inventory_writedownline_once",
            ),
            *company_references("inventory_writedownline", "write_down", "item", "lot"),
        ]

    def __str__(self) -> str:
        return self.item.code if self.lot is None else f"{self.item.code} / {self.lot.code}"

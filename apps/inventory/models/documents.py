from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class StockDocument(Document):
    """Stock moved by hand: opening balances, transfers, count differences, scrap, issues.

    An issue names the cost object that bears what is taken. What a supplier brings and leaves his
    own lies at a place of his, without value.
    """

    class Kind(models.TextChoices):
        OPENING = "opening", _("Opening balance")
        TRANSFER = "transfer", _("Transfer")
        ADJUSTMENT = "adjustment", _("Count difference")
        SCRAP = "scrap", _("Scrap")
        ISSUE = "issue", _("Issue to a cost object")
        BROUGHT = "brought", _("Supplier's goods come")
        TAKEN_BACK = "taken_back", _("Supplier's goods go")

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
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    date = models.DateField(_("date"))
    reason = CompanyForeignKey(
        "masterdata.ReasonCode", related_name="+", null=True, blank=True, verbose_name=_("reason")
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("cost object"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("stock document")
        verbose_name_plural = _("stock documents")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(kind="issue", cost_object__isnull=False)
                | ~models.Q(kind="issue") & models.Q(cost_object__isnull=True),
                name="inventory_stockdocument_issue_cost_object",
            ),
            *company_references("inventory_stockdocument", "site", "reason", "cost_object"),
        ]
        permissions = [
            ("post_stockdocument", "Can post stock documents"),
            ("put_away_stockdocument", "Can put goods away"),
            ("reverse_stockdocument", "Can reverse stock documents"),
        ]


class StockDocumentLine(CompanyBound):
    """``quantity`` is in stock units, above zero; the locations give the direction."""

    document = CompanyForeignKey(StockDocument, on_delete=models.CASCADE, related_name="lines")
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    lot_code = models.CharField(_("lot or serial number"), max_length=60, blank=True)
    quantity = QuantityField(_("quantity"))
    unit_cost = QuantityField(_("unit cost"), null=True, blank=True)
    from_location = CompanyForeignKey(
        "inventory.Location", related_name="+", verbose_name=_("from")
    )
    to_location = CompanyForeignKey("inventory.Location", related_name="+", verbose_name=_("to"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("stock document line")
        verbose_name_plural = _("stock document lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("inventory_stockdocumentline", "quantity"),
            *company_references(
                "inventory_stockdocumentline", "document", "item", "from_location", "to_location"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.item.code}"

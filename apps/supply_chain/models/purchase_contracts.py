from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class PurchaseContract(Document):
    """What a supplier sells us for a time at agreed prices; purchase orders release it.

    A blanket order is released as need arises, a scheduling agreement with a day for each line.
    How much is released is read from the orders.
    """

    class Kind(models.TextChoices):
        BLANKET = "blanket", _("Blanket order")
        SCHEDULING = "scheduling", _("Scheduling agreement")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("In force")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.ACTIVE, Status.CANCELLED},
        Status.ACTIVE: {Status.CLOSED},
        Status.CLOSED: {Status.ACTIVE},
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.BLANKET)
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("supplier"))
    reference = models.CharField(_("supplier's reference"), max_length=60, blank=True)
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    value_agreed = MoneyField(
        _("value agreed"),
        null=True,
        blank=True,
        help_text=_("What all releases may come to, in the contract's currency. Empty: no limit."),
    )

    class Meta(Document.Meta):
        verbose_name = _("purchase contract")
        verbose_name_plural = _("purchase contracts")
        constraints = [
            *Document.Meta.constraints,
            *positive("supply_chain_purchasecontract", "value_agreed"),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")),
                name="supply_chain_purchasecontract_days",
            ),
            *company_references("supply_chain_purchasecontract", "partner"),
        ]
        indexes = [
            Index(fields=["company", "status", "valid_until"], name="supply_chain_contract_until")
        ]
        permissions = [("activate_purchasecontract", "Can put contracts into force and close them")]


class PurchaseContractLine(CompanyBound):
    """An item at its price per ``unit``; without a ``quantity`` only the value is limited."""

    contract = CompanyForeignKey(PurchaseContract, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=10)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    unit = CompanyForeignKey("masterdata.Unit", related_name="+", verbose_name=_("unit"))
    unit_price = QuantityField(_("unit price"))
    quantity = QuantityField(_("quantity agreed"), null=True, blank=True)
    stock_per_unit = QuantityField(_("stock units in one unit"), editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("contract", "position", "id")
        verbose_name = _("contract line")
        verbose_name_plural = _("contract lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["contract", "item"], name="supply_chain_purchasecontractline_item"
            ),
            *positive("supply_chain_purchasecontractline", "quantity", "stock_per_unit"),
            *not_negative("supply_chain_purchasecontractline", "unit_price"),
            *company_references("supply_chain_purchasecontractline", "contract", "item", "unit"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.item.code}"

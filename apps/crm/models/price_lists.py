from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound


class PriceList(MasterData):
    """Price rules in one currency. A retired list prices nothing."""

    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )

    class Meta(MasterData.Meta):
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")


class PriceRule(CompanyBound, AuditedModel):
    """A price, a discount or both: for whom, what, from which quantity, from when to when.

    ``unit_price`` and ``min_quantity`` are per and in stock units. Without a price the discount
    is taken off the item's own. Which rule wins: ``apps.crm.pricing``.
    """

    price_list = CompanyForeignKey(PriceList, related_name="rules", verbose_name=_("price list"))
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("customer")
    )
    segment = CompanyForeignKey(
        "crm.Segment", related_name="+", null=True, blank=True, verbose_name=_("segment")
    )
    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", null=True, blank=True, verbose_name=_("item")
    )
    category = CompanyForeignKey(
        "masterdata.ItemCategory",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("item category"),
    )
    min_quantity = QuantityField(_("from quantity"), default=0)
    unit_price = QuantityField(_("unit price"), null=True, blank=True)
    discount_percent = models.DecimalField(
        _("discount (%)"), max_digits=7, decimal_places=4, default=0
    )
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(CompanyBound.Meta):
        ordering = ("price_list", "id")
        verbose_name = _("price rule")
        verbose_name_plural = _("price rules")
        constraints = [
            *CompanyBound.Meta.constraints,
            *not_negative("crm_pricerule", "min_quantity", "unit_price"),
            models.CheckConstraint(
                condition=Q(partner__isnull=True) | Q(segment__isnull=True),
                name="crm_pricerule_one_customer",
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=True) | Q(category__isnull=True),
                name="crm_pricerule_one_item",
            ),
            models.CheckConstraint(
                condition=Q(discount_percent__gte=0, discount_percent__lte=100),
                name="crm_pricerule_discount",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="crm_pricerule_dates",
            ),
            models.CheckConstraint(
                condition=Q(unit_price__isnull=True) | Q(item__isnull=False),
                name="crm_pricerule_price_of_item",
            ),
            *company_references(
                "crm_pricerule", "price_list", "partner", "segment", "item", "category"
            ),
        ]
        indexes = [Index(fields=["item", "valid_from"], name="crm_pricerule_item")]

    def __str__(self) -> str:
        return f"{self.price_list_id} #{self.pk}"

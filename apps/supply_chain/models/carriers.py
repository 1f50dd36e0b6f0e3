from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.figures import number_text
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound


class CarrierService(MasterData):
    """What a carrier offers: a product with its own rates, such as parcel or express."""

    carrier = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("carrier"))
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    transit_days = models.PositiveIntegerField(_("days on the way"), null=True, blank=True)

    class Meta(MasterData.Meta):
        verbose_name = _("carrier service")
        verbose_name_plural = _("carrier services")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("supply_chain_carrierservice", "carrier"),
        ]


class CarrierRate(CompanyBound, AuditedModel):
    """What a service costs from a gross weight (kg) on: a base, and so much for each kg.

    A rate of a country goes before one for everywhere.
    """

    service = CompanyForeignKey(
        CarrierService, related_name="rates", verbose_name=_("carrier service")
    )
    country = models.CharField(
        _("country"), max_length=2, blank=True, help_text=_("ISO 3166. Empty: everywhere.")
    )
    from_weight = QuantityField(_("from weight (kg)"), default=0)
    base_price = QuantityField(_("base price"), default=0)
    price_per_kg = QuantityField(_("price per kg"), default=0)
    valid_from = models.DateField(_("valid from"))

    class Meta(CompanyBound.Meta):
        ordering = ("service", "country", "from_weight", "valid_from")
        verbose_name = _("carrier rate")
        verbose_name_plural = _("carrier rates")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["service", "country", "from_weight", "valid_from"],
                name="supply_chain_carrierrate_once",
            ),
            *not_negative("supply_chain_carrierrate", "from_weight", "base_price", "price_per_kg"),
            *company_references("supply_chain_carrierrate", "service"),
        ]

    def __str__(self) -> str:
        return f"{self.service.code} {self.country} {number_text(Decimal(self.from_weight))} kg"


class ItemTradeData(CompanyBound, AuditedModel):
    """What customs ask of an item: tariff number, origin, weight, a description in words."""

    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    hs_code = models.CharField(
        _("tariff number"), max_length=10, help_text=_("Harmonized System: six to ten digits.")
    )
    origin_country = models.CharField(_("country of origin"), max_length=2)
    net_weight = QuantityField(_("net weight (kg)"), help_text=_("Of one stock unit."))
    description = models.CharField(_("description for customs"), max_length=200, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("item",)
        verbose_name = _("trade data of an item")
        verbose_name_plural = _("trade data of items")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["item"], name="supply_chain_itemtradedata_item"),
            models.CheckConstraint(
                condition=models.Q(hs_code__regex=r"^[0-9]{6,10}$"),
                name="supply_chain_itemtradedata_hs_code",
            ),
            models.CheckConstraint(
                condition=models.Q(net_weight__gt=0),
                name="supply_chain_itemtradedata_net_weight_positive",
            ),
            *company_references("supply_chain_itemtradedata", "item"),
        ]

    def __str__(self) -> str:
        return f"{self.item.code} {self.hs_code}"

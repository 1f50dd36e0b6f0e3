from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class ItemPlanning(CompanyBound, AuditedModel):
    """How one item is planned at one site. Without a row: lot for lot, the item's lead time.

    Times in working days of the site, fences in calendar days from the day of the run, quantities
    in stock units.
    """

    class Policy(models.TextChoices):
        MRP = "mrp", _("Plan by requirements")
        MPS = "mps", _("Only as the master schedule says")
        NONE = "none", _("Do not plan")

    class Source(models.TextChoices):
        ITEM = "item", _("As the item is: made or bought")
        MAKE = "make", _("Make")
        BUY = "buy", _("Buy")
        TRANSFER = "transfer", _("Transfer from another site")

    class LotRule(models.TextChoices):
        LOT_FOR_LOT = "lot_for_lot", _("Lot for lot")
        FIXED = "fixed", _("Fixed lot")
        MULTIPLE = "multiple", _("Minimum and multiple")
        PERIOD = "period", _("Demand of a period")

    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    policy = models.CharField(_("policy"), max_length=4, choices=Policy, default=Policy.MRP)
    source = models.CharField(_("source"), max_length=8, choices=Source, default=Source.ITEM)
    source_site = CompanyForeignKey(
        "core.Site", related_name="+", null=True, blank=True, verbose_name=_("from site")
    )
    lot_rule = models.CharField(
        _("lot rule"), max_length=11, choices=LotRule, default=LotRule.LOT_FOR_LOT
    )
    lot_size = QuantityField(_("fixed lot"), default=0)
    lot_minimum = QuantityField(_("minimum lot"), default=0)
    lot_multiple = QuantityField(_("lot multiple"), default=0)
    period_days = models.PositiveSmallIntegerField(_("period (days)"), default=0)
    safety_stock = QuantityField(_("safety stock"), default=0)
    safety_days = models.PositiveSmallIntegerField(_("safety time (days)"), default=0)
    lead_time_days = models.PositiveSmallIntegerField(
        _("lead time (days)"), null=True, blank=True, help_text=_("Empty: that of the item.")
    )
    scrap_percent = models.DecimalField(_("scrap (%)"), max_digits=7, decimal_places=4, default=0)
    planning_fence_days = models.PositiveSmallIntegerField(
        _("planning fence (days)"), default=0, help_text=_("Nothing new is planned within it.")
    )
    demand_fence_days = models.PositiveSmallIntegerField(
        _("demand fence (days)"), default=0, help_text=_("Within it only orders count.")
    )
    backward_days = models.PositiveSmallIntegerField(_("forecast used before (days)"), default=0)
    forward_days = models.PositiveSmallIntegerField(_("forecast used after (days)"), default=0)
    planner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("planner"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("item", "site")
        verbose_name = _("item planning")
        verbose_name_plural = _("item planning")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["item", "site"], name="planning_itemplanning_item"),
            *company_references("planning_itemplanning", "item", "site", "source_site"),
            *not_negative(
                "planning_itemplanning", "lot_size", "lot_minimum", "lot_multiple", "safety_stock"
            ),
            models.CheckConstraint(
                condition=Q(scrap_percent__gte=0, scrap_percent__lt=100),
                name="planning_itemplanning_scrap_percent",
            ),
            models.CheckConstraint(
                condition=~Q(lot_rule="fixed") | Q(lot_size__gt=0),
                name="planning_itemplanning_fixed_has_lot",
            ),
            models.CheckConstraint(
                condition=~Q(lot_rule="period") | Q(period_days__gt=0),
                name="planning_itemplanning_period_has_days",
            ),
            models.CheckConstraint(
                condition=Q(source="transfer", source_site__isnull=False)
                & ~Q(source_site=F("site"))
                | ~Q(source="transfer") & Q(source_site__isnull=True),
                name="planning_itemplanning_transfer_has_site",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item.code} @ {self.site.code}"

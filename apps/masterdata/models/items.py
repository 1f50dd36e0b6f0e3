from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound


class ItemCategory(MasterData):
    """Like items: one costing method and one set of accounts (posting rules) for all of them."""

    class Costing(models.TextChoices):
        STANDARD = "standard", _("Standard cost")
        AVERAGE = "average", _("Moving average")
        FIFO = "fifo", _("First in, first out")
        SPECIFIC = "specific", _("Specific lot")

    costing = models.CharField(
        _("costing method"), max_length=10, choices=Costing, default=Costing.AVERAGE
    )

    class Meta(MasterData.Meta):
        verbose_name = _("item category")
        verbose_name_plural = _("item categories")


class Item(MasterData):
    """What is bought, made, stocked or sold."""

    class Kind(models.TextChoices):
        PURCHASED = "purchased", _("Purchased")
        MANUFACTURED = "manufactured", _("Manufactured")
        PHANTOM = "phantom", _("Phantom assembly")
        SERVICE = "service", _("Service")

    class Tracking(models.TextChoices):
        NONE = "none", _("Not tracked")
        LOT = "lot", _("By lot")
        SERIAL = "serial", _("By serial number")

    category = CompanyForeignKey(ItemCategory, related_name="items", verbose_name=_("category"))
    unit = CompanyForeignKey("masterdata.Unit", related_name="+", verbose_name=_("stock unit"))
    kind = models.CharField(_("kind"), max_length=14, choices=Kind, default=Kind.PURCHASED)
    tracking = models.CharField(
        _("tracking"), max_length=8, choices=Tracking, default=Tracking.NONE
    )
    revision = models.CharField(_("revision"), max_length=10, default="A")
    description = models.TextField(_("description"), blank=True)
    requires_supplier_lot = models.BooleanField(_("supplier lot at receipt"), default=False)
    shelf_life_days = models.PositiveIntegerField(_("shelf life (days)"), null=True, blank=True)
    purchase_price = MoneyField(_("purchase price"), default=0)
    sales_price = MoneyField(_("sales price"), default=0)
    lead_time_days = models.PositiveIntegerField(_("lead time (days)"), default=0)
    default_supplier = CompanyForeignKey(
        "masterdata.Partner",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("default supplier"),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("item")
        verbose_name_plural = _("items")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("masterdata_item", "category", "unit", "default_supplier"),
            *not_negative("masterdata_item", "purchase_price", "sales_price"),
        ]

    @property
    def is_stocked(self) -> bool:
        return self.kind in (self.Kind.PURCHASED, self.Kind.MANUFACTURED)


class ItemUnit(CompanyBound, AuditedModel):
    """Another unit of one item: one of it is exactly ``numerator / denominator`` stock units.

    Of a catch weight the ratio is only what a piece is expected to hold: each is weighed, and what
    is bought or sold in this unit is paid for as it was weighed.
    """

    item = CompanyForeignKey(
        Item, on_delete=models.CASCADE, related_name="units", verbose_name=_("item")
    )
    unit = CompanyForeignKey("masterdata.Unit", related_name="+", verbose_name=_("unit"))
    numerator = models.PositiveBigIntegerField(_("numerator"), default=1)
    denominator = models.PositiveBigIntegerField(_("denominator"), default=1)
    gtin = models.CharField(_("GTIN"), max_length=14, blank=True)
    is_catch_weight = models.BooleanField(
        _("catch weight"),
        default=False,
        help_text=_("Each piece is weighed in this unit; it is fixed once it is saved."),
    )
    catch_tolerance = models.DecimalField(
        _("tolerance of a piece (percent)"),
        max_digits=5,
        decimal_places=2,
        default=0,
        blank=True,
        help_text=_("How far a piece may weigh less or more than the ratio says."),
    )

    class Meta(CompanyBound.Meta):
        verbose_name = _("item unit")
        verbose_name_plural = _("item units")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["item", "unit"], name="masterdata_itemunit_unit"),
            UniqueConstraint(
                fields=["company", "gtin"], condition=~Q(gtin=""), name="masterdata_itemunit_gtin"
            ),
            UniqueConstraint(
                fields=["item"],
                condition=Q(is_catch_weight=True),
                name="masterdata_itemunit_one_catch_weight",
            ),
            models.CheckConstraint(
                condition=Q(is_catch_weight=True, catch_tolerance__gte=0, catch_tolerance__lt=100)
                | Q(catch_tolerance=0),
                name="masterdata_itemunit_catch_tolerance",
            ),
            *company_references("masterdata_itemunit", "item", "unit"),
            *positive("masterdata_itemunit", "numerator", "denominator"),
        ]

    def __str__(self) -> str:
        return f"1 {self.unit} = {self.numerator}/{self.denominator} {self.item.unit}"

from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound
from apps.masterdata.models.items import Item


class VariantAttribute(MasterData):
    """What variants differ by: a colour, a size, a voltage."""

    class Meta(MasterData.Meta):
        verbose_name = _("variant attribute")
        verbose_name_plural = _("variant attributes")


class VariantValue(CompanyBound, AuditedModel):
    """One value of an attribute. Its code becomes a part of the codes of items."""

    attribute = CompanyForeignKey(
        VariantAttribute,
        on_delete=models.CASCADE,
        related_name="values",
        verbose_name=_("variant attribute"),
    )
    code = models.CharField(_("code"), max_length=12)
    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveIntegerField(_("order"), default=10)

    class Meta(CompanyBound.Meta):
        ordering = ("attribute", "position", "code")
        verbose_name = _("variant value")
        verbose_name_plural = _("variant values")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["attribute", "code"], name="masterdata_variantvalue_code"),
            *company_references("masterdata_variantvalue", "attribute"),
        ]

    def __str__(self) -> str:
        return self.name


class ItemTemplate(MasterData):
    """What all variants of a thing have in common. Each variant is an item of its own.

    A template is never in stock, bought or sold; items keep what they were made with.
    """

    category = CompanyForeignKey(
        "masterdata.ItemCategory", related_name="+", verbose_name=_("category")
    )
    unit = CompanyForeignKey("masterdata.Unit", related_name="+", verbose_name=_("stock unit"))
    kind = models.CharField(
        _("kind"), max_length=14, choices=Item.Kind, default=Item.Kind.PURCHASED
    )
    tracking = models.CharField(
        _("tracking"), max_length=8, choices=Item.Tracking, default=Item.Tracking.NONE
    )
    description = models.TextField(_("description"), blank=True)
    purchase_price = MoneyField(_("purchase price"), default=0)
    sales_price = MoneyField(_("sales price"), default=0)
    lead_time_days = models.PositiveIntegerField(_("lead time (days)"), default=0)
    shelf_life_days = models.PositiveIntegerField(_("shelf life (days)"), null=True, blank=True)
    default_supplier = CompanyForeignKey(
        "masterdata.Partner",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("default supplier"),
    )

    #: What an item takes over from its template.
    SHARED = (
        "category",
        "unit",
        "kind",
        "tracking",
        "description",
        "purchase_price",
        "sales_price",
        "lead_time_days",
        "shelf_life_days",
        "default_supplier",
    )

    class Meta(MasterData.Meta):
        verbose_name = _("item template")
        verbose_name_plural = _("item templates")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("masterdata_itemtemplate", "category", "unit", "default_supplier"),
            *not_negative("masterdata_itemtemplate", "purchase_price", "sales_price"),
        ]


class TemplateAttribute(CompanyBound):
    """An attribute that variants of a template differ by, in the order of the codes' parts."""

    template = CompanyForeignKey(ItemTemplate, on_delete=models.CASCADE, related_name="attributes")
    attribute = CompanyForeignKey(
        VariantAttribute, related_name="+", verbose_name=_("variant attribute")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("attribute of a template")
        verbose_name_plural = _("attributes of a template")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["template", "attribute"], name="masterdata_templateattribute_once"
            ),
            *company_references("masterdata_templateattribute", "template", "attribute"),
        ]

    def __str__(self) -> str:
        return str(self.attribute)


class ItemVariant(CompanyBound):
    """An item that was made of a template. ``combination`` says of which values: there is one."""

    template = CompanyForeignKey(
        ItemTemplate, related_name="variants", verbose_name=_("item template")
    )
    item = models.OneToOneField(
        Item, on_delete=models.PROTECT, related_name="variant", db_constraint=False
    )
    combination = models.CharField(_("combination"), max_length=200, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("template", "id")
        verbose_name = _("item variant")
        verbose_name_plural = _("item variants")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["template", "combination"], name="masterdata_itemvariant_combination"
            ),
            *company_references("masterdata_itemvariant", "template", "item"),
        ]

    def __str__(self) -> str:
        return self.item.code

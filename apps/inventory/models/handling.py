from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import MasterData


class ItemHandling(MasterData):
    """How an item, or all items of a category, lie in the warehouse and leave it.

    What an item says goes before what its category says.
    """

    class Strategy(models.TextChoices):
        FEFO = "fefo", _("First expired, first out")
        FIFO = "fifo", _("First in, first out")
        LIFO = "lifo", _("Last in, first out")

    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", null=True, blank=True, verbose_name=_("item")
    )
    category = CompanyForeignKey(
        "masterdata.ItemCategory",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("category"),
    )
    pick_strategy = models.CharField(
        _("picked"), max_length=4, choices=Strategy, default=Strategy.FEFO
    )
    unit_weight = QuantityField(
        _("weight (kg)"), null=True, blank=True, help_text=_("Of one stock unit.")
    )
    unit_volume = QuantityField(
        _("volume (l)"), null=True, blank=True, help_text=_("Of one stock unit.")
    )

    class Meta(MasterData.Meta):
        verbose_name = _("item handling")
        verbose_name_plural = _("item handling")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=Q(item__isnull=False, category__isnull=True)
                | Q(item__isnull=True, category__isnull=False),
                name="inventory_itemhandling_item_or_category",
            ),
            UniqueConstraint(
                fields=["item"],
                condition=Q(item__isnull=False, is_active=True),
                name="inventory_itemhandling_item",
            ),
            UniqueConstraint(
                fields=["category"],
                condition=Q(category__isnull=False, is_active=True),
                name="inventory_itemhandling_category",
            ),
            *positive("inventory_itemhandling", "unit_weight", "unit_volume"),
            *company_references("inventory_itemhandling", "item", "category"),
        ]


class PutAwayRule(MasterData):
    """Where goods of an item or category go from a place of receipt; for all, without either.

    Rules are asked in their order; the first places with room are suggested.
    """

    class Strategy(models.TextChoices):
        FIXED = "fixed", _("This very place")
        SAME_ITEM = "same_item", _("Where the item lies already")
        EMPTY = "empty", _("An empty place")

    position = models.PositiveIntegerField(_("order"), default=10)
    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", null=True, blank=True, verbose_name=_("item")
    )
    category = CompanyForeignKey(
        "masterdata.ItemCategory",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("category"),
    )
    location = CompanyForeignKey(
        "inventory.Location",
        related_name="+",
        verbose_name=_("place or zone"),
        help_text=_("With a zone, all places in it."),
    )
    strategy = models.CharField(
        _("strategy"), max_length=10, choices=Strategy, default=Strategy.FIXED
    )

    class Meta(MasterData.Meta):
        ordering = ("position", "code")
        verbose_name = _("put-away rule")
        verbose_name_plural = _("put-away rules")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=Q(item__isnull=True) | Q(category__isnull=True),
                name="inventory_putawayrule_item_or_category",
            ),
            *company_references("inventory_putawayrule", "item", "category", "location"),
        ]

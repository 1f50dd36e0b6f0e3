from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class PickList(Document):
    """Goods to be taken from their places for what was promised: one order, several, a wave.

    Once released its lines say what to take from where, in walking order, and hold that stock.
    Where their goods are is told by the reservations of the lines, from the bin to the package.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RELEASED = "released", _("Released")
        PICKING = "picking", _("Being picked")
        PICKED = "picked", _("Picked")
        PACKED = "packed", _("Packed")
        SHIPPED = "shipped", _("Shipped")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.RELEASED, Status.CANCELLED},
        Status.RELEASED: {Status.DRAFT, Status.PICKING, Status.CANCELLED},
        Status.PICKING: {Status.PICKED, Status.CANCELLED},
        Status.PICKED: {Status.PACKED, Status.SHIPPED, Status.CANCELLED},
        Status.PACKED: {Status.PICKED, Status.SHIPPED, Status.CANCELLED},
        Status.SHIPPED: set(),
        Status.CANCELLED: set(),
    }
    #: Their lines hold stock.
    HOLDING = frozenset({Status.RELEASED, Status.PICKING, Status.PICKED, Status.PACKED})

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    date = models.DateField(_("date"))
    staging = CompanyForeignKey(
        "inventory.Location",
        related_name="+",
        verbose_name=_("brought to"),
        help_text=_("Where picked goods wait for packing and shipping."),
    )
    carrier = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("carrier")
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=5, help_text=_("1 goes first.")
    )
    held_until = models.DateTimeField(
        _("stock held until"),
        null=True,
        blank=True,
        help_text=_("Released and not begun by then, it becomes a draft again."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("pick list")
        verbose_name_plural = _("pick lists")
        constraints = [
            *Document.Meta.constraints,
            *positive("inventory_picklist", "priority"),
            *company_references("inventory_picklist", "site", "staging", "carrier"),
        ]
        indexes = [
            Index(
                fields=["site", "priority", "date"],
                condition=Q(status__in=("released", "picking")),
                name="inventory_picklist_open",
            )
        ]
        permissions = [
            ("release_picklist", "Can release pick lists"),
            ("pick_picklist", "Can pick and pack what is on pick lists"),
            ("cancel_picklist", "Can cancel pick lists"),
        ]


class PickLine(CompanyBound):
    """``quantity`` of a promise, in stock units; from ``location`` and ``lot`` once released.

    ``picked_quantity`` was taken, ``short_quantity`` was not there: it stays promised.
    """

    pick_list = CompanyForeignKey(PickList, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=0)
    expected_move = CompanyForeignKey(
        "inventory.ExpectedMove", related_name="pick_lines", verbose_name=_("expected move")
    )
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))
    location = CompanyForeignKey(
        "inventory.Location", related_name="+", null=True, verbose_name=_("location")
    )
    lot = CompanyForeignKey("inventory.Lot", related_name="+", null=True, verbose_name=_("lot"))
    picked_quantity = QuantityField(_("picked"), default=0)
    short_quantity = QuantityField(_("not found"), default=0)

    class Meta(CompanyBound.Meta):
        ordering = ("position", "id")
        verbose_name = _("pick line")
        verbose_name_plural = _("pick lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("inventory_pickline", "quantity"),
            *not_negative("inventory_pickline", "picked_quantity", "short_quantity"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("picked_quantity") + F("short_quantity")),
                name="inventory_pickline_not_above",
            ),
            *company_references(
                "inventory_pickline", "pick_list", "expected_move", "item", "location", "lot"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.item.code}"

    @property
    def open_quantity(self) -> Decimal:
        return self.quantity - self.picked_quantity - self.short_quantity

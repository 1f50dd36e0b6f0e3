from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class KitAssembly(Document):
    """Components made one item, or an item taken apart: no work order, no labour, value to a cent.

    What it uses and what it makes is collected on a cost object of its own, so cost that comes
    late follows the components into the kits.
    """

    class Kind(models.TextChoices):
        ASSEMBLE = "assemble", _("Put together")
        DISASSEMBLE = "disassemble", _("Taken apart")

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
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.ASSEMBLE)
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    date = models.DateField(_("date"))
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("kit"))
    quantity = QuantityField(_("quantity"))
    lot_code = models.CharField(_("lot or serial number"), max_length=60, blank=True)
    location = CompanyForeignKey(
        "inventory.Location", related_name="+", verbose_name=_("place of the kits")
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", null=True, editable=False
    )
    value = LedgerAmountField(_("value"), null=True, editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("kit assembly")
        verbose_name_plural = _("kit assemblies")
        constraints = [
            *Document.Meta.constraints,
            *positive("inventory_kitassembly", "quantity"),
            *company_references("inventory_kitassembly", "site", "item", "location", "cost_object"),
        ]
        permissions = [
            ("post_kitassembly", "Can post kit assemblies"),
            ("reverse_kitassembly", "Can reverse kit assemblies"),
        ]


class KitComponent(CompanyBound):
    """``quantity`` of a component for *one* kit, in stock units; where it comes from or goes to.

    ``value`` is what all of it was worth, written when it is posted.
    """

    assembly = CompanyForeignKey(KitAssembly, on_delete=models.CASCADE, related_name="components")
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity for one"))
    lot_code = models.CharField(_("lot or serial number"), max_length=60, blank=True)
    location = CompanyForeignKey("inventory.Location", related_name="+", verbose_name=_("location"))
    value = LedgerAmountField(_("value"), null=True, blank=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("component of a kit")
        verbose_name_plural = _("components of kits")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("inventory_kitcomponent", "quantity"),
            *company_references("inventory_kitcomponent", "assembly", "item", "location"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.item.code}"

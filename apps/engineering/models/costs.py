from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class CostRollup(Document):
    """A version of calculated costs. Releasing it makes them the standard costs."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RELEASED = "released", _("Released")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.RELEASED, Status.CANCELLED},
        Status.RELEASED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    date = models.DateField(_("date"))
    lot_size = QuantityField(_("lot size"), default=1)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("cost roll-up")
        verbose_name_plural = _("cost roll-ups")
        permissions = [("release_costrollup", "Can release cost roll-ups")]


class StandardCost(CompanyBound):
    """The calculated cost of one stock unit of an item, by element, in company currency."""

    rollup = CompanyForeignKey(CostRollup, on_delete=models.CASCADE, related_name="costs")
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    level = models.PositiveSmallIntegerField(_("low-level code"), default=0)
    material = QuantityField(_("material"), default=0)
    labour = QuantityField(_("labour"), default=0)
    machine = QuantityField(_("machine"), default=0)
    total = QuantityField(_("total"), default=0)

    class Meta(CompanyBound.Meta):
        ordering = ("rollup", "level", "item")
        verbose_name = _("standard cost")
        verbose_name_plural = _("standard costs")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["rollup", "item"], name="engineering_standardcost_item"),
            *company_references("engineering_standardcost", "rollup", "item"),
        ]

    def __str__(self) -> str:
        return f"{self.item.code}: {self.total}"

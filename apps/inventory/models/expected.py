from __future__ import annotations

from decimal import Decimal

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models.base import CompanyBound


class ExpectedMove(CompanyBound):
    """What a document's line expects to come in or go out, how much, when, and how much has.

    The register that planning and promise dates read. The line that expects it (``source``) owns
    the quantity and the date; moves raise ``quantity_done``. What comes for a ``cost_object`` goes
    straight to it: it is nobody else's supply.
    """

    class Direction(models.TextChoices):
        IN = "in", _("In")
        OUT = "out", _("Out")

    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    item = CompanyForeignKey("masterdata.Item", related_name="+", db_index=False)
    site = CompanyForeignKey("core.Site", related_name="+", db_index=False)
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", null=True, db_index=False)
    quantity = QuantityField(_("quantity"))
    quantity_done = QuantityField(_("quantity done"), default=0)
    due_date = models.DateField(_("due date"))
    is_open = models.BooleanField(_("open"), default=True)
    cost_object = CompanyForeignKey(
        "finance.CostObject",
        related_name="+",
        null=True,
        db_index=False,
        verbose_name=_("cost object"),
    )
    source_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    source_id = models.BigIntegerField()
    source = GenericForeignKey("source_type", "source_id")

    class Meta(CompanyBound.Meta):
        ordering = ("due_date", "id")
        verbose_name = _("expected move")
        verbose_name_plural = _("expected moves")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["source_type", "source_id"], name="inventory_expectedmove_source"
            ),
            *positive("inventory_expectedmove", "quantity"),
            models.CheckConstraint(
                condition=Q(quantity_done__gte=0), name="inventory_expectedmove_done_not_negative"
            ),
            *company_references("inventory_expectedmove", "item", "site", "partner", "cost_object"),
        ]
        indexes = [
            Index(
                fields=["item", "due_date"],
                include=["direction", "quantity", "quantity_done", "site", "cost_object"],
                condition=Q(is_open=True),
                name="inventory_expectedmove_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.quantity_open.normalize():f} {self.item.code}"

    @property
    def quantity_open(self) -> Decimal:
        return max(self.quantity - self.quantity_done, Decimal(0)) if self.is_open else Decimal(0)

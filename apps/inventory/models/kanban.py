from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document, MasterData


class KanbanLoop(MasterData):
    """An item that goes from a supermarket to a line-side bin by cards, ``quantity`` for each."""

    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    supply = CompanyForeignKey(
        "inventory.Location", related_name="+", verbose_name=_("supermarket")
    )
    line = CompanyForeignKey("inventory.Location", related_name="+", verbose_name=_("line side"))
    quantity = QuantityField(_("quantity per card"))

    class Meta(MasterData.Meta):
        verbose_name = _("kanban loop")
        verbose_name_plural = _("kanban loops")
        constraints = [
            *MasterData.Meta.constraints,
            *positive("inventory_kanbanloop", "quantity"),
            models.CheckConstraint(
                condition=~Q(supply=F("line")), name="inventory_kanbanloop_two_places"
            ),
            *company_references("inventory_kanbanloop", "item", "supply", "line"),
        ]


class KanbanCard(Document):
    """A card of a loop. Empty, it is a demand: a transfer is written down, to be posted when the
    goods are brought.
    """

    class Status(models.TextChoices):
        FULL = "full", _("In use")
        EMPTY = "empty", _("Empty")
        RETIRED = "retired", _("Retired")

    TRANSITIONS = {
        Status.FULL: {Status.EMPTY, Status.RETIRED},
        Status.EMPTY: {Status.FULL, Status.RETIRED},
        Status.RETIRED: set(),
    }

    status = models.CharField(
        _("status"), max_length=8, choices=Status, default=Status.FULL, editable=False
    )
    loop = CompanyForeignKey(KanbanLoop, related_name="cards", verbose_name=_("kanban loop"))
    transfer = CompanyForeignKey(
        "inventory.StockDocument",
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("transfer"),
    )
    emptied_at = models.DateTimeField(_("empty since"), null=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("kanban card")
        verbose_name_plural = _("kanban cards")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(status="empty") | Q(transfer__isnull=False, emptied_at__isnull=False),
                name="inventory_kanbancard_empty_has_transfer",
            ),
            *company_references("inventory_kanbancard", "loop", "transfer"),
        ]
        permissions = [("turn_kanbancard", "Can empty and fill kanban cards")]

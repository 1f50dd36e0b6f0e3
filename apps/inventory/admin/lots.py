from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm, VerbForm
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.admin.numbers import number_text
from apps.inventory.models import Lot, StockBalance, StockMove
from apps.inventory.services.lots import (
    hold_lots,
    quarantine_lots,
    reject_lots,
    release_lots,
    update_lot,
)
from apps.inventory.services.weighing import weigh_lots
from apps.masterdata.queries.catch_weights import catch_weights

PERMISSION = "inventory.change_lot_status"
Status = Lot.Status


def _verb(name: str, label: Any, service: Callable[..., Any], *statuses: str) -> Verb:
    def act(lot: Lot, *, by: Any, reason: str) -> Any:
        return service([lot], reason=reason, by=by)

    is_danger = name == "reject"
    return Verb(name, label, PERMISSION, act, statuses, form=ReasonForm, is_danger=is_danger)


class WeighForm(VerbForm):
    """What a piece weighs, in the unit of its item's catch weight."""

    catch_weight = forms.DecimalField(
        label=_("Catch weight"),
        max_digits=20,
        decimal_places=6,
        min_value=Decimal("0.000001"),
        widget=UnfoldAdminDecimalFieldWidget,
    )

    def __init__(self, *args: Any, document: Lot, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        known = catch_weights([document.item_id]).get(document.item_id)
        if known is not None:
            self.fields["catch_weight"].help_text = _("{least} to {most} {unit}").format(
                least=number_text(known.least), most=number_text(known.most), unit=known.unit
            )


def _weigh(lot: Lot, *, catch_weight: Decimal, by: Any) -> Lot:
    return weigh_lots([(lot, catch_weight)], by=by)[0]


@admin.register(Lot)
class LotAdmin(DocumentAdmin):
    """Lots are made by receipts and production; here they are looked up, held and released."""

    update_service = staticmethod(update_lot)
    editable_statuses = tuple(Status.values)
    list_display = (
        "code",
        "item",
        "status_label",
        "supplier",
        "supplier_lot",
        "made_on",
        "expires_on",
        "company",
    )
    list_filter = ("status", "expires_on", "supplier")
    search_fields = ("code", "supplier_lot", "item__code")
    fields = (
        "company",
        ("item", "code"),
        ("supplier", "supplier_lot"),
        ("made_on", "expires_on"),
        "weight",
    )
    readonly_fields = ("item", "code", "weight")
    verbs = (
        Verb("weigh", _("Weigh"), "inventory.weigh_lot", _weigh, tuple(Status.values), WeighForm),
        _verb("hold", _("Hold"), hold_lots, Status.AVAILABLE, Status.QUARANTINE),
        _verb("quarantine", _("Quarantine"), quarantine_lots, Status.AVAILABLE, Status.HOLD),
        _verb(
            "release",
            _("Release"),
            release_lots,
            Status.HOLD,
            Status.QUARANTINE,
            Status.REJECTED,
        ),
        _verb("reject", _("Reject"), reject_lots, Status.HOLD, Status.QUARANTINE),
    )

    @display(description=_("catch weight"))
    def weight(self, lot: Lot) -> str:
        known = catch_weights([lot.item_id]).get(lot.item_id)
        if known is None:
            return "–"
        return f"{number_text(lot.catch_weight)} {known.unit}" if lot.catch_weight else "–"

    def verbs_for(self, request: Any, document: Lot) -> list[Verb]:
        """Only pieces that have a catch weight are weighed."""
        verbs = super().verbs_for(request, document)
        if document.item_id in catch_weights([document.item_id]):
            return verbs
        return [verb for verb in verbs if verb.name != "weigh"]

    def links_of(self, request: Any, document: Lot) -> list[Link]:
        query = f"?lot__id__exact={document.pk}"
        return [
            admin_row_link(document.item),
            Link(_("On hand"), admin_list_url(StockBalance) + query, "inventory_2"),
            Link(_("Moves"), admin_list_url(StockMove) + query, "swap_horiz"),
            *super().links_of(request, document),
        ]

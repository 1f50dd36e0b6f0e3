from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.inventory.models import Lot, StockBalance, StockMove
from apps.inventory.services.lots import (
    hold_lots,
    quarantine_lots,
    reject_lots,
    release_lots,
    update_lot,
)

PERMISSION = "inventory.change_lot_status"
Status = Lot.Status


def _verb(name: str, label: Any, service: Callable[..., Any], *statuses: str) -> Verb:
    def act(lot: Lot, *, by: Any, reason: str) -> Any:
        return service([lot], reason=reason, by=by)

    is_danger = name == "reject"
    return Verb(name, label, PERMISSION, act, statuses, form=ReasonForm, is_danger=is_danger)


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
    )
    readonly_fields = ("item", "code")
    verbs = (
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

    def links_of(self, request: Any, document: Lot) -> list[Link]:
        query = f"?lot__id__exact={document.pk}"
        return [
            admin_row_link(document.item),
            Link(_("On hand"), admin_list_url(StockBalance) + query, "inventory_2"),
            Link(_("Moves"), admin_list_url(StockMove) + query, "swap_horiz"),
            *super().links_of(request, document),
        ]

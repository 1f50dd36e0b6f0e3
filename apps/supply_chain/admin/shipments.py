from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyForm, CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.printouts import Printout
from apps.inventory.models import ExpectedMove
from apps.supply_chain.models import Shipment, ShipmentLine
from apps.supply_chain.printouts import (
    certificate_pdf,
    delivery_note_pdf,
    pack_list_pdf,
    shipping_labels_pdf,
)
from apps.supply_chain.queries.shipments import orders_of_shipment
from apps.supply_chain.services.shipments import reverse_shipment, ship
from apps.supply_chain.services.shippable_lines import Shipped

#: More than that is shipped by a pick list.
MOST_LINES = 50


class ShipmentLineForm(CompanyForm):
    """Without place and lot, what is reserved goes first, then what expires first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("location", "lot"):
            if name in self.fields:
                self.fields[name].required = False


class ShipmentLineInline(CompanyInline):
    model = ShipmentLine
    form = ShipmentLineForm
    fields = ("expected_move", "quantity", "location", "lot")
    extra = 1

    def get_extra(self, request: Any, obj: Any = None, **kwargs: Any) -> int:
        extra: int = super().get_extra(request, obj, **kwargs)
        return max(extra, len(asked_lines(request))) if extra else 0

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("expected_move__item")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "expected_move":
            rows = ExpectedMove.objects.visible_to(request.user).filter(
                direction=ExpectedMove.Direction.OUT, is_open=True, partner__isnull=False
            )
            kwargs["queryset"] = _asked(request, rows).select_related("item")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def _asked(request: Any, rows: Any) -> Any:
    """Of the partner and the site that the address names."""
    for name in ("partner", "site"):
        key = request.GET.get(name, "")
        if key.isascii() and key.isdigit():
            rows = rows.filter(**{f"{name}_id": int(key)})
    return rows


def asked_lines(request: Any) -> list[dict[str, Any]]:
    """What a link to a partner begins with: all that is open to him, the first due first."""
    if request.method != "GET" or not request.GET.get("partner", "").isdigit():
        return []
    rows = ExpectedMove.objects.visible_to(request.user).filter(
        direction=ExpectedMove.Direction.OUT, is_open=True
    )
    return [
        {"expected_move": row.pk, "quantity": f"{(row.quantity - row.quantity_done).normalize():f}"}
        for row in _asked(request, rows).order_by("due_date", "pk")[:MOST_LINES]
        if row.quantity > row.quantity_done
    ]


@admin.register(Shipment)
class ShipmentAdmin(DocumentWithLinesAdmin):
    editable_statuses = ()
    printouts = (
        *Printout.on_both_papers("delivery-note", _("Delivery note"), delivery_note_pdf),
        *Printout.on_both_papers("pack-list", _("Pack list"), pack_list_pdf),
        Printout("labels", _("Shipping labels"), shipping_labels_pdf),
        Printout(
            "certificate",
            _("Certificate of conformity"),
            certificate_pdf,
            is_signed=True,
            permission="supply_chain.certify_shipment",
        ),
    )
    list_display = (
        "number",
        "status_label",
        "partner",
        "date",
        "site",
        "carrier",
        "tracking_number",
        "company",
    )
    list_filter = ("status", "partner", "site", "date")
    search_fields = ("number", "tracking_number", "partner__code", "partner__name")
    inlines = (ShipmentLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("partner", "site"),
                    ("date", "carrier"),
                    ("tracking_number", "delivery_address"),
                )
            },
        ),
    )
    verbs = (
        Verb(
            "reverse",
            _("Reverse"),
            "supply_chain.reverse_shipment",
            reverse_shipment,
            (Shipment.Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
    )

    def get_changeform_initial_data(self, request: Any) -> dict[str, Any]:
        return {"date": timezone.localdate(), **super().get_changeform_initial_data(request)}

    def get_formset_kwargs(self, request: Any, obj: Any, inline: Any, prefix: str) -> Any:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if obj.pk is None and (lines := asked_lines(request)):
            kwargs["initial"] = lines
        return kwargs

    def links_of(self, request: Any, document: Shipment) -> list[Link]:
        return [
            admin_row_link(document.partner),
            *(admin_row_link(order) for order in orders_of_shipment(document.pk)),
            *([admin_row_link(document.drop_receipt)] if document.drop_receipt else []),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Shipment:
        return ship(**values, lines=[Shipped(**line) for line in lines], by=request.user)

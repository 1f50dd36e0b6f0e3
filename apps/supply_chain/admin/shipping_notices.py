from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.numbers import number_text
from apps.supply_chain.admin.forms import ReceiveNoticeForm
from apps.supply_chain.models import PurchaseOrderLine, ShippingNotice, ShippingNoticeLine
from apps.supply_chain.queries.shipping_notices import notice_differences, receipts_of_notice
from apps.supply_chain.services.shipping_notices import (
    Announced,
    announce_shipment,
    cancel_notice,
    receive_notice,
)

Status = ShippingNotice.Status


class ShippingNoticeLineInline(CompanyInline):
    model = ShippingNoticeLine
    fields = ("order_line", "quantity", "lot_code", "supplier_lot", "expires_on", "sscc")
    extra = 1

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("order_line__item", "order_line__order")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "order_line":
            rows = PurchaseOrderLine.objects.visible_to(request.user).filter(
                order__status="confirmed"
            )
            kwargs["queryset"] = rows.select_related("item", "order").order_by("-order_id")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "order_line" and field is not None:
            field.label_from_instance = lambda line: f"{line.order.number} · {line}"
        return field


@admin.register(ShippingNotice)
class ShippingNoticeAdmin(DocumentWithLinesAdmin):
    """What suppliers announce; received with one button, differences are shown."""

    editable_statuses = ()
    readonly_fields = ("differences",)
    list_display = (
        "number",
        "status_label",
        "partner",
        "reference",
        "shipped_on",
        "expected_on",
        "carrier",
        "company",
    )
    list_filter = ("status", "partner", "expected_on")
    search_fields = ("number", "reference", "partner__code", "partner__name")
    autocomplete_fields = ("partner",)
    inlines = (ShippingNoticeLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("partner", "reference"),
                    ("shipped_on", "expected_on", "carrier"),
                    "differences",
                )
            },
        ),
    )
    verbs = (
        Verb(
            "receive",
            _("Receive"),
            "supply_chain.add_receipt",
            receive_notice,
            (Status.ANNOUNCED,),
            form=ReceiveNoticeForm,
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "supply_chain.cancel_shippingnotice",
            cancel_notice,
            (Status.ANNOUNCED,),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    @admin.display(description=_("announced and received"))
    def differences(self, notice: ShippingNotice) -> Any:
        if notice.pk is None or notice.status != Status.RECEIVED:
            return "–"
        rows = [
            (one, *map(number_text, (one.announced, one.received, one.rejected, one.difference)))
            for one in notice_differences([notice.pk])
        ]
        return render_to_string("supply_chain/admin/differences.html", {"rows": rows})

    def links_of(self, request: Any, document: ShippingNotice) -> list[Link]:
        receipts = receipts_of_notice(document.pk)
        return [
            admin_row_link(document.partner),
            *(admin_row_link(one, icon="move_to_inbox") for one in receipts),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> ShippingNotice:
        return announce_shipment(
            **values, lines=[Announced(**line) for line in lines], by=request.user
        )

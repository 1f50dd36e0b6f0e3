from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.admin.base import CompanyInline, CompanyModelAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import DateForm, DateReasonForm, ReasonForm
from apps.core.admin.links import Link, admin_row_link
from apps.inventory.models import Location
from apps.supply_chain.models import Receipt, ReceiptLine
from apps.supply_chain.queries.purchase_orders import bills_of_receipt
from apps.supply_chain.queries.supplier_returns import returns_of_receipt
from apps.supply_chain.services.cross_docks import pick_cross_docked
from apps.supply_chain.services.receipts import reverse_receipt
from apps.supply_chain.services.supplier_returns import return_receipt


class ReceiptLineInline(CompanyInline):
    model = ReceiptLine
    fields = ("order_line", "quantity", "quantity_rejected", "location", "lot", "move")


class CrossDockForm(DateForm):
    """What waiting orders hold of it is picked and brought to a place for shipping."""

    staging = forms.ModelChoiceField(
        Location.objects.none(), label=_("Brought to"), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, document: Receipt, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        places: Any = self.fields["staging"]
        places.queryset = Location.objects.filter(
            company=document.company_id,
            site=document.order.site_id,
            kind=Location.Kind.INTERNAL,
            use=Location.Use.STAGING,
            is_active=True,
        ).order_by("code")


@admin.register(ReceiptLine)
class ReceiptLineAdmin(CompanyModelAdmin):
    """To be found from returns; what came is told by its receipt."""

    admin_hidden = True
    list_display = ("receipt", "order_line", "quantity", "quantity_rejected", "location", "lot")
    list_select_related = ("receipt", "order_line__item", "location", "lot")
    search_fields = (
        "receipt__number",
        "receipt__delivery_note",
        "order_line__item__code",
        "lot__code",
        "receipt__order__partner__code",
    )
    ordering = ("-id",)

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        return rows.select_related("receipt", "order_line__item", "location", "lot")

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Receipt)
class ReceiptAdmin(DocumentAdmin):
    list_display = ("number", "status_label", "order", "date", "delivery_note", "company")
    list_filter = ("status", "date")
    search_fields = ("number", "delivery_note", "order__number", "order__partner__code")
    inlines = (ReceiptLineInline,)
    verbs = (
        Verb(
            "cross-dock",
            _("Cross-dock"),
            "inventory.release_picklist",
            pick_cross_docked,
            (Receipt.Status.POSTED,),
            form=CrossDockForm,
        ),
        Verb(
            "send-back",
            _("Send back"),
            "supply_chain.add_supplierreturn",
            return_receipt,
            (Receipt.Status.POSTED,),
            form=ReasonForm,
        ),
        Verb(
            "reverse",
            _("Reverse"),
            "supply_chain.reverse_receipt",
            reverse_receipt,
            (Receipt.Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: Receipt) -> list[Link]:
        return [
            admin_row_link(document.order),
            *(admin_row_link(bill, icon="receipt") for bill in bills_of_receipt(document.pk)),
            *(
                admin_row_link(one, icon="assignment_return")
                for one in returns_of_receipt(document.pk)
            ),
            *super().links_of(request, document),
        ]

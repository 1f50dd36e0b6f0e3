from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyForm, CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.admin.numbers import number_text
from apps.core.admin.printouts import Printout
from apps.supply_chain.admin.drop_ship_forms import DeliverForm
from apps.supply_chain.admin.forms import BillForm, PromiseForm, ReceiveForm
from apps.supply_chain.admin.material import material_table
from apps.supply_chain.admin.promises import promise_table
from apps.supply_chain.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    SubcontractComponent,
)
from apps.supply_chain.printouts import purchase_order_pdf
from apps.supply_chain.queries.promises import confirmations_of
from apps.supply_chain.queries.purchase_orders import bills_of_order, order_totals
from apps.supply_chain.queries.requisitions import requisitions_of_order
from apps.supply_chain.queries.shipments import drop_shipments_of_order
from apps.supply_chain.queries.subcontracting import order_material
from apps.supply_chain.resources import PurchaseOrderResource
from apps.supply_chain.services.bills import bill_order
from apps.supply_chain.services.drop_shipments import deliver_drop_shipment
from apps.supply_chain.services.order_approvals import approve_purchase_order
from apps.supply_chain.services.order_confirmations import record_confirmation
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    cancel_purchase_order,
    close_purchase_order,
    confirm_purchase_order,
    create_purchase_order,
    reopen_purchase_order,
    update_purchase_order,
)
from apps.supply_chain.services.receipts import receive

Status = PurchaseOrder.Status


class PurchaseOrderForm(CompanyForm):
    """Without dates and currency, today, the lead times and the supplier's terms apply."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("order_date", "due_date", "currency"):
            if name in self.fields:
                self.fields[name].required = False


class PurchaseOrderLineForm(CompanyForm):
    """Without unit, price and day, those of the item and the order apply."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("position", "unit", "unit_price", "due_date"):
            if name in self.fields:
                self.fields[name].required = False


class PurchaseOrderLineInline(CompanyInline):
    model = PurchaseOrderLine
    form = PurchaseOrderLineForm
    fields = ("position", "item", "quantity", "unit", "unit_price", "due_date", "cost_object")
    autocomplete_fields = ("item", "cost_object")
    extra = 1


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ImportExportMixin, DocumentWithLinesAdmin):
    """Orders to suppliers. Headers come in by file here, their lines at the order lines."""

    form = PurchaseOrderForm
    resource_class = PurchaseOrderResource
    printouts = Printout.on_both_papers("order", _("Print"), purchase_order_pdf)
    readonly_fields = (
        "total", "approved_by", "promises", "ships_to", "delivery_address", "material",
    )  # fmt: skip
    list_display = (
        "number",
        "status_label",
        "partner",
        "order_date",
        "due_date",
        "supplier_reference",
        "currency",
        "site",
        "company",
    )
    list_filter = ("status", "partner", "site", "due_date")
    search_fields = ("number", "supplier_reference", "partner__code", "partner__name")
    autocomplete_fields = ("partner", "contract")
    inlines = (PurchaseOrderLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("partner", "site"),
                    ("order_date", "due_date"),
                    ("supplier_reference", "currency", "contract"),
                    ("tax_amount", "freight_amount"),
                    ("total", "approved_by"),
                    "promises",
                )
            },
        ),
    )
    verbs = (
        Verb(
            "confirm",
            _("Order"),
            "supply_chain.confirm_purchaseorder",
            confirm_purchase_order,
            (Status.DRAFT,),
        ),
        Verb(
            "approve",
            _("Approve"),
            "supply_chain.approve_purchaseorder",
            approve_purchase_order,
            (Status.DRAFT,),
        ),
        Verb(
            "promise",
            _("Note the confirmation"),
            "supply_chain.add_orderconfirmation",
            record_confirmation,
            (Status.CONFIRMED,),
            form=PromiseForm,
        ),
        Verb(
            "receive",
            _("Receive"),
            "supply_chain.add_receipt",
            receive,
            (Status.CONFIRMED,),
            form=ReceiveForm,
        ),
        Verb(
            "deliver",
            _("Note that it is shipped"),
            "supply_chain.add_receipt",
            deliver_drop_shipment,
            (Status.CONFIRMED,),
            form=DeliverForm,
        ),
        Verb(
            "bill",
            _("Enter the bill"),
            "finance.post_invoice",
            bill_order,
            (Status.CONFIRMED, Status.CLOSED),
            form=BillForm,
        ),
        Verb(
            "close",
            _("Close"),
            "supply_chain.confirm_purchaseorder",
            close_purchase_order,
            (Status.CONFIRMED,),
            question=_("Nothing more of this order will come?"),
        ),
        Verb(
            "reopen",
            _("Reopen"),
            "supply_chain.confirm_purchaseorder",
            reopen_purchase_order,
            (Status.CLOSED,),
            form=ReasonForm,
        ),
        Verb(
            "cancel",
            _("Cancel order"),
            "supply_chain.cancel_purchaseorder",
            cancel_purchase_order,
            (Status.DRAFT, Status.CONFIRMED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def verbs_for(self, request: Any, document: PurchaseOrder) -> list[Verb]:
        """Goods come in, or the supplier ships them to the customer: never both."""
        other = "deliver" if document.ships_to_id is None else "receive"
        return [one for one in super().verbs_for(request, document) if one.name != other]

    def get_fieldsets(self, request: Any, obj: PurchaseOrder | None = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        if obj is not None and SubcontractComponent.objects.filter(order_line__order=obj).exists():
            shown = [*shown, (_("Material we provide"), {"fields": ("material",)})]
        if obj is None or obj.ships_to_id is None:
            return shown
        fields = {"fields": ("ships_to", "delivery_address")}
        return [*shown, (_("Shipped by the supplier"), fields)]

    def get_urls(self) -> Any:
        return [*self.import_urls(), *super().get_urls()]

    @admin.display(description=_("total"))
    def total(self, order: PurchaseOrder) -> str:
        if order.pk is None:
            return "–"
        total = number_text(order_totals([order.pk])[order.pk].total, least=2)
        return f"{total} {order.currency_id}"

    @admin.display(description=_("promised"))
    def promises(self, order: PurchaseOrder) -> Any:
        """All promises of the supplier, those behind the wish in words."""
        if order.pk is None:
            return "–"
        return promise_table(confirmations_of([order.pk]))

    @admin.display(description=_("material"))
    def material(self, order: PurchaseOrder) -> Any:
        return material_table(order_material(order.pk))

    def links_of(self, request: Any, document: PurchaseOrder) -> list[Link]:
        receipts = f"{admin_list_url(Receipt)}?order__id__exact={document.pk}"
        return [
            admin_row_link(document.partner),
            *([admin_row_link(document.contract)] if document.contract else []),
            *([admin_row_link(document.ships_to)] if document.ships_to else []),
            *(
                admin_row_link(one, icon="local_shipping")
                for one in drop_shipments_of_order(document.pk)
            ),
            *(admin_row_link(one) for one in requisitions_of_order(document.pk)),
            Link(_("Receipts"), receipts, "move_to_inbox"),
            *_sending_links(document),
            *(admin_row_link(bill, icon="receipt") for bill in bills_of_order(document.pk)),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> PurchaseOrder:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        return create_purchase_order(
            **given, lines=[OrderLine(**line) for line in lines], by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: PurchaseOrder,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> PurchaseOrder:
        kept = None if lines is None else [OrderLine(**line) for line in lines]
        return update_purchase_order(row, **values, lines=kept, version=version, by=request.user)


def _sending_links(order: PurchaseOrder) -> list[Link]:
    """Where the material is sent from, while the supplier lacks some."""
    if order.status != Status.CONFIRMED or not any(one.to_send for one in order_material(order.pk)):
        return []
    url = reverse("admin:supply_chain_shipment_add")
    query = f"?partner={order.partner_id}&site={order.site_id}"
    return [Link(_("Send our material"), url + query, "local_shipping")]

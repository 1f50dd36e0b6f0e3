from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin.base import CompanyForm, CompanyInline, CompanyModelAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateForm, ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.numbers import number_text
from apps.core.admin.printouts import Printout
from apps.core.links import link_to
from apps.crm.models import SalesOrder, SalesOrderLine
from apps.crm.printouts import kit_text, order_confirmation_pdf
from apps.crm.queries.sales_orders import (
    invoices_of_order,
    order_totals,
    shipments_of_order,
)
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.sales_orders import (
    OrderLine,
    cancel_sales_order,
    close_sales_order,
    confirm_sales_order,
    create_sales_order,
    reopen_sales_order,
    update_sales_order,
)

Status = SalesOrder.Status


class SalesOrderForm(CompanyForm):
    """Without dates and currency, today and the customer's terms apply."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("order_date", "due_date", "currency"):
            if name in self.fields:
                self.fields[name].required = False


class SalesOrderLineForm(CompanyForm):
    """Without unit, price and day, those of the item and the order apply."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("position", "unit", "unit_price", "due_date"):
            if name in self.fields:
                self.fields[name].required = False


class SalesOrderLineInline(CompanyInline):
    model = SalesOrderLine
    form = SalesOrderLineForm
    fields = ("position", "item", "quantity", "unit", "unit_price", "tax_code", "due_date", "parts")
    readonly_fields = ("parts",)
    autocomplete_fields = ("item",)
    extra = 1

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("parts__item")

    @admin.display(description=gettext_lazy("parts of the kit"))
    def parts(self, line: SalesOrderLine) -> str:
        return kit_text(line) if line.pk else ""


@admin.register(SalesOrderLine)
class SalesOrderLineAdmin(CompanyModelAdmin):
    """To be found from returns and complaints; lines are changed in their order."""

    admin_hidden = True
    list_display = ("order", "position", "item", "quantity", "unit", "unit_price", "due_date")
    search_fields = ("order__number", "item__code", "item__name")
    ordering = ("-id",)

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(SalesOrder)
class SalesOrderAdmin(DocumentWithLinesAdmin):
    form = SalesOrderForm
    printouts = Printout.on_both_papers(
        "confirmation", gettext_lazy("Order confirmation"), order_confirmation_pdf
    )
    readonly_fields = ("total",)
    list_display = (
        "number",
        "status_label",
        "partner",
        "order_date",
        "due_date",
        "customer_reference",
        "currency",
        "site",
        "company",
    )
    list_filter = ("status", "partner", "site", "due_date")
    search_fields = ("number", "customer_reference", "partner__code", "partner__name")
    autocomplete_fields = ("partner",)
    inlines = (SalesOrderLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("partner", "site"),
                    ("order_date", "due_date"),
                    ("customer_reference", "currency"),
                    "total",
                )
            },
        ),
    )
    verbs = (
        Verb(
            "confirm",
            gettext_lazy("Confirm"),
            "crm.confirm_salesorder",
            confirm_sales_order,
            (Status.DRAFT,),
        ),
        Verb(
            "reserve",
            gettext_lazy("Confirm and reserve"),
            "crm.confirm_salesorder",
            partial(confirm_sales_order, is_reserved=True),
            (Status.DRAFT,),
        ),
        Verb(
            "invoice",
            gettext_lazy("Invoice what was shipped"),
            "crm.invoice_salesorder",
            invoice_order,
            (Status.CONFIRMED, Status.CLOSED),
            form=DateForm,
        ),
        Verb(
            "close",
            gettext_lazy("Close"),
            "crm.confirm_salesorder",
            close_sales_order,
            (Status.CONFIRMED,),
            question=gettext_lazy("Nothing more of this order will be shipped?"),
        ),
        Verb(
            "reopen",
            gettext_lazy("Reopen"),
            "crm.confirm_salesorder",
            reopen_sales_order,
            (Status.CLOSED,),
            form=ReasonForm,
        ),
        Verb(
            "cancel",
            gettext_lazy("Cancel order"),
            "crm.cancel_salesorder",
            cancel_sales_order,
            (Status.DRAFT, Status.CONFIRMED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    @admin.display(description=gettext_lazy("total"))
    def total(self, order: SalesOrder) -> str:
        if order.pk is None:
            return "–"
        total = number_text(order_totals([order.pk])[order.pk].total, least=2)
        return f"{total} {order.currency_id}"

    def links_of(self, request: Any, document: SalesOrder) -> list[Link]:
        links = [admin_row_link(document.partner)]
        if document.quotation is not None:
            links.append(admin_row_link(document.quotation, icon="request_quote"))
        ship = _ship_url(document)
        if ship and document.status == Status.CONFIRMED:
            links.append(Link(_("Ship"), ship, "local_shipping"))
        for type_id, key in shipments_of_order(document.pk):
            shipment = link_to(type_id, key)
            links.append(Link(shipment.label, shipment.url, "local_shipping"))
        links += [
            admin_row_link(invoice, icon="receipt") for invoice in invoices_of_order(document.pk)
        ]
        return [*links, *super().links_of(request, document)]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> SalesOrder:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        return create_sales_order(
            **given, lines=[OrderLine(**line) for line in lines], by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: SalesOrder,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> SalesOrder:
        kept = None if lines is None else [OrderLine(**line) for line in lines]
        return update_sales_order(row, **values, lines=kept, version=version, by=request.user)


def _ship_url(order: SalesOrder) -> str | None:
    """Where its goods are shipped, if the app that ships is installed: known by name only."""
    try:
        url = reverse("admin:supply_chain_shipment_add")
    except NoReverseMatch:
        return None
    return f"{url}?partner={order.partner_id}&site={order.site_id}"

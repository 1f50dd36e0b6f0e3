from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin.base import CompanyForm, CompanyInline, CompanyModelAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin, lines_of
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.printouts import Printout
from apps.supply_chain.admin.bid_form import BidForm
from apps.supply_chain.models import (
    Bid,
    BidLine,
    RequestedLine,
    RequestedSupplier,
    RequestForQuotation,
)
from apps.supply_chain.queries.bids import orders_of_request
from apps.supply_chain.rfq_printouts import request_pdf
from apps.supply_chain.services.requests_for_quotation import (
    Requested,
    cancel_request,
    create_request,
    enter_bid,
    send_request,
    update_request,
)

Status = RequestForQuotation.Status
SEND = "supply_chain.send_requestforquotation"


class RequestForm(CompanyForm):
    """Without a date it is asked today."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "date" in self.fields:
            self.fields["date"].required = False


class RequestedLineForm(CompanyForm):
    """Without unit the item's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("position", "unit"):
            if name in self.fields:
                self.fields[name].required = False


class RequestedLineInline(CompanyInline):
    model = RequestedLine
    form = RequestedLineForm
    fields = ("position", "item", "quantity", "unit", "needed_by")
    autocomplete_fields = ("item",)
    extra = 1


class RequestedSupplierInline(CompanyInline):
    model = RequestedSupplier
    fields = ("partner",)
    autocomplete_fields = ("partner",)
    extra = 2


@admin.register(RequestForQuotation)
class RequestForQuotationAdmin(DocumentWithLinesAdmin):
    """Several suppliers asked for the same; bids are compared on a page of their own."""

    form = RequestForm
    printouts = Printout.on_both_papers("request", gettext_lazy("Print"), request_pdf)
    list_display = ("number", "status_label", "site", "date", "answer_by", "company")
    list_filter = ("status", "site", "answer_by")
    inlines = (RequestedLineInline, RequestedSupplierInline)
    fieldsets = ((None, {"fields": ("company", ("site", "date", "answer_by"), "note")}),)
    verbs = (
        Verb("send", gettext_lazy("Sent to the suppliers"), SEND, send_request, (Status.DRAFT,)),
        Verb(
            "bid",
            gettext_lazy("Enter a bid"),
            "supply_chain.add_bid",
            enter_bid,
            (Status.SENT,),
            form=BidForm,
        ),
        Verb(
            "cancel",
            gettext_lazy("Cancel"),
            SEND,
            cancel_request,
            (Status.DRAFT, Status.SENT),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: RequestForQuotation) -> list[Link]:
        page = reverse("purchasing-bids", args=[document.pk])
        orders = orders_of_request(document.pk)
        return [
            Link(_("Compare the bids"), page, "compare_arrows"),
            *(admin_row_link(order, icon="shopping_cart") for order in orders),
            *super().links_of(request, document),
        ]

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Lines and suppliers go to one service together."""
        request._suppliers = [
            line["partner"]
            for formset in formsets
            if formset.model is RequestedSupplier
            for line in lines_of(formset)
        ]
        request._has_other_suppliers = any(
            formset.has_changed() for formset in formsets if formset.model is RequestedSupplier
        )
        super().save_related(request, form, formsets, change)

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> RequestForQuotation:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        return create_request(
            **given, lines=_requested(lines), suppliers=request._suppliers, by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: RequestForQuotation,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> RequestForQuotation:
        return update_request(
            row,
            **values,
            lines=None if lines is None else _requested(lines),
            suppliers=request._suppliers if request._has_other_suppliers else None,
            version=version,
            by=request.user,
        )


def _requested(lines: list[dict[str, Any]]) -> list[Requested]:
    return [Requested(**line) for line in lines if "item" in line]


class BidLineInline(CompanyInline):
    model = BidLine
    fields = ("requested_line", "unit_price")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("requested_line__item")


@admin.register(Bid)
class BidAdmin(CompanyModelAdmin):
    """What suppliers offered; entered at the request, never changed here."""

    list_display = (
        "request",
        "partner",
        "currency",
        "reference",
        "valid_until",
        "lead_time_days",
        "freight_amount",
        "company",
    )
    list_filter = ("partner", "valid_until")
    search_fields = ("request__number", "partner__code", "partner__name", "reference")
    inlines = (BidLineInline,)
    ordering = ("-id",)

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

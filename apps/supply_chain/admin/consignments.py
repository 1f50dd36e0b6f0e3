from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin.base import CompanyForm, CompanyInline, LedgerAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm, VerbForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.numbers import number_text
from apps.core.admin.printouts import Printout
from apps.supply_chain.export_printouts import commercial_invoice_pdf, export_csv
from apps.supply_chain.models import (
    Consignment,
    ConsignmentShipment,
    ProofOfDelivery,
    Shipment,
)
from apps.supply_chain.queries.freight import billed_freight
from apps.supply_chain.services.consignments import (
    cancel_consignment,
    deliver_consignment,
    dispatch_consignment,
    plan_consignment,
    update_consignment,
)

Status = Consignment.Status
EXPORTED = (Status.PLANNED, Status.DISPATCHED, Status.DELIVERED)


class DispatchForm(VerbForm):
    date = forms.DateField(
        label=_("Date"), initial=timezone.localdate, widget=UnfoldAdminDateWidget
    )
    tracking_number = forms.CharField(
        label=_("Tracking number"), max_length=60, required=False, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, document: Consignment, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.initial["tracking_number"] = document.tracking_number


class DeliverForm(VerbForm):
    """Who took it in; a signature goes to the files, exceptions to the page of the delivery."""

    received_by = forms.CharField(
        label=_("Received by"), max_length=100, widget=UnfoldAdminTextInputWidget
    )
    delivered_at = forms.SplitDateTimeField(
        label=_("Delivered at"), initial=timezone.now, widget=UnfoldAdminSplitDateTimeWidget
    )
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=UnfoldAdminTextInputWidget
    )


class ConsignmentShipmentInline(CompanyInline):
    model = ConsignmentShipment
    fields = ("shipment",)
    autocomplete_fields = ("shipment",)
    extra = 1

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return obj is None and super().has_add_permission(request, obj)


class ConsignmentForm(CompanyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "date" in self.fields and not self.instance.pk:
            self.fields["date"].initial = timezone.localdate()


@admin.register(Consignment)
class ConsignmentAdmin(DocumentWithLinesAdmin):
    """What carriers take to customers; estimated, dispatched, proved."""

    form = ConsignmentForm
    editable_statuses = (Status.PLANNED,)
    readonly_fields = ("partner", "site", "freight", "billed", "proof")
    printouts = (
        *Printout.on_both_papers(
            "commercial-invoice", _("Commercial invoice"), commercial_invoice_pdf, EXPORTED
        ),
        Printout(
            "export-csv", _("Export data (CSV)"), export_csv, EXPORTED, content_type="text/csv"
        ),
    )
    list_display = (
        "number",
        "status_label",
        "partner",
        "date",
        "carrier",
        "service",
        "tracking_number",
        "gross_weight",
        "freight_estimate",
        "company",
    )
    list_filter = ("status", "partner", "carrier", "date")
    search_fields = ("number", "tracking_number", "partner__code", "partner__name")
    autocomplete_fields = ("carrier", "service")
    inlines = (ConsignmentShipmentInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("partner", "site"),
                    ("date", "carrier", "service"),
                    ("tracking_number", "gross_weight", "package_count"),
                    ("freight", "billed", "charge_amount"),
                    "proof",
                )
            },
        ),
        (_("Export"), {"fields": (("country", "incoterm", "incoterm_place"),)}),
    )
    verbs = (
        Verb(
            "dispatch",
            _("Hand over"),
            "supply_chain.dispatch_consignment",
            dispatch_consignment,
            (Status.PLANNED,),
            form=DispatchForm,
        ),
        Verb(
            "deliver",
            _("Proof of delivery"),
            "supply_chain.deliver_consignment",
            deliver_consignment,
            (Status.DISPATCHED,),
            form=DeliverForm,
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "supply_chain.change_consignment",
            cancel_consignment,
            (Status.PLANNED, Status.DISPATCHED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    @admin.display(description=_("freight, estimated"))
    def freight(self, consignment: Consignment) -> str:
        if consignment.freight_estimate is None:
            return "–"
        amount = number_text(consignment.freight_estimate, least=2)
        return f"{amount} {consignment.freight_currency_id}"

    @admin.display(description=_("freight, billed"))
    def billed(self, consignment: Consignment) -> str:
        if consignment.pk is None:
            return "–"
        currency = consignment.company.currency_id
        return f"{number_text(billed_freight(consignment), least=2)} {currency}"

    @admin.display(description=_("proof of delivery"))
    def proof(self, consignment: Consignment) -> str:
        found = consignment.proofs.first() if consignment.pk else None
        return str(found) if found else "–"

    def links_of(self, request: Any, document: Consignment) -> list[Link]:
        shipments = Shipment.objects.filter(consignments__consignment=document).order_by("pk")
        return [
            admin_row_link(document.partner),
            *(admin_row_link(one, icon="local_shipping") for one in shipments),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Consignment:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        shipments = [line["shipment"] for line in lines if line.get("shipment")]
        return plan_consignment(**given, shipments=shipments, by=request.user)

    def write_change(
        self,
        request: Any,
        row: Consignment,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> Consignment:
        return update_consignment(row, **values, version=version, by=request.user)


@admin.register(ProofOfDelivery)
class ProofOfDeliveryAdmin(LedgerAdmin):
    list_display = (
        "consignment",
        "delivered_at",
        "received_by",
        "note",
        "created_by",
        "company",
    )
    list_select_related = ("consignment", "created_by", "company")
    list_filter = ("delivered_at",)
    search_fields = ("received_by", "consignment__number")

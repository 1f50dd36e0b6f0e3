from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.admin.base import CompanyForm, CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateForm, DateReasonForm, ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.numbers import number_text
from apps.core.admin.printouts import Printout
from apps.inventory.models import Location
from apps.masterdata.models import Partner
from apps.quality.models import Disposition
from apps.supply_chain.models import Receipt, SupplierReturn, SupplierReturnLine
from apps.supply_chain.queries.supplier_returns import notes_of_return
from apps.supply_chain.return_printouts import return_note_pdf
from apps.supply_chain.services.supplier_return_credits import credit_supplier_return
from apps.supply_chain.services.supplier_return_lines import GoingBack
from apps.supply_chain.services.supplier_returns import (
    cancel_supplier_return,
    close_supplier_return,
    create_supplier_return,
    reverse_supplier_return,
    ship_supplier_return,
    update_supplier_return,
)

Status = SupplierReturn.Status


class ShipReturnForm(DateForm):
    carrier = forms.ModelChoiceField(
        Partner.objects.none(), label=_("Carrier"), required=False, widget=UnfoldAdminSelectWidget
    )
    tracking_number = forms.CharField(
        label=_("Tracking number"),
        max_length=60,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, document: SupplierReturn, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.fields["carrier"].queryset = Partner.objects.filter(  # type: ignore[attr-defined]
            company=document.company_id, is_carrier=True, is_active=True
        ).order_by("code")
        self.initial |= {
            "carrier": document.carrier_id,
            "tracking_number": document.tracking_number,
        }


class CreditReturnForm(DateForm):
    """At the prices billed; another amount is entered as a credit note by itself."""

    reference = forms.CharField(
        label=_("Number of the supplier's credit note"),
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
    )


class SupplierReturnLineForm(CompanyForm):
    """Of a receipt, or a decision of quality, which says the rest itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("position", "quantity", "location", "receipt_line", "disposition"):
            if name in self.fields:
                self.fields[name].required = False


class SupplierReturnLineInline(CompanyInline):
    model = SupplierReturnLine
    form = SupplierReturnLineForm
    fields = ("position", "receipt_line", "disposition", "quantity", "location")
    autocomplete_fields = ("receipt_line",)
    extra = 1

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        return rows.select_related(
            "receipt_line__receipt", "receipt_line__order_line__item", "item", "lot"
        )

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        user = request.user
        if db_field.name == "disposition":
            own = request.resolver_match.kwargs.get("object_id", "")
            carried = SupplierReturnLine.objects.filter(
                disposition__isnull=False, supplier_return__status__in=SupplierReturn.STANDING
            ).exclude(supplier_return=int(own) if own.isdigit() else 0)
            decided = Disposition.objects.visible_to(user).filter(
                kind=Disposition.Kind.RETURN, is_reversed=False, move__isnull=False
            )
            decided = decided.exclude(pk__in=carried.values("disposition_id"))
            decided = decided.select_related("nonconformance__partner", "nonconformance__item")
            kwargs["queryset"] = decided.order_by("-pk")
        elif db_field.name == "location":
            kwargs["queryset"] = Location.objects.visible_to(user).filter(
                kind=Location.Kind.INTERNAL, is_active=True
            )
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name == "disposition":
            field.label_from_instance = _decision_label
        return field


def _decision_label(one: Disposition) -> str:
    ncr = one.nonconformance
    supplier = ncr.partner.code if ncr.partner else "–"
    return f"{ncr.number} · {supplier} · {ncr.item.code} · {number_text(one.quantity)}"


@admin.register(SupplierReturn)
class SupplierReturnAdmin(DocumentWithLinesAdmin):
    """Goods that go back to suppliers, with the paper that goes along and the credit owed."""

    printouts = Printout.on_both_papers("return-note", _("Return note"), return_note_pdf)
    list_display = (
        "number",
        "status_label",
        "partner",
        "reason",
        "shipped_on",
        "supplier_reference",
        "site",
        "company",
    )
    list_filter = ("status", "partner", "site", "shipped_on")
    search_fields = ("number", "supplier_reference", "partner__code", "partner__name")
    autocomplete_fields = ("partner",)
    inlines = (SupplierReturnLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("partner", "site"),
                    "reason",
                    ("supplier_reference", "carrier", "tracking_number"),
                )
            },
        ),
    )
    verbs = (
        Verb(
            "ship",
            _("Ship"),
            "supply_chain.ship_supplierreturn",
            ship_supplier_return,
            (Status.DRAFT,),
            form=ShipReturnForm,
        ),
        Verb(
            "credit",
            _("Enter the credit note"),
            "supply_chain.credit_supplierreturn",
            credit_supplier_return,
            (Status.SHIPPED,),
            form=CreditReturnForm,
        ),
        Verb(
            "close",
            _("Close without credit"),
            "supply_chain.ship_supplierreturn",
            close_supplier_return,
            (Status.SHIPPED,),
        ),
        Verb(
            "reverse",
            _("Take back"),
            "supply_chain.reverse_supplierreturn",
            reverse_supplier_return,
            (Status.SHIPPED,),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "supply_chain.change_supplierreturn",
            cancel_supplier_return,
            (Status.DRAFT,),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: SupplierReturn) -> list[Link]:
        receipts = Receipt.objects.filter(lines__return_lines__supplier_return=document).distinct()
        ncrs = {
            line.disposition.nonconformance_id: line.disposition.nonconformance
            for line in document.lines.select_related("disposition__nonconformance")
            if line.disposition is not None
        }
        return [
            admin_row_link(document.partner),
            *(admin_row_link(one, icon="move_to_inbox") for one in receipts.order_by("pk")),
            *(admin_row_link(ncrs[key], icon="report") for key in sorted(ncrs)),
            *(admin_row_link(one, icon="receipt") for one in notes_of_return(document.pk)),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> SupplierReturn:
        return create_supplier_return(
            **values, lines=[GoingBack(**line) for line in lines], by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: SupplierReturn,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> SupplierReturn:
        kept = None if lines is None else [GoingBack(**line) for line in lines]
        return update_supplier_return(row, **values, lines=kept, version=version, by=request.user)

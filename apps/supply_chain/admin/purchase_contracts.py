from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
)

from apps.core.admin.base import CompanyForm, CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm, VerbForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.admin.numbers import number_text
from apps.core.models import Site
from apps.core.money import ZERO, round_money
from apps.supply_chain.models import PurchaseContract, PurchaseContractLine, PurchaseOrder
from apps.supply_chain.queries.contracts import released_of
from apps.supply_chain.services.purchase_contracts import (
    Agreed,
    Release,
    activate_contract,
    cancel_contract,
    close_contract,
    create_contract,
    release_contract,
    update_contract,
)

Status = PurchaseContract.Status
ACTIVATE = "supply_chain.activate_purchasecontract"


class ContractForm(CompanyForm):
    """Without a currency the supplier's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "currency" in self.fields:
            self.fields["currency"].required = False


class ContractLineForm(CompanyForm):
    """Without unit the item's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("position", "unit"):
            if name in self.fields:
                self.fields[name].required = False


class ContractLineInline(CompanyInline):
    model = PurchaseContractLine
    form = ContractLineForm
    fields = ("position", "item", "unit", "unit_price", "quantity")
    autocomplete_fields = ("item",)
    extra = 1


class ReleaseForm(VerbForm):
    """How much is ordered of each line, and for when; empty lines are not."""

    site = forms.ModelChoiceField(
        Site.objects.none(), label=gettext_lazy("Deliver to"), widget=UnfoldAdminSelectWidget
    )
    due_date = forms.DateField(label=gettext_lazy("Due date"), widget=UnfoldAdminDateWidget)

    def __init__(self, *args: Any, document: PurchaseContract, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        sites = Site.objects.visible_to(self.user).filter(
            company_id=document.company_id, is_active=True
        )
        self.fields["site"].queryset = sites
        if len(only := list(sites[:2])) == 1:
            self.initial["site"] = only[0]
        self.lines = list(document.lines.select_related("item", "unit"))
        left = {one.line_id: one for one in released_of([document.pk])}
        for line in self.lines:
            still = left[line.pk].open
            self.fields[f"quantity_{line.pk}"] = forms.DecimalField(
                label=f"{line.position} · {line.item.code} {line.item.name} ({line.unit.code})",
                required=False,
                min_value=Decimal(0),
                max_digits=20,
                decimal_places=6,
                help_text=_("Open: {quantity}").format(
                    quantity="–" if still is None else f"{still.normalize():f}"
                ),
                widget=UnfoldAdminDecimalFieldWidget,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return {
            "site": cleaned.get("site"),
            "lines": [
                Release(line, quantity, cleaned["due_date"])
                for line in self.lines
                if (quantity := cleaned.get(f"quantity_{line.pk}")) and "due_date" in cleaned
            ],
        }


@admin.register(PurchaseContract)
class PurchaseContractAdmin(DocumentWithLinesAdmin):
    """What suppliers sell for a time; how much is released is read from the orders."""

    form = ContractForm
    readonly_fields = ("released",)
    list_display = (
        "number",
        "status_label",
        "kind",
        "partner",
        "valid_from",
        "valid_until",
        "value_agreed",
        "currency",
        "company",
    )
    list_filter = ("status", "kind", "partner", "valid_until")
    search_fields = ("number", "reference", "partner__code", "partner__name")
    autocomplete_fields = ("partner",)
    inlines = (ContractLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("kind", "partner", "reference"),
                    ("valid_from", "valid_until"),
                    ("value_agreed", "currency"),
                    "released",
                )
            },
        ),
    )
    verbs = (
        Verb(
            "activate",
            gettext_lazy("Put into force"),
            ACTIVATE,
            activate_contract,
            (Status.DRAFT, Status.CLOSED),
        ),
        Verb(
            "release",
            gettext_lazy("Release"),
            "supply_chain.add_purchaseorder",
            release_contract,
            (Status.ACTIVE,),
            form=ReleaseForm,
        ),
        Verb(
            "close",
            gettext_lazy("Close"),
            ACTIVATE,
            close_contract,
            (Status.ACTIVE,),
            question=gettext_lazy("Nothing more of this contract will be ordered?"),
        ),
        Verb(
            "cancel",
            gettext_lazy("Cancel"),
            ACTIVATE,
            cancel_contract,
            (Status.DRAFT,),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    @admin.display(description=gettext_lazy("released"))
    def released(self, contract: PurchaseContract) -> Any:
        if contract.pk is None:
            return "–"
        rows = released_of([contract.pk])
        context = {
            "rows": [
                (one, *map(_text, (one.agreed, one.released, one.open)), _money(one.value))
                for one in rows
            ],
            "contract": contract,
            "value": _money(sum((one.value for one in rows), ZERO)),
            "agreed": _money(contract.value_agreed) if contract.value_agreed else "",
        }
        return render_to_string("supply_chain/admin/released.html", context)

    def links_of(self, request: Any, document: PurchaseContract) -> list[Link]:
        orders = f"{admin_list_url(PurchaseOrder)}?contract__id__exact={document.pk}"
        return [
            admin_row_link(document.partner),
            Link(_("Releases"), orders, "shopping_cart"),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> PurchaseContract:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        return create_contract(**given, lines=[Agreed(**line) for line in lines], by=request.user)

    def write_change(
        self,
        request: Any,
        row: PurchaseContract,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> PurchaseContract:
        kept = None if lines is None else [Agreed(**line) for line in lines]
        return update_contract(row, **values, lines=kept, version=version, by=request.user)


def _text(value: Decimal | None) -> str:
    return "–" if value is None else number_text(value)


def _money(value: Decimal) -> str:
    return number_text(round_money(value), least=2)

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyForm, CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.numbers import number_text
from apps.core.money import round_money
from apps.supply_chain.models import Requisition, RequisitionLine
from apps.supply_chain.queries.requisitions import orders_of_requisition, requisition_totals
from apps.supply_chain.services.requisitions import (
    Wanted,
    approve_requisition,
    cancel_requisition,
    create_requisition,
    order_requisition,
    reject_requisition,
    reopen_requisition,
    submit_requisition,
    update_requisition,
)

Status = Requisition.Status
SUBMIT = "supply_chain.submit_requisition"


class RequisitionForm(CompanyForm):
    """Without a date it is asked for today."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "date" in self.fields:
            self.fields["date"].required = False


class RequisitionLineForm(CompanyForm):
    """Without unit, price and day, those of the item and the requisition apply."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("position", "unit", "unit_price", "needed_by"):
            if name in self.fields:
                self.fields[name].required = False


class RequisitionLineInline(CompanyInline):
    model = RequisitionLine
    form = RequisitionLineForm
    fields = (
        "position",
        "item",
        "quantity",
        "unit",
        "unit_price",
        "needed_by",
        "partner",
        "cost_object",
    )
    autocomplete_fields = ("item", "partner", "cost_object")
    extra = 1


@admin.register(Requisition)
class RequisitionAdmin(DocumentWithLinesAdmin):
    """What somebody asks to be bought; who asked never approves it."""

    form = RequisitionForm
    readonly_fields = ("total", "approved_by")
    list_display = (
        "number",
        "status_label",
        "site",
        "date",
        "needed_by",
        "created_by",
        "approved_by",
        "company",
    )
    list_filter = ("status", "site", "needed_by")
    search_fields = ("number", "note")
    inlines = (RequisitionLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("site", "date", "needed_by"),
                    "note",
                    ("total", "approved_by"),
                )
            },
        ),
    )
    verbs = (
        Verb("submit", _("Submit"), SUBMIT, submit_requisition, (Status.DRAFT,)),
        Verb(
            "approve",
            _("Approve"),
            "supply_chain.approve_requisition",
            approve_requisition,
            (Status.SUBMITTED,),
        ),
        Verb(
            "reject",
            _("Reject"),
            "supply_chain.approve_requisition",
            reject_requisition,
            (Status.SUBMITTED,),
            form=ReasonForm,
            is_danger=True,
        ),
        Verb(
            "order",
            _("Make orders"),
            "supply_chain.order_requisition",
            order_requisition,
            (Status.APPROVED,),
        ),
        Verb(
            "reopen",
            _("Change again"),
            SUBMIT,
            reopen_requisition,
            (Status.SUBMITTED, Status.REJECTED),
        ),
        Verb(
            "cancel",
            _("Give up"),
            SUBMIT,
            cancel_requisition,
            (Status.DRAFT, Status.APPROVED, Status.REJECTED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    @admin.display(description=_("estimate"))
    def total(self, requisition: Requisition) -> str:
        if requisition.pk is None:
            return "–"
        currency = requisition.company.currency
        amount = requisition_totals([requisition.pk])[requisition.pk]
        return f"{number_text(round_money(amount, currency.decimal_places), least=2)} {currency.pk}"

    def links_of(self, request: Any, document: Requisition) -> list[Link]:
        orders = orders_of_requisition(document.pk)
        return [
            *(admin_row_link(order, icon="shopping_cart") for order in orders),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Requisition:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        return create_requisition(
            **given, lines=[Wanted(**line) for line in lines], by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: Requisition,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> Requisition:
        kept = None if lines is None else [Wanted(**line) for line in lines]
        return update_requisition(row, **values, lines=kept, version=version, by=request.user)

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.inventory.models import LandedCost, LandedCostLine
from apps.inventory.services.landed_costs import (
    cancel_landed_cost,
    change_landed_cost,
    draft_landed_cost,
    post_landed_cost,
    reverse_landed_cost,
)

Status = LandedCost.Status


class LandedCostLineForm(forms.ModelForm):
    def _post_clean(self) -> None:
        """The service judges the line."""


class LandedCostLineInline(CompanyInline):
    model = LandedCostLine
    form = LandedCostLineForm
    extra = 1
    fields = ("move", "received_on", "measure", "amount")
    readonly_fields = ("received_on", "measure", "amount")
    autocomplete_fields = ("move",)

    @display(description=_("date"))
    def received_on(self, line: LandedCostLine) -> Any:
        return line.move.date if line.move_id else None


@admin.register(LandedCost)
class LandedCostAdmin(DocumentWithLinesAdmin):
    list_display = (
        "number",
        "status_label",
        "date",
        "basis",
        "amount",
        "partner",
        "note",
        "company",
    )
    list_filter = ("status", "basis", "date")
    search_fields = ("number", "note")
    fields = ("company", ("date", "basis"), ("amount", "partner"), "note")
    autocomplete_fields = ("partner",)
    inlines = (LandedCostLineInline,)
    verbs = (
        Verb("post", _("Post"), "inventory.post_landedcost", post_landed_cost, (Status.DRAFT,)),
        Verb(
            "reverse",
            _("Reverse"),
            "inventory.reverse_landedcost",
            reverse_landed_cost,
            (Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel the draft"),
            "inventory.change_landedcost",
            cancel_landed_cost,
            (Status.DRAFT,),
            question=_("The draft is kept, but can't be posted any more."),
            is_danger=True,
        ),
    )

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> LandedCost:
        moves = [line["move"] for line in lines]
        return draft_landed_cost(**values, moves=moves, by=request.user)

    def write_change(
        self,
        request: Any,
        row: LandedCost,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> LandedCost:
        moves = None if lines is None else [line["move"] for line in lines]
        return change_landed_cost(row, **values, moves=moves, version=version, by=request.user)

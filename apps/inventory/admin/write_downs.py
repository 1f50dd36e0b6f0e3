from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm, VerbForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.inventory.models import WriteDown, WriteDownLine
from apps.inventory.services.write_down_lines import Assessed
from apps.inventory.services.write_downs import (
    cancel_write_down,
    change_write_down,
    draft_write_down,
    fill_write_down,
    post_write_down,
    reverse_write_down,
)

Status = WriteDown.Status


class WriteDownLineForm(forms.ModelForm):
    def _post_clean(self) -> None:
        """The service judges the line."""


class SellingCostForm(VerbForm):
    """What selling costs: the sales price less this is what a unit brings."""

    selling_cost_percent = forms.DecimalField(
        label=_("Cost of selling (% of the price)"),
        min_value=Decimal(0),
        max_digits=5,
        decimal_places=2,
        initial=0,
        help_text=_("All stock above its sales price less this is listed, instead of the lines."),
        widget=UnfoldAdminDecimalFieldWidget,
    )


class WriteDownLineInline(CompanyInline):
    model = WriteDownLine
    form = WriteDownLineForm
    extra = 1
    fields = ("item", "lot", "net_value", "quantity", "carried", "amount")
    readonly_fields = ("quantity", "carried", "amount")
    autocomplete_fields = ("item", "lot")


@admin.register(WriteDown)
class WriteDownAdmin(DocumentWithLinesAdmin):
    list_display = ("number", "status_label", "date", "reason", "note", "company")
    list_filter = ("status", "date", "reason")
    search_fields = ("number", "note")
    fields = ("company", ("date", "reason"), "note")
    inlines = (WriteDownLineInline,)
    verbs = (
        Verb(
            "propose",
            _("Propose lines"),
            "inventory.change_writedown",
            fill_write_down,
            (Status.DRAFT,),
            form=SellingCostForm,
        ),
        Verb(
            "post",
            _("Post"),
            "inventory.post_writedown",
            post_write_down,
            (Status.DRAFT,),
            question=_("What is carried above its net realisable value is lowered to it."),
        ),
        Verb(
            "reverse",
            _("Reverse"),
            "inventory.reverse_writedown",
            reverse_write_down,
            (Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel the draft"),
            "inventory.change_writedown",
            cancel_write_down,
            (Status.DRAFT,),
            question=_("The draft is kept, but can't be posted any more."),
            is_danger=True,
        ),
    )

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> WriteDown:
        return draft_write_down(
            **values, lines=[Assessed(**line) for line in lines], by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: WriteDown,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> WriteDown:
        kept = None if lines is None else [Assessed(**line) for line in lines]
        return change_write_down(row, **values, lines=kept, version=version, by=request.user)

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm, ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link
from apps.core.admin.master_data import MasterDataAdmin
from apps.core.admin.numbers import number_text
from apps.core.admin.printouts import Printout
from apps.inventory.models import CountClass, ItemClass, StockCount, StockCountLine
from apps.inventory.printouts import count_sheet_pdf
from apps.inventory.resources import CountClassResource
from apps.inventory.services.count_entries import post_stock_count, reverse_stock_count
from apps.inventory.services.counts import (
    CountPlace,
    cancel_stock_count,
    change_stock_count,
    finish_counting,
    plan_stock_count,
    reopen_stock_count,
    start_stock_count,
)

Status = StockCount.Status


@admin.register(CountClass)
class CountClassAdmin(MasterDataAdmin):
    resource_class = CountClassResource
    list_display = (
        "code",
        "name",
        "value_share",
        "interval_days",
        "tolerance_percent",
        "tolerance_value",
        "company",
        "is_active",
    )
    fields = (
        "company",
        ("code", "name"),
        ("value_share", "interval_days"),
        ("tolerance_percent", "tolerance_value"),
        "is_active",
    )


@admin.register(ItemClass)
class ItemClassAdmin(LedgerAdmin):
    list_display = ("item", "count_class", "used_value", "since", "until", "company")
    list_filter = ("count_class",)
    search_fields = ("item__code", "item__name")
    list_select_related = ("item", "count_class", "company")


class StockCountLineForm(forms.ModelForm):
    def _post_clean(self) -> None:
        """The service judges the line."""


class StockCountLineInline(CompanyInline):
    model = StockCountLine
    form = StockCountLineForm
    extra = 1
    fields = (
        "item",
        "location",
        "lot",
        "counted_quantity",
        "books",
        "found",
        "times_counted",
        "must_recount",
        "reason",
    )
    readonly_fields = (
        "counted_quantity",
        "books",
        "found",
        "times_counted",
        "must_recount",
        "reason",
    )
    autocomplete_fields = ("item", "location", "lot")

    @display(description=_("in the books"))
    def books(self, line: StockCountLine) -> Any:
        return _shown(line, line.book_quantity)

    @display(description=_("difference"))
    def found(self, line: StockCountLine) -> Any:
        return _shown(line, line.difference)


@admin.register(StockCount)
class StockCountAdmin(DocumentWithLinesAdmin):
    """Counts; what was found is entered on the page of the count."""

    editable_statuses = (Status.PLANNED,)
    list_display = (
        "number",
        "status_label",
        "date",
        "site",
        "is_blind",
        "is_frozen",
        "note",
        "company",
    )
    list_filter = ("status", "site", "date")
    search_fields = ("number", "note")
    fields = ("company", ("site", "date"), ("is_blind", "is_frozen"), ("reason", "note"))
    inlines = (StockCountLineInline,)
    printouts = Printout.on_both_papers("sheet", _("Count sheet"), count_sheet_pdf)
    verbs = (
        Verb(
            "start",
            _("Start counting"),
            "inventory.start_stockcount",
            start_stock_count,
            (Status.PLANNED,),
        ),
        Verb(
            "finish",
            _("Hand over for review"),
            "inventory.count_stockcount",
            finish_counting,
            (Status.COUNTING,),
        ),
        Verb(
            "post",
            _("Approve and post"),
            "inventory.post_stockcount",
            post_stock_count,
            (Status.REVIEW,),
            question=_("The differences are posted to stock and to the ledger."),
        ),
        Verb(
            "reopen",
            _("Count again"),
            "inventory.post_stockcount",
            reopen_stock_count,
            (Status.REVIEW,),
            form=ReasonForm,
        ),
        Verb(
            "reverse",
            _("Reverse"),
            "inventory.reverse_stockcount",
            reverse_stock_count,
            (Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel the count"),
            "inventory.change_stockcount",
            cancel_stock_count,
            (Status.PLANNED, Status.COUNTING, Status.REVIEW),
            question=_("What was counted is kept, but can't be posted any more."),
            is_danger=True,
        ),
    )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "site")

    def links_of(self, request: Any, document: StockCount) -> list[Link]:
        links = list(super().links_of(request, document))
        if document.status == Status.COUNTING and request.user.has_perm(
            "inventory.count_stockcount"
        ):
            address = reverse("inventory-count", args=[document.pk])
            links.insert(0, Link(_("Enter what was counted"), address, "checklist"))
        return links

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> StockCount:
        return plan_stock_count(**values, places=_places(lines), by=request.user)

    def write_change(
        self,
        request: Any,
        row: StockCount,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> StockCount:
        places = None if lines is None else _places(lines)
        return change_stock_count(row, **values, places=places, version=version, by=request.user)


def _places(lines: list[dict[str, Any]]) -> list[CountPlace]:
    return [CountPlace(line["item"], line["location"], line.get("lot")) for line in lines]


def _shown(line: StockCountLine, quantity: Decimal | None) -> str | None:
    hidden = quantity is None or line.count.hides_books
    return None if hidden else number_text(quantity)

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminDecimalFieldWidget

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.imports import ImportExportMixin, ImportForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.inventory.models import StockDocument, StockDocumentLine
from apps.inventory.resources import OpeningStockResource
from apps.inventory.services.stock_documents import (
    cancel_stock_document,
    change_stock_document,
    draft_stock_document,
    post_stock_document,
    reverse_stock_document,
)
from apps.inventory.services.stock_lines import StockLine

Status = StockDocument.Status


class StockLineForm(forms.ModelForm):
    """The place that the kind of document stands for may be left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("from_location", "to_location"):
            if name in self.fields:
                self.fields[name].required = False

    def _post_clean(self) -> None:
        """The service judges the line; a place left out is none yet."""


class StockDocumentLineInline(CompanyInline):
    model = StockDocumentLine
    form = StockLineForm
    fields = ("item", "lot_code", "quantity", "unit_cost", "from_location", "to_location")
    extra = 1


class OpeningStockForm(ImportForm):
    """When the company began, and what the old books say its stock is worth."""

    date = forms.DateField(
        label=_("Posting date"), initial=timezone.localdate, widget=UnfoldAdminDateWidget
    )
    control_total = forms.DecimalField(
        label=_("Control total"),
        required=False,
        max_digits=20,
        decimal_places=4,
        help_text=_("Nothing is posted when the lines sum to anything else."),
        widget=UnfoldAdminDecimalFieldWidget,
    )


@admin.register(StockDocument)
class StockDocumentAdmin(ImportExportMixin, DocumentWithLinesAdmin):
    """Stock moved by hand. Opening stock comes in by file: it is posted at once."""

    resource_class = OpeningStockResource
    import_form = OpeningStockForm
    actions_list = ("import_rows",)
    list_display = (
        "number",
        "kind",
        "status_label",
        "date",
        "site",
        "reason",
        "cost_object",
        "note",
        "company",
    )
    list_filter = ("kind", "status", "site", "date")
    search_fields = ("number", "note")
    fields = ("company", ("kind", "site"), ("date", "reason"), ("cost_object", "note"))
    autocomplete_fields = ("cost_object",)
    inlines = (StockDocumentLineInline,)
    verbs = (
        Verb(
            "post", _("Post"), "inventory.post_stockdocument", post_stock_document, (Status.DRAFT,)
        ),
        Verb(
            "reverse",
            _("Reverse"),
            "inventory.reverse_stockdocument",
            reverse_stock_document,
            (Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel the draft"),
            "inventory.change_stockdocument",
            cancel_stock_document,
            (Status.DRAFT,),
            question=_("The draft is kept, but can't be posted any more."),
            is_danger=True,
        ),
    )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "kind", "site")

    def get_urls(self) -> Any:
        return [*self.import_urls(), *super().get_urls()]

    def has_import_permission(self, request: Any, obj: Any = None) -> bool:
        may_post = request.user.has_perm("inventory.post_stockdocument")
        return bool(may_post) and super().has_import_permission(request, obj)

    def make_resource(self, given: dict[str, str]) -> OpeningStockResource:
        total = given.get("control_total")
        return OpeningStockResource(
            date=date.fromisoformat(given["date"]),
            control_total=Decimal(total) if total else None,
        )

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> StockDocument:
        return draft_stock_document(
            **values, lines=[StockLine(**line) for line in lines], by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: StockDocument,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> StockDocument:
        kept = None if lines is None else [StockLine(**line) for line in lines]
        return change_stock_document(row, **values, lines=kept, version=version, by=request.user)

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin.base import LedgerAdmin
from apps.core.models import NumberSequence


@admin.register(NumberSequence)
class NumberSequenceAdmin(LedgerAdmin):
    """Numbers are taken by postings only; here they are just seen."""

    list_display = ("series_name", "next_number", "last_number", "company")
    fields = ("company", "series_name", "next_number", "last_number")
    search_fields = ("series",)

    @display(description=_("series"), ordering="series")
    def series_name(self, row: NumberSequence) -> str:
        return row.label.name

    @display(description=_("next number"))
    def next_number(self, row: NumberSequence) -> str:
        return row.next_number

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request).with_labels()
        if request.user.sees_everything:
            return rows
        return rows.filter(company_id__in=request.user.scope.company_ids)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return self.fields

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> Any:
        """By what people read: the name and the number itself."""
        word = search_term.strip().casefold()
        if not word:
            return queryset, False
        found = [
            row.pk for row in queryset if word in f"{row.label.name} {row.label.prefix}".casefold()
        ]
        return queryset.filter(pk__in=found), False

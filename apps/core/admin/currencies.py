from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from apps.core.admin.base import CompanyForm, CompanyModelAdmin, ScopedAdmin
from apps.core.admin.imports import ImportExportMixin, ImportForm
from apps.core.models import Currency, ExchangeRate
from apps.core.rate_resources import ExchangeRateResource
from apps.core.services.exchange_rates import (
    Existing,
    change_exchange_rate,
    set_exchange_rate,
)


@admin.register(Currency)
class CurrencyAdmin(ScopedAdmin):
    list_display = ("code", "name", "symbol", "decimal_places")
    search_fields = ("code", "name")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return () if obj is None else ("code", "decimal_places")


class RateImportForm(ImportForm):
    existing = forms.ChoiceField(
        choices=Existing.choices,
        label=_("Rates that are there"),
        help_text=_("Entries keep the rate they were posted with; the history says who and why."),
        widget=UnfoldAdminSelectWidget,
    )
    since = forms.DateField(
        required=False,
        label=_("First day"),
        help_text=_("Of a file of the European Central Bank: days before are left out."),
        widget=UnfoldAdminDateWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "CSV (UTF-8) or XLSX with these columns, or the reference rates as the European "
            "Central Bank publishes them (XML, CSV or its archive); at most 10 MB."
        )


class RateForm(CompanyForm):
    existing = forms.ChoiceField(
        choices=Existing.choices,
        initial=Existing.REPLACE,
        label=_("A rate that is there"),
        help_text=_("Entries keep the rate they were posted with; the history says who and why."),
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ImportExportMixin, CompanyModelAdmin):
    """Rates by day, typed or from a file; a change is a new one for the same day."""

    form = RateForm
    create_service = staticmethod(set_exchange_rate)
    update_service = staticmethod(change_exchange_rate)
    resource_class = ExchangeRateResource
    import_form = RateImportForm
    list_display = ("date", "currency", "rate", "company")
    list_filter = ("currency", "date")
    search_fields = ("currency__code",)
    ordering = ("-date", "currency")
    fields = ("company", "currency", "date", "rate", "existing")

    def get_urls(self) -> Any:
        return [*self.import_urls(), *super().get_urls()]

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        may = obj is None or self.has_change_permission(request, obj)
        return self.fields if may else tuple(name for name in self.fields if name != "existing")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if obj is None else (*fixed, "currency", "date")

    def make_resource(self, given: dict[str, str]) -> ExchangeRateResource:
        since = given.get("since")
        return ExchangeRateResource(
            existing=given["existing"],
            since=datetime.date.fromisoformat(since) if since else None,
        )

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Any:
        values["existing"] = request.POST.get("existing", Existing.REPLACE)
        return super().perform_create(request, values, reason)

    def perform_update(self, request: Any, row: Any, values: dict[str, Any], reason: str) -> Any:
        values["existing"] = request.POST.get("existing", Existing.REPLACE)
        return super().perform_update(request, row, values, reason)

from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin, ScopedAdmin
from apps.core.models import Currency, ExchangeRate
from apps.core.services.exchange_rates import set_exchange_rate


@admin.register(Currency)
class CurrencyAdmin(ScopedAdmin):
    list_display = ("code", "name", "symbol", "decimal_places")
    search_fields = ("code", "name")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return () if obj is None else ("code", "decimal_places")


@admin.register(ExchangeRate)
class ExchangeRateAdmin(CompanyModelAdmin):
    list_display = ("date", "currency", "rate", "company")
    list_filter = ("currency",)
    ordering = ("-date", "currency")
    fields = ("company", "currency", "date", "rate")

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        if request.user.sees_everything:
            return rows
        return rows.filter(company_id__in=request.user.scope.company_ids)

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Any:
        return set_exchange_rate(**values, by=request.user)

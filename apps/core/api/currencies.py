from __future__ import annotations

from typing import Any

from apps.core.api.serializers import StrictModelSerializer
from apps.core.api.views import CreateMixin, ReadViewSet
from apps.core.models import Currency, ExchangeRate
from apps.core.services.exchange_rates import set_exchange_rate


class CurrencySerializer(StrictModelSerializer):
    class Meta:
        model = Currency
        fields = ("code", "name", "symbol", "decimal_places")


class CurrencyViewSet(ReadViewSet):
    """ISO 4217; the same for every company."""

    serializer_class = CurrencySerializer
    lookup_value_regex = "[A-Za-z]{3}"
    search_fields = ("code", "name")
    ordering = "pk"
    ordering_fields = ("pk",)

    def get_queryset(self) -> Any:
        return Currency.objects.all()


class ExchangeRateSerializer(StrictModelSerializer):
    class Meta:
        model = ExchangeRate
        fields = ("id", "company", "currency", "date", "rate")


class ExchangeRateViewSet(CreateMixin, ReadViewSet):
    """``POST`` sets the rate of a currency from a day on; a second one for that day replaces it."""

    serializer_class = ExchangeRateSerializer
    filterset_fields = {"currency": ["exact"], "date": ["exact", "gte", "lte"]}
    ordering = "-date"
    ordering_fields = ("id", "date")

    def get_queryset(self) -> Any:
        rows = ExchangeRate.objects.all()
        user = self.request.user
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows if user.sees_everything else rows.filter(company_id__in=user.scope.company_ids)

    def perform_create(self, values: dict[str, Any], *, by: Any, reason: str) -> ExchangeRate:
        return set_exchange_rate(**values, by=by)

from __future__ import annotations

from typing import Any

from apps.core.api.fields import ChoiceField, DateField
from apps.core.api.imports import ImportActions, ImportInput
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, ReadViewSet
from apps.core.models import Currency, ExchangeRate
from apps.core.rate_resources import ExchangeRateResource
from apps.core.services.exchange_rates import Existing, set_exchange_rate


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
    existing = ChoiceField(choices=Existing.choices, write_only=True, required=False)

    class Meta:
        model = ExchangeRate
        fields = ("id", "company", "currency", "date", "rate", "existing", *AUDIT_FIELDS)


class RateImportInput(ImportInput):
    existing = ChoiceField(choices=Existing.choices, required=False, default=Existing.REFUSE)
    since = DateField(required=False, help_text="Of a reference file: days before are left out")


class ExchangeRateViewSet(CreateMixin, ImportActions, CompanyViewSet):
    """``POST`` sets the rate of a currency from a day on; a second one for that day replaces it.

    One that something was posted with is replaced only when ``existing`` says so. ``import/``
    takes tables and the European Central Bank's files of reference rates.
    """

    serializer_class = ExchangeRateSerializer
    resource_class = ExchangeRateResource
    import_input = RateImportInput
    create_service = staticmethod(set_exchange_rate)
    takes_reason = True
    filterset_fields = {"currency": ["exact"], "date": ["exact", "gte", "lte"]}
    ordering = "-date"
    ordering_fields = ("id", "date")

    def make_resource(self, given: dict[str, Any]) -> ExchangeRateResource:
        return ExchangeRateResource(existing=given["existing"], since=given.get("since"))

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.answers import shape_of
from apps.core.api.fields import ChoiceField, DateField, DecimalField, IntegerField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.core.models import Company, Site, User
from apps.masterdata.models import Item
from apps.planning.engine.forecasting.choice import Errors
from apps.planning.models import Forecast, MasterScheduleLine
from apps.planning.queries.demand_history import MONTH, WEEK
from apps.planning.services import forecasts as services
from apps.planning.services.forecast_calculation import (
    MEASURES,
    MOST_BUCKETS,
    calculate_forecasts,
)


class ForecastSerializer(StrictModelSerializer):
    class Meta:
        model = Forecast
        fields = (
            "id",
            "company",
            "item",
            "site",
            "starts_on",
            "ends_on",
            "quantity",
            "method",
            "error",
            "revision",
            "is_current",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("method", "error", "revision", "is_current")


class CalculationInput(StrictSerializer):
    company = CompanyField()
    items = serializers.ListField(child=ReferenceField(Item), max_length=200)
    site = ReferenceField(Site)
    bucket = ChoiceField([MONTH, WEEK], required=False)
    buckets = IntegerField(required=False, min_value=1, max_value=MOST_BUCKETS)
    history_buckets = IntegerField(required=False, min_value=1, max_value=MOST_BUCKETS)
    starts_on = DateField(required=False)
    measure = ChoiceField(list(MEASURES), required=False)
    history = serializers.ListField(
        child=DecimalField(allow_null=True), required=False, max_length=1000
    )


class ForecastMade(serializers.Serializer):
    id = serializers.IntegerField()
    starts_on = serializers.DateField()
    quantity = DecimalField()


class CalculationOutput(serializers.Serializer):
    """``errors``: measures of each method on the hold-out; ``outliers``: places in the history."""

    item = serializers.IntegerField()
    method = serializers.CharField()
    errors = serializers.DictField(child=shape_of(Errors)())
    outliers = serializers.ListField(child=serializers.IntegerField())
    forecasts = ForecastMade(many=True)


class ForecastViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """What is expected to be asked, by item, site and bucket; a change makes a new revision."""

    serializer_class = ForecastSerializer
    create_service = staticmethod(services.create_forecast)
    update_service = staticmethod(services.update_forecast)
    takes_reason = True
    filterset_fields = {
        "item": ["exact"],
        "site": ["exact"],
        "method": ["exact"],
        "is_current": ["exact"],
        "starts_on": ["exact", "gte", "lte"],
    }
    ordering = "starts_on"
    ordering_fields = ("id", "starts_on")

    @verb(
        permission="planning.calculate_forecast",
        serializer=CalculationInput,
        response=CalculationOutput,
        lists=True,
        detail=False,
        status=201,
    )
    def calculate(self, *, company: Company, by: User, **given: Any) -> list[dict[str, Any]]:
        """Forecast items from what customers took, by the method with the least error."""
        found = calculate_forecasts(company, by=by, **given)
        return [
            {
                "item": one.item_id,
                "method": one.method,
                "errors": one.errors,
                "outliers": one.outliers,
                "forecasts": [
                    {"id": f.pk, "starts_on": f.starts_on, "quantity": f.quantity}
                    for f in one.forecasts
                ],
            }
            for one in found
        ]


class MasterScheduleLineSerializer(StrictModelSerializer):
    class Meta:
        model = MasterScheduleLine
        fields = (
            "id",
            "company",
            "item",
            "site",
            "due_date",
            "quantity",
            "note",
            "is_active",
            *AUDIT_FIELDS,
        )


class MasterScheduleLineViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """What is to come in whatever demand says."""

    serializer_class = MasterScheduleLineSerializer
    takes_reason = True
    create_service = staticmethod(services.create_schedule_line)
    update_service = staticmethod(services.update_schedule_line)
    filterset_fields = {
        "item": ["exact"],
        "site": ["exact"],
        "is_active": ["exact"],
        "due_date": ["exact", "gte", "lte"],
    }
    ordering = "due_date"
    ordering_fields = ("id", "due_date")

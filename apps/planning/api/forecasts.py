from __future__ import annotations

from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.planning.models import Forecast, MasterScheduleLine
from apps.planning.services import forecasts as services


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

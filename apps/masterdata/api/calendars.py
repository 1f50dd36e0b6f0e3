from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.fields import IntegerField
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.masterdata.models import Holiday, Shift
from apps.masterdata.models.calendars import ALL_WEEKDAYS, WORKING_WEEKDAYS
from apps.masterdata.resources import ShiftResource


class ShiftSerializer(StrictModelSerializer):
    weekdays = IntegerField(min_value=1, max_value=ALL_WEEKDAYS, default=WORKING_WEEKDAYS)

    class Meta:
        model = Shift
        fields = (
            *MASTER_DATA_FIELDS,
            "site",
            "starts_at",
            "ends_at",
            "break_minutes",
            "weekdays",
            *AUDIT_FIELDS,
        )


class ShiftViewSet(MasterDataViewSet):
    serializer_class = ShiftSerializer
    resource_class = ShiftResource
    filterset_fields = ("code", "is_active", "site")


class HolidaySerializer(StrictModelSerializer):
    class Meta:
        model = Holiday
        fields = ("id", "company", "site", "date", "name", *AUDIT_FIELDS)


class HolidayViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Days on which a site, or every site, does not work."""

    serializer_class = HolidaySerializer
    filterset_fields = {"site": ["exact"], "date": ["exact", "gte", "lte"]}
    search_fields = ("name",)
    ordering = "date"
    ordering_fields = ("id", "date")

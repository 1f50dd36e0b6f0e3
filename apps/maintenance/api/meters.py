from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.answers import LinkOutput
from apps.core.api.bases import LedgerViewSet, MasterDataViewSet
from apps.core.api.fields import BooleanField, DecimalField, TextField, TimestampField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.links import link_to
from apps.core.models import User
from apps.maintenance.models import Meter, MeterReading, MeterTotal
from apps.maintenance.resources import MeterResource
from apps.maintenance.services.meters import create_meter, read_meter, update_meter


class MeterSerializer(StrictModelSerializer):
    class Meta:
        model = Meter
        fields = (
            *MASTER_DATA_FIELDS,
            "asset",
            "kind",
            "source",
            "machine",
            "per_count",
            "rolls_over_at",
            *AUDIT_FIELDS,
        )


class MeterReadingSerializer(StrictModelSerializer):
    source = serializers.SerializerMethodField()  # type: ignore[assignment]

    class Meta:
        model = MeterReading
        fields = (
            "id",
            "company",
            "meter",
            "kind",
            "read_at",
            "reading",
            "increment",
            "total",
            "note",
            "source",
            "created_at",
        )

    @extend_schema_field(LinkOutput)
    def get_source(self, row: MeterReading) -> dict[str, Any]:
        return link_to(row.source_type_id, row.source_id).as_dict()


class ReadInput(StrictSerializer):
    """What the display shows, now unless said. After an exchange or reset: ``is_reset``, and
    ``final_reading`` what the old display showed last, when known."""

    reading = DecimalField(min_value=0)
    read_at = TimestampField(required=False)
    is_reset = BooleanField(required=False)
    final_reading = DecimalField(min_value=0, required=False)
    note = TextField(max_length=200, required=False)


class MeterViewSet(MasterDataViewSet):
    """What assets have done. ``read/`` writes down what a display shows."""

    serializer_class = MeterSerializer
    resource_class = MeterResource
    create_service = staticmethod(create_meter)
    update_service = staticmethod(update_meter)
    filterset_fields = ("code", "is_active", "asset", "kind", "source", "machine")

    @verb(
        permission="maintenance.add_meterreading",
        serializer=ReadInput,
        response=MeterReadingSerializer,
        status=201,
    )
    def read(self, meter: Meter, *, by: User, **given: Any) -> MeterReading:
        return read_meter(meter, by=by, **given)


class MeterReadingViewSet(LedgerViewSet):
    """Every step of every meter."""

    serializer_class = MeterReadingSerializer
    filterset_fields = {
        "meter": ["exact"],
        "kind": ["exact"],
        "read_at": ["gte", "lt"],
    }
    ordering_fields = ("id", "read_at")


class MeterTotalSerializer(StrictModelSerializer):
    class Meta:
        model = MeterTotal
        fields = ("id", "company", "meter", "total", "reading", "added", "read_at")


class MeterTotalViewSet(LedgerViewSet):
    """Where meters stand now."""

    serializer_class = MeterTotalSerializer
    filterset_fields = {"meter": ["exact"], "meter__asset": ["exact"], "total": ["gte", "lte"]}

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import shape_of
from apps.core.api.bases import DocumentViewSet, LedgerViewSet, MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.quality.api.inputs import CalibrateInput, ReasonInput
from apps.quality.models import (
    Calibration,
    Characteristic,
    Gauge,
    GaugeReading,
    GaugeStudy,
)
from apps.quality.queries.look_backs import LookBack, look_back
from apps.quality.resources import CharacteristicResource, GaugeResource
from apps.quality.services.gauges import (
    StudyReading,
    calibrate_gauge,
    cancel_gauge_study,
    create_gauge_study,
    finish_gauge_study,
    quarantine_gauge,
)


class CharacteristicSerializer(StrictModelSerializer):
    class Meta:
        model = Characteristic
        fields = (*MASTER_DATA_FIELDS, "kind", "unit", "decimals", "description", *AUDIT_FIELDS)


class CharacteristicViewSet(MasterDataViewSet):
    """What is measured, ticked or counted."""

    serializer_class = CharacteristicSerializer
    resource_class = CharacteristicResource
    filterset_fields = ("code", "is_active", "kind")


class CalibrationSerializer(StrictModelSerializer):
    class Meta:
        model = Calibration
        fields = (
            "id",
            "company",
            "gauge",
            "calibrated_on",
            "due_on",
            "is_found_good",
            "is_left_good",
            "as_found",
            "as_left",
            "certificate",
            "laboratory",
            "created_at",
            "created_by",
        )


class CalibrationViewSet(LedgerViewSet):
    """Calibrations as their certificates have them."""

    serializer_class = CalibrationSerializer
    filterset_fields = {
        "gauge": ["exact"],
        "calibrated_on": ["gte", "lte"],
        "is_found_good": ["exact"],
    }


class GaugeSerializer(StrictModelSerializer):
    class Meta:
        model = Gauge
        fields = (
            *MASTER_DATA_FIELDS,
            "status",
            "site",
            "serial_number",
            "maker",
            "resolution",
            "interval_days",
            "due_on",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("status", "due_on")


class GaugeViewSet(MasterDataViewSet):
    """The gauge register."""

    serializer_class = GaugeSerializer
    resource_class = GaugeResource
    filterset_fields = {
        "code": ["exact"],
        "is_active": ["exact"],
        "status": ["exact", "in"],
        "site": ["exact"],
        "due_on": ["exact", "gte", "lte"],
    }

    @verb(
        permission="quality.calibrate_gauge",
        serializer=CalibrateInput,
        response=CalibrationSerializer,
        status=201,
    )
    def calibrate(self, gauge: Any, *, by: User, **values: Any) -> Calibration:
        return calibrate_gauge(gauge, by=by, **values)

    @verb(permission="quality.quarantine_gauge", serializer=ReasonInput)
    def quarantine(self, gauge: Any, *, reason: str, by: User) -> Gauge:
        return quarantine_gauge(gauge, reason=reason, by=by)

    @extend_schema(responses=shape_of(LookBack), filters=False)
    @action(detail=True, methods=["get"], url_path="look-back", pagination_class=None)
    def look_back(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Every lot that it measured since it was last known to be good."""
        return Response(asdict(look_back(self.get_object())))

    look_back.required_permissions = ("view", "quality.view_inspection")  # type: ignore[attr-defined]


class GaugeReadingSerializer(StrictModelSerializer):
    class Meta:
        model = GaugeReading
        fields = ("id", "part", "appraiser", "trial", "value")


class GaugeStudySerializer(StrictModelSerializer):
    readings = GaugeReadingSerializer(many=True, allow_empty=False)

    class Meta:
        model = GaugeStudy
        fields = (
            "id",
            "company",
            "number",
            "status",
            "gauge",
            "characteristic",
            "method",
            "tolerance",
            "date",
            "percent_gauge",
            "percent_tolerance",
            "categories",
            "verdict",
            "readings",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "percent_gauge",
            "percent_tolerance",
            "categories",
            "verdict",
        )


class GaugeStudyViewSet(CreateMixin, DocumentViewSet):
    """Studies of repeatability and reproducibility."""

    serializer_class = GaugeStudySerializer
    prefetch_related = ("readings",)
    filterset_fields = ("number", "status", "gauge", "characteristic", "verdict")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> GaugeStudy:
        readings = [StudyReading(**one) for one in values.pop("readings")]
        return create_gauge_study(values.pop("company"), readings=readings, by=by, **values)

    @verb(permission="quality.finish_gaugestudy")
    def finish(self, study: Any, *, by: User) -> GaugeStudy:
        """Reckon it up."""
        return finish_gauge_study(study, by=by)

    @verb(permission="quality.finish_gaugestudy", serializer=ReasonInput)
    def cancel(self, study: Any, *, reason: str, by: User) -> GaugeStudy:
        return cancel_gauge_study(study, reason=reason, by=by)

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import shape_of
from apps.core.api.bases import LedgerViewSet, MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import ReadViewSet
from apps.core.models import User
from apps.quality.api.inputs import FreezeInput
from apps.quality.models import ControlChart, ControlLimits, SpcSignal
from apps.quality.queries.chart_views import PlottedPoint, chart_view
from apps.quality.resources import ControlChartResource
from apps.quality.services.control_charts import create_control_chart, update_control_chart
from apps.quality.services.signalling import freeze_limits


class ControlLimitsSerializer(StrictModelSerializer):
    class Meta:
        model = ControlLimits
        fields = (
            "id",
            "company",
            "chart",
            "revision",
            "points",
            "center",
            "lower",
            "upper",
            "sigma",
            "process_sigma",
            "spread_center",
            "spread_lower",
            "spread_upper",
            "reason",
            "frozen_at",
            "frozen_by",
        )


class ControlLimitsViewSet(ReadViewSet):
    """Limits as they were frozen; the highest revision of a chart is in force."""

    serializer_class = ControlLimitsSerializer
    filterset_fields = ("chart", "revision")
    ordering_fields = ("id",)


class SpcSignalSerializer(StrictModelSerializer):
    class Meta:
        model = SpcSignal
        fields = (
            "id",
            "company",
            "chart",
            "limits",
            "inspection",
            "subgroup",
            "point",
            "side",
            "rule",
            "value",
            "nonconformance",
            "created_at",
            "created_by",
        )


class SpcSignalViewSet(LedgerViewSet):
    """Points that broke a rule."""

    serializer_class = SpcSignalSerializer
    filterset_fields = ("chart", "inspection", "rule", "side", "nonconformance", "point")


class ControlChartSerializer(StrictModelSerializer):
    class Meta:
        model = ControlChart
        fields = (
            *MASTER_DATA_FIELDS,
            "kind",
            "item",
            "characteristic",
            "operation_sequence",
            "subgroup_size",
            "rules",
            "has_printed_factors",
            "blocks_start",
            *AUDIT_FIELDS,
        )


class SpecificationOutput(serializers.Serializer):
    lower = serializers.FloatField(allow_null=True)
    nominal = serializers.FloatField(allow_null=True)
    upper = serializers.FloatField(allow_null=True)


class ChartPointOutput(shape_of(PlottedPoint)):
    measured_at = serializers.DateTimeField()


class ChartOutput(serializers.Serializer):
    """``is_frozen``: limits are in force (of ``revision``), else they are for trial."""

    chart = serializers.CharField()
    kind = serializers.ChoiceField(choices=ControlChart.Kind.choices)
    is_frozen = serializers.BooleanField()
    revision = serializers.IntegerField(allow_null=True)
    center = serializers.FloatField(allow_null=True)
    lower = serializers.FloatField(allow_null=True)
    upper = serializers.FloatField(allow_null=True)
    spread_center = serializers.FloatField(allow_null=True)
    spread_lower = serializers.FloatField(allow_null=True)
    spread_upper = serializers.FloatField(allow_null=True)
    specification = SpecificationOutput()
    cp = serializers.FloatField(allow_null=True)
    cpk = serializers.FloatField(allow_null=True)
    pp = serializers.FloatField(allow_null=True)
    ppk = serializers.FloatField(allow_null=True)
    points = ChartPointOutput(many=True)


class ControlChartViewSet(MasterDataViewSet):
    """Control charts; their points are the results of inspections."""

    serializer_class = ControlChartSerializer
    resource_class = ControlChartResource
    create_service = staticmethod(create_control_chart)
    update_service = staticmethod(update_control_chart)
    filterset_fields = ("code", "is_active", "kind", "item", "characteristic")

    @verb(
        permission="quality.freeze_controlchart",
        serializer=FreezeInput,
        response=ControlLimitsSerializer,
        status=201,
    )
    def freeze(
        self, chart: Any, *, by: User, points: int | None = None, reason: str = ""
    ) -> ControlLimits:
        """Take the limits of the first points (all) as those in force."""
        return freeze_limits(chart, points=points, reason=reason, by=by)

    @extend_schema(responses=ChartOutput, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def points(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Points with limits, signals and capability."""
        return Response(chart_view(self.get_object()).as_dict())

    points.required_permissions = ("view", "quality.view_inspectionresult")  # type: ignore[attr-defined]

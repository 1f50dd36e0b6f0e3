from __future__ import annotations

from dataclasses import asdict
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import listed, shape_of
from apps.core.api.bases import MasterDataViewSet
from apps.core.api.fields import DecimalField, IntegerField, TextField
from apps.core.api.printouts import PdfActions
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.core.queries.currencies import decimal_places
from apps.maintenance.api import answers
from apps.maintenance.api.spans import SpanQuery, asking, visible_assets
from apps.maintenance.models import Asset, FailureCode, MaintenanceOrder
from apps.maintenance.printouts import asset_label_pdf
from apps.maintenance.queries.assets import (
    YearCost,
    annual_costs,
    asset_tree,
    bad_actors,
    cost_of_last_year,
)
from apps.maintenance.queries.performance import backlog, compliance, reliability_of
from apps.maintenance.replacement import ReplacementCase, compare
from apps.maintenance.resources import AssetResource, FailureCodeResource
from apps.maintenance.services.assets import create_asset, update_asset
from apps.maintenance.services.breakdowns import open_breakdown
from apps.maintenance.services.failure_codes import create_failure_code, update_failure_code


class AssetSerializer(StrictModelSerializer):
    class Meta:
        model = Asset
        fields = (
            *MASTER_DATA_FIELDS,
            "kind",
            "parent",
            "criticality",
            "site",
            "machine",
            "work_centre",
            "serial_number",
            "maker",
            "model_name",
            "commissioned_on",
            "cost_object",
            *AUDIT_FIELDS,
        )


class BreakdownInput(StrictSerializer):
    title = TextField(max_length=160)
    description = TextField(max_length=4000, required=False, single_line=False)


class BreakdownMade(StrictModelSerializer):
    class Meta:
        model = MaintenanceOrder
        fields = ("id", "number", "status", "kind", "asset", "title", "downtime_starts_at")


class ReplacementQuery(StrictSerializer):
    """Rates are per year: 0.1 is ten percent. The cost of the asset comes from the ledger."""

    price = DecimalField(positive=True, decimal_places=4)
    new_annual_cost = DecimalField(min_value=Decimal(0), decimal_places=4)
    years = IntegerField(min_value=1, max_value=40)
    discount_rate = DecimalField(min_value=Decimal(0), max_value=Decimal(1))
    cost_growth = DecimalField(min_value=Decimal("-0.5"), max_value=Decimal(1), required=False)
    sale_value_now = DecimalField(min_value=Decimal(0), required=False, decimal_places=4)
    sale_value_end = DecimalField(min_value=Decimal(0), required=False, decimal_places=4)
    new_sale_value_end = DecimalField(min_value=Decimal(0), required=False, decimal_places=4)


class ComplianceQuery(SpanQuery):
    grace_days = IntegerField(min_value=0, max_value=60, required=False)


class AssetViewSet(PdfActions, MasterDataViewSet):
    """What is kept running. ``pdf/`` is the label with its QR code."""

    serializer_class = AssetSerializer
    resource_class = AssetResource
    create_service = staticmethod(create_asset)
    update_service = staticmethod(update_asset)
    printout = staticmethod(asset_label_pdf)
    filterset_fields = (
        "code",
        "is_active",
        "kind",
        "criticality",
        "parent",
        "site",
        "machine",
        "work_centre",
    )
    search_fields = ("code", "name", "serial_number", "maker")

    @verb(
        permission="maintenance.release_maintenanceorder",
        serializer=BreakdownInput,
        response=BreakdownMade,
        status=201,
    )
    def breakdown(self, asset: Asset, *, by: User, **given: Any) -> MaintenanceOrder:
        """It stands still now: an urgent order, released; the one there is when there is one."""
        return open_breakdown(asset, by=by, **given)

    @extend_schema(responses=listed(answers.AssetInTree, has_next=False), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def tree(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The whole tree that the asset is in, top down."""
        return Response({"results": asset_tree(self.get_object())})

    tree.required_permissions = ("view",)  # type: ignore[attr-defined]

    @extend_schema(responses=listed(shape_of(YearCost), has_next=False), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def costs(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Cost by year from the ledger, parts of the asset included."""
        tomorrow = timezone.localdate() + timedelta(days=1)
        years = annual_costs(self.get_object(), before=tomorrow)
        return Response({"results": [asdict(year) for year in years]})

    costs.required_permissions = ("view", "maintenance.view_maintenancelabour")  # type: ignore[attr-defined]

    @extend_schema(
        parameters=[ReplacementQuery], responses=answers.ReplacementOutput, filters=False
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        query_parameters=tuple(ReplacementQuery().fields),
    )
    def replacement(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Keep it or buy a new one: both ways' flows and what they are worth today."""
        asset = self.get_object()
        parser = ReplacementQuery(
            data=request.query_params.dict(), context={"request": request, "view": self}
        )
        parser.is_valid(raise_exception=True)
        annual = cost_of_last_year(asset, timezone.localdate())
        case = ReplacementCase(annual_cost=annual, **parser.validated_data)
        answer = compare(case, decimal_places(asset.company.currency_id))
        return Response({"annual_cost": annual, **asdict(answer)})

    replacement.required_permissions = ("view", "maintenance.view_maintenancelabour")  # type: ignore[attr-defined]

    @asking("reliability", SpanQuery, "maintenance.view_asset", row=answers.AssetReliabilityOutput)
    def reliability(self, **asked: Any) -> list[dict[str, Any]]:
        """MTBF, MTTR (hours) and availability of each asset in the span."""
        assets = visible_assets(self.request.user, asked)
        found = reliability_of(assets, asked["since"], asked["until"], now=timezone.now())
        return [
            {
                "asset": one.asset_id,
                "asset_code": assets[one.asset_id],
                "hours": one.figures.hours,
                "down_hours": one.figures.down_hours,
                "failures": one.figures.failures,
                "mtbf": one.figures.mtbf,
                "mttr": one.figures.mttr,
                "availability": one.figures.availability,
                "weibull": one.weibull
                and {
                    name: round(getattr(one.weibull, name), 4)
                    for name in ("shape", "scale", "likely_shape", "likely_scale")
                },
            }
            for one in found
        ]

    @asking(
        "bad-actors",
        SpanQuery,
        "maintenance.view_asset",
        "maintenance.view_maintenancelabour",
        row=answers.BadActorOutput,
    )
    def bad_actors(self, **asked: Any) -> list[dict[str, Any]]:
        """Assets by what they cost: posted maintenance, and lost minutes at the machine's rate."""
        assets = visible_assets(self.request.user, asked)
        found = bad_actors(asked["company"], assets, asked["since"], asked["until"])
        return [
            {
                "asset": one.id,
                "asset_code": one.code,
                "name": one.name,
                "criticality": one.criticality,
                "cost": one.cost,
                "failures": one.failures,
                "lost_minutes": one.lost_minutes,
                "lost_cost": one.lost_cost,
                "total": one.total,
            }
            for one in found
        ]

    @asking(
        "compliance",
        ComplianceQuery,
        "maintenance.view_maintenanceorder",
        row=answers.ComplianceOutput,
    )
    def compliance(self, **asked: Any) -> list[dict[str, Any]]:
        """Preventive orders due in the span and done in time; and what waits now."""
        assets = visible_assets(self.request.user, asked)
        kept = compliance(
            assets,
            _day(asked["since"]),
            _day(asked["until"]),
            grace_days=asked.get("grace_days", 0),
        )
        waits = backlog(assets, timezone.localdate())
        return [
            {
                "due": kept.due,
                "in_time": kept.in_time,
                "share": kept.share,
                "backlog_orders": waits.orders,
                "backlog_hours": waits.hours,
                "overdue": waits.overdue,
            }
        ]


def _day(moment: datetime) -> Date:
    return moment.date()


class FailureCodeSerializer(StrictModelSerializer):
    class Meta:
        model = FailureCode
        fields = (*MASTER_DATA_FIELDS, "kind", "parent", *AUDIT_FIELDS)


class FailureCodeViewSet(MasterDataViewSet):
    """Modes, causes and remedies."""

    serializer_class = FailureCodeSerializer
    resource_class = FailureCodeResource
    create_service = staticmethod(create_failure_code)
    update_service = staticmethod(update_failure_code)
    filterset_fields = ("code", "is_active", "kind", "parent")

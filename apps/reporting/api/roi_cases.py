from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import ReportOutput
from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.core.models import User
from apps.reporting.api.datasets import report_data
from apps.reporting.investments import appraisal_report, months_report, periods_report
from apps.reporting.models import RoiCase, RoiFlow, RoiMonth
from apps.reporting.queries.roi_cases import view_roi_case
from apps.reporting.services import roi_cases as services

RUN = "reporting.run_roicase"


class RoiFlowSerializer(StrictModelSerializer):
    class Meta:
        model = RoiFlow
        fields = ("period", "amount")


class RoiCaseSerializer(StrictModelSerializer):
    flows = RoiFlowSerializer(many=True, allow_empty=False)

    class Meta:
        model = RoiCase
        fields = (
            "id",
            "company",
            "number",
            "status",
            "title",
            "rate",
            "period_months",
            "starts_on",
            "dataset",
            "question",
            "value",
            "good",
            "baseline_from",
            "baseline_to",
            "baseline",
            "note",
            "flows",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "baseline")


class AppraisalOutput(serializers.Serializer):
    appraisal = ReportOutput()
    periods = ReportOutput()
    months = ReportOutput()


class RoiCaseViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Investments: draft, approve, start, measure, close; planned against measured."""

    serializer_class = RoiCaseSerializer
    prefetch_related = ("flows",)
    filterset_fields = {"number": ["exact"], "status": ["exact"]}
    search_fields = ("number", "title")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> RoiCase:
        flows = [services.Flow(**flow) for flow in values.pop("flows")]
        return services.draft_roi_case(flows=flows, by=by, **values)

    def perform_update(
        self, row: RoiCase, values: dict[str, Any], *, version: int | None, by: User, reason: str
    ) -> RoiCase:
        given = values.pop("flows", None)
        flows = None if given is None else [services.Flow(**flow) for flow in given]
        return services.change_roi_case(row, flows=flows, version=version, by=by, **values)

    @verb(permission="reporting.approve_roicase")
    def approve(self, case: RoiCase, *, by: User) -> RoiCase:
        return services.approve_roi_case(case, by=by)

    @verb(permission=RUN)
    def start(self, case: RoiCase, *, by: User) -> RoiCase:
        return services.start_roi_case(case, by=by)

    @verb(permission=RUN)
    def measure(self, case: RoiCase, *, by: User) -> RoiCase:
        return services.measure_roi_case(case, by=by)

    @verb(permission=RUN)
    def close(self, case: RoiCase, *, by: User) -> RoiCase:
        return services.close_roi_case(case, by=by)

    @verb(permission="reporting.change_roicase")
    def cancel(self, case: RoiCase, *, by: User) -> RoiCase:
        return services.cancel_roi_case(case, by=by)

    @extend_schema(responses=AppraisalOutput)
    @action(detail=True, methods=["get"])
    def appraisal(self, request: Any, pk: str = "") -> Response:
        """Present value, internal rate and payback as planned, expected and measured."""
        view = view_roi_case(self.get_object())
        return Response({
            "appraisal": report_data(appraisal_report(view)),
            "periods": report_data(periods_report(view)),
            "months": report_data(months_report(view)),
        })  # fmt: skip

    appraisal.required_permissions = ("reporting.view_roicase",)  # type: ignore[attr-defined]


class RoiMonthSerializer(StrictModelSerializer):
    class Meta:
        model = RoiMonth
        fields = ("id", "company", "case", "month", "actual", "baseline", "benefit", *AUDIT_FIELDS)
        read_only_fields = fields


class RoiMonthViewSet(CompanyViewSet):
    """What the ledger said of each month of an investment."""

    serializer_class = RoiMonthSerializer
    filterset_fields = ("case",)
    ordering_fields = ("id", "month")

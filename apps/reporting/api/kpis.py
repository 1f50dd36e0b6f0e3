from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.core.api.answers import ReportOutput
from apps.core.api.questions import QuestionViewSet
from apps.reporting.api.datasets import report_data
from apps.reporting.kpi_sheets import FILTERS, KEYS, kpi_report, read_sheet_request
from apps.reporting.queries.scope import asked_by


class KpiViewSet(QuestionViewSet):
    """Indicators of ISO 22400-2 with formula, elements and figure."""

    @extend_schema(
        parameters=[
            OpenApiParameter("company", str),
            OpenApiParameter("period", str),
            OpenApiParameter("date_from", OpenApiTypes.DATE),
            OpenApiParameter("date_to", OpenApiTypes.DATE),
            OpenApiParameter("by", str, enum=list(KEYS)),
            *(OpenApiParameter(name, str) for name in FILTERS),
        ],
        responses=ReportOutput,
    )
    def list(self, request: Any) -> Response:
        given = {name: text for name, text in request.query_params.items() if name != "format"}
        return Response(report_data(kpi_report(read_sheet_request(given, asked_by(request.user)))))

    list.required_permissions = ("execution.view_machineinterval",)  # type: ignore[attr-defined]

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.core.api.answers import ReportOutput
from apps.core.api.questions import QuestionViewSet
from apps.reporting.api.datasets import report_data
from apps.reporting.bridges import bridge_report, read_bridge_request
from apps.reporting.queries.scope import asked_by


class LossBridgeViewSet(QuestionViewSet):
    """Lost minutes at the rate against what the ledger absorbed, per work centre."""

    @extend_schema(
        parameters=[OpenApiParameter("company", str), OpenApiParameter("period", str)],
        responses=ReportOutput,
    )
    def list(self, request: Any) -> Response:
        given = {name: text for name, text in request.query_params.items() if name != "format"}
        return Response(
            report_data(bridge_report(read_bridge_request(given, asked_by(request.user))))
        )

    list.required_permissions = (  # type: ignore[attr-defined]
        "execution.view_machineinterval",
        "finance.view_journalline",
    )

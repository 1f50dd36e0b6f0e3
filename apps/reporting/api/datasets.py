"""The semantic layer: datasets, what they can be split by, and the answers, read only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import ViewSet

from apps.core.api.answers import ReportOutput, listed, or_files
from apps.core.reports import Report
from apps.reporting.api.answers import AskedOutput, DatasetOutput
from apps.reporting.datasets import DIMENSIONS, Dataset, datasets
from apps.reporting.pivot_request import read_request
from apps.reporting.pivots import FORMATS, MOST_SHOWN, build_file, lines_report, pivot_report
from apps.reporting.queries.pivots import read_lines, read_pivot
from apps.reporting.queries.scope import asked_by

_PARAMETERS = [
    OpenApiParameter("rows", str, description="Dimensions, separated by commas"),
    OpenApiParameter("cols", str, description="Dimensions, separated by commas"),
    OpenApiParameter("values", str, description="Values, separated by commas"),
    OpenApiParameter(
        "filter", str, many=True, description="dimension:code, dimension:id:17 or dimension:none"
    ),
    OpenApiParameter("company", str, description="Id or code; the only one by default"),
    OpenApiParameter("period", str, description="YYYY-MM, YYYY or a name, e.g. last_month"),
    OpenApiParameter("date_from", OpenApiTypes.DATE),
    OpenApiParameter("date_to", OpenApiTypes.DATE),
    OpenApiParameter("as", str, enum=["json", *FORMATS]),
]


class PivotOutput(ReportOutput):
    asked = AskedOutput()
    left_out = serializers.IntegerField(help_text="Columns that found no place")


class PivotLinesOutput(ReportOutput):
    asked = AskedOutput()
    is_cut = serializers.BooleanField()


class DatasetViewSet(ViewSet):
    """Datasets that the caller may see. A dataset has the permission of its rows."""

    permission_classes = (IsAuthenticated,)
    is_personal = True
    lookup_value_regex = "[a-z0-9_]{1,60}"

    @extend_schema(responses=listed(DatasetOutput), operation_id="reporting_datasets_list")
    def list(self, request: Any) -> Response:
        """What can be asked, with every formula in words."""
        asked = asked_by(request.user)
        allowed = [one for one in datasets().values() if asked.may_see(one)]
        return Response({"results": [_described(one, request) for one in allowed], "next": None})

    @extend_schema(parameters=_PARAMETERS, responses=or_files(PivotOutput, FORMATS))
    def retrieve(self, request: Any, pk: str = "") -> Any:
        """A pivot: each row with its level, figures as exact text, and links to what is behind."""
        dataset, asked = self._dataset(request, pk)
        given = _given(request)
        if (given.get("as") or ["json"]) != ["json"]:
            return _file(*build_file(dataset.code, given, asked))
        wanted = read_request(dataset.code, given, asked)

        def address(view: str, words: Mapping[str, Any]) -> str:
            name = f"reporting-datasets-{'lines' if view == 'lines' else 'detail'}"
            return f"{reverse(name, [dataset.code], request=request)}?{urlencode(words, True)}"

        made = pivot_report(read_pivot(wanted), address)
        return Response(
            report_data(made.report) | {"asked": wanted.words(), "left_out": made.left_out}
        )

    @extend_schema(parameters=_PARAMETERS, responses=or_files(PivotLinesOutput, FORMATS))
    @action(detail=True, methods=["get"])
    def lines(self, request: Any, pk: str = "") -> Any:
        """The documents behind a cell; their total is the cell."""
        dataset, asked = self._dataset(request, pk)
        given = _given(request)
        if (given.get("as") or ["json"]) != ["json"]:
            return _file(*build_file(dataset.code, given, asked, is_lines=True))
        wanted = read_request(dataset.code, given, asked)
        found = read_lines(wanted, limit=MOST_SHOWN)
        return Response(
            report_data(lines_report(wanted, found))
            | {"asked": wanted.words(), "is_cut": found.is_cut}
        )

    def _dataset(self, request: Any, code: str) -> tuple[Dataset, Any]:
        asked = asked_by(request.user)
        dataset = datasets().get(code)
        if dataset is None or not asked.may_see(dataset):
            raise Http404
        return dataset, asked


def _given(request: Any) -> dict[str, list[str]]:
    return {name: texts for name, texts in request.query_params.lists() if name != "format"}


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _described(dataset: Dataset, request: Any) -> dict[str, Any]:
    return {
        "code": dataset.code,
        "title": str(dataset.title),
        "description": str(dataset.description),
        "dimensions": [
            {"code": name, "title": str(DIMENSIONS[name].title)} for name in dataset.dimensions
        ],
        "values": [
            {
                "code": value.code,
                "title": str(value.title),
                "unit": str(value.unit),
                "formula": str(value.formula),
                "measure": value.measure or None,
            }
            for value in dataset.values
        ],
        "path": list(dataset.path),
        "url": reverse("reporting-datasets-detail", [dataset.code], request=request),
    }


def report_data(report: Report) -> dict[str, Any]:
    """A report as plain data: exact figures, links by column."""
    return {
        "title": report.title,
        "about": report.subtitles,
        "columns": [{"key": c.key, "label": c.label, "kind": c.kind} for c in report.columns],
        "rows": [
            {
                **{
                    column.key: report.plain(column, cell) if cell is not None else None
                    for column, cell in zip(report.columns, row.cells, strict=True)
                },
                "is_total": row.is_total,
                "links": {key: url for key, url in row.links.items() if url},
            }
            for row in report.rows
        ],
    }

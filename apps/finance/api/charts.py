"""Charts of accounts: those that are shipped, and one's own from a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.core.api.permissions import ModelPermissions
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.models import Company, User
from apps.core.tables import ENCODINGS, LARGEST_FILE
from apps.finance.api.uploads import upload
from apps.finance.chart_files import read_chart
from apps.finance.models import Account
from apps.finance.services.chart import shipped_charts
from apps.finance.services.chart_imports import ChartImport, import_chart, require_rows


class ChartUpload(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    file = serializers.FileField(max_length=400)
    encoding = serializers.ChoiceField(choices=ENCODINGS, default="utf-8")


class ShippedChart(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    accounts = serializers.IntegerField()


@extend_schema_serializer(many=False)
class ShippedCharts(serializers.Serializer):
    results = ShippedChart(many=True)


class ChartRowError(serializers.Serializer):
    row = serializers.IntegerField()
    field = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class ImportedChart(serializers.Serializer):
    """``added_lines``: statement lines besides the headings. ``missing_roles``: what posts by
    them waits for a posting rule."""

    headings = serializers.IntegerField()
    added_lines = serializers.IntegerField()
    accounts = serializers.IntegerField()
    tax_codes = serializers.IntegerField()
    errors = ChartRowError(many=True)
    missing_roles = serializers.ListField(child=serializers.CharField())


class ChartsViewSet(ViewSet):
    """``POST`` a chart of accounts to an empty company: CSV, XLSX or LedgerSMB XML."""

    permission_classes = (ModelPermissions,)
    permission_model = Account

    @classmethod
    def model_class(cls) -> type[Account]:
        return Account

    @extend_schema(responses={200: ShippedCharts}, filters=False)
    def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The charts that ``load-chart`` of accounts knows."""
        return Response({"results": [asdict(chart) for chart in shipped_charts()]})

    list.required_permissions = ("finance.view_account",)  # type: ignore[attr-defined]

    @upload(ChartUpload, permission="finance.add_account", response=ImportedChart)
    def import_file(
        self, *, company: Company, file: Any, encoding: str, by: User
    ) -> dict[str, Any]:
        """Headings, accounts, journals, tax codes and tasks of the close; all or nothing."""
        table = read_chart(file.name, file.read(LARGEST_FILE + 1), encoding=encoding)
        return _presented(require_rows(import_chart(company, table, by=by)))

    @extend_schema(
        request={"multipart/form-data": ChartUpload},
        responses={200: ImportedChart},
        filters=False,
    )
    @action(detail=False, methods=["post"], parser_classes=(MultiPartParser,))
    def check(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What the file would make, or what is wrong with each row; nothing is written."""
        context = {"request": request, "view": self}
        parser = ChartUpload(data=request.data.dict(), context=context)
        parser.is_valid(raise_exception=True)
        given = parser.validated_data
        file = given["file"]
        table = read_chart(file.name, file.read(LARGEST_FILE + 1), encoding=given["encoding"])
        made = import_chart(given["company"], table, by=request.user, dry_run=True)
        return Response(_presented(made))

    check.required_permissions = ("finance.add_account",)  # type: ignore[attr-defined]


def _presented(made: ChartImport) -> dict[str, Any]:
    found = asdict(made)
    found.pop("is_dry_run")
    return found

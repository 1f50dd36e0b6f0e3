"""``POST …/import/?dry_run=true`` and ``GET …/export/?as=xlsx`` of a noun."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from apps.core.api.fields import TextField
from apps.core.api.requests import respond_once
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.import_profiles import read_profile
from apps.core.resources import FORMATS, ImportReport
from apps.core.tables import ENCODINGS, LARGEST_FILE


class ImportInput(StrictSerializer):
    company = CompanyField()
    file = serializers.FileField(max_length=400)
    reason = TextField(required=False, default="", max_length=500)
    encoding = serializers.ChoiceField(choices=ENCODINGS, default="utf-8")
    profile = TextField(
        required=False,
        default="",
        single_line=False,
        help_text="JSON: columns (ours: the file's), constants, values",
    )


class RefusedRow(serializers.Serializer):
    """``row`` is the line of the file, 0 the whole of it; ``attr`` the column at fault."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)
    row = serializers.IntegerField()


class ImportOutput(serializers.Serializer):
    dry_run = serializers.BooleanField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    errors = RefusedRow(many=True, required=False)


class _RowsRefused(Exception):
    """Takes the claim on the Idempotency-Key back: nothing was written, the key stays free."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self.report = report


class ImportActions:
    """Mixed into a viewset with a ``resource_class``."""

    resource_class: ClassVar[Any] = None
    #: What an import asks beside the file; its further fields reach ``make_resource``.
    import_input: ClassVar[type[ImportInput]] = ImportInput

    @classmethod
    def get_extra_actions(cls) -> Any:
        """Without a ``resource_class`` there is no table, and no address for one."""
        actions = super().get_extra_actions()  # type: ignore[misc]
        if cls.resource_class is not None:
            return actions
        return [one for one in actions if one.__name__ not in ("import_file", "export")]

    def make_resource(self, given: dict[str, Any]) -> Any:
        """The resource that imports, set up by what the request says."""
        return self.resource_class()

    @extend_schema(
        request={"multipart/form-data": ImportInput},
        responses={200: ImportOutput},
        parameters=[OpenApiParameter("dry_run", OpenApiTypes.BOOL)],
        filters=False,
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        parser_classes=(MultiPartParser,),
        query_parameters=("dry_run",),
        pagination_class=None,
    )
    def import_file(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Create and change rows from a CSV or XLSX file: all of them, or none."""
        dry_run = _flag(request.query_params.get("dry_run", "false"))
        try:
            return respond_once(request, lambda: self._import(request, dry_run))
        except _RowsRefused as refused:
            return Response(_errors_body(refused.report), status=422)

    import_file.required_permissions = ("add", "change")

    def _import(self, request: Any, dry_run: bool) -> tuple[int, Any]:
        context = self.get_serializer_context()
        sent = request.data  # a plain dict where no form came at all
        sent = sent.dict() if hasattr(sent, "dict") else sent
        parser = self.import_input(data=sent, context=context)
        parser.is_valid(raise_exception=True)
        given = parser.validated_data
        file = given["file"]
        content = file.read(LARGEST_FILE + 1)
        resource = self.make_resource(given)
        table = resource.read_file(
            file.name, content, encoding=given["encoding"], company=given["company"]
        )
        report = resource.run_import(
            read_profile(given["profile"]).apply(table),
            company=given["company"],
            by=request.user,
            reason=given["reason"],
            dry_run=dry_run,
        )
        if report.errors and not dry_run:
            raise _RowsRefused(report)
        body = report.summary()
        if dry_run:
            body["errors"] = _errors(report)
        return 200, body

    @extend_schema(
        responses={
            (200, content_type.partition(";")[0]): OpenApiTypes.BINARY
            for _write, content_type in FORMATS.values()
        },
        parameters=[OpenApiParameter("as", str, enum=list(FORMATS))],
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The rows that the same filters list, as a table that can be imported again."""
        kind = request.query_params.get("as", "csv")
        if kind not in FORMATS:
            text = _("Choose csv or xlsx.")
            raise ValidationError({"as": [ErrorDetail(text, code="invalid_choice")]})
        rows = self.filter_queryset(self.get_queryset())
        content, content_type = self.resource_class().export(rows, kind)
        response = HttpResponse(content, content_type=content_type)
        noun = self.model_class()._meta.model_name
        response["Content-Disposition"] = f'attachment; filename="{noun}.{kind}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response

    export.required_permissions = ("view",)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        error = ErrorDetail(_("Give true or false."), code="invalid")
        raise ValidationError({"dry_run": [error]})
    return text == "true"


def _errors(report: ImportReport) -> list[dict[str, Any]]:
    return [
        {"code": e.code, "detail": e.detail, "attr": e.field, "row": e.row} for e in report.errors
    ]


def _errors_body(report: ImportReport) -> dict[str, Any]:
    return {"type": "validation_error", "errors": _errors(report)}

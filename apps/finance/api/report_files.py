"""Reports as files that are made in the background: asked for, watched and fetched."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from apps.core.api.fields import ChoiceField
from apps.core.api.jobs import JobSerializer
from apps.core.api.requests import respond_once
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.models import BackgroundJob, Company
from apps.finance.api.file_jobs import FileJobsViewSet
from apps.finance.report_jobs import FORMATS, JOB, start_report_file
from apps.finance.report_registry import REPORTS
from apps.finance.views.report_files import FORMATS as CONTENT_TYPES

_PERMISSION = ("finance.view_journalline",)


def _needs_permission(method: Any) -> Any:
    method.required_permissions = _PERMISSION
    return method


class ReportFileInput(StrictSerializer):
    """``parameters``: what the statement of that name takes in its address."""

    company = CompanyField()  # type: ignore[assignment]
    report = ChoiceField(choices=[(name, name) for name in REPORTS])
    format = ChoiceField(choices=[(name, name) for name in FORMATS])
    parameters = serializers.DictField(
        child=serializers.CharField(max_length=200, allow_blank=True), required=False
    )


class ReportFilesViewSet(FileJobsViewSet):
    """Reports of any length as files: ``POST`` starts a job, ``result`` is its file."""

    job_kind = JOB
    content_types = CONTENT_TYPES

    @_needs_permission
    def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().list(request, *args, **kwargs)

    @_needs_permission
    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @_needs_permission
    @extend_schema(request=ReportFileInput, responses={201: JobSerializer}, filters=False)
    def create(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Start one; its answer is the job to watch."""

        def act() -> tuple[int, Any]:
            parser = ReportFileInput(data=request.data or {}, context=self.get_serializer_context())
            parser.is_valid(raise_exception=True)
            return 201, self.present(self._start(**parser.validated_data, by=request.user))

        return respond_once(request, act)

    @staticmethod
    def _start(
        *,
        company: Company,
        report: str,
        format: str,
        by: Any,
        parameters: dict[str, str] | None = None,
    ) -> BackgroundJob:
        given = {**(parameters or {}), "company": company.code, "as": format}
        return start_report_file(report, given, by=by)

    @_needs_permission
    @extend_schema(
        responses={(200, kind): OpenApiTypes.BINARY for kind in CONTENT_TYPES.values()},
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def result(self, request: Any, *args: Any, **kwargs: Any) -> FileResponse:
        """The file, once the job is done."""
        return self.file_of(self.get_object())

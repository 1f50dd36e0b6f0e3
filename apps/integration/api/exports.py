from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from apps.core.api.jobs import JobSerializer
from apps.core.api.requests import respond_once
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.api.views import ReadViewSet
from apps.core.models import BackgroundJob
from apps.core.services.jobs import may_take_result
from apps.core.views.downloads import file_response
from apps.integration.services.exports import JOB, start_export

_PERMISSION = ("integration.export_company",)


def _needs_permission(method: Any) -> Any:
    method.required_permissions = _PERMISSION
    return method


class ExportInput(StrictSerializer):
    company = CompanyField()


class CompanyExportViewSet(ReadViewSet):
    """Take all data of a company along: ``POST`` starts it, ``result`` is the archive."""

    serializer_class = JobSerializer
    filterset_fields = ("status",)
    ordering_fields = ("id",)
    select_related = ("created_by",)

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(kind=JOB)

    @_needs_permission
    def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().list(request, *args, **kwargs)

    @_needs_permission
    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(request=ExportInput, responses={201: JobSerializer})
    @_needs_permission
    def create(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Start one; its answer is the job to watch."""

        def act() -> tuple[int, Any]:
            parser = ExportInput(data=request.data or {}, context=self.get_serializer_context())
            parser.is_valid(raise_exception=True)
            job = start_export(parser.validated_data["company"], by=request.user)
            return 201, self.present(job)

        return respond_once(request, act)

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY}, filters=False)
    @_needs_permission
    @action(detail=True, methods=["get"], pagination_class=None)
    def result(self, request: Any, *args: Any, **kwargs: Any) -> FileResponse:
        """The archive, once the job is done."""
        job: BackgroundJob = self.get_object()
        if not may_take_result(job, request.user):
            raise Http404
        name = job.result.name.rpartition("/")[2]
        return file_response(job.result.open("rb"), name=name, content_type="application/zip")

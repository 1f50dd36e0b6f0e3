"""Standard audit files: asked for, watched and fetched."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from apps.core.api.fields import DateField
from apps.core.api.jobs import JobSerializer
from apps.core.api.requests import respond_once
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.finance.api.file_jobs import FileJobsViewSet
from apps.finance.services.audit_files import JOB, start_audit_file

_PERMISSION = ("finance.export_auditfile",)


def _needs_permission(method: Any) -> Any:
    method.required_permissions = _PERMISSION
    return method


class AuditFileInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    date_from = DateField()
    date_to = DateField()


class AuditFilesViewSet(FileJobsViewSet):
    """The ledger as SAF-T 2.0: ``POST`` starts a job, ``result`` is its file."""

    job_kind = JOB
    content_types = {"xml": "application/xml"}

    @_needs_permission
    def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().list(request, *args, **kwargs)

    @_needs_permission
    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @_needs_permission
    @extend_schema(request=AuditFileInput, responses={201: JobSerializer}, filters=False)
    def create(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Start one; its answer is the job to watch."""

        def act() -> tuple[int, Any]:
            parser = AuditFileInput(data=request.data or {}, context=self.get_serializer_context())
            parser.is_valid(raise_exception=True)
            job = start_audit_file(**parser.validated_data, by=request.user)
            return 201, self.present(job)

        return respond_once(request, act)

    @_needs_permission
    @extend_schema(responses={(200, "application/xml"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def result(self, request: Any, *args: Any, **kwargs: Any) -> FileResponse:
        """The file, once the job is done."""
        return self.file_of(self.get_object())

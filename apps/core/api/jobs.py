from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import CodeOf, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.models import BackgroundJob
from apps.core.services.jobs import cancel_job, may_take_result
from apps.core.views.downloads import file_response


class JobSerializer(StrictModelSerializer):
    percent = serializers.IntegerField(read_only=True)
    created_by_name = CodeOf(source="created_by.username")

    class Meta:
        model = BackgroundJob
        fields = (
            "id",
            "company",
            "kind",
            "title",
            "status",
            "progress",
            "total",
            "percent",
            "message",
            "created_by_name",
            "created_at",
            "started_at",
            "finished_at",
            "version",
        )
        read_only_fields = fields


class JobViewSet(DocumentViewSet):
    """Background jobs: one's own, or everybody's with ``core.view_all_jobs``."""

    serializer_class = JobSerializer
    filterset_fields = ("status", "kind")
    search_fields = ("title", "kind")
    select_related = ("created_by",)

    @verb(permission="core.change_backgroundjob")
    def cancel(self, job: BackgroundJob, *, by: Any) -> BackgroundJob:
        """Take a queued job out of the queue."""
        return cancel_job(job, by=by)

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, filters=False
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def result(self, request: Any, *args: Any, **kwargs: Any) -> FileResponse:
        """The file that the job made."""
        job = self.get_object()
        if not may_take_result(job, request.user):
            raise Http404
        name = job.result.name.rpartition("/")[2]
        return file_response(
            job.result.open("rb"), name=name, content_type="application/octet-stream"
        )

    result.required_permissions = ("view",)

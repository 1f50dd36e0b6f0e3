"""Files that a background job makes: watched and fetched by those who may ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import FileResponse, Http404

from apps.core.api.jobs import JobSerializer
from apps.core.api.views import ReadViewSet
from apps.core.models import BackgroundJob
from apps.core.services.jobs import may_take_result
from apps.core.views.downloads import file_response


class FileJobsViewSet(ReadViewSet):
    """Jobs of one kind; a subclass starts them and says what its files are.

    ``content_types``: by the ending of the file's name.
    """

    serializer_class = JobSerializer
    filterset_fields = ("status",)
    ordering_fields = ("id",)
    select_related = ("created_by",)
    job_kind: ClassVar[str]
    content_types: ClassVar[Mapping[str, str]]

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(kind=self.job_kind)

    def file_of(self, job: BackgroundJob) -> FileResponse:
        """The file, once the job is done; 404 before, and for those who may not take it."""
        if not may_take_result(job, self.request.user):
            raise Http404
        name = job.result.name.rpartition("/")[2]
        kind = self.content_types[name.rpartition(".")[2]]
        return file_response(job.result.open("rb"), name=name, content_type=kind)

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.links import Link
from apps.core.models import BackgroundJob
from apps.core.services.jobs import cancel_job, may_take_result
from apps.core.views.downloads import file_response


@admin.register(BackgroundJob)
class BackgroundJobAdmin(DocumentAdmin):
    """Long work, with progress that moves while one looks."""

    list_display = ("title", "status_label", "progress_bar", "company", "created_at")
    search_fields = ("title", "kind")
    editable_statuses = ()
    verbs = (
        Verb(
            "cancel",
            gettext_lazy("Cancel"),
            "core.change_backgroundjob",
            cancel_job,
            statuses=(BackgroundJob.Status.QUEUED,),
            question=gettext_lazy("The job will not run."),
            is_danger=True,
        ),
    )
    fields = (
        "title",
        "kind",
        "company",
        "progress_bar",
        "message",
        "created_at",
        "started_at",
        "finished_at",
    )
    readonly_fields = ("progress_bar", "created_at", "started_at", "finished_at")

    class Media:
        js = ("core/js/job_progress.js",)
        css = {"all": ("core/css/admin.css",)}

    def get_urls(self) -> list[URLPattern]:
        return [
            self.add_admin_path("<int:object_id>/progress/", self.progress_view, "progress"),
            self.add_admin_path("<int:object_id>/result/", self.result_view, "result"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("progress"))
    def progress_bar(self, job: BackgroundJob) -> str:
        ended = job.Status.DONE, job.Status.FAILED, job.Status.CANCELLED
        url = "" if job.status in ended or job.pk is None else self.admin_url("progress", job.pk)
        return format_html(
            '<span class="job-progress" data-url="{}"><progress max="100" value="{}"></progress>'
            " <output>{}</output></span>",
            url,
            job.percent,
            f"{job.percent} %",
        )

    def progress_view(self, request: Any, object_id: int) -> HttpResponse:
        job = self.visible_object(request, object_id)
        return JsonResponse(
            {"status": job.status, "percent": job.percent, "message": job.message},
            headers={"Cache-Control": "no-store"},
        )

    def result_view(self, request: Any, object_id: int) -> HttpResponse:
        job = self.visible_object(request, object_id)
        if not may_take_result(job, request.user):
            raise Http404
        name = job.result.name.rpartition("/")[2]
        return file_response(
            job.result.open("rb"), name=name, content_type="application/octet-stream"
        )

    def links_of(self, request: Any, document: Any) -> list[Link]:
        links = super().links_of(request, document)
        if may_take_result(document, request.user):
            url = self.admin_url("result", document.pk)
            links.insert(0, Link(gettext_lazy("Result"), url, "download"))
        return links

"""The page from which a company leaves with all of its data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.errors import BusinessError
from apps.core.models import BackgroundJob, Company
from apps.integration.services.exports import JOB, start_export

MOST_JOBS = 20


class ExportForm(forms.Form):
    company = forms.ModelChoiceField(
        Company.objects.none(),
        label=gettext_lazy("Company"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].queryset = Company.objects.visible_to(user)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required("integration.export_company", raise_exception=True)
def export_page(request: HttpRequest) -> HttpResponse:
    """Past exports, and a button for a new one; its job shows how far it is."""
    sent = request.method == "POST"
    form = ExportForm(request.POST if sent else None, user=request.user)
    if sent and form.is_valid():
        try:
            job = start_export(form.cleaned_data["company"], by=request.user)
        except BusinessError as error:
            messages.error(request, str(error))
            return redirect("integration-export")
        return redirect("admin:core_backgroundjob_change", job.pk)
    jobs = BackgroundJob.objects.visible_to(request.user).filter(kind=JOB)
    context = {
        **admin.site.each_context(request),
        "title": _("Take all data along"),
        "form": form,
        "jobs": list(jobs.select_related("company")[:MOST_JOBS]),
    }
    return render(request, "integration/export.html", context)

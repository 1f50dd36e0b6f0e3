"""The page from which an auditor gets the ledger as a standard audit file."""

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
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget

from apps.core.errors import BusinessError
from apps.core.models import BackgroundJob, Company
from apps.finance.services.audit_files import JOB, start_audit_file

MOST_JOBS = 20


class AuditFileForm(forms.Form):
    company = forms.ModelChoiceField(
        Company.objects.none(),
        label=gettext_lazy("Company"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    date_from = forms.DateField(label=gettext_lazy("From"), widget=UnfoldAdminSingleDateWidget)
    date_to = forms.DateField(label=gettext_lazy("To"), widget=UnfoldAdminSingleDateWidget)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].queryset = Company.objects.visible_to(user)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required("finance.export_auditfile", raise_exception=True)
def audit_file_page(request: HttpRequest) -> HttpResponse:
    """Past files, and a button for a new one; its job shows how far it is."""
    sent = request.method == "POST"
    form = AuditFileForm(request.POST if sent else None, user=request.user)
    if sent and form.is_valid():
        try:
            job = start_audit_file(**form.cleaned_data, by=request.user)
        except BusinessError as error:
            messages.error(request, str(error))
            return redirect("finance-audit-file")
        return redirect("admin:core_backgroundjob_change", job.pk)
    jobs = BackgroundJob.objects.visible_to(request.user).filter(kind=JOB)
    context = {
        **admin.site.each_context(request),
        "title": _("Audit file (SAF-T)"),
        "form": form,
        "jobs": list(jobs.select_related("company")[:MOST_JOBS]),
    }
    return render(request, "finance/audit_files.html", context)

"""An investment as a page: planned against measured."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.report_files import text_rows
from apps.reporting.investments import reports_of
from apps.reporting.models import RoiCase
from apps.reporting.queries.roi_cases import month_end, view_roi_case
from apps.reporting.queries.scope import asked_by
from apps.reporting.views.pivots import menu


@require_GET
@never_cache
@login_required
@permission_required("reporting.view_roicase", raise_exception=True)
def roi_page(request: HttpRequest, pk: int) -> HttpResponse:
    cases = RoiCase.objects.visible_to(request.user).select_related("company__currency")
    case = cases.filter(pk=pk).first()
    if case is None:
        raise Http404
    view = view_roi_case(case)
    context = {
        "title": f"{case.number} {case.title}",
        "menu": menu(request.user, asked_by(request.user)),
        "case": case,
        "view": view,
        "tables": [(report, text_rows(report)) for report in reports_of(view, _links(view))],
        "edit_url": reverse("admin:reporting_roicase_change", args=[case.pk]),
        "pdf_url": reverse("admin:reporting_roicase_print", args=[case.pk, "appraisal"]),
    }
    return render(request, "reporting/roi_case.html", context)


def _links(view: Any) -> dict[Any, str]:
    case = view.case
    page = reverse("reporting-lines", args=[case.dataset])
    return {
        row.month: f"{page}?{case.question}&"
        + urlencode({
            "rows": "",
            "company": case.company_id,
            "values": case.value,
            "date_from": row.month.isoformat(),
            "date_to": month_end(row.month).isoformat(),
        })
        for row in view.months
    }  # fmt: skip

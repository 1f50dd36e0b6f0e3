"""The loss bridge as a page and as files."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.core.report_files import text_rows, to_csv, to_pdf, to_xlsx
from apps.reporting.bridges import bridge_report, read_bridge_request
from apps.reporting.pivot_request import refused
from apps.reporting.pivots import FORMATS
from apps.reporting.queries.scope import asked_by
from apps.reporting.views.pivots import file_answer, menu

PERMISSIONS = ("execution.view_machineinterval", "finance.view_journalline")


@require_GET
@never_cache
@login_required
@permission_required(PERMISSIONS, raise_exception=True)
def loss_bridge_page(request: HttpRequest) -> HttpResponse:
    asked = asked_by(request.user)
    companies = Company.objects.filter(pk__in=asked.company_ids).order_by("code")
    context = {
        "title": _("Loss bridge"),
        "menu": menu(request.user, asked, "loss-bridge"),
        "companies": list(companies.values_list("code", flat=True)),
        "period": request.GET.get("period", ""),
        "company": request.GET.get("company", ""),
        "spans": [
            ("this_month", _("This month")),
            ("last_month", _("Last month")),
            ("last_7_days", _("Last 7 days")),
            ("last_30_days", _("Last 30 days")),
        ],
    }
    try:
        wanted = read_bridge_request(request.GET, asked)
        report = bridge_report(wanted)
        kind = request.GET.get("as", "")
        if kind and kind not in FORMATS:
            raise refused("as", "invalid_choice", ", ".join(FORMATS))
        if kind:
            paper = request.GET.get("paper", "A4")
            content = (
                to_pdf(report, company=wanted.company, paper=paper)
                if kind == "pdf"
                else (to_csv if kind == "csv" else to_xlsx)(report)
            )
            return file_answer(content, FORMATS[kind], report.file_name(kind))
    except BusinessError as error:
        context["error"] = error
        return render(request, "reporting/loss_bridge.html", context, status=error.status)
    given = {"company": wanted.company.code, "period": wanted.period}
    context |= {
        "report": report,
        "rows": text_rows(report),
        "company": wanted.company.code,
        "period": wanted.period,
        "files": {kind: f"?{urlencode({**given, 'as': kind})}" for kind in FORMATS},
    }
    return render(request, "reporting/loss_bridge.html", context)

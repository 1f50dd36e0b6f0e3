"""Indicators of ISO 22400-2 as a page and as files."""

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
from apps.execution.kpis import ELEMENTS
from apps.reporting.kpi_sheets import KEYS, kpi_report, read_sheet_request
from apps.reporting.pivot_request import refused
from apps.reporting.pivots import FORMATS
from apps.reporting.queries.scope import asked_by
from apps.reporting.views.pivots import file_answer, menu

PERMISSION = "execution.view_machineinterval"
PAGE = "reporting/kpis.html"


@require_GET
@never_cache
@login_required
@permission_required(PERMISSION, raise_exception=True)
def kpis_page(request: HttpRequest) -> HttpResponse:
    asked = asked_by(request.user)
    companies = Company.objects.filter(pk__in=asked.company_ids).order_by("code")
    given = {name: text for name, text in request.GET.items() if text}
    context = {
        "title": _("Indicators of ISO 22400-2"),
        "menu": menu(request.user, asked, "kpis"),
        "companies": list(companies.values_list("code", flat=True)),
        "given": given,
        "spans": [
            ("today", _("Today")),
            ("yesterday", _("Yesterday")),
            ("last_7_days", _("Last 7 days")),
            ("this_month", _("This month")),
            ("last_month", _("Last month")),
            ("last_30_days", _("Last 30 days")),
        ],
        "splits": [(name, title) for name, (title, _key, _model) in KEYS.items()],
        "elements": [(name.upper().replace("_", " × "), text) for name, text in ELEMENTS.items()],
    }
    try:
        wanted = read_sheet_request(given, asked)
        report = kpi_report(wanted)
        kind = given.get("as", "")
        if kind and kind not in FORMATS:
            raise refused("as", "invalid_choice", ", ".join(FORMATS))
        if kind:
            content = (
                to_pdf(report, company=wanted.company, paper=given.get("paper", "A4"))
                if kind == "pdf"
                else (to_csv if kind == "csv" else to_xlsx)(report)
            )
            return file_answer(content, FORMATS[kind], report.file_name(kind))
    except BusinessError as error:
        return render(request, PAGE, context | {"error": error}, status=error.status)
    words = wanted.words()
    context |= {
        "report": report,
        "rows": text_rows(report),
        "given": words,
        "files": {kind: f"?{urlencode({**words, 'as': kind})}" for kind in FORMATS},
    }
    return render(request, PAGE, context)

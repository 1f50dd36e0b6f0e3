"""Reports of an app as pages and, with ``?as=csv|xlsx|pdf``, as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date as Date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.report_files import text_rows, to_csv, to_pdf, to_xlsx
from apps.core.reports import Report
from apps.core.span_reports import Asked, SpanReport

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def report_view(
    reports: Mapping[str, SpanReport], *, template: str, page: str
) -> Callable[..., HttpResponse]:
    """The view of ``reports``, at the address ``page`` with a name, and without one.

    ``template`` includes ``core/_span_report.html``. A visitor sees the reports he may.
    """

    @require_GET
    @never_cache
    @login_required
    def report_page(request: HttpRequest, name: str = "") -> HttpResponse:
        allowed = [key for key, one in reports.items() if request.user.has_perm(one.permission)]
        if name and name not in reports:
            raise Http404
        if not allowed or (name and name not in allowed):
            raise PermissionDenied
        name = name or allowed[0]
        companies = list(Company.objects.visible_to(request.user).select_related("currency"))
        company = chosen_company(request, companies)
        if company is None:
            raise PermissionDenied
        context: dict[str, Any] = {
            "section": "reports",
            "title": reports[name].title,
            "menu": [
                (reverse(page, args=[key]), reports[key].title, key == name) for key in allowed
            ],
            "companies": companies if len(companies) > 1 else [],
            "company": company,
            "one": reports[name],
        }
        try:
            asked = _asked(request, company)
            report = reports[name].build(asked)
            if request.GET.get("as"):
                return _file(request, report, company)
        except InvalidInput as error:
            return render(request, template, {**context, "error": error}, status=error.status)
        kept = {key: value for key, value in request.GET.items() if key != "as"}
        here = reverse(page, args=[name])
        context |= {
            "asked": asked,
            "report": report,
            "rows": text_rows(report),
            "files": {kind: f"{here}?{urlencode({**kept, 'as': kind})}" for kind in FORMATS},
            "query": urlencode(kept),
        }
        return render(request, template, context)

    return report_page


def chosen_company(request: HttpRequest, companies: list[Any]) -> Any | None:
    """The company that ``?company=`` names by its key, else the first."""
    given = request.GET.get("company", "")
    found = [one for one in companies if str(one.pk) == given]
    return (found or companies or [None])[0]


def _asked(request: HttpRequest, company: Company) -> Asked:
    today = timezone.localdate()
    since = _day(request, "date_from", Date(today.year, 1, 1))
    until = _day(request, "date_to", today)
    if until < since and "date_from" not in request.GET:
        since = Date(until.year, 1, 1)
    if until < since:
        raise InvalidInput("ends_before", _("It ends before it begins."), field="date_to")
    return Asked(company, since, until)


def _day(request: HttpRequest, name: str, otherwise: Date) -> Date:
    given = request.GET.get(name, "")
    if not given:
        return otherwise
    try:
        return Date.fromisoformat(given)
    except ValueError as error:
        raise InvalidInput("bad_date", _("Give a date as YYYY-MM-DD."), field=name) from error


def _file(request: HttpRequest, report: Report, company: Company) -> HttpResponse:
    wanted = request.GET["as"]
    if wanted not in FORMATS:
        raise InvalidInput(
            "invalid_choice",
            _("Choose one of: {names}.").format(names=", ".join(FORMATS)),
            field="as",
        )
    if wanted == "pdf":
        content = to_pdf(report, company=company, paper=request.GET.get("paper", "A4"))
    else:
        content = (to_csv if wanted == "csv" else to_xlsx)(report)
    response = HttpResponse(content, content_type=FORMATS[wanted])
    shown = "inline" if wanted == "pdf" else "attachment"
    response["Content-Disposition"] = f'{shown}; filename="{report.file_name(wanted)}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response

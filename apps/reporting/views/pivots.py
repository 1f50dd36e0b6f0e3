"""Pivots as pages: everything asked stands in the address; each figure opens what is behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.core.report_files import text_rows
from apps.reporting.datasets import DIMENSIONS, Dataset, datasets
from apps.reporting.models import SavedReport
from apps.reporting.pivot_request import SPANS, PivotRequest, read_request
from apps.reporting.pivots import FORMATS, MOST_SHOWN, build_file, lines_report, pivot_report
from apps.reporting.queries.pivots import read_lines, read_pivot
from apps.reporting.queries.scope import Asked, asked_by

PAGE = "reporting/pivot.html"


@require_GET
@login_required
def pivots_page(request: HttpRequest) -> HttpResponse:
    """The first dataset that the caller may see."""
    allowed = _allowed(asked_by(request.user))
    if not allowed:
        raise PermissionDenied
    return redirect("reporting-pivot", code=allowed[0].code)


@require_GET
@never_cache
@login_required
def pivot_page(request: HttpRequest, code: str) -> HttpResponse:
    """One pivot, as a page or (``?as=csv``, ``xlsx``, ``pdf``) as a file."""
    asked, dataset, context = _start(request, code)
    given = _given(request)
    try:
        if request.GET.get("as"):
            return file_answer(*build_file(code, given, asked))
        wanted = read_request(code, given, asked)
        made = pivot_report(read_pivot(wanted), address_in(dataset), most=MOST_SHOWN)
    except BusinessError as error:
        context |= {"error": error, "form": _form(dataset, None, given, asked)}
        return render(request, PAGE, context, status=error.status)
    words = wanted.words()
    context |= {
        "report": made.report,
        "rows": text_rows(made.report),
        "left_out": made.left_out,
        "form": _form(dataset, wanted, given, asked),
        "files": {kind: f"?{urlencode({**words, 'as': kind}, True)}" for kind in FORMATS},
        "formulas": [(value.title, value.formula) for value in wanted.values],
        "save_url": _save_url(request, wanted),
    }
    return render(request, PAGE, context)


@require_GET
@never_cache
@login_required
def lines_page(request: HttpRequest, code: str) -> HttpResponse:
    """The documents behind a cell; their total is the cell."""
    asked, _dataset, context = _start(request, code)
    given = dict(request.GET.lists())
    try:
        if request.GET.get("as"):
            return file_answer(*build_file(code, given, asked, is_lines=True))
        wanted = read_request(code, given, asked)
        found = read_lines(wanted, limit=MOST_SHOWN)
    except BusinessError as error:
        return render(request, PAGE, context | {"error": error}, status=error.status)
    report = lines_report(wanted, found)
    words = wanted.words()
    context |= {
        "title": report.title,
        "report": report,
        "rows": text_rows(report),
        "is_cut": found.is_cut,
        "shown": len(found.lines),
        "files": {kind: f"?{urlencode({**words, 'as': kind}, True)}" for kind in FORMATS},
        "formulas": [(value.title, value.formula) for value in wanted.values],
        "up": f"{reverse('reporting-pivot', args=[code])}?{urlencode(words, True)}",
    }
    return render(request, PAGE, context)


def address_in(dataset: Dataset) -> Any:
    """Addresses of the pages of ``dataset``, for ``pivot_report``."""
    pages = {
        "lines": reverse("reporting-lines", args=[dataset.code]),
        "pivot": reverse("reporting-pivot", args=[dataset.code]),
    }

    def address(view: str, words: Mapping[str, Any]) -> str:
        return f"{pages[view]}?{urlencode(words, True)}"

    return address


def file_answer(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    shown = "inline" if kind == FORMATS["pdf"] else "attachment"
    response["Content-Disposition"] = f'{shown}; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def menu(user: Any, asked: Asked, current: str = "") -> list[dict[str, Any]]:
    """The datasets, and the pages beside them."""
    entries = [
        {
            "title": one.title,
            "url": reverse("reporting-pivot", args=[one.code]),
            "is_current": one.code == current,
        }
        for one in _allowed(asked)
    ]
    others = (
        ("dashboards", _("Dashboards"), "reporting.view_dashboard"),
        ("loss-bridge", _("Loss bridge"), "execution.view_machineinterval"),
        ("kpis", _("ISO 22400-2"), "execution.view_machineinterval"),
    )
    for name, title, permission in others:
        if user.has_perm(permission):
            url = reverse(f"reporting-{name}")
            entries.append({"title": title, "url": url, "is_current": name == current})
    return entries


def _start(request: HttpRequest, code: str) -> tuple[Asked, Dataset, dict[str, Any]]:
    asked = asked_by(request.user)
    dataset = datasets().get(code)
    if dataset is None:
        raise Http404
    if not asked.may_see(dataset):
        raise PermissionDenied
    context = {
        "title": dataset.title,
        "description": dataset.description,
        "menu": menu(request.user, asked, code),
        "saved": SavedReport.objects.visible_to(request.user)
        .filter(dataset=code, is_active=True)
        .order_by("name")[:30],
    }
    return asked, dataset, context


def _given(request: HttpRequest) -> dict[str, list[str]]:
    """The form sends all of its fields; a period chosen there stands for the two dates."""
    given = dict(request.GET.lists())
    if any(given.get("period", ())):
        given.pop("date_from", None)
        given.pop("date_to", None)
    return given


def _allowed(asked: Asked) -> list[Dataset]:
    return [one for one in datasets().values() if asked.may_see(one)]


def _form(
    dataset: Dataset, wanted: PivotRequest | None, given: Any, asked: Asked
) -> dict[str, Any]:
    names = [(name, DIMENSIONS[name].title) for name in dataset.dimensions]
    chosen = wanted.rows if wanted else ()
    cols = wanted.cols if wanted else ()
    filters = wanted.words().get("filter", []) if wanted else given.get("filter", [])
    companies = list(
        Company.objects.filter(pk__in=asked.company_ids)
        .order_by("code")
        .values_list("code", "name")
    )
    spans = dict(zip(SPANS, _span_titles(), strict=True))
    period = wanted.period if wanted else (given.get("period") or [""])[0]
    if period and period not in spans:
        spans[period] = period
    return {
        "dimensions": names,
        "rows": [*chosen, *[""] * (3 - len(chosen))],
        "cols": [*cols, ""][:2],
        "values": [
            (value.code, value.title, bool(wanted) and value in wanted.values)
            for value in dataset.values
        ],
        "filters": filters,
        "companies": companies if len(companies) > 1 else [],
        "company": wanted.company.code if wanted else "",
        "is_dated": dataset.is_dated,
        "spans": list(spans.items()),
        "period": period,
        "date_from": wanted.date_from.isoformat() if wanted and not period else "",
        "date_to": wanted.date_to.isoformat() if wanted and not period else "",
    }


def _span_titles() -> list[str]:
    return [
        _("Today"),
        _("Yesterday"),
        _("Last 7 days"),
        _("Last 30 days"),
        _("This month"),
        _("Last month"),
        _("This year"),
        _("Last year"),
    ]


def _save_url(request: HttpRequest, wanted: PivotRequest) -> str:
    if not request.user.has_perm("reporting.add_savedreport"):
        return ""
    words = {k: v for k, v in wanted.words().items() if k != "company"}
    query = urlencode({"dataset": wanted.dataset.code, "question": urlencode(words, True)})
    return f"{reverse('admin:reporting_savedreport_add')}?{query}"

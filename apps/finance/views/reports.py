"""The statements as pages: print them, click a figure, arrive at what caused it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError
from apps.core.report_files import text_rows
from apps.core.reports import Drill, Report
from apps.finance.queries.drill import GROUPS
from apps.finance.receivable_reports import STATEMENT
from apps.finance.report_jobs import start_report_file
from apps.finance.report_parameters import ReportRequest
from apps.finance.report_registry import REPORTS, TITLES
from apps.finance.reports import entry_link
from apps.finance.views.report_fields import OF_ACCOUNTS, filter_fields
from apps.finance.views.report_files import FORMATS, build, file_of

PERMISSION = "finance.view_journalline"
_OPEN = ("open-items", "ageing", "account-statement")


@dataclass(frozen=True, slots=True)
class Group:
    """Reports that stand together; ``drilled`` are reached from a figure of another one.

    ``kind``: of what the reports are here that can be of customers or of suppliers.
    """

    title: Any
    reports: tuple[str, ...]
    drilled: tuple[str, ...] = ()
    kind: str = ""


MENU = (
    Group(
        gettext_lazy("Statements"),
        ("balance-sheet", "income-statement", "cash-flow", "equity-changes"),
    ),
    Group(
        gettext_lazy("Ledgers"),
        ("trial-balance", "general-ledger", "bank-reconciliation", "accruals", "currency-exposure"),
        ("breakdown",),
    ),
    Group(gettext_lazy("Receivables"), _OPEN, kind="customer"),
    Group(gettext_lazy("Payables"), _OPEN, kind="supplier"),
    Group(gettext_lazy("Tax"), ("tax-boxes", "tax-entries")),
    Group(
        gettext_lazy("Assets"),
        ("asset-register", "asset-roll-forward", "depreciation-forecast"),
    ),
    Group(gettext_lazy("Budgets"), ("budget-variance", "budget-commitments")),
    Group(
        gettext_lazy("Group of companies"),
        ("group-balance", "group-dealings", "group-stock"),
        ("group-account",),
    ),
)


@require_GET
@login_required
@permission_required(PERMISSION, raise_exception=True)
def report_page(request: HttpRequest, name: str = "trial-balance") -> HttpResponse:
    """One report, as a page or (``?as=csv``, ``xlsx``, ``pdf``) as a file."""
    if name not in REPORTS:
        raise Http404
    try:
        if request.GET.get("as"):
            return _file(name, request)
        asked, report = build(name, request.GET, request.user)
    except BusinessError as error:
        kind = request.GET.get("kind", "customer")
        context = {"error": error, "title": TITLES[name], **_menu(name, kind, {})}
        if error.code == "too_long":
            context["background"] = {
                "url": reverse("finance-report-file", args=[name]), "given": request.GET.dict(),
            }  # fmt: skip
        return render(request, "finance/reports/report.html", context, status=error.status)
    return render(request, "finance/reports/report.html", _context(request, name, asked, report))


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def report_file_page(request: HttpRequest, name: str) -> HttpResponse:
    """Have a long file made in the background: its job shows how far it is."""
    if name not in REPORTS:
        raise Http404
    given = {key: value for key, value in request.POST.items() if key != "csrfmiddlewaretoken"}
    try:
        job = start_report_file(name, given, by=request.user)
    except BusinessError as error:
        context = {"error": error, "title": TITLES[name], **_menu(name, "customer", {})}
        return render(request, "finance/reports/report.html", context, status=error.status)
    return redirect("admin:core_backgroundjob_change", job.pk)


def _file(name: str, request: HttpRequest) -> HttpResponse:
    content, kind, file_name = file_of(name, request.GET, request.user)
    response = HttpResponse(content, content_type=kind)
    shown = "inline" if kind == FORMATS["pdf"] else "attachment"
    response["Content-Disposition"] = f'{shown}; filename="{file_name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _context(
    request: HttpRequest, name: str, asked: ReportRequest, report: Report
) -> dict[str, Any]:
    rows = text_rows(report)
    for shown, row in zip(rows, report.rows, strict=True):
        shown["url"] = _page_of(row.drill)
    given = request.GET.dict()
    fields = filter_fields(name, asked, request.GET)
    files = {kind: f"?{urlencode({**given, 'as': kind})}" for kind in FORMATS}
    return {
        "title": report.title,
        "report": report,
        "rows": rows,
        "wants_account": name in OF_ACCOUNTS and not (asked.account or asked.line or asked.row),
        "wants_partner": name == STATEMENT and not asked.chosen.dimensions.get("partner"),
        "has_levels": any(row.level for row in report.rows),
        "files": files,
        **_menu(name, asked.kind, _dates_of(asked)),
        "fields": fields,
        "has_more": any(not field.get("main") for field in fields),
        "hidden": _hidden(name, request.GET),
        "splits": _splits(name, asked),
        "next": f"?{urlencode({**given, 'cursor': report.following})}" if report.following else "",
    }


def _page_of(drill: Drill | None) -> str:
    if drill is None:
        return ""
    if drill.report == "entry":
        return entry_link(int(drill.parameters["id"]))
    return f"{reverse('finance-report', args=[drill.report])}?{urlencode(drill.parameters)}"


def _menu(current: str, kind: str, given: dict[str, str]) -> dict[str, Any]:
    """The groups of reports, and the reports of the group that ``current`` stands in."""
    own = [group for group in MENU if current in group.reports + group.drilled]
    group = next((one for one in own if one.kind == kind), own[0])
    return {
        "menu": [
            {
                "title": one.title,
                "url": _address(one, one.reports[0], given),
                "is_current": one is group,
            }
            for one in MENU
        ],
        "submenu": [
            {
                "title": TITLES[name],
                "url": _address(group, name, given),
                "is_current": name == current,
            }
            for name in group.reports
        ],
    }


def _address(group: Group, name: str, given: dict[str, str]) -> str:
    query = {**given, "kind": group.kind} if group.kind else given
    return f"{reverse('finance-report', args=[name])}?{urlencode(query)}"


def _dates_of(asked: ReportRequest) -> dict[str, str]:
    wanted = ("company", "date_from", "date_to")
    return {name: text for name, text in asked.parameters().items() if name in wanted}


def _hidden(name: str, given: Any) -> dict[str, str]:
    kept: tuple[str, ...] = ()
    if name in OF_ACCOUNTS:
        kept = ("statement", "layout", "row") + (("by",) if name == "breakdown" else ())
    elif name == "group-account":
        kept = ("group_account",)
    return {key: given[key] for key in kept if given.get(key)}


def _splits(name: str, asked: ReportRequest) -> list[dict[str, Any]]:
    """Other ways to split the same figure."""
    if name != "breakdown":
        return []
    return [
        {
            "label": _(group.replace("_", " ").capitalize()),
            "url": f"?{urlencode(asked.parameters(by=group))}",
            "is_current": asked.by == (group,),
        }
        for group in GROUPS
    ]

"""The statements as pages: print them, click a figure, arrive at what caused it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from apps.core.errors import BusinessError
from apps.core.report_files import text_rows
from apps.core.reports import Drill, Report
from apps.finance.models import Account, StatementLine
from apps.finance.queries.drill import GROUPS
from apps.finance.report_parameters import COMPARISONS, MODELS, ReportRequest
from apps.finance.report_registry import REPORTS
from apps.finance.reports import entry_link
from apps.finance.views.report_files import FORMATS, build, file_of

PERMISSION = "finance.view_journalline"
TITLES = {
    "trial-balance": gettext_lazy("Trial balance"),
    "balance-sheet": gettext_lazy("Balance sheet"),
    "income-statement": gettext_lazy("Income statement"),
    "general-ledger": gettext_lazy("General ledger"),
    "open-items": gettext_lazy("Open items"),
    "ageing": gettext_lazy("Ageing"),
    "asset-register": gettext_lazy("Asset register"),
    "asset-roll-forward": gettext_lazy("Roll-forward of assets"),
    "depreciation-forecast": gettext_lazy("Depreciation forecast"),
    "bank-reconciliation": gettext_lazy("Bank reconciliation"),
    "budget-variance": gettext_lazy("Budget and actual"),
    "budget-commitments": gettext_lazy("Orders against the budget"),
    "accruals": gettext_lazy("Accruals and deferrals"),
    "tax-boxes": gettext_lazy("Tax by box"),
    "tax-entries": gettext_lazy("Tax entries"),
    "group-balance": gettext_lazy("Trial balance of the group"),
    "group-dealings": gettext_lazy("Dealings in the group"),
    "group-account": gettext_lazy("Account of the group"),
    "breakdown": gettext_lazy("Breakdown"),
}
#: Reports of the tax ledger, which knows no dimensions.
OF_TAX = frozenset({"tax-boxes", "tax-entries"})
COMPARED = frozenset({"balance-sheet", "income-statement"})
BY_PARTNER = frozenset({"open-items", "ageing"})
#: They show lines of an account, or of all accounts below a line of a statement.
OF_ACCOUNTS = frozenset({"general-ledger", "breakdown"})
MOST_CODES = 500
#: They are reached from a figure of another report.
DRILLED = frozenset({"breakdown", "group-account"})
OF_GROUPS = frozenset({"group-balance", "group-account", "group-dealings"})
OF_BUDGETS = frozenset({"budget-variance", "budget-commitments"})
OF_ASSETS = frozenset({"asset-register", "asset-roll-forward", "depreciation-forecast"})


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
        context = {"error": error, "menu": _menu(name, ""), "title": TITLES[name]}
        return render(request, "finance/reports/report.html", context, status=error.status)
    return render(request, "finance/reports/report.html", _context(request, name, asked, report))


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
    files = {kind: f"?{urlencode({**given, 'as': kind})}" for kind in FORMATS}
    return {
        "title": report.title,
        "report": report,
        "rows": rows,
        "wants_account": name in OF_ACCOUNTS and not (asked.account or asked.line),
        "has_levels": any(row.level for row in report.rows),
        "files": files,
        "menu": _menu(name, urlencode(_dates_of(asked))),
        "fields": _fields(name, asked, request.GET),
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


def _menu(current: str, query: str) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "url": f"{reverse('finance-report', args=[name])}?{query}",
            "is_current": name == current,
        }
        for name, title in TITLES.items()
        if name not in DRILLED
    ]


def _dates_of(asked: ReportRequest) -> dict[str, str]:
    wanted = ("company", "date_from", "date_to")
    return {name: text for name, text in asked.parameters().items() if name in wanted}


def _fields(name: str, asked: ReportRequest, given: Any) -> list[dict[str, Any]]:
    """The filter: dates first, then dimensions by code."""
    values = asked.parameters()
    fields = [
        {"name": "company", "label": _("Company"), "value": values["company"], "main": True},
        {
            "name": "date_from", "label": _("From"), "type": "date", "main": True,
            "value": values.get("date_from", ""),
        },
        {
            "name": "date_to", "label": _("To"), "type": "date", "main": True,
            "value": values["date_to"],
        },
    ]  # fmt: skip
    if name in COMPARED:
        labels = {"previous_year": _("Previous year"), "previous_period": _("Previous period")}
        fields.append({
            "name": "compare", "label": _("Compare with"), "value": given.get("compare", ""),
            "choices": [("", "—"), *((key, labels[key]) for key in COMPARISONS)], "main": True,
        })  # fmt: skip
    if name in BY_PARTNER:
        fields.append({
            "name": "kind", "label": _("Of"), "value": asked.kind, "main": True,
            "choices": [("customer", _("Customers")), ("supplier", _("Suppliers"))],
        })  # fmt: skip
    if name in OF_ACCOUNTS:
        fields += [
            {
                "name": "line", "label": _("Statement line"), "main": True,
                "value": values.get("line", ""),
                "suggestions": _codes(StatementLine, asked),
            },
            {
                "name": "account", "label": _("Account"), "main": True,
                "value": values.get("account", ""),
                "suggestions": _codes(Account, asked),
            },
        ]  # fmt: skip
    if name in OF_ASSETS:
        labels = {
            "book": _("Depreciation book"),
            "asset_class": _("Asset class"),
            "site": _("Site"),
        }
        return fields + [
            {"name": key, "label": label, "value": given.get(key, ""), "main": key == "book"}
            for key, label in labels.items()
        ]
    if name == "bank-reconciliation":
        label = _("Ledger account")
        fields.append({
            "name": "account", "label": label, "value": values.get("account", ""), "main": True,
        })  # fmt: skip
        return [field for field in fields if field["name"] != "date_from"]
    if name in OF_GROUPS:
        label = _("Group of companies")
        fields.append({
            "name": "group", "label": label, "value": given.get("group", ""), "main": True,
        })  # fmt: skip
        return [field for field in fields if field["name"] != "date_from"]
    if name == "accruals":
        return [field for field in fields if field["name"] != "date_from"]
    if name in OF_BUDGETS:
        labels = {
            "budget": _("Budget"),
            "account": _("Account"),
            "cost_object": _("Cost object"),
        }
        return fields + [
            {"name": key, "label": label, "value": given.get(key, ""), "main": key == "budget"}
            for key, label in labels.items()
        ]
    if name == "tax-entries":
        fields.append({"name": "tax_box", "label": _("Box"), "value": values.get("tax_box", "")})
    names = [] if name in OF_TAX else ["partner"] if name in BY_PARTNER else list(MODELS)
    fields += [
        {
            "name": dimension,
            "label": str(MODELS[dimension]._meta.verbose_name).capitalize(),
            "value": given.get(dimension, ""),
        }
        for dimension in names
    ]
    return fields


def _codes(model: type[Account | StatementLine], asked: ReportRequest) -> list[tuple[str, str]]:
    """What may be given, for the list below a field."""
    known = model._default_manager.filter(company=asked.company).order_by("code")
    return list(known.values_list("code", "name")[:MOST_CODES])


def _hidden(name: str, given: Any) -> dict[str, str]:
    kept = {"breakdown": "by", "group-account": "group_account"}.get(name, "")
    return {kept: given[kept]} if given.get(kept) else {}


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

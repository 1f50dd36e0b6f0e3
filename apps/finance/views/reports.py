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
from apps.finance.models import Account, StatementLayout, StatementLine
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
    "cash-flow": gettext_lazy("Cash flow"),
    "equity-changes": gettext_lazy("Changes in equity"),
    "general-ledger": gettext_lazy("General ledger"),
    "open-items": gettext_lazy("Open items"),
    "ageing": gettext_lazy("Ageing"),
    "account-statement": gettext_lazy("Statement of account"),
    "asset-register": gettext_lazy("Asset register"),
    "asset-roll-forward": gettext_lazy("Roll-forward of assets"),
    "depreciation-forecast": gettext_lazy("Depreciation forecast"),
    "bank-reconciliation": gettext_lazy("Bank reconciliation"),
    "tax-boxes": gettext_lazy("Tax by box"),
    "tax-entries": gettext_lazy("Tax entries"),
    "breakdown": gettext_lazy("Breakdown"),
}
#: Reports of the tax ledger, which knows no dimensions.
OF_TAX = frozenset({"tax-boxes", "tax-entries"})
COMPARED = frozenset({"balance-sheet", "income-statement", "cash-flow"})
#: Statements by layout, and the kinds of layouts that each can be read by.
LAYOUTS = {
    "balance-sheet": ("balance_sheet",),
    "income-statement": ("income",),
    "cash-flow": ("cash_flow", "direct_cash_flow"),
    "equity-changes": ("equity",),
}
#: Statements of the whole company: lines of one value of a dimension do not balance.
WHOLE = frozenset({"cash-flow", "equity-changes"})
BY_PARTNER = frozenset({"open-items", "ageing", "account-statement"})
#: They show lines of an account, or of all accounts below a line of a statement.
OF_ACCOUNTS = frozenset({"general-ledger", "breakdown"})
MOST_CODES = 500
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
    fields = _fields(name, asked, request.GET)
    files = {kind: f"?{urlencode({**given, 'as': kind})}" for kind in FORMATS}
    return {
        "title": report.title,
        "report": report,
        "rows": rows,
        "wants_account": name in OF_ACCOUNTS and not (asked.account or asked.line or asked.row),
        "has_levels": any(row.level for row in report.rows),
        "files": files,
        "menu": _menu(name, urlencode(_dates_of(asked))),
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


def _menu(current: str, query: str) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "url": f"{reverse('finance-report', args=[name])}?{query}",
            "is_current": name == current,
        }
        for name, title in TITLES.items()
        if name != "breakdown"
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
        labels = {
            "previous_year": _("Previous year"),
            "previous_period": _("Previous period"),
            "months": _("Months side by side"),
        }
        fields.append({
            "name": "compare", "label": _("Compare with"), "value": given.get("compare", ""),
            "choices": [("", "—"), *((key, labels[key]) for key in COMPARISONS)], "main": True,
        })  # fmt: skip
    if name in LAYOUTS:
        fields += _layout_fields(name, asked, given)
    if name in BY_PARTNER:
        fields.append({
            "name": "kind", "label": _("Of"), "value": asked.kind, "main": True,
            "choices": [("customer", _("Customers")), ("supplier", _("Suppliers"))],
        })  # fmt: skip
    if name == "ageing":
        fields.append({
            "name": "amounts", "label": _("Amounts"), "value": asked.amounts, "main": True,
            "choices": [
                ("company", _("Company currency")), ("document", _("Document currency")),
            ],
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
    if name == "tax-entries":
        fields.append({"name": "tax_box", "label": _("Box"), "value": values.get("tax_box", "")})
    names = [] if name in OF_TAX | WHOLE else ["partner"] if name in BY_PARTNER else list(MODELS)
    fields += [
        {
            "name": dimension,
            "label": str(MODELS[dimension]._meta.verbose_name).capitalize(),
            "value": given.get(dimension, ""),
            "main": name == "account-statement",
        }
        for dimension in names
    ]
    return fields


def _layout_fields(name: str, asked: ReportRequest, given: Any) -> list[dict[str, Any]]:
    """By which layout, by which method, and what stands side by side."""
    fields = []
    if name == "cash-flow":
        fields.append({
            "name": "method", "label": _("Method"), "value": asked.method, "main": True,
            "choices": [("indirect", _("Indirect")), ("direct", _("Direct"))],
        })  # fmt: skip
    if name == "income-statement":
        names = [(key, str(model._meta.verbose_name).capitalize()) for key, model in MODELS.items()]
        fields.append({
            "name": "across", "label": _("Columns by"), "value": asked.across, "main": True,
            "choices": [("", "—"), *names],
        })  # fmt: skip
    known = StatementLayout.objects.filter(
        company=asked.company, kind__in=LAYOUTS[name], is_active=True
    )
    choices = list(known.order_by("code").values_list("code", "name"))
    if choices:
        fields.append({
            "name": "layout", "label": _("Layout"), "value": given.get("layout", ""), "main": True,
            "choices": [("", "—"), *choices],
        })  # fmt: skip
    return fields


def _codes(model: type[Account | StatementLine], asked: ReportRequest) -> list[tuple[str, str]]:
    """What may be given, for the list below a field."""
    known = model._default_manager.filter(company=asked.company).order_by("code")
    return list(known.values_list("code", "name")[:MOST_CODES])


def _hidden(name: str, given: Any) -> dict[str, str]:
    if name not in OF_ACCOUNTS:
        return {}
    kept = ("statement", "layout", "row") + (("by",) if name == "breakdown" else ())
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

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.core.api.answers import PagedReportOutput, or_files
from apps.core.api.questions import QuestionViewSet
from apps.core.reports import Drill, Report
from apps.finance.models import JournalLine, StatementLayout
from apps.finance.report_parameters import COMPARISONS, METHODS, MODELS
from apps.finance.views.report_files import FORMATS, build, file_of

_PARAMETERS = [
    OpenApiParameter("company", str, description="Id or code; the only one by default"),
    OpenApiParameter("period", str, description="A month, YYYY-MM, instead of two dates"),
    OpenApiParameter("date_from", OpenApiTypes.DATE),
    OpenApiParameter("date_to", OpenApiTypes.DATE),
    OpenApiParameter("as", str, enum=["json", *FORMATS]),
    *(OpenApiParameter(name, str, description="Id, code, or none") for name in MODELS),
]
_LINES = [
    OpenApiParameter("line", str, description="A statement line: all accounts below it"),
    OpenApiParameter("account", str),
    OpenApiParameter("layout", str, description="With a row: the accounts of that row"),
    OpenApiParameter("row", str),
    OpenApiParameter(
        "statement",
        str,
        enum=[*StatementLayout.Kind.values],
        description="Of a row, without a layout",
    ),
]
_COMPARE = [OpenApiParameter("compare", str, enum=[*COMPARISONS])]
_LAYOUT = [OpenApiParameter("layout", str, description="Id or code; the company's own by default")]
_ASSETS = [OpenApiParameter("book", str), OpenApiParameter("asset_class", str)]
_BUDGET = [OpenApiParameter("budget", str), OpenApiParameter("account", str)]
_GROUP = [OpenApiParameter("group", str)]
_KIND = [OpenApiParameter("kind", str, enum=["customer", "supplier"])]
_AMOUNTS = [OpenApiParameter("amounts", str, enum=["company", "document"])]


def statement(name: str, *parameters: Any) -> Any:
    """An action that answers with one report, as JSON or as a file."""

    def decorate(method: Any) -> Any:
        def handler(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            return self.answer(request, name)

        handler.__name__ = method.__name__
        handler.__doc__ = method.__doc__
        handler.required_permissions = ("finance.view_journalline",)  # type: ignore[attr-defined]
        documented = extend_schema(
            parameters=[*_PARAMETERS, *parameters],
            responses=or_files(PagedReportOutput, FORMATS),
        )
        # ``action`` overwrites what ``extend_schema`` leaves on a method, so it goes first.
        return documented(action(detail=False, methods=["get"], url_path=name)(handler))

    return decorate


class StatementViewSet(QuestionViewSet):
    """Statements and their drill-down: each row tells what stands behind it (``drill``)."""

    permission_model = JournalLine

    @classmethod
    def model_class(cls) -> type[JournalLine]:
        return JournalLine

    def answer(self, request: Any, name: str) -> Any:
        wanted = request.query_params.get("as", "json")
        if wanted != "json":
            content, kind, file_name = file_of(name, request.query_params, request.user)
            response = HttpResponse(content, content_type=kind)
            response["Content-Disposition"] = f'attachment; filename="{file_name}"'
            response["X-Content-Type-Options"] = "nosniff"
            return response
        _asked, report = build(name, request.query_params, request.user)
        return Response(as_data(report, request))

    @statement("trial-balance")
    def trial_balance(self) -> None:
        """Opening balance, debits, credits and closing balance of each account."""

    @statement("balance-sheet", *_COMPARE, *_LAYOUT)
    def balance_sheet(self) -> None:
        """At the end of ``date_to``."""

    @statement(
        "income-statement", *_COMPARE, *_LAYOUT, OpenApiParameter("across", str, enum=[*MODELS])
    )
    def income_statement(self) -> None:
        """Income above zero, cost below; ``across`` has one column per value of a dimension."""

    @statement("cash-flow", *_COMPARE, *_LAYOUT, OpenApiParameter("method", str, enum=[*METHODS]))
    def cash_flow(self) -> None:
        """What changed the cash accounts, by the indirect or the direct method."""

    @statement("equity-changes", *_LAYOUT)
    def equity_changes(self) -> None:
        """One column per line of equity, and their total."""

    @statement("breakdown", *_LINES, OpenApiParameter("by", str))
    def breakdown(self) -> None:
        """A line or an account split by one to four dimensions; the total is its parent's."""

    @statement("general-ledger", *_LINES, OpenApiParameter("cursor", str))
    def general_ledger(self) -> None:
        """Lines with entry, source and running balance."""

    @statement("open-items", *_KIND)
    def open_items(self) -> None:
        """What customers owe, or what we owe, at the end of ``date_to``."""

    @statement("currency-exposure")
    def currency_exposure(self) -> None:
        """Foreign receivables, payables and cash at the end of ``date_to``, at its closing rate."""

    @statement("ageing", *_KIND, *_AMOUNTS)
    def ageing(self) -> None:
        """Open items by partner and days overdue, in company currency or the documents' own."""

    @statement("account-statement", *_KIND)
    def account_statement(self) -> None:
        """The account of one partner; as PDF the letter that is sent."""

    @statement("asset-register", *_ASSETS)
    def asset_register(self) -> None:
        """Cost, depreciation and carrying amount of each asset at the end of ``date_to``."""

    @statement("asset-roll-forward", *_ASSETS)
    def asset_roll_forward(self) -> None:
        """Opening, additions, charges, disposals and closing of each class."""

    @statement("depreciation-forecast", *_ASSETS)
    def depreciation_forecast(self) -> None:
        """Twelve months from that of ``date_to``."""

    @statement("bank-reconciliation", OpenApiParameter("account", str))
    def bank_reconciliation(self) -> None:
        """Balance by statement against balance of the ledger, with every item between them."""

    @statement("budget-variance", *_BUDGET)
    def budget_variance(self) -> None:
        """Budget, actual, what is ordered and what is left, of each account and cost object."""

    @statement("budget-commitments", *_BUDGET)
    def budget_commitments(self) -> None:
        """Open orders behind what stands as ordered."""

    @statement("accruals")
    def accruals(self) -> None:
        """Accruals and deferrals at the end of ``date_to``: posted, due and left."""

    @statement("group-balance", *_GROUP)
    def group_balance(self) -> None:
        """All companies of a group, translated, less what they have with each other."""

    @statement("group-account", *_GROUP, OpenApiParameter("group_account", str))
    def group_account(self) -> None:
        """An account of the group, company by company."""

    @statement("group-dealings", *_GROUP)
    def group_dealings(self) -> None:
        """What companies of a group owe each other, by the books of both."""

    @statement("group-stock", *_GROUP)
    def group_stock(self) -> None:
        """Goods that companies of a group still have of each other, and the profit in them."""

    @statement("tax-boxes")
    def tax_boxes(self) -> None:
        """Boxes of the tax return over the tax entries dated in a span of days."""

    @statement("tax-entries", OpenApiParameter("tax_box", str))
    def tax_entries(self) -> None:
        """Rows of the tax ledger, all of them or those behind a box."""


def as_data(report: Report, request: Any) -> dict[str, Any]:
    following = None
    if report.following:
        query = {**request.query_params.dict(), "cursor": report.following}
        following = request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
    return {
        "title": report.title,
        "about": report.subtitles,
        "columns": [{"key": c.key, "label": c.label, "kind": c.kind} for c in report.columns],
        "rows": [
            {
                **{
                    column.key: report.plain(column, cell) if cell is not None else None
                    for column, cell in zip(report.columns, row.cells, strict=True)
                },
                "level": row.level,
                "is_total": row.is_total,
                "drill": drill_url(row.drill, request),
                "links": {key: url for key, url in row.links.items() if url},
            }
            for row in report.rows
        ],
        "next": following,
    }


def drill_url(drill: Drill | None, request: Any) -> str | None:
    if drill is None:
        return None
    if drill.report == "entry":
        return reverse("finance-journal-entries-detail", [drill.parameters["id"]], request=request)
    url = reverse(f"finance-statements-{drill.report}", request=request)
    return f"{url}?{urlencode(drill.parameters)}"

"""The filter above a report: dates first, then what is its own, then dimensions by code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.finance.models import Account, Dimension, StatementLayout, StatementLine
from apps.finance.report_parameters import COMPARISONS, MODELS, ReportRequest

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
OF_GROUPS = frozenset({"group-balance", "group-account", "group-dealings", "group-stock"})
OF_BUDGETS = frozenset({"budget-variance", "budget-commitments"})
OF_ASSETS = frozenset({"asset-register", "asset-roll-forward", "depreciation-forecast"})
#: A balance at one day, without a first.
AT_A_DAY = frozenset({"bank-reconciliation", "accruals", "currency-exposure"}) | OF_GROUPS
#: The same, with more to ask.
OF_OPEN_ITEMS = frozenset({"open-items", "ageing"})
Field = dict[str, Any]


def filter_fields(name: str, asked: ReportRequest, given: Any) -> list[Field]:
    """The fields of report ``name`` as the page draws them, with what was given."""
    values = asked.parameters()
    fields: list[Field] = [
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
    own = _texts(name, asked, given, values)
    if name in AT_A_DAY | OF_OPEN_ITEMS:
        fields = [field for field in fields if field["name"] != "date_from"]
    if own or name in AT_A_DAY:
        return fields + own
    return [
        *fields,
        *_comparison(name, given),
        *(_layout_fields(name, asked, given) if name in LAYOUTS else ()),
        *_of_partners(name, asked),
        *(_of_accounts(asked, values) if name in OF_ACCOUNTS else ()),
        *_dimensions(name, given, values),
    ]


def _texts(name: str, asked: ReportRequest, given: Any, values: Mapping[str, Any]) -> list[Field]:
    """Fields of the reports that know no dimensions; the first of them is the main one."""
    labels: dict[str, str] = {}
    if name in OF_ASSETS:
        labels = {
            "book": _("Depreciation book"),
            "asset_class": _("Asset class"),
            "site": _("Site"),
        }
    elif name == "bank-reconciliation":
        labels = {"account": _("Ledger account")}
        given = values
    elif name in OF_GROUPS:
        labels = {"group": _("Group of companies")}
    elif name in OF_BUDGETS:
        return _of_budgets(asked, given)
    return [
        {"name": key, "label": label, "value": given.get(key, ""), "main": not place}
        for place, (key, label) in enumerate(labels.items())
    ]


def _of_budgets(asked: ReportRequest, given: Any) -> list[Field]:
    """Which budget: one by its number, else the one in force by a dimension; and what of it."""
    by = asked.budget.dimension if asked.budget else asked.across or Dimension.COST_OBJECT
    labels = {"budget": _("Budget"), "account": _("Account"), by: Dimension(by).label}
    fields: list[Field] = [
        {"name": key, "label": label, "value": given.get(key, ""), "main": not place}
        for place, (key, label) in enumerate(labels.items())
    ]
    choices = [("", "—"), *Dimension.choices]
    across = {"name": "across", "label": _("Budget by"), "value": asked.across, "main": True}
    return [fields[0], {**across, "choices": choices}, *fields[1:]]


def _comparison(name: str, given: Any) -> list[Field]:
    if name not in COMPARED:
        return []
    labels = {
        "previous_year": _("Previous year"),
        "previous_period": _("Previous period"),
        "months": _("Months side by side"),
    }
    choices = [("", "—"), *((key, labels[key]) for key in COMPARISONS)]
    return [{
        "name": "compare", "label": _("Compare with"), "value": given.get("compare", ""),
        "choices": choices, "main": True,
    }]  # fmt: skip


def _of_partners(name: str, asked: ReportRequest) -> list[Field]:
    fields: list[Field] = []
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
    return fields


def _of_accounts(asked: ReportRequest, values: Mapping[str, Any]) -> list[Field]:
    return [
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


def _dimensions(name: str, given: Any, values: Mapping[str, Any]) -> list[Field]:
    fields: list[Field] = []
    if name == "tax-entries":
        fields.append({"name": "tax_box", "label": _("Box"), "value": values.get("tax_box", "")})
    names = [] if name in OF_TAX | WHOLE else ["partner"] if name in BY_PARTNER else list(MODELS)
    return fields + [
        {
            "name": dimension,
            "label": str(MODELS[dimension]._meta.verbose_name).capitalize(),
            "value": given.get(dimension, ""),
            "main": name == "account-statement",
        }
        for dimension in names
    ]


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

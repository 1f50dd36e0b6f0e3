"""Statements by layout as reports: side by side, and each row with what stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.reports import Column, Drill, Kind, Report, Row
from apps.finance.models import StatementLayout
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.layouts import Measure
from apps.finance.queries.statements import (
    Statement,
    StatementRow,
    balance_sheet,
    cash_flow,
    equity_changes,
    income_across,
    income_statement,
)
from apps.finance.report_parameters import MODELS, ReportRequest
from apps.finance.reports import PATH, report_of, span_text

Of = StatementLayout.Kind


def balance_sheet_report(asked: ReportRequest) -> Report:
    layout = _layout(asked, Of.BALANCE_SHEET)
    _refuse_across(asked)
    shown = balance_sheet(*(asked.months or _columns(asked)), layout=layout)
    return _report(_("Balance sheet"), asked, shown)


def income_statement_report(asked: ReportRequest) -> Report:
    layout = _layout(asked, Of.INCOME)
    if asked.across:
        shown = income_across(asked.chosen, asked.across, _names(asked.across), layout=layout)
        return _report(_("Income statement"), asked, shown)
    columns = [*asked.months, asked.chosen] if asked.months else _columns(asked)
    return _report(_("Income statement"), asked, income_statement(*columns, layout=layout))


def cash_flow_report(asked: ReportRequest) -> Report:
    """By the direct or the indirect method; a layout says by which."""
    layout = _layout(asked, Of.CASH_FLOW, Of.DIRECT_CASH_FLOW)
    _refuse_across(asked)
    columns = [*asked.months, asked.chosen] if asked.months else _columns(asked)
    is_direct = asked.method == "direct"
    shown = cash_flow(*columns, is_direct=is_direct, layout=layout)
    return _report(str(Of(shown.kind).label), asked, shown)


def equity_changes_report(asked: ReportRequest) -> Report:
    layout = _layout(asked, Of.EQUITY)
    _refuse_across(asked)
    return _report(_("Changes in equity"), asked, equity_changes(asked.chosen, layout=layout))


def _columns(asked: ReportRequest) -> list[ReportFilter]:
    return [asked.chosen] if asked.compared is None else [asked.chosen, asked.compared]


def _layout(asked: ReportRequest, *kinds: str) -> StatementLayout | None:
    if asked.layout is not None and asked.layout.kind not in kinds:
        raise InvalidInput(
            "wrong_statement", _("{layout} is of another statement.").format(layout=asked.layout),
            field="layout",
        )  # fmt: skip
    return asked.layout


def _refuse_across(asked: ReportRequest) -> None:
    if asked.across:
        raise InvalidInput(
            "invalid_choice", _("Only an income statement has columns of a dimension."),
            field="across",
        )  # fmt: skip


def _names(dimension: str) -> Any:
    def names(keys: Iterable[int]) -> Mapping[int, str]:
        rows = MODELS[dimension]._default_manager.filter(pk__in=list(keys))
        return dict(rows.values_list("pk", "code"))

    return names


def _report(title: str, asked: ReportRequest, shown: Statement) -> Report:
    is_compared = not shown.labels and not asked.months and len(shown.columns) == 2
    labels = shown.labels or tuple(
        _month_text(column, shown.kind) if place < len(asked.months) else span_text(column)
        for place, column in enumerate(shown.columns)
    )
    columns = [Column("label", _("Line")), Column("code", _("Code"))]
    columns += [
        Column(_key(place, len(labels), is_compared), label, Kind.MONEY)
        for place, label in enumerate(labels)
    ]
    if is_compared:
        columns.append(Column("difference", _("Difference"), Kind.MONEY, formula="{2}-{3}"))
    rows = [_row(asked, row, shown, is_compared) for row in shown.rows]
    return report_of(title, asked, tuple(columns), rows)


def _key(place: int, width: int, is_compared: bool) -> str:
    """The figure that is asked for is ``amount``: the only one, the first of two, or the total."""
    if is_compared:
        return ("amount", "compared")[place]
    return "amount" if place == width - 1 else f"column_{place + 1}"


def _month_text(column: ReportFilter, kind: str) -> str:
    if kind == Of.BALANCE_SHEET:
        return column.date_to.isoformat()
    return f"{column.date_to:%Y-%m}"


def _row(asked: ReportRequest, row: StatementRow, shown: Statement, is_compared: bool) -> Row:
    cells: tuple[Any, ...] = (row.label, "" if row.is_heading else row.code, *row.values)
    if is_compared:
        a, b = row.values
        cells += (None if a is None or b is None else a - b,)
    return Row(
        cells,
        level=row.level,
        is_total=row.is_total or row.is_heading,
        drill=_drill(asked, row, shown),
        formula=row.formula,
    )


def _drill(asked: ReportRequest, row: StatementRow, shown: Statement) -> Drill | None:
    """To the accounts and the days that the figure is of; what stands there sums to it."""
    more = {"by": PATH[0]}
    is_usual = not shown.layout and shown.kind in (Of.BALANCE_SHEET, Of.INCOME)
    # a total of the balance sheet may hold the result, which is on no line of it
    is_of_line = row.line_id is not None and not (row.is_total and shown.kind != Of.INCOME)
    if row.account_id is not None:
        more["account"] = row.code
    elif is_usual and is_of_line:
        more["line"] = row.code
    elif not row.row_code:
        return None
    else:
        more["by"] = "account"
    if not is_usual or (row.account_id is None and not is_of_line):
        more["row"] = row.row_code
        more |= {"layout": shown.layout} if shown.layout else {"statement": shown.kind}
    parameters = asked.parameters(**more)
    if row.measure in (Measure.CLOSING, Measure.OPENING):
        parameters.pop("date_from", None)
    if row.measure == Measure.OPENING and asked.chosen.date_from:
        parameters["date_to"] = (asked.chosen.date_from - timedelta(days=1)).isoformat()
    return Drill("breakdown", parameters)

"""Budget against actual and commitment, as reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.links import link_to
from apps.core.money import ZERO
from apps.core.reports import Column, Drill, Kind, Report, Row
from apps.finance.models import Account, BudgetVersion, Dimension, Period
from apps.finance.queries.budgets import (
    JUDGED,
    SPENT_KINDS,
    Cell,
    Figures,
    approved_budget,
    budget_figures,
    commitments_of,
    periods_of,
)
from apps.finance.report_parameters import MODELS, NONE, ReportRequest

NAME, ORDERS = "budget-variance", "budget-commitments"


@dataclass(frozen=True, slots=True)
class _Line:
    """``value`` is of the budget's dimension."""

    account: Account
    value: Any
    figures: Figures

    @property
    def cell(self) -> Cell:
        return self.account.pk, self.value.pk if self.value else None


def budget_report(asked: ReportRequest) -> Report:
    """Each budgeted account and value of the budget's dimension; dates are widened to periods."""
    budget, periods = _chosen(asked)
    dimension = budget.dimension if budget else asked.across or Dimension.COST_OBJECT
    lines = _lines(budget, periods, asked) if budget else []
    rows: list[Row] = []
    for kind, group in groupby(lines, key=lambda line: line.account.kind):
        own = list(group)
        rows += [_row(line, own, periods, dimension, asked) for line in own]
        label = _("Total: {kind}").format(kind=Account.Kind(kind).label)
        rows.append(Row(("", label, "", *_sums(kind, own)), is_total=True))
    columns = (
        Column("account", _("Account")),
        Column("name", _("Name")),
        Column(str(dimension), str(Dimension(dimension).label)),
        Column("planned", _("Budget"), Kind.MONEY),
        Column("posted", _("Actual"), Kind.MONEY),
        Column("variance", _("Variance"), Kind.MONEY),
        Column("effect", _("Effect")),
        Column("ordered", _("Ordered"), Kind.MONEY),
        Column("rest", _("Available"), Kind.MONEY),
    )
    note = _("Variances above zero are favourable: income above plan, cost below it")
    return _report(_("Budget and actual"), asked, budget, periods, columns, rows, note)


def budget_commitments_report(asked: ReportRequest) -> Report:
    """Open orders behind what stands as ordered."""
    budget, periods = _chosen(asked)
    dimension = budget.dimension if budget else asked.across or Dimension.COST_OBJECT
    cell = None
    if asked.account:
        cell = (asked.account.pk, asked.chosen.dimensions.get(dimension))
    found = commitments_of(budget, periods, cell) if budget else []
    accounts = Account.objects.in_bulk({one.account_id for one in found})
    values = MODELS[dimension]._default_manager.in_bulk({one.value_id for one in found} - {None})
    rows = [
        Row(
            (
                one.date,
                one.label,
                accounts[one.account_id].code,
                values[one.value_id].code if one.value_id else "",
                one.amount,
            ),
            links={"order": link_to(one.source_type_id, one.source_id).url},
        )
        for one in found
    ]
    total = sum((one.amount for one in found), ZERO)
    rows.append(Row((_("Total"), "", "", "", total), is_total=True))
    columns = (
        Column("date", _("Due date"), Kind.DATE),
        Column("order", _("Order")),
        Column("account", _("Account")),
        Column(str(dimension), str(Dimension(dimension).label)),
        Column("amount", _("Ordered"), Kind.MONEY),
    )
    return _report(_("Orders against the budget"), asked, budget, periods, columns, rows)


def _chosen(asked: ReportRequest) -> tuple[BudgetVersion | None, list[Period]]:
    """The budget asked for, else the one in force, and its periods that the dates touch."""
    budget = asked.budget or approved_budget(asked.company, asked.chosen.date_to, asked.across)
    return budget, _periods(budget, asked) if budget else []


def _periods(budget: BudgetVersion, asked: ReportRequest) -> list[Period]:
    first = asked.chosen.date_from or budget.fiscal_year.starts_on
    found = [
        period
        for period in periods_of(budget.fiscal_year)
        if period.ends_on >= first and period.starts_on <= asked.chosen.date_to
    ]
    if not found:
        raise InvalidInput(
            "outside_of_year",
            _("The budget is for {year}.").format(year=budget.fiscal_year),
            field="date_to",
        )
    return found


def _lines(budget: BudgetVersion, periods: Sequence[Period], asked: ReportRequest) -> list[_Line]:
    wanted = [asked.account.pk] if asked.account else None
    found = budget_figures(budget, periods, account_ids=wanted)
    accounts = Account.objects.in_bulk({account_id for account_id, _other in found})
    rows = MODELS[budget.dimension]._default_manager
    values = rows.in_bulk({other for _account, other in found if other})
    lines = [
        _Line(accounts[account_id], values[other] if other else None, _total(by_period.values()))
        for (account_id, other), by_period in found.items()
    ]
    if budget.dimension in asked.chosen.dimensions:
        only = asked.chosen.dimensions[budget.dimension]
        lines = [line for line in lines if line.cell[1] == only]
    kinds = list(Account.Kind)
    return sorted(
        lines,
        key=lambda line: (
            kinds.index(Account.Kind(line.account.kind)),
            line.account.code,
            line.value.code if line.value else "",
        ),
    )


def _total(rows: Iterable[Figures]) -> Figures:
    total = Figures()
    for row in rows:
        total.planned += row.planned
        total.posted += row.posted
        total.ordered += row.ordered
    return total


def _amounts(kind: str, figures: Figures) -> tuple[Decimal | str | None, ...]:
    """Nothing is available of what is not spent."""
    variance = figures.variance(kind)
    return (
        figures.planned,
        figures.posted,
        variance,
        _effect(kind, variance),
        figures.ordered,
        figures.rest if kind in SPENT_KINDS else None,
    )


def _effect(kind: str, variance: Decimal) -> str:
    if kind not in JUDGED or not variance:
        return ""
    return _("favourable") if variance > 0 else _("unfavourable")


def _sums(kind: str, lines: Sequence[_Line]) -> tuple[Decimal | str | None, ...]:
    return _amounts(kind, _total([line.figures for line in lines]))


def _row(
    line: _Line,
    beside: Sequence[_Line],
    periods: Sequence[Period],
    dimension: str,
    asked: ReportRequest,
) -> Row:
    """Down to the posted lines; the account's rest, which no filter names, split by value."""
    account, value = line.account, line.value
    span = {
        "account": account.code,
        "date_from": periods[0].starts_on.isoformat(),
        "date_to": periods[-1].ends_on.isoformat(),
    }
    alone = not any(other.account == account and other.value for other in beside)
    if value:
        drill = Drill("general-ledger", asked.parameters(**span, **{dimension: str(value.pk)}))
    elif alone:
        drill = Drill("general-ledger", asked.parameters(**span))
    else:
        drill = Drill("breakdown", asked.parameters(**span, by=dimension))
    links = {}
    if line.figures.ordered:
        more = {dimension: str(value.pk) if value else NONE, "across": dimension}
        query = asked.parameters(**span, **more)
        links["ordered"] = f"{reverse('finance-report', args=[ORDERS])}?{urlencode(query)}"
    text = (account.code, account.name, value.code if value else "")
    return Row((*text, *_amounts(account.kind, line.figures)), drill=drill, links=links)


def _report(
    title: str,
    asked: ReportRequest,
    budget: BudgetVersion | None,
    periods: Sequence[Period],
    columns: tuple[Column, ...],
    rows: list[Row],
    *notes: str,
) -> Report:
    company = asked.company
    if budget is None:
        day = asked.chosen.date_to
        about: tuple[str, ...] = (_("No budget is approved for {date}.").format(date=day),)
    else:
        about = (
            f"{periods[0]} – {periods[-1]} · {company.currency_id}",
            f"{budget} ({budget.get_status_display()})",
            *notes,
        )
    return Report(
        title=title,
        subtitles=(f"{company.code} {company.name}", *about, *asked.labels),
        columns=columns,
        rows=rows,
        decimal_places=company.currency.decimal_places,
    )

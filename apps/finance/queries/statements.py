"""Balance sheet, income statement, cash flow and changes in equity, each by a layout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.money import ZERO
from apps.finance.models import Account, LayoutRow, PostingRole, PostingRule, StatementLayout
from apps.finance.queries import formulas
from apps.finance.queries.account_figures import (
    Tree,
    figures_across,
    figures_against_cash,
    figures_of,
    read_tree,
)
from apps.finance.queries.account_lists import EVERY, read_accounts
from apps.finance.queries.default_layouts import UNCARRIED, default_layout
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.layouts import (
    CASH_FLOWS,
    RESULT_KINDS,
    Column,
    Figures,
    Layout,
    Measure,
    RowSpec,
    Selector,
    StatementRow,
    compose,
)

__all__ = ["RESULT_KINDS", "UNCARRIED", "Statement", "StatementRow"]
Kind = StatementLayout.Kind
#: Values of a dimension that stand beside each other.
MOST_ACROSS = 12


@dataclass(frozen=True, slots=True)
class Statement:
    """Costs stand below zero on an income statement, so that every total is a plain sum.

    ``labels`` name the columns that are not told by their dates alone.
    """

    kind: str
    columns: tuple[ReportFilter, ...]
    rows: list[StatementRow]
    labels: tuple[str, ...] = ()
    layout: str = ""

    def row(self, code: str) -> StatementRow:
        return next(row for row in self.rows if row.code == code)

    def value(self, code: str, column: int = 0) -> Decimal:
        """What a line or an account shows; zero when it is not there."""
        found = next((row.values[column] for row in self.rows if row.code == code), None)
        return ZERO if found is None else found


def balance_sheet(
    *columns: ReportFilter, with_accounts: bool = True, layout: StatementLayout | None = None
) -> Statement:
    """Balances at the end of each column's ``date_to``. One trial balance per column.

    The result that no closing entry has carried yet stands as a line of its own in equity.
    """
    at = [column.changed(date_from=None) for column in columns]
    return _statement(Kind.BALANCE_SHEET, at, with_accounts, layout, figures_of)


def income_statement(
    *columns: ReportFilter, with_accounts: bool = True, layout: StatementLayout | None = None
) -> Statement:
    """Income above zero and cost below, from each column's ``date_from`` to its ``date_to``.

    The closing period is left out: it would show a closed year as nothing.
    """
    spans = [column.changed(with_closing=False) for column in columns]
    return _statement(Kind.INCOME, spans, with_accounts, layout, figures_of)


def cash_flow(
    *columns: ReportFilter,
    is_direct: bool = False,
    with_accounts: bool = True,
    layout: StatementLayout | None = None,
) -> Statement:
    """What changed the cash accounts in each column's days: from the result, or (``is_direct``)
    from what stood against cash in the entries that moved it. Both are that change to the cent.

    Raises ``InvalidInput`` for dimensions: lines of one value do not balance.
    """
    kind = Kind(layout.kind) if layout else Kind.DIRECT_CASH_FLOW if is_direct else Kind.CASH_FLOW
    _refuse_dimensions(columns)
    tree = read_tree(columns[0].company)

    def against_cash(column: ReportFilter, _measures: Iterable[str]) -> Column:
        return figures_against_cash(column, tree.accounts)

    figures = against_cash if kind == Kind.DIRECT_CASH_FLOW else figures_of
    return _statement(kind, list(columns), with_accounts, layout, figures, tree)


def equity_changes(chosen: ReportFilter, *, layout: StatementLayout | None = None) -> Statement:
    """One column for each line of equity, one for the result that no closing entry has carried,
    and their total, which ends at the equity of the balance sheet."""
    _refuse_dimensions([chosen])
    tree = read_tree(chosen.company)
    found = layout_of(chosen.company, Kind.EQUITY, tree, layout)
    figures = figures_of(chosen, found.measures)
    parts: list[tuple[str, Column]] = []
    for line in tree.lines:
        ids = {a.id for a in tree.accounts if a.line == line.pk and a.kind == Account.Kind.EQUITY}
        column = _only(figures, ids)
        if any(any((f.opening, f.movement, f.carried)) for f in column.values()):
            parts.append((line.name, column))
    result = {a.id for a in tree.accounts if a.kind in RESULT_KINDS}
    parts.append((_("Result not yet carried forward"), _only(figures, result)))
    whole = {key: value for _label, column in parts for key, value in column.items()}
    parts.append((_("Total"), whole))
    rows = compose(
        found,
        tree.accounts,
        [column for _label, column in parts],
        places=chosen.company.currency.decimal_places,
    )
    columns = tuple(chosen for _part in parts)
    labels = tuple(label for label, _column in parts)
    return Statement(Kind.EQUITY, columns, rows, labels, found.code)


def income_across(
    chosen: ReportFilter,
    dimension: str,
    names: Callable[[Iterable[int]], Mapping[int, str]],
    *,
    layout: StatementLayout | None = None,
) -> Statement:
    """The income statement with one column per value of ``dimension``, and the total.

    ``names`` gives the codes of the values, which order the columns. Raises ``InvalidInput``
    for more than ``MOST_ACROSS``.
    """
    tree = read_tree(chosen.company)
    found = layout_of(chosen.company, Kind.INCOME, tree, layout)
    by_value = figures_across(chosen, dimension)
    kinds = {account.id: account.kind for account in tree.accounts}
    values = [
        value
        for value, column in by_value.items()
        if any(f.movement for key, f in column.items() if kinds[key] in RESULT_KINDS)
    ]
    if len(values) > MOST_ACROSS:
        raise InvalidInput(
            "too_many_columns",
            _("{n} values are more than the {most} columns of a page: filter them.").format(
                n=len(values), most=MOST_ACROSS
            ),
            field="across",
        )
    codes = names([value for value in values if value is not None])
    ordered = sorted(values, key=lambda value: (value is None, codes.get(value or 0, "")))
    whole: dict[int, Figures] = {}
    for column in by_value.values():
        for key, figures in column.items():
            whole[key] = whole[key] + figures if key in whole else figures
    places = chosen.company.currency.decimal_places
    columns = [*(by_value[value] for value in ordered), whole]
    rows = compose(found, tree.accounts, columns, places=places)
    chosen = chosen.changed(with_closing=False)
    filters = (*(chosen.having(**{dimension: value}) for value in ordered), chosen)
    labels = (
        *(_("(none)") if value is None else codes[value] for value in ordered), _("Total")
    )  # fmt: skip
    return Statement(Kind.INCOME, filters, rows, labels, found.code)


def layout_of(
    company: Company, kind: str, tree: Tree, chosen: StatementLayout | None = None
) -> Layout:
    """The layout that is asked for, else the company's own default, else that of its lines."""
    stored = (
        chosen
        or StatementLayout.objects.filter(
            company=company, kind=kind, is_default=True, is_active=True
        ).first()
    )
    return default_layout_of(company, kind, tree) if stored is None else read_layout(stored)


def default_layout_of(company: Company, kind: str, tree: Tree) -> Layout:
    """The layout that the company's statement lines make."""
    retained = None
    if kind == Kind.BALANCE_SHEET:
        rule = (
            PostingRule.objects.filter(company=company, role=PostingRole.RETAINED_EARNINGS)
            .select_related("account")
            .first()
        )
        retained = rule.account.statement_line_id if rule else None
    return default_layout(kind, tree, retained=retained)


def read_layout(stored: StatementLayout) -> Layout:
    """One statement. Raises ``InvalidInput`` for rows that can't be read."""
    rows = tuple(spec_of(row, stored.kind) for row in stored.rows.order_by("position", "id"))
    return Layout(stored.code, stored.name, stored.kind, rows, stored.pk)


def spec_of(row: LayoutRow, kind: str) -> RowSpec:
    is_of_accounts = row.kind == LayoutRow.Kind.ACCOUNTS
    selector = Selector(
        line=row.statement_line_id,
        activity=row.activity,
        kind=row.account_kind,
        control=row.control,
        accounts=read_accounts(row.accounts) if is_of_accounts else EVERY,
        without_cash=kind in CASH_FLOWS,
    )
    usual = Measure.CLOSING if kind == Kind.BALANCE_SHEET else Measure.MOVEMENT
    return RowSpec(
        code=row.code,
        label=row.label,
        kind=row.kind,
        level=row.level,
        sign=row.sign,
        measure=row.measure or usual,
        selector=selector if is_of_accounts else None,
        formula=formulas.parse(row.formula) if row.kind == LayoutRow.Kind.TOTAL else None,
        shows_accounts=row.shows_accounts,
        hides_zero=row.hides_zero,
    )


def _statement(
    kind: str,
    columns: list[ReportFilter],
    with_accounts: bool,
    chosen: StatementLayout | None,
    figures: Callable[[ReportFilter, Iterable[str]], Column],
    tree: Tree | None = None,
) -> Statement:
    company = columns[0].company
    tree = tree or read_tree(company)
    layout = layout_of(company, kind, tree, chosen)
    rows = compose(
        layout,
        tree.accounts,
        [figures(column, layout.measures) for column in columns],
        places=company.currency.decimal_places,
        with_accounts=with_accounts,
    )
    return Statement(kind, tuple(columns), rows, layout=layout.code)


def _only(figures: Column, ids: set[int]) -> Column:
    return {key: value for key, value in figures.items() if key in ids}


def _refuse_dimensions(columns: Iterable[ReportFilter]) -> None:
    for column in columns:
        for name in column.dimensions:
            raise InvalidInput(
                "whole_company",
                _("This statement is of the whole company: lines of one value do not balance."),
                field=name,
            )

"""Balance sheet and income statement, from the tree of statement lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.models import Company
from apps.core.money import ZERO
from apps.finance.models import Account, PostingRole, PostingRule, StatementLine
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import AccountSum, trial_balance

Kind = StatementLine.Statement
RESULT_KINDS = frozenset({Account.Kind.INCOME, Account.Kind.EXPENSE})
#: The line that shows what the result accounts hold and no closing entry has carried yet.
UNCARRIED = "RESULT"


@dataclass(frozen=True, slots=True)
class StatementRow:
    """``values``: one amount per column, as the statement shows them. Rows of accounts have an
    ``account_id``, others a ``line_id``; the row of the result not carried yet has neither."""

    code: str
    label: str
    level: int
    values: tuple[Decimal, ...]
    is_total: bool = False
    line_id: int | None = None
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """Costs stand below zero on an income statement, so that every total is a plain sum."""

    kind: str
    columns: tuple[ReportFilter, ...]
    rows: list[StatementRow]

    def row(self, code: str) -> StatementRow:
        return next(row for row in self.rows if row.code == code)

    def value(self, code: str, column: int = 0) -> Decimal:
        """What a line or an account shows; zero when it is not there."""
        return next((row.values[column] for row in self.rows if row.code == code), ZERO)


@dataclass(slots=True)
class _Node:
    code: str
    label: str
    line_id: int | None
    own: list[Decimal]
    children: list[_Node] = field(default_factory=list)
    accounts: dict[str, tuple[AccountSum, list[Decimal]]] = field(default_factory=dict)
    sign: int = 1

    def totals(self) -> list[Decimal]:
        totals = list(self.own)
        for child in self.children:
            for place, amount in enumerate(child.totals()):
                totals[place] += amount
        return totals

    def all_accounts(self) -> Iterator[AccountSum]:
        for account, _amounts in self.accounts.values():
            yield account
        for child in self.children:
            yield from child.all_accounts()


def balance_sheet(*columns: ReportFilter, with_accounts: bool = True) -> Statement:
    """Balances at the end of each column's ``date_to``. Two statements and one per column.

    The result that no closing entry has carried yet stands as a line of its own in equity.
    """
    company = columns[0].company
    at = [column.changed(date_from=None) for column in columns]
    nodes = _tree(company, Kind.BALANCE_SHEET, len(at))
    uncarried = [ZERO] * len(at)
    for place, column in enumerate(at):
        for row in trial_balance(column).rows:
            if row.kind in RESULT_KINDS:
                uncarried[place] += row.closing
            else:
                _add(nodes[row.statement_line_id], row, row.closing, place)
    _add_uncarried(company, nodes, uncarried)
    roots = _roots(nodes)
    for root in roots:
        first = next(root.all_accounts(), None)
        is_asset_side = first is not None and first.kind == Account.Kind.ASSET
        _set_sign(root, 1 if is_asset_side else -1)
    rows = [row for root in roots for row in _parents_first(root, 0, with_accounts)]
    return Statement(Kind.BALANCE_SHEET, tuple(at), rows)


def income_statement(*columns: ReportFilter, with_accounts: bool = True) -> Statement:
    """Income above zero and cost below, from each column's ``date_from`` to its ``date_to``.

    The closing period is left out: it would show a closed year as nothing.
    """
    company = columns[0].company
    spans = [column.changed(with_closing=False) for column in columns]
    nodes = _tree(company, Kind.INCOME, len(spans))
    for place, column in enumerate(spans):
        for row in trial_balance(column).rows:
            if row.kind in RESULT_KINDS and row.movement:
                _add(nodes[row.statement_line_id], row, row.movement, place)
    rows = []
    for root in _roots(nodes):
        _set_sign(root, -1)
        rows += list(_children_first(root, 0, with_accounts))
    return Statement(Kind.INCOME, tuple(spans), rows)


def _tree(company: Company, statement: str, width: int) -> dict[int, _Node]:
    """The nodes by line id, children hung on their parents in order."""
    lines = list(
        StatementLine.objects.filter(company=company, statement=statement).order_by(
            "position", "code"
        )
    )
    nodes = {line.pk: _Node(line.code, line.name, line.pk, [ZERO] * width) for line in lines}
    for line in lines:
        if line.parent_id is not None:
            nodes[line.parent_id].children.append(nodes[line.pk])
    return nodes


def _roots(nodes: dict[int, _Node]) -> list[_Node]:
    inner = {id(child) for node in nodes.values() for child in node.children}
    return [node for node in nodes.values() if id(node) not in inner]


def _add(node: _Node, row: AccountSum, amount: Decimal, place: int) -> None:
    node.own[place] += amount
    _account, amounts = node.accounts.setdefault(row.code, (row, [ZERO] * len(node.own)))
    amounts[place] += amount


def _add_uncarried(company: Company, nodes: dict[int, _Node], amounts: list[Decimal]) -> None:
    """Beside the line of retained earnings."""
    if not any(amounts):
        return
    rule = (
        PostingRule.objects.filter(company=company, role=PostingRole.RETAINED_EARNINGS)
        .select_related("account")
        .first()
    )
    node = _Node(UNCARRIED, _("Result not yet carried forward"), None, amounts)
    beside = rule.account.statement_line_id if rule else None
    for parent in nodes.values():
        places = [n for n, child in enumerate(parent.children) if child.line_id == beside]
        if places:
            parent.children.insert(places[0] + 1, node)
            return
    nodes[0] = node


def _set_sign(node: _Node, sign: int) -> None:
    node.sign = sign
    for child in node.children:
        _set_sign(child, sign)


def _shown(node: _Node, amounts: list[Decimal]) -> tuple[Decimal, ...]:
    """As the statement shows them; zero has no sign."""
    return tuple(node.sign * amount + ZERO for amount in amounts)


def _row(node: _Node, level: int) -> StatementRow:
    return StatementRow(
        code=node.code,
        label=node.label,
        level=level,
        values=_shown(node, node.totals()),
        is_total=bool(node.children),
        line_id=node.line_id,
    )


def _account_rows(node: _Node, level: int) -> Iterator[StatementRow]:
    for code, (account, amounts) in sorted(node.accounts.items()):
        if any(amounts):
            shown = _shown(node, amounts)
            yield StatementRow(code, account.name, level, shown, account_id=account.account_id)


def _is_empty(node: _Node) -> bool:
    return not any(node.own) and all(_is_empty(child) for child in node.children)


def _parents_first(node: _Node, level: int, with_accounts: bool) -> Iterator[StatementRow]:
    if level and _is_empty(node):
        return
    yield _row(node, level)
    if with_accounts:
        yield from _account_rows(node, level + 1)
    for child in node.children:
        yield from _parents_first(child, level + 1, with_accounts)


def _children_first(node: _Node, level: int, with_accounts: bool) -> Iterator[StatementRow]:
    """Subtotals below what they sum up, as income statements are read."""
    if level and _is_empty(node):
        return
    if not node.children:
        yield _row(node, level)
        if with_accounts:
            yield from _account_rows(node, level + 1)
        return
    for child in node.children:
        yield from _children_first(child, level + 1, with_accounts)
    yield _row(node, level)

"""The layouts that a company's statement lines make: what it has before it writes its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.finance.models import Account, Activity, LayoutRow, StatementLayout, StatementLine
from apps.finance.queries import formulas
from apps.finance.queries.account_figures import Tree
from apps.finance.queries.account_lists import AccountList
from apps.finance.queries.layouts import (
    CASH,
    Layout,
    Measure,
    RowKind,
    RowSpec,
    Selector,
)

Kind = StatementLayout.Kind
OF_RESULT = LayoutRow.AccountKind.RESULT
#: The line that shows what the result accounts hold and no closing entry has carried yet.
UNCARRIED = "RESULT"
_Statement = StatementLine.Statement
_DIRECT = {
    Account.Control.RECEIVABLE: lambda: _("Receipts from customers"),
    Account.Control.PAYABLE: lambda: _("Payments to suppliers"),
    Account.Control.TAX: lambda: _("Taxes received and paid"),
}


def default_layout(kind: str, tree: Tree, *, retained: int | None = None) -> Layout:
    """``retained``: the line beside which the balance sheet shows the result not yet carried."""
    makers: dict[str, Callable[[], list[RowSpec]]] = {
        Kind.BALANCE_SHEET: lambda: _balance_sheet(tree, retained),
        Kind.INCOME: lambda: _income_statement(tree),
        Kind.CASH_FLOW: lambda: _cash_flow(tree, is_direct=False),
        Kind.DIRECT_CASH_FLOW: lambda: _cash_flow(tree, is_direct=True),
        Kind.EQUITY: lambda: _equity(tree),
    }
    return Layout("", str(Kind(kind).label), kind, tuple(makers[kind]()))


# --- balance sheet and income statement -----------------------------------------------------------


def _balance_sheet(tree: Tree, retained: int | None) -> list[RowSpec]:
    """The result stands beside the retained earnings, or last where there is no such line."""
    rows: list[RowSpec] = []
    is_placed = False
    for root in tree.children(None, _Statement.BALANCE_SHEET):
        sign = 1 if _first_kind(tree, root) == Account.Kind.ASSET else -1
        for row in _lines(tree, root, 0, sign, Measure.CLOSING, retained):
            is_placed |= row.code == _uncarried_code(tree)
            rows.append(row)
    return rows if is_placed else [*rows, _uncarried(tree, 0)]


def _uncarried_code(tree: Tree) -> str:
    return UNCARRIED if all(line.code != UNCARRIED for line in tree.lines) else f"{UNCARRIED}*"


def _uncarried(tree: Tree, level: int) -> RowSpec:
    return RowSpec(
        code=_uncarried_code(tree),
        label=_("Result not yet carried forward"),
        kind=RowKind.ACCOUNTS,
        level=level,
        sign=-1,
        measure=Measure.CLOSING,
        selector=Selector(kind=OF_RESULT),
        shows_accounts=False,
    )


def _lines(
    tree: Tree, line: StatementLine, level: int, sign: int, measure: str, retained: int | None
) -> Iterator[RowSpec]:
    """Totals above what they sum up."""
    below = tree.children(line.pk, line.statement)
    inner = [list(_lines(tree, child, level + 1, sign, measure, retained)) for child in below]
    codes = [rows[0].code for rows in inner]
    places = [place for place, child in enumerate(below) if child.pk == retained]
    if places:
        result = _uncarried(tree, level + 1)
        codes.insert(places[0] + 1, result.code)
        inner.insert(places[0] + 1, [result])
    yield from _own(tree, line, level, sign, measure, codes)
    for rows in inner:
        yield from rows


def _income_statement(tree: Tree) -> list[RowSpec]:
    return [
        row for root in tree.children(None, _Statement.INCOME) for row in _lines_up(tree, root, 0)
    ]


def _lines_up(tree: Tree, line: StatementLine, level: int) -> Iterator[RowSpec]:
    """Totals below what they sum up, as income statements are read."""
    below = tree.children(line.pk, line.statement)
    inner = [list(_lines_up(tree, child, level + 1)) for child in below]
    for rows in inner:
        yield from rows
    own = list(_own(tree, line, level, -1, Measure.MOVEMENT, [child.code for child in below]))
    yield from reversed(own)


def _own(
    tree: Tree, line: StatementLine, level: int, sign: int, measure: str, codes: list[str]
) -> Iterator[RowSpec]:
    """The row of a line; and one of its own accounts where it sums up others besides."""
    of_accounts = RowSpec(
        code=line.code,
        label=line.name,
        kind=RowKind.ACCOUNTS,
        level=level,
        sign=sign,
        measure=measure,
        selector=Selector(line=line.pk),
        hides_zero=level > 0,
        line_id=line.pk,
    )
    if not codes:
        yield of_accounts
        return
    direct = []
    taken = _own_accounts(tree, line)
    if taken.taken:
        direct = [
            RowSpec(
                code=f"{line.code}*",
                label=line.name,
                kind=RowKind.ACCOUNTS,
                level=level + 1,
                sign=sign,
                measure=measure,
                selector=Selector(accounts=taken),
            )
        ]
    yield RowSpec(
        code=line.code,
        label=line.name,
        kind=RowKind.TOTAL,
        level=level,
        measure=measure,
        formula=total_of([*codes, *(row.code for row in direct)]),
        hides_zero=level > 0,
        line_id=line.pk,
    )
    yield from direct


def _first_kind(tree: Tree, line: StatementLine) -> str:
    return next((a.kind for a in tree.accounts if line.pk in a.lines), "")


def total_of(codes: Iterable[str]) -> formulas.Node:
    """Their sum as a shallow tree: charts may have a thousand lines."""
    nodes: list[formulas.Node] = [formulas.Reference(code) for code in codes]
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2], strict=False)
        last = nodes[-1:] if len(nodes) % 2 else []
        nodes = [*(formulas.Operation("+", left, right) for left, right in pairs), *last]
    return nodes[0] if nodes else formulas.Number(ZERO)


# --- cash flow ------------------------------------------------------------------------------------


def _cash_flow(tree: Tree, *, is_direct: bool) -> list[RowSpec]:
    operating = _direct_rows(tree) if is_direct else _indirect_rows(tree)
    investing = [
        _flow("INVESTMENTS", _("Assets bought and sold"), Selector(activity=Activity.INVESTING))
    ]
    financing = [
        _flow(f"FIN-{line.code}", line.name, _of_line(tree, line))
        for line in _leaves(tree)
        if line.activity == Activity.FINANCING
    ]
    parts = [
        ("OPERATING", _("Operating activities"), _("Cash from operating activities"), operating),
        ("INVESTING", _("Investing activities"), _("Cash from investing activities"), investing),
        ("FINANCING", _("Financing activities"), _("Cash from financing activities"), financing),
    ]
    rows: list[RowSpec] = []
    for code, heading, label, inner in parts:
        rows.append(RowSpec(f"{code}-HEADING", heading, RowKind.HEADING))
        rows += inner
        total = total_of(row.code for row in inner)
        rows.append(RowSpec(code, label, RowKind.TOTAL, formula=total, hides_zero=False))
    adjusted = [_exchange("EXCHANGE", _("Effect of exchange rates on cash"), 0, 1)]
    if not is_direct:
        adjusted += [
            RowSpec(
                "CLOSING-ENTRIES",
                _("Cash moved by closing entries"),
                RowKind.ACCOUNTS,
                sign=-1,
                measure=Measure.CARRIED,
                selector=Selector(kind=LayoutRow.AccountKind.ALL, without_cash=True),
                shows_accounts=False,
            )
        ]
    codes = [*(part[0] for part in parts), *(row.code for row in adjusted)]
    return [*rows, *adjusted, *_cash_rows(codes)]


def _cash_rows(codes: Iterable[str]) -> list[RowSpec]:
    """The change, and that it is what the cash accounts changed by."""
    cash = Selector(control=CASH, without_cash=True)
    return [
        RowSpec(
            "NET-CHANGE", _("Change in cash"), RowKind.TOTAL,
            formula=total_of(codes), hides_zero=False,
        ),
        RowSpec(
            "CASH-OPENING", _("Cash at the beginning"), RowKind.ACCOUNTS,
            measure=Measure.OPENING, selector=cash, hides_zero=False,
        ),
        RowSpec(
            "CASH-CLOSING", _("Cash at the end"), RowKind.ACCOUNTS,
            measure=Measure.CLOSING, selector=cash, hides_zero=False,
        ),
        RowSpec(
            "DIFFERENCE", _("Difference to the cash accounts"), RowKind.TOTAL,
            formula=formulas.parse("[CASH-CLOSING] - [CASH-OPENING] - [NET-CHANGE]"),
        ),
    ]  # fmt: skip


def _exchange(code: str, label: str, level: int, sign: int) -> RowSpec:
    """What revaluations of currencies made of cash: no flow, so apart from them (IAS 7.28)."""
    return RowSpec(
        code,
        label,
        RowKind.ACCOUNTS,
        level,
        sign,
        Measure.EXCHANGE,
        Selector(control=CASH, without_cash=True),
        shows_accounts=False,
    )


def _indirect_rows(tree: Tree) -> list[RowSpec]:
    """The result, less what is of other activities, and what working capital took or gave."""
    rows = [
        RowSpec(
            "NET-RESULT", _("Result"), RowKind.ACCOUNTS, 1, -1,
            selector=Selector(kind=OF_RESULT, without_cash=True),
            shows_accounts=False, hides_zero=False,
        )
    ]  # fmt: skip
    for line in _leaves(tree, _Statement.INCOME):
        if line.activity != Activity.OPERATING:
            label = _("Adjustment for {line}").format(line=line.name)
            rows.append(_flow(f"BACK-{line.code}", label, _of_line(tree, line), sign=1))
    label = _("Exchange differences on cash, taken out")
    rows.append(_exchange("TAKEN-EXCHANGE", label, 1, -1))
    for line in _leaves(tree, _Statement.BALANCE_SHEET):
        if line.activity == Activity.OPERATING:
            label = _("Change in {line}").format(line=line.name)
            rows.append(_flow(f"CHANGE-{line.code}", label, _of_line(tree, line)))
    return rows


def _direct_rows(tree: Tree) -> list[RowSpec]:
    rows = []
    for line in _leaves(tree):
        if line.activity != Activity.OPERATING:
            continue
        controls = {a.control for a in tree.accounts if line.pk in a.lines and a.control != CASH}
        named = _DIRECT.get(next(iter(controls))) if len(controls) == 1 else None  # type: ignore[call-overload]
        label = f"{named()}: {line.name}" if named else line.name
        rows.append(_flow(f"PAID-{line.code}", label, _of_line(tree, line)))
    return rows


def _flow(code: str, label: str, selector: Selector, *, sign: int = -1) -> RowSpec:
    """A debit on another account is cash that went out."""
    selector = replace(selector, without_cash=True)
    return RowSpec(
        code,
        label,
        RowKind.ACCOUNTS,
        1,
        sign,
        selector=selector,
    )


def _leaves(tree: Tree, statement: str = "") -> list[StatementLine]:
    """Lines with accounts of their own, those of the balance sheet first."""
    used = {account.line for account in tree.accounts}
    return [
        line
        for line in tree.lines
        if line.pk in used and (not statement or line.statement == statement)
    ]


def _of_line(tree: Tree, line: StatementLine) -> Selector:
    """Accounts on the line itself, not on those below."""
    if not tree.children(line.pk, line.statement):
        return Selector(line=line.pk)
    return Selector(accounts=_own_accounts(tree, line))


def _own_accounts(tree: Tree, line: StatementLine) -> AccountList:
    return AccountList(tuple((a.code, a.code) for a in tree.accounts if a.line == line.pk))


# --- changes in equity ----------------------------------------------------------------------------


def _equity(tree: Tree) -> list[RowSpec]:
    """What equity was, what each account of it and the result added, and what it is.

    A result stands in a column of its own until closing entries carry it.
    """
    own = Selector(kind=LayoutRow.AccountKind.OWN)
    changes = [
        RowSpec(
            f"CHANGE-{account.code}", account.name, RowKind.ACCOUNTS, 1, -1,
            selector=Selector(accounts=AccountList(((account.code, account.code),))),
            shows_accounts=False,
        )
        for account in tree.accounts
        if account.kind == Account.Kind.EQUITY
    ]  # fmt: skip
    codes = ["OPENING", "RESULT", "CARRIED", *(row.code for row in changes)]
    return [
        _of_equity("OPENING", _("At the beginning"), own, Measure.OPENING),
        _of_equity("RESULT", _("Result"), Selector(kind=OF_RESULT), Measure.MOVEMENT, 1),
        *changes,
        _of_equity("CARRIED", _("Result carried forward"), own, Measure.CARRIED, 1),
        RowSpec(
            "CLOSING", _("At the end"), RowKind.TOTAL, formula=total_of(codes), hides_zero=False
        ),
    ]


def _of_equity(code: str, label: str, selector: Selector, measure: str, level: int = 0) -> RowSpec:
    return RowSpec(
        code,
        label,
        RowKind.ACCOUNTS,
        level,
        -1,
        measure,
        selector,
        shows_accounts=False,
        hides_zero=level > 0,
    )

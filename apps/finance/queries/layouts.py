"""Statements by layout: a pure function from amounts per account to rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Self

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO
from apps.finance.models import Account, LayoutRow, StatementLayout
from apps.finance.queries import formulas
from apps.finance.queries.account_lists import EVERY, AccountList

Kind, RowKind, Measure = StatementLayout.Kind, LayoutRow.Kind, LayoutRow.Measure
CASH_FLOWS = frozenset({Kind.CASH_FLOW, Kind.DIRECT_CASH_FLOW})
RESULT_KINDS = frozenset({Account.Kind.INCOME, Account.Kind.EXPENSE})
CASH = Account.Control.CASH


@dataclass(frozen=True, slots=True)
class LayoutAccount:
    """What a layout selects accounts by. ``lines``: its statement ``line`` and those above it."""

    id: int
    code: str
    name: str
    kind: str
    control: str
    activity: str
    line: int = 0
    lines: frozenset[int] = frozenset()
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Figures:
    """Of an account, debits above zero. ``carried``: closing entries of a year, apart from the
    ``movement``; ``exchange``: what of the movement of cash no payment was."""

    opening: Decimal = ZERO
    movement: Decimal = ZERO
    carried: Decimal = ZERO
    exchange: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        return self.opening + self.movement + self.carried

    def of(self, measure: str) -> Decimal:
        return getattr(self, measure)

    def __add__(self, other: Self) -> Figures:
        return Figures(
            self.opening + other.opening,
            self.movement + other.movement,
            self.carried + other.carried,
            self.exchange + other.exchange,
        )


@dataclass(frozen=True, slots=True)
class Selector:
    """Accounts that meet every condition that is set. A cash flow leaves cash accounts out of
    all rows but those of ``control`` cash."""

    line: int | None = None
    activity: str = ""
    kind: str = ""
    control: str = ""
    accounts: AccountList = EVERY
    without_cash: bool = False

    def takes(self, account: LayoutAccount) -> bool:
        is_cash = account.control == CASH
        return (
            (self.line is None or self.line in account.lines)
            and (not self.activity or account.activity == self.activity)
            and (not self.kind or _is_of(account.kind, self.kind))
            and (not self.control or account.control == self.control)
            and not (self.without_cash and is_cash and self.control != CASH)
            and self.accounts.has(account.code)
        )


@dataclass(frozen=True, slots=True)
class RowSpec:
    """One row of a layout. ``selector`` of rows of accounts, ``formula`` of totals."""

    code: str
    label: str
    kind: str
    level: int = 0
    sign: int = 1
    measure: str = Measure.MOVEMENT
    selector: Selector | None = None
    formula: formulas.Node | None = None
    shows_accounts: bool = True
    hides_zero: bool = True
    line_id: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """``id`` is None for the layout that the statement lines make."""

    code: str
    name: str
    kind: str
    rows: tuple[RowSpec, ...]
    id: int | None = None

    @property
    def measures(self) -> set[str]:
        return {row.measure for row in self.rows if row.selector is not None}

    def row(self, code: str) -> RowSpec | None:
        return next((row for row in self.rows if row.code == code), None)


@dataclass(frozen=True, slots=True)
class StatementRow:
    """``values``: one amount per column, as the statement shows them; None where a formula has no
    answer. Rows of accounts have an ``account_id``, those of a statement line a ``line_id``.

    ``formula`` says what the values are made of: ``{3}`` is the row at place 3 of the statement.
    """

    code: str
    label: str
    level: int
    values: tuple[Decimal | None, ...]
    is_total: bool = False
    line_id: int | None = None
    account_id: int | None = None
    formula: str = ""
    is_heading: bool = False
    measure: str = ""
    row_code: str = ""


Column = Mapping[int, Figures]


@dataclass(slots=True)
class _Made:
    """A row with its values and its accounts, before anything is hidden."""

    spec: RowSpec
    values: tuple[Decimal | None, ...]
    accounts: list[tuple[LayoutAccount, tuple[Decimal, ...]]] = field(default_factory=list)
    is_shown: bool = True


def compose(
    layout: Layout,
    accounts: Iterable[LayoutAccount],
    columns: Sequence[Column],
    *,
    places: int = 2,
    with_accounts: bool = True,
) -> list[StatementRow]:
    """Rows of ``layout`` over ``columns``, each the figures by account id.

    Pure: budgets, consolidated or translated figures are read by the same layouts. Raises
    ``InvalidInput`` for formulas that name rows that are not there, or each other.
    """
    known = list(accounts)
    made = {spec.code: _of_accounts(spec, known, columns) for spec in layout.rows}
    _evaluate(made, len(columns), places)
    ordered = list(made.values())
    _hide(ordered)
    return _written(layout, ordered, places, with_accounts)


def selected(spec: RowSpec, accounts: Iterable[LayoutAccount]) -> list[LayoutAccount]:
    """The accounts of a row; none of a heading or a total."""
    if spec.selector is None:
        return []
    return [account for account in accounts if spec.selector.takes(account)]


def behind(layout: Layout, code: str) -> list[RowSpec]:
    """The rows of accounts that a row is the plain sum of, itself when it is one; none for other
    formulas and for sums of unlike signs or measures."""
    specs = {spec.code: spec for spec in layout.rows}
    found: list[RowSpec] = []
    waiting = [code]
    while waiting:
        spec = specs.get(waiting.pop())
        if spec is None or len(found) > len(specs):
            return []
        if spec.selector is not None:
            found.append(spec)
        elif spec.formula is None or not formulas.only_adds(spec.formula):
            return []
        else:
            waiting += formulas.references(spec.formula)
    return found if len({(spec.sign, spec.measure) for spec in found}) == 1 else []


def _of_accounts(spec: RowSpec, known: list[LayoutAccount], columns: Sequence[Column]) -> _Made:
    rows = []
    totals = [ZERO] * len(columns)
    for account in selected(spec, known):
        found = [column.get(account.id) for column in columns]
        if not any(found):
            continue
        amounts = tuple(
            spec.sign * figures.of(spec.measure) + ZERO if figures else ZERO for figures in found
        )
        totals = [total + amount for total, amount in zip(totals, amounts, strict=True)]
        if any(amounts):
            rows.append((account, amounts))
    return _Made(spec, tuple(totals), rows)


def evaluation_order(layout: Layout) -> list[RowSpec]:
    """Totals, each after those it names. Raises ``InvalidInput`` for what can't be ordered."""
    specs = {spec.code: spec for spec in layout.rows}
    done: list[RowSpec] = []
    state: dict[str, bool] = {}
    for spec in layout.rows:
        if spec.formula is not None:
            _visit(spec, specs, state, done)
    return done


def _visit(
    spec: RowSpec, specs: Mapping[str, RowSpec], state: dict[str, bool], done: list[RowSpec]
) -> None:
    """Depth first; ``state``: False while its own formula is being followed."""
    if spec.code in state:
        if not state[spec.code]:
            raise InvalidInput(
                "formula_circle",
                _("{code}: its formula leads back to itself.").format(code=spec.code),
                field="formula",
            )
        return
    state[spec.code] = False
    for code in formulas.references(spec.formula) if spec.formula is not None else ():
        if code not in specs:
            raise InvalidInput(
                "unknown_row",
                _("{code}: there is no row {name}.").format(code=spec.code, name=code),
                field="formula",
            )
        if specs[code].formula is not None:
            _visit(specs[code], specs, state, done)
    state[spec.code] = True
    done.append(spec)


def _evaluate(made: dict[str, _Made], width: int, places: int) -> None:
    layout = Layout("", "", "", tuple(row.spec for row in made.values()))
    for spec in evaluation_order(layout):
        node = spec.formula
        if node is None:
            continue
        found = []
        for place in range(width):
            values = {code: row.values[place] for code, row in made.items()}
            value = formulas.rounded(formulas.evaluate(node, values.__getitem__), node, places)
            found.append(None if value is None else value + ZERO)
        made[spec.code].values = tuple(found)


def _hide(rows: list[_Made]) -> None:
    """Empty rows, totals of nothing but hidden rows, and headings with nothing below."""
    by_code = {row.spec.code: row for row in rows}
    layout = Layout("", "", "", tuple(row.spec for row in rows))
    for row in rows:
        has_accounts = bool(row.accounts) and row.spec.shows_accounts
        if row.spec.kind == RowKind.ACCOUNTS and row.spec.hides_zero:
            row.is_shown = has_accounts or any(row.values)
    for spec in evaluation_order(layout):
        row = by_code[spec.code]
        if spec.hides_zero and spec.formula is not None:
            named = (by_code[code].is_shown for code in formulas.references(spec.formula))
            row.is_shown = any(row.values) or (formulas.only_adds(spec.formula) and any(named))
    for place, row in enumerate(rows):
        if row.spec.kind == RowKind.HEADING and row.spec.hides_zero:
            row.is_shown = _has_shown_below(rows, place)


def _has_shown_below(rows: list[_Made], place: int) -> bool:
    for row in rows[place + 1 :]:
        if row.spec.level <= rows[place].spec.level:
            return False
        if row.is_shown and row.spec.kind != RowKind.HEADING:
            return True
    return False


def _written(
    layout: Layout, rows: list[_Made], places: int, with_accounts: bool
) -> list[StatementRow]:
    found: list[StatementRow] = []
    place_of: dict[str, int] = {}
    totals: list[tuple[int, RowSpec]] = []
    for row in rows:
        spec = row.spec
        if not row.is_shown:
            continue
        place = place_of[spec.code] = len(found)
        below = _account_rows(row) if with_accounts and spec.shows_accounts else []
        if spec.formula is not None:
            totals.append((place, spec))
        found.append(
            StatementRow(
                code=spec.code,
                label=spec.label,
                level=spec.level,
                values=() if spec.kind == RowKind.HEADING else row.values,
                is_total=spec.kind == RowKind.TOTAL,
                line_id=spec.line_id,
                formula=f"SUM({{{place + 1}}}:{{{place + len(below)}}})" if below else "",
                is_heading=spec.kind == RowKind.HEADING,
                measure=spec.measure,
                row_code=spec.code if behind(layout, spec.code) else "",
            )
        )
        found += below
    for place, spec in totals:
        found[place] = replace(found[place], formula=_formula(spec, place_of, places))
    width = max((len(row.values) for row in rows), default=0)
    return [replace(row, values=(None,) * width) if row.is_heading else row for row in found]


def _account_rows(row: _Made) -> list[StatementRow]:
    spec = row.spec
    return [
        StatementRow(
            account.code, account.name, spec.level + 1, amounts,
            account_id=account.id, measure=spec.measure,
            row_code=spec.code,
        )
        for account, amounts in row.accounts
    ]  # fmt: skip


def _formula(spec: RowSpec, place_of: Mapping[str, int], places: int) -> str:
    node = spec.formula
    if node is None:
        return ""
    text = formulas.spelled(node, lambda code: f"{{{place_of[code]}}}" if code in place_of else "0")
    return text if formulas.is_sum(node) else f'IFERROR(ROUND({text},{places}),"")'


def _is_of(kind: str, wanted: str) -> bool:
    if wanted == LayoutRow.AccountKind.RESULT:
        return kind in RESULT_KINDS
    if wanted == LayoutRow.AccountKind.BALANCE:
        return kind not in RESULT_KINDS
    if wanted == LayoutRow.AccountKind.OWN:
        return kind in RESULT_KINDS or kind == Account.Kind.EQUITY
    if wanted == LayoutRow.AccountKind.ALL:
        return True
    return kind == wanted

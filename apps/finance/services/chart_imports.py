"""A company's own chart of accounts from a file: all of it, or what is wrong with each row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.resources import MOST_ERRORS, RowError
from apps.core.tables import Table
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, Activity, PostingRole, StatementLine, TaxCode
from apps.finance.services.accounts import RESULT_KINDS
from apps.finance.services.chart import chart_content, write_chart
from apps.finance.services.chart_rows import (
    ChartAccount,
    ChartHeading,
    check_header,
    parse_rows,
)

Statement = StatementLine.Statement


@dataclass(slots=True)
class ChartImport:
    """What a file has made, or would make. ``added_lines``: lines that accounts needed besides
    the headings; ``missing_roles`` have no account yet, so what posts by them waits."""

    is_dry_run: bool
    headings: int = 0
    added_lines: int = 0
    accounts: int = 0
    tax_codes: int = 0
    errors: list[RowError] = field(default_factory=list)
    missing_roles: list[str] = field(default_factory=list)


class _Undo(Exception):
    pass


def require_rows(made: ChartImport) -> ChartImport:
    """Raise ``InvalidInput`` for what is wrong with the first row; all of them in ``details``."""
    if not made.errors:
        return made
    first = made.errors[0]
    raise InvalidInput(
        first.code,
        _("Line {line}: {text}").format(line=first.row, text=first.detail),
        field=first.field,
        row=first.row,
        details={"rows": [asdict(error) for error in made.errors]},
    )


def import_chart(company: Company, table: Table, *, by: User, dry_run: bool = False) -> ChartImport:
    """Give an empty company the headings and accounts of ``table``, with journals, tax codes and
    the tasks of the close; nothing when a row is wrong.

    A dry run goes all the way and takes everything back. Raises ``InvalidInput`` when the header
    does not fit, ``BusinessError`` ``has_accounts`` for a company that has some.
    """
    check_header(table)
    made = ChartImport(dry_run)
    headings, accounts = parse_rows(table, made.errors)
    del made.errors[MOST_ERRORS:]
    if made.errors:
        return made
    if not accounts:
        raise InvalidInput("empty_file", _("The file has no accounts."), field="file")
    content = _content(headings, accounts)
    made.headings, made.accounts = len(headings), len(accounts)
    made.added_lines = len(content["statement_lines"]) - len(headings)
    made.tax_codes = len(content["tax_codes"])
    made.missing_roles = [
        str(PostingRole(role).label) for role in PostingRole if role not in content["posting_rules"]
    ]
    try:
        with unit_of_work(), transaction.atomic():
            if Account.objects.filter(company=company).exists():
                raise BusinessError(
                    "has_accounts", _("{company} has accounts already.").format(company=company)
                )
            write_chart(company, content, by=by)
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    return made


def _content(
    headings: dict[str, ChartHeading], accounts: dict[str, ChartAccount]
) -> dict[str, Any]:
    """The chart as ``services.chart`` writes it."""
    lines, line_of = _statement_lines(headings, list(accounts.values()))
    standard = chart_content()
    rules = {role: a.code for a in accounts.values() for role in a.roles}
    taxes = [a for a in accounts.values() if a.control == Account.Control.TAX]
    for role, kind in (
        (PostingRole.SALES_TAX, Account.Kind.LIABILITY),
        (PostingRole.PURCHASE_TAX, Account.Kind.ASSET),
    ):
        of_kind = [a for a in taxes if a.kind == kind] or taxes
        if of_kind:
            rules.setdefault(role, of_kind[0].code)
    return {
        "statement_lines": lines,
        "accounts": [
            [a.code, a.name, a.kind, line_of[a.heading, _statement_of(a.kind)], a.control]
            for a in accounts.values()
        ],
        "journals": standard["journals"],
        "tax_codes": [
            [a.code, a.name, a.tax_rate, a.code, a.code, "normal", _category(a.tax_rate), ""]
            for a in taxes
            if a.tax_rate
        ],
        "tax_boxes": [],
        "close_tasks": standard["close_tasks"],
        "posting_rules": rules,
    }


def _category(rate: str) -> str:
    return TaxCode.Category.STANDARD if Decimal(rate) else TaxCode.Category.ZERO


def _statement_of(kind: str) -> str:
    return Statement.INCOME if kind in RESULT_KINDS else Statement.BALANCE_SHEET


def _statement_lines(
    headings: dict[str, ChartHeading], accounts: Sequence[ChartAccount]
) -> tuple[list[list[str]], dict[tuple[str, str], str]]:
    """Lines for headings, and the line of each pair of heading and statement.

    A heading over both statements gets a line on each; accounts beside headings get a line of
    their own, as totals bear none.
    """
    own: dict[str, list[str]] = {code: [] for code in headings}
    for account in accounts:
        statement = _statement_of(account.kind)
        if statement not in own[account.heading]:
            own[account.heading].append(statement)
    sides = {code: list(found) for code, found in own.items()}
    for code, found in own.items():
        for above in _above(headings[code], headings):
            sides[above] += [side for side in found if side not in sides[above]]
    _fill_empty(headings, sides)
    lines: list[list[str]] = []
    line_of: dict[tuple[str, str], str] = {}
    for code in headings:
        for place, side in enumerate(sides[code]):
            line_of[code, side] = code if not place else _free(f"{code}-{side}", headings)
    for code, heading in headings.items():
        for side in sides[code]:
            above = line_of.get((heading.parent, side), "") if heading.parent else ""
            name, activity = heading.name, heading.activity or Activity.OPERATING
            lines.append([line_of[code, side], name, side, above, activity])
            if side in own[code] and _has_below(code, side, headings, sides):
                of_accounts = _free(f"{code}-{side}-accounts", headings)
                lines.append([of_accounts, name, side, line_of[code, side], activity])
                line_of[code, side] = of_accounts
    return lines, line_of


def _above(heading: ChartHeading, headings: dict[str, ChartHeading]) -> Iterable[str]:
    while heading.parent:
        heading = headings[heading.parent]
        yield heading.code


def _fill_empty(headings: dict[str, ChartHeading], sides: dict[str, list[str]]) -> None:
    """A heading without accounts is where its parent is, or where its neighbour before it is."""
    last: str = Statement.BALANCE_SHEET
    for code, heading in headings.items():
        if not sides[code]:
            side = sides[heading.parent][0] if heading.parent and sides[heading.parent] else last
            sides[code] = [side]
            for above in _above(heading, headings):
                if side not in sides[above]:
                    sides[above].append(side)
        last = sides[code][0]


def _has_below(
    code: str, side: str, headings: dict[str, ChartHeading], sides: dict[str, list[str]]
) -> bool:
    return any(h.parent == code and side in sides[h.code] for h in headings.values())


def _free(code: str, headings: dict[str, ChartHeading]) -> str:
    code = code[-60:]
    while code in headings:
        code = f"+{code}"[:60]
    return code

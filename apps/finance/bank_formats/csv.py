"""Statements as tables: one line per row, under our column names or those of a profile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.import_profiles import ImportProfile
from apps.core.money import ZERO
from apps.core.tables import Row, Table, read_table, restored
from apps.finance.bank_formats.statements import (
    BalanceRead,
    LineRead,
    StatementKind,
    StatementRead,
    amount_of,
    bad_date,
    clean,
    refused,
    sane_date,
)

COLUMNS = (
    "account", "currency", "date", "value_date", "amount", "debit", "credit", "balance", "name",
    "iban", "end_to_end_id", "reference", "bank_reference", "text", "code",
)  # fmt: skip
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", re.ASCII)
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]{1,4})?", re.ASCII)
_COMMA = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]{1,2}", re.ASCII)
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]{1,4}", re.ASCII)


def read_csv(
    content: bytes, *, profile: ImportProfile | None = None, encoding: str = "utf-8"
) -> list[StatementRead]:
    """One statement per account in the table. Raises ``InvalidInput`` naming line and column.

    With a ``balance`` column (the balance after each line) the statement has both balances, and
    every step of it is checked.
    """
    table = read_table("statement.csv", content, encoding=encoding)
    table = (profile or ImportProfile()).apply(table)
    _check_columns(table)
    if not table.rows:
        raise refused("no_lines", _("The table has no lines."))
    by_account: dict[tuple[str, str], list[tuple[Row, LineRead]]] = {}
    for row in table.rows:
        line = _line(row)
        account = clean(restored(row.cells.get("account", "").strip()), 60).replace(" ", "")
        by_account.setdefault((account, line.currency), []).append((row, line))
    return [_statement(*key, rows) for key, rows in by_account.items()]


def _check_columns(table: Table) -> None:
    for name in table.columns:
        if name not in COLUMNS:
            raise refused(
                "unknown_column",
                _("There is no column {name}; known are: {columns}.").format(
                    name=clean(name, 60), columns=", ".join(COLUMNS)
                ),
            )
    has_amount = "amount" in table.columns or {"debit", "credit"} <= set(table.columns)
    for name, is_there in (("date", "date" in table.columns), ("amount", has_amount)):
        if not is_there:
            raise refused("missing_column", _("Column {name} is missing.").format(name=name))


def _line(row: Row) -> LineRead:
    cells = {name: clean(restored(text.strip())) for name, text in row.cells.items()}
    where = _("Line {line}").format(line=row.line)
    value_date = cells.get("value_date", "")
    return LineRead(
        date=_day(cells["date"], where),
        value_date=_day(value_date, where) if value_date else None,
        amount=_signed(cells, where),
        currency=cells.get("currency", "")[:3].upper(),
        name=cells.get("name", "")[:200],
        iban=cells.get("iban", "").replace(" ", "")[:60],
        end_to_end_id=cells.get("end_to_end_id", "")[:60],
        reference=cells.get("reference", "")[:140],
        bank_reference=cells.get("bank_reference", "")[:60],
        text=cells.get("text", ""),
        code=cells.get("code", "")[:40],
    )


def _signed(cells: Mapping[str, str], where: str) -> Decimal:
    if cells.get("amount"):
        return _amount(cells["amount"], where)
    debit = _amount(cells["debit"], where) if cells.get("debit") else ZERO
    credit = _amount(cells["credit"], where) if cells.get("credit") else ZERO
    if bool(debit) == bool(credit):
        raise refused(
            "bad_amount", _("{where}: give either a debit or a credit.").format(where=where)
        )
    return abs(credit) if credit else -abs(debit)


def _amount(text: str, where: str) -> Decimal:
    """``1234.56``, ``1234,56``, ``1.234,56``, ``1,234.56``; ``1,234`` may be either: refused."""
    text = text.replace("\u2212", "-")
    if _PLAIN.fullmatch(text):
        return amount_of(text, where)
    if _COMMA.fullmatch(text):
        return amount_of(text.replace(".", "").replace(",", "."), where)
    if _GROUPED.fullmatch(text):
        return amount_of(text.replace(",", ""), where)
    return amount_of(f"?{text}", where)


def _day(text: str, where: str) -> Date:
    iso, dotted = _ISO.fullmatch(text), _DOTTED.fullmatch(text)
    try:
        if iso:
            return sane_date(Date(int(iso[1]), int(iso[2]), int(iso[3])), text, where)
        if dotted:
            return sane_date(Date(int(dotted[3]), int(dotted[2]), int(dotted[1])), text, where)
    except ValueError:
        pass
    raise bad_date(text, where)


def _statement(account: str, currency: str, rows: list[tuple[Row, LineRead]]) -> StatementRead:
    if rows[0][1].date > rows[-1][1].date:  # the newest first, as many banks export
        rows = rows[::-1]
    lines = tuple(line for _row, line in rows)
    opening = closing = None
    if rows[0][0].cells.get("balance", "").strip():
        opening, closing = _running(currency, rows)
    return StatementRead(
        kind=StatementKind.EXPORT if opening is None else StatementKind.STATEMENT,
        account=account,
        currency=currency,
        lines=lines,
        opening=opening,
        closing=closing,
    )


def _running(currency: str, rows: list[tuple[Row, LineRead]]) -> tuple[BalanceRead, BalanceRead]:
    """The balances before the first and after the last line; each line must lead to its own."""
    first_row, first = rows[0]
    balance = _balance_of(first_row) - first.amount
    opening = BalanceRead(balance, currency, first.date)
    for row, line in rows:
        balance += line.amount
        said = _balance_of(row)
        if said != balance:
            raise _broken(row, balance, said)
    return opening, BalanceRead(balance, currency, rows[-1][1].date)


def _balance_of(row: Row) -> Decimal:
    where = _("Line {line}").format(line=row.line)
    return _amount(restored(row.cells["balance"].strip()), where)


def _broken(row: Row, expected: Decimal, said: Decimal) -> InvalidInput:
    error = refused(
        "broken_balance",
        _("Line {line}: the balance should be {expected}, but the file says {found}.").format(
            line=row.line, expected=expected, found=said
        ),
    )
    error.details = {"line": row.line, "expected": str(expected), "found": str(said)}
    return error

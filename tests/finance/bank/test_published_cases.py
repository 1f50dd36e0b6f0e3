"""Published statements of banks: entries, signs and balances as their answers say."""

from __future__ import annotations

import csv
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.core.errors import InvalidInput
from apps.finance.bank_formats import StatementRead, check_balances, read_statements

ROOT = Path(__file__).resolve().parents[3]
CASES = Path(os.environ.get("MES_ERP_CASES", ROOT.parent / "shared" / "cases"))
KINDS = ("FIN-CAMT-", "FIN-MT940-", "FIN-OFX-")
D = Decimal


def _cases() -> list[Any]:
    index = CASES / "INDEX.csv"
    if not index.is_file():
        skipped = pytest.mark.skip(reason="the published cases are not here (MES_ERP_CASES)")
        return [pytest.param({}, id="cases", marks=skipped)]
    with index.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["id"].startswith(KINDS)]
    return [pytest.param(row, id=row["id"], marks=pytest.mark.case(row["id"])) for row in rows]


@pytest.mark.parametrize("case", _cases())
def test_published_statement(case: dict[str, str]) -> None:
    path = CASES / case["input"]
    if _says_nothing(path):
        with pytest.raises(InvalidInput) as refusal:
            read_statements(path.read_bytes())
        assert (refusal.value.code, refusal.value.field) == ("no_statement", "file")
        return
    kind, statements = read_statements(path.read_bytes())
    check = {"FIN-CAMT": _camt, "FIN-MT940": _mt940, "FIN-OFX": _ofx}
    name = "-".join(case["id"].split("-")[:2])
    assert kind == name.removeprefix("FIN-").lower()
    check[name](path, statements)


def _says_nothing(path: Path) -> bool:
    """Fragments with neither account nor balance nor entry: the reader refuses them."""
    answer = path.with_suffix(".expected.json")
    if path.suffix != ".sta" or not answer.is_file():
        return False
    said = json.loads(answer.read_text())
    telling = {key for key in said["statement"] if "balance" in key or "account" in key}
    return not said["transactions"] and not telling


def _camt(path: Path, statements: list[StatementRead]) -> None:
    with path.with_suffix(".expected.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    entries = [row for row in rows if row["kind"] == "entry"]
    found = [(str(n), one.account, line) for n, one in enumerate(statements) for line in one.lines]
    assert len(found) == len(entries)
    for (place, account, line), row in zip(found, entries, strict=True):
        assert (place, account) == (row["statement"], row["account"])
        assert (line.amount, line.currency) == (D(row["amount"]), row["currency"])
        if row["date"]:
            assert line.date.isoformat() == row["date"][:10]
        if row["value_date"]:
            assert line.value_date and line.value_date.isoformat() == row["value_date"][:10]
        assert row["reference"] in ("", line.bank_reference)
        assert row["remittance"] in line.text
        if row["code"]:
            assert line.is_booked == (row["code"] == "BOOK")
    _camt_balances(statements, [row for row in rows if row["kind"] == "balance"])
    answer = json.loads(path.with_suffix(".expected.json").read_text())
    assert len(statements) == answer["statements"]
    for check in answer["checks"]:
        statement = statements[check["statement"]]
        if check["balances"] and check["same_currency"]:
            check_balances(statement)
            continue
        with pytest.raises(InvalidInput) as refusal:
            check_balances(statement)
        wanted = "broken_balance" if check["same_currency"] else "mixed_currency"
        assert (refusal.value.code, refusal.value.field) == (wanted, "file")


def _camt_balances(statements: list[StatementRead], rows: list[dict[str, str]]) -> None:
    for row in rows:
        statement = statements[int(row["statement"])]
        balance = {"OPBD": statement.opening, "CLBD": statement.closing}.get(row["code"])
        if balance is not None:
            assert (balance.amount, balance.currency) == (D(row["amount"]), row["currency"])
            assert balance.date.isoformat() == row["date"][:10]


def _mt940(path: Path, statements: list[StatementRead]) -> None:
    lines = [line for one in statements for line in one.lines]
    answer_file = path.with_suffix(".expected.json")
    if not answer_file.is_file():  # only a number of lines was published
        assert len(lines) == sum(row.startswith(":61:") for row in _rows(path))
        for statement in statements:
            check_balances(statement)
        return
    answer = json.loads(answer_file.read_text())
    transactions = [one for one in answer["transactions"] if "amount" in one]
    assert len(lines) == len(transactions)
    for line, one in zip(lines, transactions, strict=True):
        assert line.amount == D(one["amount"]["amount"])
        booked = one.get("entry_date") or one.get("guessed_entry_date") or one.get("date")
        if booked:
            assert line.date.isoformat() == booked[:10]
        if one.get("date"):
            assert line.value_date and line.value_date.isoformat() == one["date"][:10]
    said = answer["statement"]
    for name, side in (("opening", "opening"), ("closing", "closing")):
        have = {getattr(one, side).amount for one in statements if getattr(one, side)}
        for key in (f"final_{name}_balance", f"intermediate_{name}_balance"):
            if key in said:
                assert D(said[key]["amount"]["amount"]) in have
    if "account_identification" in said:
        wanted = said["account_identification"].replace(" ", "")
        assert wanted in {one.account for one in statements}


def _rows(path: Path) -> list[str]:
    return path.read_text(encoding="cp1252").splitlines()


def _ofx(path: Path, statements: list[StatementRead]) -> None:
    answer = json.loads(path.with_name(f"{path.name}.expected.json").read_text())
    lines = [line for one in statements for line in one.lines]
    assert [line.amount for line in lines] == [D(one["amount"]) for one in answer["transactions"]]
    for line, one in zip(lines, answer["transactions"], strict=True):
        assert line.date.strftime("%Y%m%d") == one["date"][:8]
        assert line.code == one["type"]
    assert {one.currency for one in statements} == set(answer["currency"])
    assert {one.account.rpartition("/")[2] for one in statements} == set(answer["account"])
    closings = {one.closing.amount for one in statements if one.closing}
    assert closings == {D(text) for text in answer["ledger_balance"]}

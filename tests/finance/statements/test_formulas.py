from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import InvalidInput
from apps.finance.queries import formulas
from apps.finance.queries.account_lists import read_accounts

VALUES = {"A": Decimal("10.00"), "B-1": Decimal("4.00"), "ZERO": Decimal(0), "NONE": None}


def value(text: str, places: int = 2) -> Decimal | None:
    node = formulas.parse(text)
    return formulas.rounded(formulas.evaluate(node, VALUES.__getitem__), node, places)


@pytest.mark.parametrize(("text", "expected"), [
    ("[A] + [B-1]", "14.00"),
    ("[A]-[B-1]", "6.00"),
    ("- [A] - -[B-1]", "-6.00"),
    ("[A] - ([B-1] - [A])", "16.00"),
    ("[A] + [B-1] * 2", "18.00"),
    ("([A] + [B-1]) * 2", "28.00"),
    ("[B-1] / [A] * 100", "40.00"),
    ("[A] / 3", "3.33"),
    ("-[A] / 8 * 1", "-1.25"),
    ("7", "7"),
])  # fmt: skip
def test_formulas_are_worked_out(text: str, expected: str) -> None:
    assert value(text) == Decimal(expected)
    again = formulas.spelled(formulas.parse(text), lambda code: f"[{code}]")
    assert value(again) == Decimal(expected), "written out it says the same"


@pytest.mark.parametrize("text", ["[A] / [ZERO]", "[A] + [NONE]", "[A] / ([B-1] - 4)"])
def test_what_has_no_answer_has_none(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize("text", [
    "", "   ", "[A", "A + B", "[A] [B]", "[A] +", "(", "([A]", "[A])", "1e5", "[A] ** 2",
    "[A] // 2",
    "__import__('os')", "[A].x", "[]", "[A] % 2", "((" * 50 + "1" + "))" * 50, "1+" * 400 + "1",
    "9" * 16, "[A]\x00", "=1+1", "[A] > 1", "٣", "+" * 5000,
])  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        formulas.parse(text)
    assert (refusal.value.code, refusal.value.field) == ("bad_formula", "formula")


def test_accounts_as_people_write_them() -> None:
    found = read_accounts("1000..1099, 1150 , !1020, !1030..1039")
    codes = ("1000", "1020", "1035", "1050", "1099", "1100", "1150")
    assert [code for code in codes if found.has(code)] == ["1000", "1050", "1099", "1150"]
    assert read_accounts("").has("anything")
    assert [code for code in codes if read_accounts("!1000..1100").has(code)] == ["1150"]


@pytest.mark.parametrize("text", ["1000..", "..1000", "2000..1000", "1..2..3", "!", "! ..5"])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_accounts(text)
    assert (refusal.value.code, refusal.value.field) == ("bad_range", "accounts")

"""Pay formulas are a language of their own: decimal, lazy, bounded; nothing of Python gets in."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.hr.formulas import FormulaError, evaluate, parse
from apps.hr.pay_rules import Around, RuleError, calculate, check, in_order, make_rule
from apps.hr.slabs import Bracket, Tables

D = Decimal
TABLES = Tables(
    [
        ("TAX", "", Bracket(D(0), D(0))),
        ("TAX", "", Bracket(D(1000), D(10))),
        ("TAX", "", Bracket(D(3000), D(20))),
        ("FIT", "S", Bracket(D(100), D(5), D(7))),
    ]
)
AROUND = Around(TABLES, {"GROSS": D(500)})


def run(text: str, **names: object) -> Decimal:
    return evaluate(parse(text), names, AROUND)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1 - 2 - 3", "-4"),
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("-2 * -3", "6"),
        ("7 / 8", "0.875"),
        ("min(3, 2, 5) + max(1, 4)", "6"),
        ("round(13.775)", "13.78"),
        ("round(-13.775)", "-13.78"),
        ("floor(13.789, 1) + ceiling(0.001, 0)", "14.7"),
        ("if(2 > 1, 10, 1 / 0)", "10"),
        ("if(1 > 2 and 1 / 0 > 1, 1, 2)", "2"),
        ("if(not 1 = 2 or 1 / 0 > 1, 1, 2)", "1"),
        ("if('S' = 'S', 1, 2)", "1"),
        ("slab(TAX, 500)", "0"),
        ("slab(TAX, 3500)", "300"),
        ("percent(TAX, 3500)", "20"),
        ("slab(FIT, 'S', 300)", "17"),
        ("slab(FIT, 'S', 99.99)", "0"),
        ("amount(FIT, 'S', 100)", "7"),
        ("ytd(GROSS) + ytd(NOTHING)", "500"),
        ("abs(0 - 3)", "3"),
    ],
)
def test_what_formulas_come_to(text: str, result: str) -> None:
    assert run(text) == D(result)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "syntax"),
        ("1 +", "syntax"),
        ("(1", "syntax"),
        ("1 2", "syntax"),
        ("a.b", "syntax"),
        ("a[0]", "syntax"),
        ("1_000", "syntax"),
        ("1e3", "syntax"),
        ("lambda: 1", "syntax"),
        ("'a' 'b'", "syntax"),
        ("__import__('os')", "syntax"),
        ("eval('1')", "unknown_function"),
        ("max", "syntax"),
        ("max()", "syntax"),
        ("if(1 > 0, 1)", "syntax"),
        ("slab(tax, 1)", "syntax"),
        ("(" * 60 + "1" + ")" * 60, "too_deep"),
        ("+".join(["1"] * 400), "too_deep"),
        ("1" * 1001, "too_long"),
    ],
)
def test_what_is_no_formula(text: str, code: str) -> None:
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 / (2 - 2)", "division_by_zero"),
        ("nobody + 1", "unknown_name"),
        ("slab(NONE, 1)", "unknown_table"),
        ("slab(FIT, 'X', 1)", "unknown_table"),
        ("1 + 'S'", "wrong_type"),
        ("if(1, 2, 3)", "wrong_type"),
        ("1 > 2", "wrong_type"),
        ("'S' = 1", "wrong_type"),
        ("round(1, 0.5)", "bad_places"),
        ("*".join(["99999999999999999999"] * 20), "too_large"),
    ],
)
def test_what_a_formula_can_not_come_to(text: str, code: str) -> None:
    with pytest.raises(FormulaError) as refused:
        run(text)
    assert refused.value.code == code


@given(st.text(alphabet="0123456789abAB.'+-*/(),<>=! ifminmaxroundslab", max_size=60))
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    try:
        formula = parse(text)
        evaluate(formula, {"a": D(1), "b": D(0)}, AROUND)
    except FormulaError:
        pass


@given(st.decimals(-(10**9), 10**9, places=4), st.decimals(-(10**9), 10**9, places=4))
def test_sums_are_exact(a: Decimal, b: Decimal) -> None:
    assert run("a + b - a", a=a, b=b) == b


def test_rules_run_in_the_order_of_their_needs_and_round_each_by_its_own() -> None:
    rules = [
        make_rule("NET", "GROSS - TAX", sequence=1),
        make_rule("TAX", "base * 0.3333", base="GROSS - 1000", sequence=2, rounding="down"),
        make_rule("GROSS", "pay * 1", sequence=3),
    ]
    assert [rule.code for rule in in_order(rules)] == ["GROSS", "TAX", "NET"]
    found = calculate(rules, {"pay": D("2000.009")}, AROUND)
    assert found["GROSS"].amount == D("2000.01")
    assert (found["TAX"].base, found["TAX"].amount) == (D("1000.01"), D("333.30"))
    assert found["NET"].amount == D("1666.71")


@pytest.mark.parametrize(
    ("rules", "code", "component"),
    [
        ({"A": "B + 1", "B": "C", "C": "A"}, "loop", None),
        ({"A": "A + 1"}, "loop", "A"),
        ({"A": "B"}, "unknown_name", "A"),
        ({"A": "hours"}, "unknown_name", "A"),
        ({"A": "slab(OTHER, pay)"}, "unknown_table", "A"),
        ({"A": "ytd(B)"}, "unknown_name", "A"),
    ],
)
def test_rules_that_can_not_be_run_name_component_and_reason(
    rules: dict[str, str], code: str, component: str | None
) -> None:
    made = [make_rule(name, text) for name, text in rules.items()]
    with pytest.raises(RuleError) as refused:
        check(made, inputs=["pay"], tables=["TAX"])
    assert refused.value.code == code
    assert refused.value.component in rules
    assert component in (None, refused.value.component)
    if code == "loop":
        assert "→" in str(refused.value)


def test_a_formula_that_fails_names_its_component() -> None:
    with pytest.raises(RuleError, match="NET: It divides by zero"):
        calculate([make_rule("NET", "1 / zero")], {"zero": D(0)}, AROUND)

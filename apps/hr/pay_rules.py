"""From inputs to the lines of a pay slip: rules in the order of their dependencies.

Plain values, no database: the same function runs a pay slip, a preview and a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    InvalidOperation,
)
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.hr.formulas import COMPONENT, CONTEXT, Formula, FormulaError, Value, evaluate, parse
from apps.hr.slabs import Tables

ROUNDING = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "down": ROUND_DOWN,
    "up": ROUND_UP,
}
BASE = "base"
T = TypeVar("T")


class RuleError(ValueError):
    """``component`` can't be calculated; ``code`` is stable, the text is the reason."""

    def __init__(self, component: str, code: str, reason: str) -> None:
        super().__init__(f"{component}: {reason}")
        self.component = component
        self.code = code


@dataclass(frozen=True, slots=True)
class Rule:
    """A component on one day. ``base`` is shown on the slip and known to ``formula`` as such."""

    code: str
    sequence: int
    formula: Formula
    base: Formula | None = None
    places: int = 2
    rounding: str = "half_up"

    @property
    def names(self) -> frozenset[str]:
        """What the rule needs: components and inputs."""
        inner = self.formula.names - {BASE} if self.base else self.formula.names
        return inner | (self.base.names if self.base else frozenset())

    @property
    def tables(self) -> frozenset[str]:
        return self.formula.tables | (self.base.tables if self.base else frozenset())

    @property
    def running_totals(self) -> frozenset[str]:
        return self.formula.running_totals | (
            self.base.running_totals if self.base else frozenset()
        )


@dataclass(frozen=True, slots=True)
class Calculated:
    """What a rule came to."""

    code: str
    amount: Decimal
    base: Decimal | None


@dataclass(frozen=True, slots=True)
class Around:
    """Tables of the day and what earlier slips of the year came to."""

    tables: Tables
    totals: Mapping[str, Decimal]

    def lookup(self, function: str, table: str, key: str, base: Decimal) -> Decimal:
        return self.tables.lookup(function, table, key, base)

    def year_to_date(self, component: str) -> Decimal:
        return self.totals.get(component, ZERO)


def make_rule(
    code: str,
    formula: str,
    *,
    base: str = "",
    sequence: int = 0,
    places: int = 2,
    rounding: str = "half_up",
) -> Rule:
    """A rule from its texts. Raises ``RuleError`` naming the component."""
    return Rule(
        code,
        sequence,
        _of(code, lambda: parse(formula)),
        _of(code, lambda: parse(base)) if base.strip() else None,
        places,
        rounding,
    )


def check(rules: Sequence[Rule], *, inputs: Iterable[str], tables: Iterable[str]) -> None:
    """Raise ``RuleError`` for a name or table that nothing knows, or rules in a circle."""
    codes = {rule.code for rule in rules}
    known = codes | set(inputs)
    for rule in rules:
        for name in sorted(rule.names - known):
            kind = _("component") if COMPONENT.fullmatch(name) else _("input")
            raise RuleError(
                rule.code,
                "unknown_name",
                _("There is no {kind} {name} here.").format(kind=kind, name=name),
            )
        for name in sorted(rule.running_totals - codes):
            raise RuleError(
                rule.code,
                "unknown_name",
                _("There is no component {name} to sum over the year.").format(name=name),
            )
        for name in sorted(rule.tables - set(tables)):
            raise RuleError(
                rule.code, "unknown_table", _("There is no pay table {name}.").format(name=name)
            )
    in_order(rules)


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Each rule after those it needs. Raises ``RuleError`` when they go in a circle."""
    by_code = {rule.code: rule for rule in sorted(rules, key=lambda rule: rule.sequence)}
    sorter: TopologicalSorter[str] = TopologicalSorter(
        {code: rule.names & by_code.keys() for code, rule in by_code.items()}
    )
    try:
        return [by_code[code] for code in sorter.static_order()]
    except CycleError as error:
        circle = [str(code) for code in error.args[1]]
        raise RuleError(
            circle[0],
            "loop",
            _("The formulas go in a circle: {circle}.").format(circle=" → ".join(circle)),
        ) from error


def calculate(
    rules: Sequence[Rule], inputs: Mapping[str, Value], around: Around
) -> dict[str, Calculated]:
    """Every component's amount, rounded by its own rule, by code.

    Raises ``RuleError`` naming the component and the reason.
    """
    names: dict[str, Value] = dict(inputs)
    result: dict[str, Calculated] = {}
    for rule in in_order(rules):
        result[rule.code] = made = _of(rule.code, partial(_apply, rule, names, around))
        names[rule.code] = made.amount
    return result


def _apply(rule: Rule, names: Mapping[str, Value], around: Around) -> Calculated:
    base = None
    known = names
    if rule.base is not None:
        base = _round(evaluate(rule.base, names, around), rule)
        known = {**names, BASE: base}
    return Calculated(rule.code, _round(evaluate(rule.formula, known, around), rule), base)


def _round(amount: Decimal, rule: Rule) -> Decimal:
    step = Decimal(1).scaleb(-rule.places)
    try:
        return amount.quantize(step, rounding=ROUNDING[rule.rounding], context=CONTEXT) + 0
    except InvalidOperation as error:
        raise FormulaError("too_large", _("The result is too large.")) from error


def _of(code: str, act: Callable[[], T]) -> T:
    try:
        return act()
    except FormulaError as error:
        raise RuleError(code, error.code, str(error)) from error

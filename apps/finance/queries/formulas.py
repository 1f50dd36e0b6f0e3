"""Formulas over rows of a layout: numbers, ``[codes]``, ``+ - * /`` and brackets; nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput

LONGEST, DEEPEST, MOST_PARTS = 4000, 40, 600
_TOKEN = re.compile(
    r"\s*(?:\[([^\[\]]{1,60})\]|([0-9]{1,15}(?:\.[0-9]{1,8})?)|([-+*/()]))", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Reference:
    code: str


@dataclass(frozen=True, slots=True)
class Negated:
    operand: Node


@dataclass(frozen=True, slots=True)
class Operation:
    sign: str
    left: Node
    right: Node


Node = Number | Reference | Negated | Operation


def parse(text: str) -> Node:
    """The tree of a formula. Raises ``InvalidInput`` saying where it can't be read."""
    if len(text) > LONGEST:
        raise _refused(_("It is longer than {n} characters.").format(n=LONGEST))
    return _Parser(text).whole()


def references(node: Node) -> Iterator[str]:
    """Codes of the rows it names, with repeats."""
    match node:
        case Reference(code):
            yield code
        case Negated(operand):
            yield from references(operand)
        case Operation(_, left, right):
            yield from references(left)
            yield from references(right)


def is_sum(node: Node) -> bool:
    """Whether it only adds and takes off, so that its figure is exact."""
    match node:
        case Negated(operand):
            return is_sum(operand)
        case Operation(sign, left, right):
            return sign in "+-" and is_sum(left) and is_sum(right)
    return True


def only_adds(node: Node) -> bool:
    """Whether it is the total of the rows it names."""
    match node:
        case Operation(sign, left, right):
            return sign == "+" and only_adds(left) and only_adds(right)
    return isinstance(node, Reference)


def evaluate(node: Node, value_of: Callable[[str], Decimal | None]) -> Decimal | None:
    """None where it divides by zero, or where a row it names has no figure."""
    match node:
        case Number(value):
            return value
        case Reference(code):
            return value_of(code)
        case Negated(operand):
            found = evaluate(operand, value_of)
            return None if found is None else -found
        case Operation(sign, left, right):
            return _applied(sign, evaluate(left, value_of), evaluate(right, value_of))


def _applied(sign: str, a: Decimal | None, b: Decimal | None) -> Decimal | None:
    if a is None or b is None or (sign == "/" and not b):
        return None
    return {"+": a.__add__, "-": a.__sub__, "*": a.__mul__, "/": a.__truediv__}[sign](b)


def rounded(value: Decimal | None, node: Node, places: int) -> Decimal | None:
    """Half away from zero, unless it is a plain sum of figures."""
    if value is None or is_sum(node):
        return value
    try:
        return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    except InvalidOperation:  # more digits than any amount has
        return None


def spelled(node: Node, name_of: Callable[[str], str]) -> str:
    """The formula with each code as ``name_of`` has it; brackets around every operation."""
    match node:
        case Number(value):
            return f"{value:f}"
        case Reference(code):
            return name_of(code)
        case Negated(operand):
            return f"-({spelled(operand, name_of)})"
        case Operation(sign, left, right):
            a, b = spelled(left, name_of), spelled(right, name_of)
            if sign == "+":
                return f"{a}+{b}"
            if sign == "-" and isinstance(right, Reference | Number):
                return f"{a}-{b}"
            return f"({a}){sign}({b})"


class _Parser:
    """Recursive descent: sum → product → factor."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        stripped = text.rstrip()
        while place < len(stripped):
            found = _TOKEN.match(stripped, place)
            if found is None:
                raise _refused(
                    _("“{text}” can't be read.").format(text=stripped[place:].strip()[:20])
                )
            code, number, sign = found.groups()
            self.tokens.append(
                ("code", code.strip()) if code else ("number", number) if number else ("sign", sign)
            )
            place = found.end()
        if len(self.tokens) > MOST_PARTS:
            raise _refused(_("It has more than {n} parts.").format(n=MOST_PARTS))
        self.place = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self.sum()
        if self.place < len(self.tokens):
            raise _refused(_("“{text}” is not expected.").format(text=self._next()[1]))
        return node

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _refused(_("Too many brackets."))
        node = self.product()
        while (sign := self._sign("+-")) is not None:
            node = Operation(sign, node, self.product())
        self.depth -= 1
        return node

    def product(self) -> Node:
        node = self.factor()
        while (sign := self._sign("*/")) is not None:
            node = Operation(sign, node, self.factor())
        return node

    def factor(self) -> Node:
        turned = False
        while (sign := self._sign("+-")) is not None:
            turned ^= sign == "-"
        kind, text = self._next()
        self.place += 1
        node: Node
        if kind == "code":
            node = Reference(text)
        elif kind == "number":
            node = Number(Decimal(text))
        elif text == "(":
            node = self.sum()
            if self._sign(")") is None:
                raise _refused(_("A bracket is not closed."))
        else:
            raise _refused(_("“{text}” is not expected.").format(text=text))
        return Negated(node) if turned else node

    def _next(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise _refused(_("It ends too early."))
        return self.tokens[self.place]

    def _sign(self, wanted: str) -> str | None:
        if self.place < len(self.tokens):
            kind, text = self.tokens[self.place]
            if kind == "sign" and text in wanted:
                self.place += 1
                return text
        return None


def _refused(text: str) -> InvalidInput:
    return InvalidInput("bad_formula", text, field="formula")

"""Pay formulas: a small language of its own, parsed to a tree, never Python.

``if(taxable > 500000, slab(IN_TAX, taxable), 0)``: decimals, texts in quotes, names, ``+ - * /``,
comparisons, ``and or not``, and the functions in ``FUNCTIONS``. Names in capitals are components,
names in small letters are inputs. Arithmetic is decimal with 34 digits (IEEE 754 decimal128).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, DecimalException
from typing import Any, Protocol

from django.utils.translation import gettext as _

LONGEST = 1000
DEEPEST = 40
DEEPEST_TREE = 120
LARGEST = Decimal("1e16")
MOST_PLACES = 12
CONTEXT = Context(prec=34)
COMPONENT = re.compile(r"[A-Z][A-Z0-9_]{0,39}", re.ASCII)
INPUT = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]{1,20}(?:\.[0-9]{1,20})?)(?![0-9A-Za-z_.])"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]{0,39})(?![A-Za-z0-9_])"
    r"|'(?P<text>[A-Za-z0-9 _.-]{0,40})'"
    r"|(?P<sign><=|>=|!=|==|[-+*/(),<>=]))",
    re.ASCII,
)
#: Name → fewest and most arguments.
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "min": (1, 20),
    "max": (1, 20),
    "abs": (1, 1),
    "round": (1, 2),
    "floor": (1, 2),
    "ceiling": (1, 2),
    "if": (3, 3),
    "slab": (2, 3),
    "percent": (2, 3),
    "amount": (2, 3),
    "ytd": (1, 1),
}
#: Functions whose first argument names a table.
LOOKUPS = frozenset({"slab", "percent", "amount"})
_ROUNDING = {"round": ROUND_HALF_UP, "floor": ROUND_FLOOR, "ceiling": ROUND_CEILING}
_COMPARISONS = ("<", "<=", ">", ">=", "=", "==", "!=")
Value = Decimal | str | bool


class FormulaError(ValueError):
    """``code`` is stable; the text says what is wrong with the formula, for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Node:
    """``kind``: number, text, name, call or an operator; ``value``: its literal or name."""

    kind: str
    value: Any = None
    parts: tuple[Node, ...] = ()

    def walk(self) -> Iterator[tuple[int, Node]]:
        """Every node with its depth; without recursion, for a long sum is a deep tree."""
        waiting = [(1, self)]
        while waiting:
            depth, node = waiting.pop()
            yield depth, node
            waiting.extend((depth + 1, part) for part in node.parts)


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula with what it refers to."""

    text: str
    tree: Node
    names: frozenset[str]
    tables: frozenset[str]
    running_totals: frozenset[str]


class Surroundings(Protocol):
    """What a formula may ask beside its names."""

    def lookup(self, function: str, table: str, key: str, base: Decimal) -> Decimal:
        """``slab``, ``percent`` or ``amount`` of ``table``; raises ``FormulaError``."""

    def year_to_date(self, component: str) -> Decimal:
        """What earlier slips of the year paid or withheld."""


def parse(text: str) -> Formula:
    """The formula in ``text``. Raises ``FormulaError`` naming the place and the reason."""
    if len(text) > LONGEST:
        raise FormulaError("too_long", _("A formula has at most {n} characters.").format(n=LONGEST))
    tree = _Parser(text).whole()
    nodes = []
    for depth, node in tree.walk():
        if depth > DEEPEST_TREE:
            raise _too_deep(DEEPEST_TREE)
        nodes.append(node)
    return Formula(
        text,
        tree,
        frozenset(node.value for node in nodes if node.kind == "name"),
        frozenset(n.parts[0].value for n in nodes if n.kind == "call" and n.value in LOOKUPS),
        frozenset(n.parts[0].value for n in nodes if n.kind == "call" and n.value == "ytd"),
    )


def evaluate(formula: Formula, names: Mapping[str, Value], around: Surroundings) -> Decimal:
    """The number that ``formula`` comes to. Raises ``FormulaError``."""
    try:
        result = _number(_Evaluation(names, around).of(formula.tree))
    except (DecimalException, ArithmeticError) as error:
        raise FormulaError("bad_arithmetic", _("The result is no finite number.")) from error
    if abs(result) >= LARGEST:
        raise FormulaError("too_large", _("The result is too large."))
    return result


class _Parser:
    """Precedence: or, and, not, comparison, sum, product, sign."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.place = 0
        self.depth = 0

    def whole(self) -> Node:
        tree = self._or()
        if self.place < len(self.tokens):
            raise _unexpected(self.tokens[self.place])
        return tree

    def _peek(self) -> tuple[str, str, int]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "", -1)

    def _takes(self, *words: str) -> str | None:
        kind, value, _at = self._peek()
        if kind in ("sign", "name") and value in words:
            self.place += 1
            return value
        return None

    def _or(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _too_deep(DEEPEST)
        node = self._and()
        while self._takes("or"):
            node = Node("or", parts=(node, self._and()))
        self.depth -= 1
        return node

    def _and(self) -> Node:
        node = self._not()
        while self._takes("and"):
            node = Node("and", parts=(node, self._not()))
        return node

    def _not(self) -> Node:
        negations = 0
        while self._takes("not"):
            negations += 1
        node = self._comparison()
        return Node("not", parts=(node,)) if negations % 2 else node

    def _comparison(self) -> Node:
        node = self._sum()
        sign = self._takes(*_COMPARISONS)
        return node if sign is None else Node(sign, parts=(node, self._sum()))

    def _sum(self) -> Node:
        node = self._product()
        while sign := self._takes("+", "-"):
            node = Node(sign, parts=(node, self._product()))
        return node

    def _product(self) -> Node:
        node = self._sign()
        while sign := self._takes("*", "/"):
            node = Node(sign, parts=(node, self._sign()))
        return node

    def _sign(self) -> Node:
        negations = 0
        while sign := self._takes("-", "+"):
            negations += sign == "-"
        node = self._atom()
        return Node("negative", parts=(node,)) if negations % 2 else node

    def _atom(self) -> Node:
        kind, value, at = self._peek()
        self.place += 1
        if kind == "number":
            return Node("number", Decimal(value))
        if kind == "text":
            return Node("text", value)
        if kind == "name" and value not in ("and", "or", "not"):
            if self._takes("("):
                return self._call(value, at)
            if value in FUNCTIONS:
                raise _syntax(_("{name} needs its arguments in parentheses.").format(name=value))
            return Node("name", value)
        if (kind, value) == ("sign", "("):
            node = self._or()
            self._close()
            return node
        raise _unexpected((kind, value, at))

    def _call(self, name: str, at: int) -> Node:
        if name not in FUNCTIONS:
            raise FormulaError(
                "unknown_function", _("There is no function {name}.").format(name=name)
            )
        arguments: list[Node] = []
        while not arguments or self._takes(","):
            first = not arguments
            arguments.append(self._bare_name(name) if first and _names_first(name) else self._or())
        self._close()
        fewest, most = FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            raise _syntax(_("{name} does not take {n} arguments.").format(
                name=name, n=len(arguments)))  # fmt: skip
        return Node("call", name, tuple(arguments))

    def _bare_name(self, function: str) -> Node:
        kind, value, _at = self._peek()
        if kind != "name" or not COMPONENT.fullmatch(value):
            raise _syntax(_("{name} begins with a name in capitals.").format(name=function))
        self.place += 1
        return Node("text", value)

    def _close(self) -> None:
        if not self._takes(")"):
            raise _unexpected(self._peek(), wanted=")")


def _names_first(function: str) -> bool:
    return function in LOOKUPS or function == "ytd"


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    place = 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise _syntax(_("“{what}” can't be read.").format(what=text[place:].strip()[:20]))
        kind = str(match.lastgroup)
        yield kind, match[kind], match.start(kind)
        place = match.end()


def _too_deep(most: int) -> FormulaError:
    return FormulaError("too_deep", _("Nested deeper than {n} levels.").format(n=most))


def _syntax(reason: str) -> FormulaError:
    return FormulaError("syntax", reason)


def _unexpected(token: tuple[str, str, int], wanted: str = "") -> FormulaError:
    kind, value, at = token
    if kind == "end":
        return _syntax(_("The formula ends too early."))
    text = _("“{what}” is not expected at place {at}.").format(what=value, at=at + 1)
    return _syntax(f"{text} {_('Missing: {what}').format(what=wanted)}" if wanted else text)


class _Evaluation:
    def __init__(self, names: Mapping[str, Value], around: Surroundings) -> None:
        self.names, self.around = names, around

    def of(self, node: Node) -> Value:
        if node.kind in ("number", "text"):
            return node.value
        if node.kind == "name":
            if node.value not in self.names:
                raise FormulaError("unknown_name", _("There is no {name}.").format(name=node.value))
            return self.names[node.value]
        if node.kind == "call":
            return self._call(node)
        if node.kind in ("and", "or", "not"):
            return self._logic(node)
        if node.kind in _COMPARISONS:
            return self._compare(node)
        return self._arithmetic(node)

    def _logic(self, node: Node) -> bool:
        first = _truth(self.of(node.parts[0]))
        if node.kind == "not":
            return not first
        if first is (node.kind == "or"):
            return first
        return _truth(self.of(node.parts[1]))

    def _compare(self, node: Node) -> bool:
        left, right = (self.of(part) for part in node.parts)
        if node.kind in ("=", "==", "!="):
            if type(left) is not type(right):
                raise _wrong_type()
            return (left == right) is (node.kind != "!=")
        a, b = _number(left), _number(right)
        return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[node.kind]

    def _arithmetic(self, node: Node) -> Decimal:
        numbers = [_number(self.of(part)) for part in node.parts]
        if node.kind == "negative":
            return CONTEXT.minus(numbers[0])
        left, right = numbers
        if node.kind == "+":
            return CONTEXT.add(left, right)
        if node.kind == "-":
            return CONTEXT.subtract(left, right)
        if node.kind == "*":
            return CONTEXT.multiply(left, right)
        if not right:
            raise FormulaError("division_by_zero", _("It divides by zero."))
        return CONTEXT.divide(left, right)

    def _call(self, node: Node) -> Value:
        name = node.value
        if name == "if":
            return self.of(node.parts[1 if _truth(self.of(node.parts[0])) else 2])
        if name == "ytd":
            return self.around.year_to_date(node.parts[0].value)
        if name in LOOKUPS:
            table, *rest = (self.of(part) for part in node.parts)
            key = rest[0] if len(rest) == 2 else ""
            if not isinstance(key, str):
                raise _wrong_type()
            return self.around.lookup(name, str(table), key, _number(rest[-1]))
        numbers = [_number(self.of(part)) for part in node.parts]
        if name in _ROUNDING:
            return _rounded(numbers[0], numbers[1:] or [Decimal(2)], _ROUNDING[name])
        if name == "abs":
            return abs(numbers[0])
        return min(numbers) if name == "min" else max(numbers)


def _rounded(number: Decimal, places: list[Decimal], mode: str) -> Decimal:
    if places[0] % 1 or abs(places[0]) > MOST_PLACES:
        raise FormulaError("bad_places", _("Places are a whole number."))
    step = Decimal(1).scaleb(-int(places[0]))
    return number.quantize(step, rounding=mode, context=CONTEXT) + 0


def _number(value: Value) -> Decimal:
    if not isinstance(value, Decimal):
        raise _wrong_type()
    return value


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type()
    return value


def _wrong_type() -> FormulaError:
    return FormulaError("wrong_type", _("Numbers, texts and conditions are mixed up."))

"""Tax tables: brackets by which a base becomes an amount. Plain values, no database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.hr.formulas import FormulaError

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Bracket:
    """From ``above`` on (to the next bracket): ``amount`` plus ``percent`` of what lies above.

    Without ``amount`` it is what the brackets below come to.
    """

    above: Decimal
    percent: Decimal
    amount: Decimal | None = None


class Tables:
    """The tables of one day: (table, key) → brackets."""

    def __init__(self, rows: Iterable[tuple[str, str, Bracket]]) -> None:
        found: dict[tuple[str, str], list[Bracket]] = defaultdict(list)
        for table, key, bracket in rows:
            found[table, key].append(bracket)
        self._brackets = {where: _filled(brackets) for where, brackets in found.items()}
        self.names = frozenset(table for table, _key in self._brackets)

    def lookup(self, function: str, table: str, key: str, base: Decimal) -> Decimal:
        """``slab``: the amount for ``base``; ``percent``, ``amount``: of the bracket it lies in.

        A base below the first bracket comes to zero. Raises ``FormulaError``.
        """
        brackets = self._brackets.get((table, key))
        if brackets is None:
            place = f"{table}, {key}" if key else table
            raise FormulaError(
                "unknown_table", _("There is no table {table} on that day.").format(table=place)
            )
        bracket = next((one for one in reversed(brackets) if one.above <= base), None)
        if bracket is None:
            return ZERO
        amount = bracket.amount or ZERO
        if function == "percent":
            return bracket.percent
        if function == "amount":
            return amount
        return amount + (base - bracket.above) * bracket.percent / HUNDRED


def _filled(brackets: list[Bracket]) -> list[Bracket]:
    """In order of their bounds, each with the amount that the ones below it come to."""
    result: list[Bracket] = []
    for bracket in sorted(brackets, key=lambda one: one.above):
        amount = bracket.amount
        if amount is None:
            amount = ZERO
            if result:
                below = result[-1]
                width = bracket.above - below.above
                amount = (below.amount or ZERO) + width * below.percent / HUNDRED
        result.append(Bracket(bracket.above, bracket.percent, amount))
    return result

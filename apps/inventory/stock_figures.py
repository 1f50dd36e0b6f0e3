"""Arithmetic over plain values: the age of stock, how it turns, its ABC and XYZ classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean, pstdev

from apps.core.money import ZERO, allocate

#: Upper ends of the age classes, in days; the last class has none.
AGES = (30, 90, 180, 365)
#: ABC: up to these shares of all value used (Pareto); the rest is C.
A_SHARE, B_SHARE = Decimal(80), Decimal(95)
#: XYZ: the coefficient of variation of the use of a month, at most.
X_MOST, Y_MOST = 0.5, 1.0
FEWEST_MONTHS = 3
DAYS_OF_A_YEAR = 365


def age_class(days: int) -> int:
    """The place of an age among the classes of ``AGES``."""
    return next((place for place, most in enumerate(AGES) if days <= most), len(AGES))


def values_by_age(
    value: Decimal, parts: Sequence[tuple[int, Decimal]], places: int
) -> list[Decimal]:
    """The ``value`` of what is there, split by age: each unit is worth the same.

    ``parts`` are (days, quantity) of what is there. The classes sum to the value exactly.
    """
    quantities = [ZERO] * (len(AGES) + 1)
    for days, quantity in parts:
        quantities[age_class(days)] += quantity
    if not sum(quantities, ZERO):
        return [ZERO] * len(AGES) + [value]
    return allocate(value, quantities, places)


def abc_classes(used: Mapping[int, Decimal]) -> dict[int, str]:
    """Key → A, B or C by falling value used: a class takes the item on its border."""
    total = sum((value for value in used.values() if value > 0), ZERO)
    found: dict[int, str] = {}
    before = ZERO
    for key in sorted(used, key=lambda key: (-used[key], key)):
        value = max(used[key], ZERO)
        found[key] = _abc(before * 100 / total) if value else "C"
        before += value
    return found


def _abc(share_before: Decimal) -> str:
    return "A" if share_before < A_SHARE else "B" if share_before < B_SHARE else "C"


def variation(months: Sequence[Decimal]) -> float | None:
    """The coefficient of variation of what is used in a month; None of too few or of nothing."""
    if len(months) < FEWEST_MONTHS or not any(months):
        return None
    figures = [float(month) for month in months]
    mean = fmean(figures)
    return pstdev(figures) / mean if mean > 0 else None


def xyz_class(of: float | None) -> str:
    """X is used evenly, Y with swings, Z now and then."""
    if of is None:
        return ""
    return "X" if of <= X_MOST else "Y" if of <= Y_MOST else "Z"


@dataclass(frozen=True, slots=True)
class Turnover:
    """How often stock turns in a year, and for how many days it lasts at the present use."""

    turns: Decimal | None
    days_of_cover: int | None


def turnover(
    *, opening: Decimal, closing: Decimal, used: Decimal, on_hand: Decimal, days: int
) -> Turnover:
    """From values at both ends of ``days`` and the value ``used`` between them.

    Turns are the use of a year over the mean of both ends; cover is ``on_hand`` over a day's use.
    """
    mean = (opening + closing) / 2
    turns = round(used * DAYS_OF_A_YEAR / days / mean, 2) if mean > 0 else None
    cover = int(on_hand * days / used) if used > 0 else None
    return Turnover(turns, cover)

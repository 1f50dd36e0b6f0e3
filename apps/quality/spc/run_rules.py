"""Run rules: patterns of points that chance alone would hardly make.

Western Electric (Statistical Quality Control Handbook, 1956) and Nelson (J. Quality Technology
16, 1984). A rule speaks at the last point of a complete window; "beyond" is strict: a point on a
limit is inside.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

Z = Sequence[float]
#: A window that ends here → whether it breaks the rule.
_Test = Callable[[Z], bool]
_EDGE = 1e-9


def _beyond(z: float, limit: float) -> bool:
    return z > limit + _EDGE


def _same_side(window: Z, needed: int, limit: float) -> bool:
    return (
        sum(_beyond(z, limit) for z in window) >= needed
        or sum(_beyond(-z, limit) for z in window) >= needed
    )


def _steady(window: Z) -> bool:
    steps = [b - a for a, b in itertools.pairwise(window)]
    return all(step > _EDGE for step in steps) or all(step < -_EDGE for step in steps)


def _alternating(window: Z) -> bool:
    steps = [b - a for a, b in itertools.pairwise(window)]
    return all(a * b < 0 for a, b in itertools.pairwise(steps))


def _beyond_three(window: Z) -> bool:
    return _beyond(abs(window[-1]), 3)


def _two_of_three(window: Z) -> bool:
    return _same_side(window, 2, 2)


def _four_of_five(window: Z) -> bool:
    return _same_side(window, 4, 1)


def _all_one_side(window: Z) -> bool:
    return _same_side(window, len(window), 0)


def _hugging(window: Z) -> bool:
    return all(not _beyond(abs(z), 1) and abs(z) < 1 for z in window)


def _avoiding(window: Z) -> bool:
    return all(_beyond(abs(z), 1) for z in window)


#: Rule → (length of its window, test).
RULES: dict[str, tuple[int, _Test]] = {
    "WER1": (1, _beyond_three),
    "WER2": (3, _two_of_three),
    "WER3": (5, _four_of_five),
    "WER4": (8, _all_one_side),
    "NEL1": (1, _beyond_three),
    "NEL2": (9, _all_one_side),
    "NEL3": (6, _steady),
    "NEL4": (14, _alternating),
    "NEL5": (3, _two_of_three),
    "NEL6": (5, _four_of_five),
    "NEL7": (15, _hugging),
    "NEL8": (8, _avoiding),
}
WESTERN_ELECTRIC = ("WER1", "WER2", "WER3", "WER4")
NELSON = tuple(f"NEL{n}" for n in range(1, 9))
LONGEST_WINDOW = max(length for length, _test in RULES.values())


def violations(z: Z, rule: str) -> list[int]:
    """The places (from 0) at which ``rule`` speaks; ``z`` are distances from centre in sigmas."""
    length, test = RULES[rule]
    return [end - 1 for end in range(length, len(z) + 1) if test(z[end - length : end])]


def signals(z: Z, rules: Iterable[str] = ("WER1",)) -> list[tuple[int, str]]:
    """(place, rule) of every violation, by place and then in the order of ``rules``."""
    chosen = list(rules)
    found = [(place, n, rule) for n, rule in enumerate(chosen) for place in violations(z, rule)]
    return [(place, rule) for place, _n, rule in sorted(found)]

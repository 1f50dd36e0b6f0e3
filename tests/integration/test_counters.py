"""Counters: roll-over, reset, late and doubled readings, in whatever order they come."""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.integration.counters import ZERO, added, step

D = Decimal


@pytest.mark.parametrize(
    ("before", "after", "rolls_over_at", "counted"),
    [
        (None, 7, None, 0),
        (7, 7, None, 0),
        (7, 12, None, 5),
        (7, 3, None, 3),
        (7, 3, 10, 6),
        (9, 0, 10, 1),
        (7, 12, 65536, 5),
    ],
)
def test_a_step(before: int | None, after: int, rolls_over_at: int | None, counted: int) -> None:
    roll = None if rolls_over_at is None else D(rolls_over_at)
    known = None if before is None else D(before)
    assert step(known, D(after), rolls_over_at=roll) == counted


def total_of(readings: list[tuple[int, int]], rolls_over_at: Decimal | None) -> Decimal:
    """What readings (time, value) add, in the order in which they come."""
    known: list[tuple[int, int]] = []
    total = ZERO
    for at, value in readings:
        place = bisect_left(known, (at, -1))
        if place < len(known) and known[place][0] == at:
            continue
        before = D(known[place - 1][1]) if place else None
        after = D(known[place][1]) if place < len(known) else None
        gained = added(before, D(value), after, rolls_over_at=rolls_over_at)
        assert gained >= 0
        total += gained
        known.insert(place, (at, value))
    return total


LOGS = st.dictionaries(st.integers(0, 200), st.integers(0, 99), max_size=25)


@given(log=LOGS, rolls=st.sampled_from([None, D(100)]), data=st.data())
def test_any_order_of_a_log_gives_the_same_total(
    log: dict[int, int], rolls: Decimal | None, data: st.DataObject
) -> None:
    in_order = sorted(log.items())
    expected = total_of(in_order, rolls)
    doubled = in_order + data.draw(st.lists(st.sampled_from(in_order), max_size=5)) if log else []
    assert total_of(data.draw(st.permutations(doubled)), rolls) == expected
    steps = pairwise(in_order)
    assert expected == sum((step(D(a[1]), D(b[1]), rolls_over_at=rolls) for a, b in steps), ZERO)

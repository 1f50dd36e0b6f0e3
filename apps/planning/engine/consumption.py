"""Netting of forecast by orders: an order that was foreseen is not wanted twice."""

from __future__ import annotations

from collections.abc import Sequence


def consume_forecast(
    quantities: Sequence[int],
    spans: Sequence[tuple[int, int]],
    orders: Sequence[tuple[int, int]],
    *,
    backward: int = 0,
    forward: int = 0,
) -> list[int]:
    """What is left of each forecast bucket after ``orders``; nothing goes below zero.

    ``spans`` are (first day, last day) of the buckets, ``orders`` (day, quantity). An order uses up
    the bucket of its own day first, then earlier buckets within ``backward`` days, the nearest
    first, then later ones within ``forward`` days.
    """
    left = list(quantities)
    for day, quantity in sorted(orders):
        wanted = quantity
        for place in _places(spans, day, backward, forward):
            used = min(wanted, left[place])
            left[place] -= used
            wanted -= used
            if not wanted:
                break
    return left


def _places(spans: Sequence[tuple[int, int]], day: int, backward: int, forward: int) -> list[int]:
    own = [n for n, (first, last) in enumerate(spans) if first <= day <= last]
    before = [n for n, (_first, last) in enumerate(spans) if day - backward <= last < day]
    after = [n for n, (first, _last) in enumerate(spans) if day < first <= day + forward]
    before.sort(key=lambda n: -spans[n][1])
    after.sort(key=lambda n: spans[n][0])
    return [*own, *before, *after]

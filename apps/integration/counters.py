"""Counters of machines: how many pieces a reading stands for, whatever order readings come in.

A counter only grows, until it rolls over at its end or is set back to zero. What was counted by a
time is the sum of the steps between the readings up to it, so a reading that comes late adds only
what the step it falls into did not tell already: nothing, unless the counter was set back or rolled
over in between. Whatever the order, the sum is the same.
"""

from __future__ import annotations

from decimal import Decimal

ZERO = Decimal(0)


def step(before: Decimal | None, after: Decimal, *, rolls_over_at: Decimal | None) -> Decimal:
    """What was counted from one reading to the next one.

    ``rolls_over_at`` is how many values the counter has (a reading is below it): falling means
    that it began again from zero. Without it, falling means that somebody set it back to zero.
    Nothing is known before the first reading.
    """
    if before is None:
        return ZERO
    if after >= before:
        return after - before
    if rolls_over_at is not None:
        return after + rolls_over_at - before
    return after


def added(
    before: Decimal | None,
    reading: Decimal,
    after: Decimal | None,
    *,
    rolls_over_at: Decimal | None,
) -> Decimal:
    """What a reading adds to what is counted, between its neighbours in time; never below zero."""
    gained = step(before, reading, rolls_over_at=rolls_over_at)
    if after is None:
        return gained
    gained += step(reading, after, rolls_over_at=rolls_over_at)
    return gained - step(before, after, rolls_over_at=rolls_over_at)

"""When a message is tried again: plain arithmetic."""

from __future__ import annotations

from datetime import timedelta

FIRST = timedelta(seconds=10)
FACTOR = 4
LONGEST = timedelta(hours=4)
JITTER = 0.2
GIVEN_UP_AFTER = timedelta(hours=24)


def delay_after(attempts: int, *, chance: float) -> timedelta:
    """How long to wait after so many attempts: 10 s, four times as long each time, at most 4 h.

    ``chance`` from 0 to 1 spreads it by a fifth either way, so that receivers that come back are
    not met by all at once.
    """
    plain = min(FIRST * FACTOR ** min(attempts - 1, 10), LONGEST)
    return plain * (1 + JITTER * (2 * chance - 1))


def schedule() -> list[timedelta]:
    """The time of each attempt after the first one, without jitter, until it is given up."""
    times, at, attempts = [timedelta(0)], timedelta(0), 1
    while (at := at + delay_after(attempts, chance=0.5)) <= GIVEN_UP_AFTER:
        times.append(at)
        attempts += 1
    return times

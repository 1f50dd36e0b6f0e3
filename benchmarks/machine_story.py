"""What a plant of machines says: a state now and then, a counter of pieces, measurements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.integration.protocols.readings import Reading

SIGNALS, PER_SECOND = 20, 20
#: Seconds between changes of a machine's state, and between pieces.
BETWEEN_STATES, BETWEEN_PIECES = 30, 5
RUNNING, STOPPED = "R", "S"
STATES = f"{RUNNING}=running\n{STOPPED}=stopped:JAM"
_TICK = timedelta(seconds=1) / PER_SECOND


def names() -> list[str]:
    """The signals of a machine."""
    return ["state", "good", *(f"s{n}" for n in range(SIGNALS - 2))]


@dataclass(frozen=True, slots=True)
class Story:
    """``machines`` that speak ``PER_SECOND`` times a second from ``begin`` on. The same story each
    time, so that what must come of it is known."""

    begin: datetime
    machines: int = 25

    def moment(self, number: int, tick: int) -> datetime:
        return self.begin + timedelta(seconds=number) + tick * _TICK

    def values(self, machine: int, number: int, tick: int) -> list[str | int | float]:
        """What the signals of a machine are at a tick of a second, in the order of ``names``."""
        base = machine + (number * PER_SECOND + tick) % 977 / 64
        return [
            self.state(machine, number),
            self.pieces(number, tick),
            *(base + n / 8 for n in range(SIGNALS - 2)),
        ]

    def state(self, machine: int, number: int) -> str:
        phase = (number + 2 * machine) % (2 * BETWEEN_STATES)
        return STOPPED if phase < BETWEEN_STATES // 10 else RUNNING

    def pieces(self, number: int, tick: int) -> int:
        """What a counter says: the first one of each second still shows the second before."""
        return (number + 1 if tick else number) // BETWEEN_PIECES

    def second(self, number: int) -> list[Reading]:
        """All that is said in a second, in order of time."""
        return [
            Reading(f"{path_of(machine)}/{name}", value, at)
            for tick in range(PER_SECOND)
            for at in [self.moment(number, tick)]
            for machine in range(self.machines)
            for name, value in zip(names(), self.values(machine, number, tick), strict=True)
        ]

    def states(self, machine: int, seconds: int) -> Iterator[tuple[datetime, str]]:
        """The states that a machine was in, each from when on."""
        before = ""
        for number in range(seconds):
            state = self.state(machine, number)
            if state != before:
                yield self.moment(number, 0), state
            before = state


def path_of(machine: int) -> str:
    """Group and node, as Sparkplug names them."""
    return f"Plant/m{machine}"

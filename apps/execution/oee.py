"""Overall equipment effectiveness from its raw elements (ISO 22400-2), all times in minutes.

Ratios are made last: elements of machines and shifts are summed, percentages never averaged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

from apps.core.money import ZERO

SECONDS_PER_MINUTE = Decimal(60)


@dataclass(frozen=True, slots=True)
class Elements:
    """What was planned, recorded and counted.

    ``planned`` is the planned busy time: shifts less breaks and planned stops. ``down`` are
    unplanned stops, ``off`` is planned time in which the machine was switched off or said nothing.
    The ``ideal_…`` are quantities times the ideal cycle. ``stops`` counts unplanned stops.
    """

    planned: Decimal = ZERO
    down: Decimal = ZERO
    off: Decimal = ZERO
    setup: Decimal = ZERO
    idle: Decimal = ZERO
    quantity: Decimal = ZERO
    quantity_good: Decimal = ZERO
    ideal_total: Decimal = ZERO
    ideal_good: Decimal = ZERO
    ideal_startup_scrap: Decimal = ZERO
    stops: int = 0

    def __add__(self, other: Elements) -> Elements:
        # written out: a month of machines adds thousands
        return Elements(
            self.planned + other.planned,
            self.down + other.down,
            self.off + other.off,
            self.setup + other.setup,
            self.idle + other.idle,
            self.quantity + other.quantity,
            self.quantity_good + other.quantity_good,
            self.ideal_total + other.ideal_total,
            self.ideal_good + other.ideal_good,
            self.ideal_startup_scrap + other.ideal_startup_scrap,
            self.stops + other.stops,
        )

    @property
    def run(self) -> Decimal:
        """Operating time: planned less stops, switched off and set-up."""
        return self.planned - self.down - self.off - self.setup

    @property
    def produced(self) -> Decimal:
        """Actual production time (APT): operating time less idling."""
        return self.run - self.idle

    @property
    def availability(self) -> Decimal | None:
        return _ratio(self.run, self.planned)

    @property
    def performance(self) -> Decimal | None:
        """Above one when the ideal cycle is set too slow; shown as it is."""
        return _ratio(self.ideal_total, self.run)

    @property
    def quality(self) -> Decimal | None:
        return _ratio(self.ideal_good, self.ideal_total)

    @property
    def oee(self) -> Decimal | None:
        """Good output at the ideal cycle, over planned time; the product of the three."""
        return _ratio(self.ideal_good, self.planned)

    @property
    def repair_time(self) -> Decimal | None:
        """Mean time to restore: minutes of unplanned stop per stop."""
        return _ratio(self.down, Decimal(self.stops))

    @property
    def run_between_stops(self) -> Decimal | None:
        """Mean operating time between unplanned stops."""
        return _ratio(self.run, Decimal(self.stops))


@dataclass(frozen=True, slots=True)
class Losses:
    """The six big losses in minutes; with ``good`` they sum to planned time."""

    breakdowns: Decimal
    setup: Decimal
    minor_stops: Decimal
    reduced_speed: Decimal
    startup_rejects: Decimal
    rejects: Decimal
    good: Decimal

    @property
    def total(self) -> Decimal:
        return sum((getattr(self, f.name) for f in fields(Losses)), ZERO)


def losses(elements: Elements) -> Losses:
    """Where the planned time went."""
    scrap = elements.ideal_total - elements.ideal_good
    return Losses(
        breakdowns=elements.down + elements.off,
        setup=elements.setup,
        minor_stops=elements.idle,
        reduced_speed=elements.produced - elements.ideal_total,
        startup_rejects=elements.ideal_startup_scrap,
        rejects=scrap - elements.ideal_startup_scrap,
        good=elements.ideal_good,
    )


def total(parts: Iterable[Elements]) -> Elements:
    return sum(parts, Elements())


@dataclass(frozen=True, slots=True)
class Recorded:
    """Minutes by state as a machine recorded them inside one shift (or span) of ``length``, and
    the unplanned stops that began there."""

    length: Decimal
    breaks: Decimal
    down: Decimal = ZERO
    planned_stops: Decimal = ZERO
    setup: Decimal = ZERO
    idle: Decimal = ZERO
    running: Decimal = ZERO
    stops: int = 0


NOTHING = Elements()


def times(recorded: Recorded, made: Elements = NOTHING) -> Elements:
    """The time elements of a shift, with the output elements of what was ``made`` in it.

    Nobody records where breaks lie, so planned stops, and then time off, fill the break allowance
    first. What planned stops exceed it by is not planned time either.
    """
    told = (
        recorded.down + recorded.planned_stops + recorded.setup + recorded.idle + recorded.running
    )
    silent = max(recorded.length - told, ZERO)
    allowance = max(recorded.breaks, recorded.planned_stops)
    planned = recorded.length - allowance
    off = max(silent - (allowance - recorded.planned_stops), ZERO)
    down = min(recorded.down, planned)
    off = min(off, planned - down)
    setup = min(recorded.setup, planned - down - off)
    idle = min(recorded.idle, planned - down - off - setup)
    return Elements(
        planned,
        down,
        off,
        setup,
        idle,
        made.quantity,
        made.quantity_good,
        made.ideal_total,
        made.ideal_good,
        made.ideal_startup_scrap,
        recorded.stops,
    )


def counts(
    *, good: Decimal, scrap: Decimal, startup_scrap: Decimal, ideal_cycle_seconds: Decimal
) -> Elements:
    """The output elements of a machine with one ideal cycle."""
    cycle = ideal_cycle_seconds / SECONDS_PER_MINUTE
    return Elements(
        quantity=good + scrap,
        quantity_good=good,
        ideal_total=(good + scrap) * cycle,
        ideal_good=good * cycle,
        ideal_startup_scrap=startup_scrap * cycle,
    )


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole > 0 else None

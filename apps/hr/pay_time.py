"""From time and terms to the inputs of a pay slip, and from a slip to cost objects.

Plain values, no database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any

from apps.core.money import ZERO, allocate, round_quantity

MINUTES_PER_HOUR = Decimal(60)
MONTHS, WEEKS = Decimal(12), Decimal(52)
HOURLY = "hourly"
REGULAR, OVERTIME, ABSENCE = "regular", "overtime", "absence"
#: Component's distribution → kinds of time it follows; the cost centre follows none.
FOLLOWED: Mapping[str, frozenset[str]] = {
    "regular_time": frozenset({REGULAR}),
    "overtime": frozenset({OVERTIME}),
    "all_time": frozenset({REGULAR, OVERTIME}),
    "cost_centre": frozenset(),
}
#: Inputs that every formula may use; hours and pay are zero in runs that pay no time.
BUILT_IN = (
    "regular_hours",
    "overtime_hours",
    "absence_hours",
    "unpaid_hours",
    "regular_pay",
    "overtime_pay",
    "absence_pay",
    "salary",
    "rate",
    "hours_per_week",
    "periods_per_year",
    "arrears",
    "is_regular",
)


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract's terms; ``last`` is None for ever."""

    first: Date
    last: Date | None
    basis: str
    rate: Decimal
    hours_per_week: Decimal
    cost_centre_id: int

    @property
    def hourly_rate(self) -> Decimal:
        """The rate, or what a month's pay comes to in an hour."""
        if self.basis == HOURLY:
            return self.rate
        return self.rate * MONTHS / (WEEKS * self.hours_per_week)

    def holds(self, day: Date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Worked:
    """A line of a time card."""

    date: Date
    kind: str
    minutes: Decimal
    cost_object_id: int | None
    is_paid: bool = True


@dataclass(frozen=True, slots=True)
class TimePay:
    """Minutes of one kind for one cost object, and what they earn before any premium."""

    cost_object_id: int
    kind: str
    minutes: Decimal
    pay: Decimal

    def as_json(self) -> dict[str, Any]:
        return {
            "cost_object": self.cost_object_id,
            "kind": self.kind,
            "minutes": f"{self.minutes:f}",
            "pay": f"{self.pay:f}",
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> TimePay:
        return cls(row["cost_object"], row["kind"], Decimal(row["minutes"]), Decimal(row["pay"]))


class NoTerms(ValueError):
    """There is time on ``day``, but no contract."""

    def __init__(self, day: Date) -> None:
        super().__init__(str(day))
        self.day = day


def terms_on(terms: Sequence[Terms], day: Date) -> Terms:
    """Raises ``NoTerms``."""
    for one in terms:
        if one.holds(day):
            return one
    raise NoTerms(day)


def paid_time(lines: Iterable[Worked], terms: Sequence[Terms]) -> list[TimePay]:
    """Paid time by kind and cost object, at the rate of each day. Raises ``NoTerms``."""
    minutes: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    pay: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        if not line.is_paid:
            continue
        held = terms_on(terms, line.date)
        key = (line.cost_object_id or held.cost_centre_id, line.kind)
        minutes[key] += line.minutes
        pay[key] += line.minutes * held.hourly_rate / MINUTES_PER_HOUR
    return [
        TimePay(cost_object, kind, minutes[cost_object, kind], round_quantity(amount))
        for (cost_object, kind), amount in sorted(pay.items())
    ]


def salary(terms: Sequence[Terms], first: Date, last: Date, periods_per_year: int) -> Decimal:
    """Pay by the month for the days from ``first`` to ``last``, each day by its own contract."""
    days = (last - first).days + 1
    total = ZERO
    for offset in range(days):
        day = first + timedelta(days=offset)
        for one in terms:
            if one.holds(day) and one.basis != HOURLY:
                total += one.rate
    return round_quantity(total * MONTHS / periods_per_year / days)


def time_inputs(
    lines: Sequence[Worked], time: Sequence[TimePay], terms: Sequence[Terms]
) -> dict[str, Decimal]:
    """The built-in inputs that come from time.

    Days under a contract by the month earn no regular pay (the salary does), but overtime.
    """
    hours = {
        kind: sum((t.minutes for t in time if t.kind == kind), ZERO) / MINUTES_PER_HOUR
        for kind in (REGULAR, OVERTIME, ABSENCE)
    }
    pay = dict.fromkeys((REGULAR, OVERTIME, ABSENCE), ZERO)
    for line in lines:
        held = terms_on(terms, line.date)
        if line.is_paid and (held.basis == HOURLY or line.kind == OVERTIME):
            pay[line.kind] += line.minutes * held.hourly_rate / MINUTES_PER_HOUR
    unpaid = sum((line.minutes for line in lines if not line.is_paid), ZERO)
    return {
        "regular_hours": round_quantity(hours[REGULAR]),
        "overtime_hours": round_quantity(hours[OVERTIME]),
        "absence_hours": round_quantity(hours[ABSENCE]),
        "unpaid_hours": round_quantity(unpaid / MINUTES_PER_HOUR),
        "regular_pay": round_quantity(pay[REGULAR]),
        "overtime_pay": round_quantity(pay[OVERTIME]),
        "absence_pay": round_quantity(pay[ABSENCE]),
    }


def distribute(
    amount: Decimal, policy: str, time: Sequence[TimePay], cost_centre_id: int, places: int
) -> list[tuple[int, Decimal]]:
    """(cost object, part) of ``amount``: by the pay of the time that ``policy`` follows.

    Without such time the cost centre bears it; the parts sum to the whole.
    """
    weights: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for worth in (lambda one: one.pay, lambda one: one.minutes):
        for one in time:
            if one.kind in FOLLOWED[policy]:
                weights[one.cost_object_id] += worth(one)
        if sum(weights.values(), ZERO) > 0:
            break
        weights.clear()
    if not weights:
        return [(cost_centre_id, amount)]
    objects = sorted(weights)
    parts = allocate(amount, [weights[one] for one in objects], places)
    return [(one, part) for one, part in zip(objects, parts, strict=True) if part]

"""What the controllers of simulated machines know: pure, by the signals that are mapped to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from apps.integration.models import MachineTag
from apps.integration.protocols.readings import Value
from apps.integration.tag_rules import MeantState

Role, Kind = MachineTag.Role, MachineTag.Kind
#: Clocks of devices tell milliseconds; no signal says two things in one.
TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of a machine, as the connection names it."""

    path: str
    machine: str
    role: str
    states: Mapping[str, MeantState] = field(default_factory=dict)
    per_count: Decimal = Decimal(1)
    rolls_over_at: Decimal | None = None
    is_writable: bool = False
    kind: str = ""
    lowest: Decimal | None = None

    @property
    def is_counter(self) -> bool:
        return self.role in (Role.GOOD, Role.SCRAP)


@dataclass(frozen=True, slots=True)
class Change:
    path: str
    value: Value
    at: datetime


class Endpoint(Protocol):
    """A device's side of a protocol."""

    def start(self) -> None: ...

    def say(self, changes: Sequence[Change]) -> None: ...

    def stop(self) -> None: ...


class Devices:
    """The controllers behind one connection. What is asked for by ``write`` is done at once."""

    def __init__(self, signals: Iterable[Signal], *, now: datetime) -> None:
        self.signals = {one.path: one for one in signals}
        self.now = _rounded(now)
        self.pieces: dict[str, Decimal] = {p: Decimal(0) for p in self.signals}
        self.values: dict[str, Value] = {p: _first(one) for p, one in self.signals.items()}

    def advance(self, events: Iterable[Mapping[str, Any]], now: datetime) -> list[Change]:
        """What changes by the events of its machines up to ``now``, in order of time."""
        last: dict[str, datetime] = {}
        changes = []
        for event in sorted(events, key=lambda e: datetime.fromisoformat(e["occurred_at"])):
            at = _rounded(datetime.fromisoformat(event["occurred_at"]))
            for path, value in self._told(event):
                if value == self.values[path]:
                    continue
                last[path] = max(at, last.get(path, self.now) + TICK)
                self.values[path] = value
                changes.append(Change(path, value, last[path]))
        self.now = max([_rounded(now), self.now, *last.values()])
        return changes

    def standing(self) -> list[Change]:
        """What all signals say now."""
        return [Change(path, value, self.now) for path, value in self.values.items()]

    def write(self, path: str, value: Value) -> list[Change]:
        """Do what is asked for, where it may be."""
        signal = self.signals.get(path)
        if signal is None or not signal.is_writable:
            return []
        self.values[path] = value
        return [Change(path, value, self.now + TICK)]

    def _told(self, event: Mapping[str, Any]) -> Iterable[tuple[str, Value]]:
        for path, signal in self.signals.items():
            if signal.machine != event["machine"]:
                continue
            if signal.role == Role.STATE and "state" in event:
                yield path, word_for(signal.states, event["state"], event.get("reason", ""))
            elif signal.is_counter:
                name = "quantity_good" if signal.role == Role.GOOD else "quantity_scrap"
                self.pieces[path] += Decimal(str(event.get(name, 0)))
                yield path, _count(signal, self.pieces[path])


def word_for(states: Mapping[str, MeantState], state: str, reason: str = "") -> str:
    """The word by which a controller says a state; the state itself where none is mapped to it."""
    for wanted in (MeantState(state, reason), MeantState(state)):
        for word, meant in states.items():
            if meant == wanted and word != "*":
                return word
    return state


def _count(signal: Signal, pieces: Decimal) -> int:
    count = int(pieces // signal.per_count)
    return count % int(signal.rolls_over_at) if signal.rolls_over_at else count


def _first(signal: Signal) -> Value:
    if signal.role == Role.STATE:
        return word_for(signal.states, "off")
    if signal.is_counter or signal.kind == Kind.WHOLE:
        return int(signal.lowest or 0)
    if signal.kind == Kind.TRUTH:
        return False
    return float(signal.lowest or 0) if signal.kind == Kind.NUMBER else "-"


def _rounded(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


Written = Callable[[str, Value], Sequence[Change]]

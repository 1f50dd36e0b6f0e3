"""Machines that behave like machines: pure, and the same for the same seed and the same clock."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

#: Minutes of running between stops, and of a stop; shares of what happens.
RUN_BETWEEN_STOPS = 22.0
SHORTEST_STOP, USUAL_STOP, LONGEST_STOP = 0.7, 3.5, 25.0
SHARE_UNEXPLAINED = 0.3
SHARE_IDLE = 0.35
SHARE_SCRAP = 0.018
SLOWER_THAN_IDEAL = (1.03, 1.18)


@dataclass(frozen=True, slots=True)
class Work:
    """What a machine has to do: pieces left, seconds a piece, minutes of set-up before."""

    operation: int
    left: float
    cycle_seconds: float
    setup_minutes: float = 0.0


@dataclass(slots=True)
class SimulatedMachine:
    """One machine; ``advance`` says what it did up to a moment."""

    code: str
    seed: str
    #: Begins its event ids: another in each run of the program.
    run: str = "sim"
    stop_reasons: Sequence[str] = ()
    scrap_reasons: Sequence[str] = ()
    pace: float = 1.0
    state: str = ""
    _until: datetime | None = None
    _now: datetime | None = None
    _operation: int | None = None
    _produced: float = 0.0
    _left: float = 0.0
    _told: int = 0
    _chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"{self.seed}:{self.code}")  # noqa: S311 - a simulation

    def advance(self, now: datetime, work: Work | None) -> list[dict[str, Any]]:
        """Events from the last call up to ``now``, in order of time."""
        events: list[dict[str, Any]] = []
        if self._now is None:
            self._now = now
        if work is None or work.left <= 0:
            self._go(events, now, "idle" if work is not None else "off")
            self._operation, self._now, self._until = None, now, None
            return events
        if work.operation != self._operation:
            self._begin(events, work)
        self._left = work.left
        while self._now < now:
            step_end = min(now, self._until or now)
            if self.state == "running":
                self._produce(step_end, work)
            self._now = step_end
            if self._until is not None and self._now >= self._until:
                self._count(events, self._now)
                self._turn(events)
        self._count(events, now)
        return events

    def stop(self, now: datetime) -> list[dict[str, Any]]:
        """Switch it off."""
        events: list[dict[str, Any]] = []
        self._go(events, now, "off")
        return events

    def _begin(self, events: list[dict[str, Any]], work: Work) -> None:
        assert self._now is not None  # noqa: S101 - set by advance
        self._operation, self._produced = work.operation, 0.0
        if work.setup_minutes > 0:
            self._go(events, self._now, "setup")
            spent = work.setup_minutes * self._chance.uniform(0.8, 1.4) / self.pace
            self._until = self._now + timedelta(minutes=spent)
        else:
            self._run(events)

    def _turn(self, events: list[dict[str, Any]]) -> None:
        """What was going on is over: run, or stop."""
        assert self._now is not None  # noqa: S101 - set by advance
        if self.state != "running":
            self._run(events)
            return
        if self._chance.random() < SHARE_IDLE:
            self._go(events, self._now, "idle")
            spent = self._chance.uniform(0.3, 1.5)
        else:
            explained = self.stop_reasons and self._chance.random() > SHARE_UNEXPLAINED
            reason = self._chance.choice(self.stop_reasons) if explained else ""
            self._go(events, self._now, "stopped", reason)
            spent = self._chance.lognormvariate(0, 0.8) * USUAL_STOP
            spent = min(max(spent, SHORTEST_STOP), LONGEST_STOP)
        self._until = self._now + timedelta(minutes=spent / self.pace)

    def _run(self, events: list[dict[str, Any]]) -> None:
        assert self._now is not None  # noqa: S101 - set by advance
        self._go(events, self._now, "running")
        minutes = self._chance.expovariate(1 / RUN_BETWEEN_STOPS) + 0.5
        self._until = self._now + timedelta(minutes=minutes / self.pace)

    def _produce(self, until: datetime, work: Work) -> None:
        assert self._now is not None  # noqa: S101 - set by advance
        cycle = work.cycle_seconds * self._chance.uniform(*SLOWER_THAN_IDEAL) / self.pace
        self._produced += (until - self._now).total_seconds() / cycle

    def _count(self, events: list[dict[str, Any]], at: datetime) -> None:
        pieces = min(int(self._produced), int(self._left))
        if pieces <= 0:
            return
        self._produced -= int(self._produced)
        self._left -= pieces
        scrap = 0
        if self.scrap_reasons:
            scrap = sum(self._chance.random() < SHARE_SCRAP for _ in range(pieces))
        body: dict[str, Any] = {"quantity_good": pieces - scrap, "quantity_scrap": scrap}
        if scrap:
            body["reason"] = self._chance.choice(self.scrap_reasons)
        events.append(self._event(at, body))

    def _go(self, events: list[dict[str, Any]], at: datetime, state: str, reason: str = "") -> None:
        if state == self.state:
            return
        self.state = state
        body = {"state": state} | ({"reason": reason} if reason else {})
        events.append(self._event(at, body))

    def _event(self, at: datetime, body: dict[str, Any]) -> dict[str, Any]:
        self._told += 1
        return {
            "event_id": f"{self.run}-{self._told:06d}",
            "machine": self.code,
            "occurred_at": at.isoformat(),
        } | body

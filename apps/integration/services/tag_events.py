"""From what a signal said to what happened: events of machines and their alarms.

Each is named by signal and time, so that it is the same one whenever it is made again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.execution.services.machine_alarms import Alarm
from apps.integration.counters import added
from apps.integration.models import MachineTag
from apps.integration.services.tag_log import Tag
from apps.integration.tag_rules import (
    MeantState,
    alarm_reason,
    as_count,
    meaning,
    read_alarms,
    read_states,
)

Role = MachineTag.Role


@dataclass(slots=True)
class Happened:
    """What a batch of readings comes to."""

    events: list[dict[str, Any]] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)

    def note(self, tag: Tag, at: datetime, value: str, before: str | None) -> None:
        """``tag`` said ``value`` at ``at``, and ``before`` before that (None: nothing)."""
        if tag.role == Role.STATE:
            if value != before:
                self.events.append(_state_event(tag, at, value))
        elif tag.role == Role.ALARM:
            if value != before:
                self._alarm(tag, at, value)
        elif value != before:
            self._count(tag, at, value, before, None)

    def note_late(
        self,
        tag: Tag,
        at: datetime,
        value: str,
        before: str | None,
        after: tuple[datetime, str] | None,
    ) -> None:
        """The same for a reading that comes in between: what it changes for the next one too."""
        if tag.role in (Role.GOOD, Role.SCRAP):
            self._count(tag, at, value, before, None if after is None else after[1])
            return
        self.note(tag, at, value, before)
        if after is not None and after[1] == before != value:
            self.note(tag, after[0], after[1], value)

    def _count(
        self, tag: Tag, at: datetime, value: str, before: str | None, after: str | None
    ) -> None:
        count = as_count(value)
        if count is None:
            return
        gained = added(
            None if before is None else as_count(before),
            count,
            None if after is None else as_count(after),
            rolls_over_at=tag.rolls_over_at,
        )
        if not gained:
            return
        name = "quantity_good" if tag.role == Role.GOOD else "quantity_scrap"
        event = _event(tag, at, "count") | {name: gained * tag.per_count}
        if tag.reason:
            event["reason"] = tag.reason
        self.events.append(event)

    def _alarm(self, tag: Tag, at: datetime, value: str) -> None:
        reason = alarm_reason(value, read_alarms(tag.states))
        if reason is not None:
            self.alarms.append(Alarm(tag.machine or "", tag.path, value, at, reason))


def _state_event(tag: Tag, at: datetime, value: str) -> dict[str, Any]:
    meant = meaning(value, read_states(tag.states)) or MeantState("off")
    event = _event(tag, at, meant.state) | {"state": meant.state}
    return event | {"reason": meant.reason} if meant.reason else event


def _event(tag: Tag, at: datetime, what: str) -> dict[str, Any]:
    since = round(at.timestamp() * 1_000_000)
    return {"event_id": f"tag{tag.id}@{since}:{what}", "machine": tag.machine, "occurred_at": at}

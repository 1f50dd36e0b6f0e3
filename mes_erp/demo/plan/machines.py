"""What every machine says in every shift: its states, without a gap.

Time of a shift that nobody told about would count as switched off, so what was not worked is told
as a planned stop: break, no order, shift not staffed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.masterdata.shift_spans import ShiftSpan
from mes_erp.demo.plan.floor import STOPPED
from mes_erp.demo.plan.model import Plan, Span
from mes_erp.demo.working_time import BREAK_AFTER, DAY, WorkingTime

IDLE, OFF = "idle", "off"
BREAK, NO_ORDER, NOT_STAFFED = "P-BREAK", "P-NOORD", "P-SHIFT"
#: A shorter stop is a minor one: nobody gives it a reason.
MINOR = timedelta(minutes=4)


@dataclass(frozen=True, slots=True)
class StateEvent:
    machine: str
    at: datetime
    state: str
    reason: str = ""

    @property
    def event_id(self) -> str:
        return f"{self.machine}/{self.at:%y%m%d%H%M%S}"


@dataclass(frozen=True, slots=True)
class ShiftLog:
    """The states of all machines of a site in one shift, sent when it is over."""

    site: str
    at: datetime
    events: list[StateEvent]


def shift_logs(time: WorkingTime, plan: Plan) -> list[ShiftLog]:
    """The logs of every shift of the story, the last one cut where it ends."""
    by_machine: dict[str, list[Span]] = {code: [] for code in time.company.machines}
    for span in sorted(plan.spans, key=lambda one: (one.machine, one.starts_at)):
        by_machine[span.machine].append(span)
    staffed = {
        code: {span.starts_at for span in time.staffed(code)} for code in time.company.machines
    }
    logs = []
    for site in time.calendars:
        machines = [one.code for one in time.company.machines.values() if one.site == site]
        end = time.end(site)
        for shift, follows in _shifts(time, site):
            until = min(shift.ends_at, end)
            events = [
                event
                for code in machines
                for event in _events(
                    code,
                    shift,
                    until,
                    by_machine[code] if shift.starts_at in staffed[code] else None,
                    is_last=until == end or not follows,
                )
            ]
            logs.append(ShiftLog(site, until, events))
    return sorted(logs, key=lambda log: (log.at, log.site))


def _shifts(time: WorkingTime, site: str) -> Iterator[tuple[ShiftSpan, bool]]:
    """The shifts of a site, each with whether another follows at once."""
    calendar = time.calendars[site]
    for day in time.days(site):
        for span in calendar.spans_on(day):
            if span.starts_at < time.end(site):
                following = [*calendar.spans_on(day), *calendar.spans_on(day + DAY)]
                yield span, any(other.starts_at == span.ends_at for other in following)


def _events(
    machine: str, shift: ShiftSpan, until: datetime, told: list[Span] | None, *, is_last: bool
) -> list[StateEvent]:
    """One event for each change of state in the shift."""
    spans = [Span(machine, shift.starts_at, until, STOPPED, NOT_STAFFED)]
    if told is not None:
        pause = shift.starts_at + BREAK_AFTER
        own = [s for s in told if s.starts_at < until and s.ends_at > shift.starts_at]
        own.append(Span(machine, pause, pause + _minutes(shift), STOPPED, BREAK))
        spans = list(_filled(machine, shift.starts_at, until, own))
    events: list[StateEvent] = []
    for span in spans:
        state, reason = _as_told(span)
        if not events or (events[-1].state, events[-1].reason) != (state, reason):
            events.append(StateEvent(machine, span.starts_at, state, reason))
    if is_last:
        events.append(StateEvent(machine, until, OFF))
    return events


def _minutes(shift: ShiftSpan) -> timedelta:
    return timedelta(minutes=shift.break_minutes)


def _filled(machine: str, since: datetime, until: datetime, told: Iterable[Span]) -> Iterator[Span]:
    reached = since
    for span in sorted(told, key=lambda one: one.starts_at):
        if span.starts_at >= until:
            break
        if span.starts_at > reached:
            yield Span(machine, reached, span.starts_at, STOPPED, NO_ORDER)
        yield span
        reached = max(reached, span.ends_at)
    if reached < until:
        yield Span(machine, reached, until, STOPPED, NO_ORDER)


def _as_told(span: Span) -> tuple[str, str]:
    is_minor = span.state == STOPPED and not span.reason.startswith("P-")
    if is_minor and span.ends_at - span.starts_at < MINOR:
        return IDLE, ""
    return span.state, span.reason

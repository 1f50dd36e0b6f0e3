"""A machine that talks, on a site with one shift, for tests."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from apps.execution.models import MachineInterval
from apps.execution.services.event_rows import EventResult
from apps.execution.services.machine_events import record_events
from apps.masterdata.models import Machine, ReasonCode, Shift, WorkCentre, WorkCentreRate
from apps.masterdata.models.calendars import ALL_WEEKDAYS
from tests.factories import Books

MORNING = datetime(2026, 3, 10, 6, tzinfo=UTC)
EVENING = datetime(2026, 3, 10, 20, tzinfo=UTC)


def minute(minutes: float) -> datetime:
    """So many minutes after the shift began."""
    return MORNING + timedelta(minutes=minutes)


@dataclass
class Shopfloor:
    """Machines of one work centre at 60 an hour; a shift of 480 minutes with 60 of breaks."""

    books: Books
    centre: WorkCentre
    shift: Shift
    ids: Any = field(default_factory=lambda: itertools.count(1))

    def machine(self, code: str = "M1", *, ideal: str = "1", **values: Any) -> Machine:
        return Machine(
            company=self.books.company,
            code=code,
            name=code,
            site=self.books.site,
            work_centre=values.pop("work_centre", self.centre),
            ideal_cycle_seconds=Decimal(ideal),
            **values,
        ).save_by(self.books.by)

    def reason(self, code: str, kind: str = "downtime", **values: Any) -> ReasonCode:
        return ReasonCode(
            company=self.books.company, code=code, name=code, kind=kind, **values
        ).save_by(self.books.by)

    def state(
        self, machine: Machine | str, at: float | datetime, state: str, reason: str = ""
    ) -> dict[str, Any]:
        return self._event(machine, at, {"state": state} | ({"reason": reason} if reason else {}))

    def count(
        self,
        machine: Machine | str,
        at: float | datetime,
        good: Any = 0,
        scrap: Any = 0,
        reason: str = "",
    ) -> dict[str, Any]:
        return self._event(
            machine,
            at,
            {"quantity_good": good, "quantity_scrap": scrap}
            | ({"reason": reason} if reason else {}),
        )

    def _event(
        self, machine: Machine | str, at: float | datetime, body: dict[str, Any]
    ) -> dict[str, Any]:
        moment = at if isinstance(at, datetime) else minute(at)
        code = machine if isinstance(machine, str) else machine.code
        return {
            "event_id": f"e{next(self.ids):05d}",
            "machine": code,
            "occurred_at": moment.isoformat(),
        } | body

    def send(self, *events: dict[str, Any], **values: Any) -> list[EventResult]:
        values.setdefault("received_at", EVENING)
        values.setdefault("by", self.books.by)
        return record_events(self.books.company, events, **values)

    def timeline(self, machine: Machine) -> list[tuple[float, float | None, str]]:
        """(minute it began, minute it ended, state) of each interval."""
        return [
            (minutes(one.starts_at), one.ends_at and minutes(one.ends_at), one.state)
            for one in MachineInterval.objects.filter(machine=machine).order_by("starts_at")
        ]


def minutes(moment: datetime) -> float:
    return (moment - MORNING) / timedelta(minutes=1)


def make_shopfloor(books: Books, *, rate: str = "60") -> Shopfloor:
    centre = WorkCentre(company=books.company, code="PRESS", name="Presses", site=books.site)
    centre.save_by(books.by)
    WorkCentreRate(
        company=books.company,
        work_centre=centre,
        effective_from=books.year.starts_on,
        machine_rate=Decimal(rate),
    ).save_by(books.by)
    shift = Shift(
        company=books.company,
        code="EARLY",
        name="Early",
        site=books.site,
        starts_at=time(6),
        ends_at=time(14),
        break_minutes=60,
        weekdays=ALL_WEEKDAYS,
    ).save_by(books.by)
    return Shopfloor(books, centre, shift)

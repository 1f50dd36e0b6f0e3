"""Who is at work when, and whose hands make what. No database here.

People of a work centre take turns week by week. A report names who stood there while his day still
has room for it; what is left was done by leased staff, whom nobody here clocks or pays.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any

from mes_erp.demo.company import FOLDER, Company, Row
from mes_erp.demo.plan.model import Plan, Portion
from mes_erp.demo.working_time import BREAK_AFTER, DAY, WorkingTime

MINUTE = timedelta(minutes=1)
OFFICE = (8, 16, 45)  # from hour to hour and minute
#: Minutes of labour that fit into a day at the most: a shift and some overtime.
MOST = Decimal(488)
PayPeriod = tuple[Date, Date]


def read_people() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "people.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Presence:
    """A day of somebody at work, with one break."""

    employee: str
    date: Date
    comes: datetime
    pauses: datetime
    resumes: datetime
    leaves: datetime


@dataclass(frozen=True, slots=True)
class Leave:
    employee: str
    type: str
    first: Date
    last: Date
    status: str
    note: str


class People:
    """Shifts, absences and presences of everybody in the story."""

    def __init__(self, company: Company, time: WorkingTime, plan: Plan, seed: int) -> None:
        self.company, self.time, self.plan, self.seed = company, time, plan, seed
        self.story = read_people()
        self.rows: dict[str, Row] = {row["code"]: row for row in company.employees}
        self.work: dict[tuple[str, Date], Decimal] = {}
        self.hands: dict[int, str] = {}
        for portion in sorted(plan.portions, key=lambda one: (one.ends_at, one.order)):
            self._give(portion)

    @cached_property
    def monday(self) -> Date:
        """Time is recorded from the first Monday on."""
        return self.plan.first + timedelta(days=-self.plan.first.weekday() % 7)

    def periods(self) -> list[PayPeriod]:
        """The pay periods of two weeks that are over before the story ends."""
        found = []
        first = self.monday
        while first + timedelta(days=13) <= self.plan.last:
            found.append((first, first + timedelta(days=13)))
            first += timedelta(days=14)
        return found

    def weeks(self) -> list[Date]:
        """The Mondays of the weeks that are over before the story ends."""
        days = (self.monday + timedelta(days=7 * n) for n in range(5))
        return [day for day in days if day + timedelta(days=6) <= self.plan.last]

    @cached_property
    def leave(self) -> list[Leave]:
        found = []
        for row in self.story["leave"]:
            site = self.rows[row["employee"]]["site"]
            first = self.time.plus(site, self.monday, row["day"])
            last = self.time.plus(site, first, row["days"] - 1)
            found.append(
                Leave(
                    row["employee"],
                    row["type"],
                    first,
                    last,
                    row.get("status", "taken"),
                    row.get("note", ""),
                )
            )
        return found

    def shift(self, employee: str, day: Date) -> str | None:
        """The shift of that week; none for those without a machine."""
        centre = self.rows[employee]["work_centre"]
        if not centre:
            return None
        shifts = self.company.work_centres[centre].shifts
        place = self._colleagues[centre].index(employee)
        return shifts[(place + day.isocalendar().week) % len(shifts)]

    def is_away(self, employee: str, day: Date) -> bool:
        return (employee, day) in self._away

    def operator(self, centre: str, shift: str, day: Date) -> str | None:
        """Who stands at the work centre in a shift."""
        for employee in self._colleagues.get(centre, ()):
            if self.shift(employee, day) == shift and not self.is_away(employee, day):
                return employee
        return None

    def stand_in(self, centre: str, shift: str, day: Date) -> str | None:
        """Whoever signs there: the operator, else a colleague."""
        found = self.operator(centre, shift, day)
        return found or next(iter(self._colleagues.get(centre, ())), None)

    def worker(self, portion: Portion) -> str | None:
        """Whose labour a portion is; none for leased staff."""
        return self.hands.get(id(portion))

    def presences(self) -> Iterator[Presence]:
        day = self.monday
        while day <= self.plan.last:
            for employee in self.rows:
                if not self.is_away(employee, day):
                    found = self._presence(employee, day)
                    if found:
                        yield found
            day += DAY

    def free_minutes(self, employee: str, day: Date) -> int:
        """Of a day, what machines have not asked for; none for whom nobody clocks that day."""
        found = self._presence(employee, day) if day >= self.monday else None
        if found is None or self.is_away(employee, day):
            return 0
        there = found.leaves - found.comes - (found.resumes - found.pauses)
        return int(there / MINUTE - float(self.work.get((employee, day), 0)))

    def _give(self, portion: Portion) -> None:
        machine = self.company.machines[portion.machine]
        routing = self.company.routings[self.plan.work_order(portion.order).item]
        if any(one.is_counted for one in routing if one.sequence == portion.sequence):
            return  # the machine reports it, without a name
        day = self.time.local_date(machine.site, portion.ends_at - timedelta(seconds=1))
        employee = self.operator(machine.work_centre, portion.shift, day)
        if employee is None:
            return
        total = self.work.get((employee, day), Decimal(0)) + portion.labour_minutes
        if total <= MOST:
            self.work[employee, day] = total
            self.hands[id(portion)] = employee

    def _presence(self, employee: str, day: Date) -> Presence | None:
        site = self.rows[employee]["site"]
        calendar = self.time.calendars[site]
        spans = calendar.spans_on(day)
        if not spans:
            return None
        rng = Random(f"{self.seed}/clock/{employee}/{day}")  # noqa: S311 - a story, not a secret
        early, late = rng.randrange(2, 11), rng.randrange(1, 9)
        shift = self.shift(employee, day)
        if shift is None:
            comes = self.time.moment(site, day, OFFICE[0], 0) + rng.randrange(-12, 9) * MINUTE
            leaves = self.time.moment(site, day, *OFFICE[1:]) + rng.randrange(-15, 26) * MINUTE
            pauses = self.time.moment(site, day, 12) + rng.randrange(-10, 11) * MINUTE
            return Presence(employee, day, comes, pauses, pauses + 45 * MINUTE, leaves)
        span = next((one for one in spans if one.code == shift), None)
        if span is None:
            return None
        comes = span.starts_at - early * MINUTE
        pauses = span.starts_at + BREAK_AFTER
        pause = span.break_minutes * MINUTE
        leaves = max(span.ends_at + late * MINUTE, comes + pause + self._minutes(employee, day))
        return Presence(employee, day, comes, pauses, pauses + pause, leaves)

    def _minutes(self, employee: str, day: Date) -> timedelta:
        """Time that the day's labour takes, and two minutes to wash hands."""
        return (int(self.work.get((employee, day), 0)) + 3) * MINUTE

    @cached_property
    def _away(self) -> set[tuple[str, Date]]:
        return {
            (one.employee, one.first + timedelta(days=n))
            for one in self.leave
            if one.status != "asked"
            for n in range((one.last - one.first).days + 1)
        }

    @cached_property
    def _colleagues(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for code, row in sorted(self.rows.items()):
            if row["work_centre"]:
                found.setdefault(row["work_centre"], []).append(code)
        return found

"""The open operations of a site as a scheduling problem: machines, shifts, set-ups, material."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from math import gcd
from typing import Any

from apps.core.sql import fetch_all, fetch_dicts
from apps.masterdata.queries.calendars import calendar_of
from apps.masterdata.shift_spans import SiteCalendar, instant
from apps.planning.engine.errors import PlanError
from apps.planning.engine.scheduling.axis import Axis, continuous
from apps.planning.engine.scheduling.problem import MAKESPAN, Job, Mode, Problem, Task
from apps.planning.models import Schedule
from apps.planning.queries.material_readiness import Readiness, material_readiness
from apps.planning.queries.reserved import spans_away, without
from apps.planning.queries.shift_axes import shift_axis

LONGEST_DAYS = 730
_OPERATIONS = """
SELECT o.id, o.work_order_id, w.number, o.sequence, o.work_centre_id, o.machine_id, o.status,
       o.setup_minutes, o.run_minutes, w.due_date, w.item_id, i.category_id,
       greatest(w.quantity - coalesce(p.good, 0), 0) AS quantity_left,
       coalesce(p.good, 0) > 0 AS is_begun,
       (SELECT min(r.machine_id) FROM execution_operationrun r
         WHERE r.operation_id = o.id AND r.ends_at IS NULL) AS runs_on
  FROM execution_workorderoperation o
  JOIN execution_workorder w ON w.id = o.work_order_id
  JOIN masterdata_item i ON i.id = w.item_id
  LEFT JOIN LATERAL (SELECT sum(q.quantity_good) AS good FROM execution_productionreport q
                      WHERE q.operation_id = o.id AND q.status = 'posted') AS p ON true
 WHERE w.company_id = %(company)s AND w.site_id = %(site)s
   AND w.status IN ('released', 'running') AND o.status <> 'done'
 ORDER BY w.due_date, w.id, o.sequence
"""
_MACHINES = """
SELECT id, work_centre_id FROM masterdata_machine
 WHERE company_id = %(company)s AND site_id = %(site)s AND is_active ORDER BY id
"""
_RULES = """
SELECT work_centre_id, from_family_id, to_family_id, minutes FROM planning_changeoverrule
 WHERE company_id = %(company)s
"""
_PINS = """
SELECT p.operation_id, p.machine_id, p.starts_at
  FROM planning_scheduledoperation p JOIN planning_schedule s ON s.id = p.schedule_id
 WHERE s.company_id = %(company)s AND s.site_id = %(site)s AND s.status = 'published'
   AND p.is_pinned AND p.starts_at >= %(from)s
"""


@dataclass(slots=True)
class ScheduleInput:
    """The problem with what its numbers stand for. A resource is a machine's id, or the negative
    id of a work centre that has none; ``unit`` is the seconds of a tick.
    """

    problem: Problem
    axis: Axis
    unit: int
    rows: list[dict[str, Any]]
    resources: list[int]
    orders: list[int]
    readiness: dict[int, Readiness]
    own_setup: list[int] = field(default_factory=list)  # ticks by task, where part of its span

    def moment(self, tick: int, *, is_end: bool = False) -> datetime:
        return self.axis.moment(tick * self.unit, is_end=is_end)


def read_schedule_input(schedule: Schedule, *, keeps_pins: bool = True) -> ScheduleInput:
    """Everything the solver needs. Raises ``PlanError``: ``no_calendar`` for a site without shifts,
    ``horizon_too_short`` when the work does not fit into two years.
    """
    values = {
        "company": schedule.company_id,
        "site": schedule.site_id,
        "from": schedule.starts_at,
    }
    rows = fetch_dicts(_OPERATIONS, values)
    machines: dict[int, list[int]] = {}
    for machine, centre in fetch_all(_MACHINES, values):
        machines.setdefault(centre, []).append(machine)
    pins = {o: (m, at) for o, m, at in fetch_all(_PINS, values)} if keeps_pins else {}
    rules = fetch_all(_RULES, values)
    seconds = [_work_seconds(row, rules) for row in rows]
    readiness = material_readiness(
        schedule.company_id, schedule.site_id, {row["work_order_id"] for row in rows}
    )
    calendar = calendar_of(schedule.site)
    axis = _axis(schedule, calendar, sum(sum(pair) for pair in seconds))
    return _assemble(schedule, calendar, axis, rows, machines, pins, rules, seconds, readiness)


def _work_seconds(row: dict[str, Any], rules: list[Any]) -> tuple[int, int]:
    """(set-up of its own, work) in seconds, rounded up; none of the first where rules decide."""
    begun = row["is_begun"] or row["status"] in ("running", "paused")
    setup = Decimal(0) if begun or _has_rules(row, rules) else row["setup_minutes"]
    return _seconds(setup), _seconds(row["run_minutes"] * row["quantity_left"])


def _seconds(minutes: Decimal) -> int:
    return int((minutes * 60).to_integral_value(ROUND_CEILING))


def _has_rules(row: dict[str, Any], rules: list[Any]) -> bool:
    return any(centre in (None, row["work_centre_id"]) for centre, _f, _t, _m in rules)


def _axis(schedule: Schedule, calendar: SiteCalendar, work: int) -> Axis:
    """Working time from the start on, as long as asked for, longer where the work needs it."""
    if schedule.ignores_calendar:
        return continuous(schedule.starts_at, max(schedule.horizon_days, work // 86400 + 2))
    if calendar.is_continuous:
        raise PlanError("no_calendar", field="site", items=(schedule.site_id,))
    days = schedule.horizon_days
    while True:
        axis = shift_axis(calendar, schedule.starts_at, days)
        if axis.seconds >= work or days >= LONGEST_DAYS:
            break
        days = min(days * 2, LONGEST_DAYS)
    if axis.seconds < max(work, 1):
        raise PlanError("horizon_too_short", field="horizon_days")
    return axis


def _assemble(
    schedule: Schedule,
    calendar: SiteCalendar,
    axis: Axis,
    rows: list[dict[str, Any]],
    machines: dict[int, list[int]],
    pins: dict[int, tuple[int | None, datetime]],
    rules: list[Any],
    seconds: list[tuple[int, int]],
    readiness: dict[int, Readiness],
) -> ScheduleInput:
    minutes = [_seconds(rule[3]) for rule in rules]
    own = [_seconds(row["setup_minutes"]) for row in rows if _has_rules(row, rules)]
    moments = [axis.second(starts_at) for _machine, starts_at in pins.values()]
    if not (schedule.objective == MAKESPAN and schedule.ignores_calendar):
        moments += [_due_second(row, axis, calendar) for row in rows]
        moments += [_ready_second(found, axis, calendar) for found in readiness.values()]
    unit = gcd(*(part for pair in seconds for part in pair), *minutes, *own, *moments) or 60
    resources = sorted({r for row in rows for r in _resources(row, machines)})
    place = {resource: number for number, resource in enumerate(resources)}
    orders = list(dict.fromkeys(row["work_order_id"] for row in rows))
    job_of = {order: number for number, order in enumerate(orders)}
    families: dict[tuple[int, int], int] = {}
    tasks, members = [], [list[int]() for _order in orders]
    for number, (row, (setup, work)) in enumerate(zip(rows, seconds, strict=True)):
        job = job_of[row["work_order_id"]]
        is_first = not members[job]
        members[job].append(number)
        family = (row["category_id"], _seconds(row["setup_minutes"]) // unit)
        modes = tuple(Mode(place[r], (setup + work) // unit) for r in _resources(row, machines))
        fixed = _fixed(row, pins, is_first, axis, unit)
        if fixed is not None:
            modes = tuple(m for m in modes if resources[m.machine] == fixed[0]) or modes[:1]
        tasks.append(
            Task(
                job,
                modes,
                family=families.setdefault(family, len(families)),
                fixed_start=None if fixed is None else fixed[1],
            )
        )
    ready = {
        key: -(-_ready_second(found, axis, calendar) // unit) for key, found in readiness.items()
    }
    jobs = [
        Job(
            tuple(members[number]),
            release=ready.get(order, 0),
            due=_due_second(rows[members[number][0]], axis, calendar) // unit,
        )
        for number, order in enumerate(orders)
    ]
    problem = Problem(
        jobs,
        tasks,
        len(resources),
        objective=schedule.objective,
        setups=_setups(rows, resources, machines, rules, families, unit),
        blocked=_blocked(tasks, resources, axis, unit),
    )
    if schedule.objective == MAKESPAN and schedule.ignores_calendar:
        problem.jobs = [Job(job.tasks) for job in jobs]
    return ScheduleInput(
        problem, axis, unit, rows, resources, orders, readiness, [s // unit for s, _w in seconds]
    )


def _blocked(
    tasks: list[Task], resources: list[int], axis: Axis, unit: int
) -> dict[int, Sequence[tuple[int, int]]]:
    """Ticks in which maintenance has a machine, less those of work that stands there already."""
    found: dict[int, Sequence[tuple[int, int]]] = {}
    place = {resource: number for number, resource in enumerate(resources)}
    for machine, spans in spans_away(resources, axis).items():
        taken = [
            (task.fixed_start, task.fixed_start + mode.duration)
            for task in tasks
            for mode in task.modes
            if task.fixed_start is not None and mode.machine == place[machine]
        ]
        left = without([(start // unit, -(-end // unit)) for start, end in spans], taken)
        if left:
            found[place[machine]] = left
    return found


def _resources(row: dict[str, Any], machines: dict[int, list[int]]) -> list[int]:
    if row["machine_id"] is not None:
        return [row["machine_id"]]
    return machines.get(row["work_centre_id"]) or [-row["work_centre_id"]]


def _fixed(
    row: dict[str, Any],
    pins: dict[int, tuple[int | None, datetime]],
    is_first: bool,
    axis: Axis,
    unit: int,
) -> tuple[int, int] | None:
    """(resource, start tick) of what runs already or was pinned on the board."""
    if is_first and row["runs_on"] is not None:
        return row["runs_on"], 0
    if row["id"] in pins:
        machine, starts_at = pins[row["id"]]
        return machine or -row["work_centre_id"], -(-axis.second(starts_at) // unit)
    return None


def _due_second(row: dict[str, Any], axis: Axis, calendar: SiteCalendar) -> int:
    """The working time until the end of the day on which the order is due."""
    end = instant(row["due_date"] + timedelta(days=1), time(0), calendar.zone)
    return axis.second(end)


def _ready_second(found: Readiness, axis: Axis, calendar: SiteCalendar) -> int:
    if found.date is None:
        return 0
    moment = instant(found.date, time(0), calendar.zone).astimezone(UTC)
    return axis.second(moment)


def _setups(
    rows: list[dict[str, Any]],
    resources: list[int],
    machines: dict[int, list[int]],
    rules: list[Any],
    families: dict[tuple[int, int], int],
    unit: int,
) -> dict[int, list[list[int]]]:
    """A matrix for each machine of a work centre that has rules."""
    centre_of = {m: centre for centre, members in machines.items() for m in members}
    centre_of |= {-row["work_centre_id"]: row["work_centre_id"] for row in rows}
    result = {}
    for number, resource in enumerate(resources):
        centre = centre_of.get(resource)
        mine = [rule for rule in rules if rule[0] in (None, centre)]
        if mine:
            result[number] = [
                [_setup(before[0], after, mine, unit) for after in families] for before in families
            ]
    return result


def _setup(before: int, after: tuple[int, int], rules: list[Any], unit: int) -> int:
    found = [
        ((centre is not None, first is not None, last is not None), minutes)
        for centre, first, last, minutes in rules
        if first in (None, before) and last in (None, after[0])
    ]
    if not found:
        return after[1]
    return -(-_seconds(max(found, key=lambda rule: rule[0])[1]) // unit)

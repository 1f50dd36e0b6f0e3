"""What maintenance takes of machines, in the terms of planning: ticks of a schedule, hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date as Date
from datetime import time, timedelta
from decimal import Decimal

from apps.core.models import Site
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.maintenance.queries.capacity import Reserved, reserved_intervals
from apps.masterdata.shift_spans import SiteCalendar, instant
from apps.planning.engine.scheduling.axis import Axis, continuous
from apps.planning.queries.shift_axes import shift_axis

Span = tuple[int, int]
_MACHINES = """
SELECT id, work_centre_id FROM masterdata_machine
 WHERE company_id = %s AND site_id = %s AND is_active AND work_centre_id IS NOT NULL
"""


def spans_away(resources: Sequence[int], axis: Axis) -> dict[int, list[Span]]:
    """Machine → working seconds of ``axis`` in which maintenance has it; one statement.

    ``resources`` are machines, and work centres as negative numbers, which nobody reserves.
    """
    machines = [key for key in resources if key > 0]
    if not machines or not axis.stretches:
        return {}
    rows = reserved_intervals(machines, axis.stretches[0].starts_at, axis.stretches[-1].ends_at)
    found: dict[int, list[Span]] = {}
    for row in rows:
        span = axis.second(row.starts_at), axis.second(row.ends_at)
        if span[0] < span[1]:
            found.setdefault(row.machine_id, []).append(span)
    return {machine: joined(spans) for machine, spans in found.items()}


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch or overlap made one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """``spans`` less what is ``taken`` already: work that runs or was pinned there stays."""
    left = list(spans)
    for start, end in taken:
        left = [
            part
            for first, last in left
            for part in ((first, min(last, start)), (max(first, end), last))
            if part[0] < part[1]
        ]
    return left


def hours_away(
    site: Site, calendar: SiteCalendar, first: Date, weeks: int
) -> dict[tuple[int, int], Decimal]:
    """(work centre, number of the week) → working hours in which maintenance has its machines."""
    begins = instant(first, time(0), calendar.zone)
    days = 7 * weeks
    centre_of = dict(fetch_all(_MACHINES, [site.company_id, site.pk]))
    rows = reserved_intervals(centre_of, begins, begins + timedelta(days=days))
    if not rows:
        return {}
    axis = (
        continuous(begins, days) if calendar.is_continuous else shift_axis(calendar, begins, days)
    )
    edges = [
        axis.second(instant(first + timedelta(days=7 * n), time(0), calendar.zone))
        for n in range(weeks + 1)
    ]
    by_machine: dict[int, list[Span]] = {}
    for row in rows:
        by_machine.setdefault(row.machine_id, []).append(_seconds(row, axis))
    found: dict[tuple[int, int], Decimal] = {}
    for machine, spans in by_machine.items():
        for start, end in joined(spans):
            for week in range(weeks):
                seconds = min(end, edges[week + 1]) - max(start, edges[week])
                if seconds > 0:
                    key = centre_of[machine], week
                    found[key] = found.get(key, ZERO) + Decimal(seconds) / 3600
    return found


def _seconds(row: Reserved, axis: Axis) -> Span:
    return axis.second(row.starts_at), axis.second(row.ends_at)

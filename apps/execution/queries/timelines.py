"""What a machine did over a span of time: its states, its runs, its counts; one interval of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from apps.core.money import ZERO
from apps.execution.models import (
    MachineEvent,
    MachineInterval,
    MachineOutput,
    OperationRun,
    StopClassification,
)
from apps.masterdata.models import Machine


@dataclass(frozen=True, slots=True)
class Timeline:
    """Intervals and runs that touch the span, and what was counted in it."""

    machine: Machine
    since: datetime
    until: datetime
    intervals: QuerySet[MachineInterval]
    runs: QuerySet[OperationRun]
    quantity_good: Decimal
    quantity_scrap: Decimal
    counts: int


def timeline(machine: Machine, *, since: datetime, until: datetime) -> Timeline:
    """Three statements, when read."""
    touching = Q(starts_at__lt=until) & (Q(ends_at__isnull=True) | Q(ends_at__gt=since))
    made = MachineEvent.objects.filter(
        machine=machine, kind="count", occurred_at__gte=since, occurred_at__lt=until
    ).aggregate(good=Sum("quantity_good"), scrap=Sum("quantity_scrap"), counts=Count("pk"))
    return Timeline(
        machine=machine,
        since=since,
        until=until,
        intervals=MachineInterval.objects.filter(touching, machine=machine)
        .select_related("reason", "operation__work_order", "entry")
        .order_by("starts_at"),
        runs=OperationRun.objects.filter(touching, machine=machine)
        .select_related("operation__work_order", "employee")
        .order_by("starts_at"),
        quantity_good=made["good"] or ZERO,
        quantity_scrap=made["scrap"] or ZERO,
        counts=made["counts"],
    )


def quarters(
    machine: Machine, *, since: datetime, until: datetime
) -> list[tuple[datetime, Decimal, Decimal]]:
    """Good and scrap by quarter of an hour, where anything was counted. One statement."""
    rows = MachineOutput.objects.filter(
        machine=machine, starts_at__gte=since, starts_at__lt=until
    ).values("starts_at")
    summed = rows.annotate(good=Sum("quantity_good"), scrap=Sum("quantity_scrap"))
    return list(summed.order_by("starts_at").values_list("starts_at", "good", "scrap"))


@dataclass(frozen=True, slots=True)
class IntervalStory:
    """An interval, the events inside it and who gave it which reason; the newest last."""

    interval: MachineInterval
    events: list[MachineEvent]
    more_events: bool
    classifications: list[StopClassification]


def interval_story(interval: MachineInterval, *, limit: int = 200) -> IntervalStory:
    """Two statements."""
    events = MachineEvent.objects.filter(
        machine_id=interval.machine_id, occurred_at__gte=interval.starts_at
    )
    if interval.ends_at is not None:
        events = events.filter(occurred_at__lt=interval.ends_at)
    found = list(
        events.select_related("reason", "operation__work_order").order_by("occurred_at", "id")[
            : limit + 1
        ]
    )
    told = StopClassification.objects.filter(
        machine_id=interval.machine_id, at=interval.starts_at
    ).select_related("old_reason", "new_reason", "created_by")
    return IntervalStory(interval, found[:limit], len(found) > limit, list(told.order_by("id")))

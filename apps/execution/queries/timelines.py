"""What a machine did over a span of time: its states, its runs, its counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from apps.core.money import ZERO
from apps.execution.models import MachineEvent, MachineInterval, OperationRun
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

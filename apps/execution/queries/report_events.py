"""The machine events behind a production report."""

from __future__ import annotations

from django.db.models import QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.execution.models import MachineEvent, ProductionReport


def events_behind(report: ProductionReport) -> QuerySet[MachineEvent]:
    """The counts that ``report`` adds up: those recorded after the machine's report before it.

    Empty for what a person reported.
    """
    last = report.event
    if last is None:
        return MachineEvent.objects.none()
    counts = MachineEvent.objects.filter(
        machine_id=last.machine_id, operation_id=last.operation_id, kind=MachineEvent.Kind.COUNT
    )
    before = counts.filter(pk__lt=last.pk, report__isnull=False).order_by("-pk").values("pk")[:1]
    return counts.filter(pk__gt=Coalesce(Subquery(before), Value(0)), pk__lte=last.pk).order_by(
        "occurred_at", "pk"
    )

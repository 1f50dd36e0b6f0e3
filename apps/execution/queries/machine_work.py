"""What machines have to do just now, for those that simulate them."""

from __future__ import annotations

from collections.abc import Sequence

from apps.execution.models import OperationRun
from apps.execution.queries.dispatch_lists import operation_card
from apps.execution.simulation import Work
from apps.masterdata.models import Machine


def work_of(machines: Sequence[Machine]) -> dict[int, Work]:
    """The work of each machine on which an operation runs."""
    runs = OperationRun.objects.filter(machine__in=machines, ends_at__isnull=True)
    ideal = {machine.pk: float(machine.ideal_cycle_seconds) for machine in machines}
    found = {}
    for run in runs.select_related("operation__work_order"):
        operation = run.operation
        if operation.work_order.status not in ("released", "running"):
            continue
        card = operation_card(operation)
        found[run.machine_id] = Work(
            operation=operation.pk,
            left=float(card.left),
            cycle_seconds=float(operation.run_minutes) * 60 or ideal[run.machine_id],
            setup_minutes=0 if card.good else float(operation.setup_minutes),
        )
    return found

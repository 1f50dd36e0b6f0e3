"""What maintenance learns from machines: counts and running time for meters, stops for orders.

Machines without a meter cost no statement here, machines that are no asset neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.core.models import Company, User
from apps.core.money import round_quantity
from apps.execution.models import MachineEvent
from apps.execution.services.event_rows import EventRow
from apps.execution.services.stop_costs import Stop
from apps.maintenance.services.breakdowns import MachineStop, follow_stops
from apps.maintenance.services.meters import MachineWork, record_counts

if TYPE_CHECKING:
    from apps.execution.services.machine_states import Recut

_MICROSECONDS_PER_HOUR = Decimal(3_600_000_000)


def count_on_meters(company: Company, rows: Sequence[EventRow], *, by: User) -> None:
    """Pieces counted, good or not, go to the meters of their machines: one statement."""
    work: dict[int, MachineWork] = {}
    for row in rows:
        if row.has_meter and row.kind == MachineEvent.Kind.COUNT:
            did = work.setdefault(row.machine_id, MachineWork(row.occurred_at))
            did.at = max(did.at, row.occurred_at)
            did.pieces += row.quantity_good + row.quantity_scrap
    record_counts(company, work, by=by)


def follow_states(company: Company, changed: Recut, *, rows: Sequence[EventRow], by: User) -> None:
    """Running time goes to meters; stops that are breakdowns open orders, their end ends them."""
    work = {
        row.machine_id: MachineWork(row.occurred_at, hours=_hours(changed.running[row.machine_id]))
        for row in sorted(rows, key=lambda row: row.occurred_at)
        if row.has_meter and changed.running.get(row.machine_id)
    }
    record_counts(company, work, by=by)
    maintained = {row.machine_id for row in rows if row.is_maintained}
    stops = [
        as_machine_stop(stop, stop.reason_id)
        for stop in changed.stops
        if stop.machine_id in maintained
    ]
    follow_stops(company, stops, by=by)


def as_machine_stop(stop: Stop, reason_id: int | None) -> MachineStop:
    return MachineStop(
        id=stop.id,
        machine_id=stop.machine_id,
        starts_at=stop.starts_at,
        ends_at=stop.ends_at,
        reason_id=reason_id,
        exists=stop.is_stop,
    )


def _hours(spent: timedelta) -> Decimal:
    return round_quantity(Decimal(spent // timedelta(microseconds=1)) / _MICROSECONDS_PER_HOUR)

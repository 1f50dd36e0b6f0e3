"""Counts summed by quarter of an hour, in the transaction that writes the events.

Whoever calls holds the machines' locks (``lock_machines``), so two batches never meet here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import columns, execute
from apps.execution.models import MachineEvent
from apps.execution.quarters import quarter_of
from apps.execution.services.event_rows import EventRow

_ADD = """
INSERT INTO execution_machineoutput AS t
       (company_id, machine_id, starts_at, operation_id, quantity_good, quantity_scrap)
SELECT %s, w.machine_id, w.starts_at, w.operation_id, w.good, w.scrap
  FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::numeric[], %s::numeric[])
       AS w(machine_id, starts_at, operation_id, good, scrap)
    ON CONFLICT (machine_id, starts_at, operation_id) DO UPDATE
   SET quantity_good = t.quantity_good + excluded.quantity_good,
       quantity_scrap = t.quantity_scrap + excluded.quantity_scrap
"""


def add_output(company: Company, rows: Iterable[EventRow]) -> None:
    """Add new counts to their quarters: one statement, none when nothing was counted."""
    sums: dict[tuple[int, datetime, int | None], tuple[Decimal, Decimal]] = {}
    for row in rows:
        if row.kind == MachineEvent.Kind.COUNT:
            key = (row.machine_id, quarter_of(row.occurred_at), row.operation_id)
            good, scrap = sums.get(key, (ZERO, ZERO))
            sums[key] = (good + row.quantity_good, scrap + row.quantity_scrap)
    if sums:
        execute(_ADD, [company.pk, *columns(((*key, *value) for key, value in sums.items()), 5)])

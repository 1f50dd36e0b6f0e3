"""Alarms of machines, and the stops that they explain.

A stop that nobody gave a reason takes that of the first alarm which came with it: from a minute
before it began until it ended, whichever was told first. What a person said stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.utils.translation import gettext as _

from apps.core.models import Company, User
from apps.core.sql import columns, execute, fetch_all
from apps.core.transactions import unit_of_work
from apps.execution.models import MachineInterval
from apps.execution.services.event_rows import EventError, machines_by_code, reasons_by_code
from apps.execution.services.floor_news import tell_floor
from apps.execution.services.machine_locks import lock_machines
from apps.execution.services.stop_reasons import classify_stops
from apps.masterdata.models import ReasonCode

#: How long before a stop an alarm may have come that explains it.
BEFORE_STOP = timedelta(minutes=1)
_INSERT = """
INSERT INTO execution_machinealarm (company_id, machine_id, signal, text, occurred_at, reason_id)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[],
                     %s::bigint[])
ON CONFLICT (machine_id, signal, occurred_at) DO NOTHING
"""
# Stops without a reason around the moments told, each with the first alarm that came with it.
_EXPLAINED = """
SELECT DISTINCT i.id, a.reason_id
  FROM unnest(%(machines)s::text[], %(times)s::timestamptz[]) AS w(code, at)
  JOIN masterdata_machine m ON m.company_id = %(company)s AND m.code = w.code
  JOIN execution_machineinterval i ON i.machine_id = m.id AND i.state = 'stopped'
   AND i.reason_id IS NULL AND i.starts_at <= w.at + %(before)s
   AND (i.ends_at IS NULL OR i.ends_at > w.at)
 CROSS JOIN LATERAL (
       SELECT b.reason_id FROM execution_machinealarm b
        WHERE b.machine_id = i.machine_id AND b.reason_id IS NOT NULL
          AND b.occurred_at >= i.starts_at - %(before)s
          AND b.occurred_at < coalesce(i.ends_at, 'infinity')
        ORDER BY b.occurred_at, b.id LIMIT 1) AS a
 ORDER BY 1
"""
_MACHINES = "SELECT id FROM masterdata_machine WHERE company_id = %s AND code = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Alarm:
    """``text`` of the alarm ``signal`` of a machine (its code), perhaps with the code of a
    reason."""

    machine: str
    signal: str
    text: str
    at: datetime
    reason: str = ""

    def as_plain(self) -> dict[str, str]:
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """What ``as_plain`` gave."""
        return cls(**plain | {"at": datetime.fromisoformat(plain["at"])})


def record_alarms(
    company: Company, alarms: Sequence[Alarm], *, by: User
) -> list[tuple[Alarm, EventError]]:
    """Record alarms, each once; those that can't be, with the reason. Four statements for any
    number, none for none."""
    if not alarms:
        return []
    machines = machines_by_code(company, {alarm.machine for alarm in alarms}, by)
    reasons = reasons_by_code(company, {alarm.reason for alarm in alarms if alarm.reason})
    rows, refused = [], []
    for alarm in alarms:
        machine = machines.get(alarm.machine)
        reason = reasons.get(alarm.reason)
        if machine is None:
            told = EventError("unknown_machine", "machine", _("There is no such machine."))
            refused.append((alarm, told))
        elif alarm.reason and (reason is None or reason[1] != ReasonCode.Kind.DOWNTIME):
            told = EventError("unknown_reason", "reason", _("There is no such reason."))
            refused.append((alarm, told))
        else:
            reason_id = reason[0] if reason else None
            rows.append((company.pk, machine[0], alarm.signal, alarm.text, alarm.at, reason_id))
    if rows:
        with unit_of_work():
            execute(_INSERT, columns(rows, 6))
            tell_floor(company.pk, (row[1] for row in rows))
    return refused


def explain_stops(company: Company, told: Sequence[tuple[str, datetime]], *, by: User) -> None:
    """Give stops of machines (code, moment) the reason of the alarm that came with them.

    Raises ``BusinessError`` when the cost can't be posted under it.
    """
    if not told:
        return
    codes, times = columns(told, 2)
    asked = {"company": company.pk, "machines": codes, "times": times, "before": BEFORE_STOP}
    with unit_of_work():
        lock_machines(row[0] for row in fetch_all(_MACHINES, [company.pk, codes]))
        by_reason: dict[int, list[int]] = {}
        for interval_id, reason_id in fetch_all(_EXPLAINED, asked):
            by_reason.setdefault(reason_id, []).append(interval_id)
        if not by_reason:
            return
        reasons = ReasonCode.objects.in_bulk(by_reason)
        for reason_id, ids in by_reason.items():
            stops = list(MachineInterval.objects.filter(pk__in=ids))
            classify_stops(company, stops, reason=reasons[reason_id], by=by)

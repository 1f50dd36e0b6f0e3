"""What machines said and nobody could use: kept, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.services.documents import insert_all
from apps.core.sql import columns, execute, fetch_all
from apps.integration.models import MachineConnection, QuarantinedReading
from apps.integration.services.machine_connections import acting_user

#: Waiting rows of one signal and reason; what comes beyond is counted on the newest one.
MOST_ALIKE = 1000
_WAITING = """
SELECT path, code, count(*), max(id) FROM integration_quarantinedreading
 WHERE connection_id = %s AND status = 'waiting' AND path = ANY(%s) GROUP BY 1, 2
"""
_MORE = """
UPDATE integration_quarantinedreading q SET times = q.times + d.times
  FROM unnest(%s::bigint[], %s::int[]) AS d(id, times) WHERE q.id = d.id
"""


@dataclass(frozen=True, slots=True)
class Unusable:
    """What could not be used: of which signal, why, and what was said."""

    path: str
    code: str
    detail: str
    payload: dict[str, Any]
    occurred_at: datetime | None


def quarantine(connection: MachineConnection, unusable: Sequence[Unusable]) -> int:
    """Keep what could not be used; how many it was. Three statements for any number."""
    if not unusable:
        return 0
    paths = sorted({one.path[:300] for one in unusable})
    waiting = {
        (path, code): [count, newest]
        for path, code, count, newest in fetch_all(_WAITING, [connection.pk, paths])
    }
    rows, more = [], dict[int, int]()
    for one in unusable:
        alike = waiting.setdefault((one.path[:300], one.code[:40]), [0, 0])
        if alike[0] >= MOST_ALIKE and alike[1]:
            more[alike[1]] = more.get(alike[1], 0) + 1
            continue
        alike[0] += 1
        rows.append(_row(connection, one))
    insert_all(rows, by=acting_user(connection.account))
    if more:
        execute(_MORE, columns(more.items(), 2))
    return len(unusable)


def _row(connection: MachineConnection, one: Unusable) -> QuarantinedReading:
    return QuarantinedReading(
        company_id=connection.company_id,
        connection=connection,
        path=one.path[:300],
        code=one.code[:40],
        detail=one.detail[:500],
        payload=one.payload,
        occurred_at=one.occurred_at,
    )

"""The elements of ISO 22400-2 by machine and shift."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import columns, fetch_all
from apps.execution.kpis import KpiElements
from apps.execution.queries.oee import ShiftElements, elements_by_shift
from apps.masterdata.models import Machine

# Minutes in which an operation was on the machine, and labour reported, inside each span.
_WORK = """
SELECT w.place, r.minutes, l.minutes
  FROM unnest(%(places)s::int[], %(machines)s::bigint[], %(since)s::timestamptz[],
              %(until)s::timestamptz[]) AS w(place, machine_id, since, until)
 CROSS JOIN LATERAL (
    SELECT extract(epoch FROM sum(least(coalesce(o.ends_at, w.until), w.until)
                                  - greatest(o.starts_at, w.since))) / 60 AS minutes
      FROM execution_operationrun o
     WHERE o.machine_id = w.machine_id AND o.starts_at < w.until
       AND o.starts_at >= coalesce((SELECT max(b.starts_at) FROM execution_operationrun b
                                     WHERE b.machine_id = w.machine_id
                                       AND b.starts_at <= w.since), w.since)
       AND (o.ends_at IS NULL OR o.ends_at > w.since)) r
 CROSS JOIN LATERAL (
    SELECT sum(p.labour_minutes) AS minutes FROM execution_productionreport p
     WHERE p.machine_id = w.machine_id AND p.status = 'posted'
       AND p.reported_at >= w.since AND p.reported_at < w.until) l
 WHERE r.minutes IS NOT NULL OR l.minutes IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class ShiftKpis:
    """One machine in one shift."""

    row: ShiftElements
    elements: KpiElements


def kpis_by_shift(
    company: Company,
    machines: QuerySet[Machine],
    *,
    since: datetime,
    until: datetime,
    days: tuple[Date, Date] | None = None,
    now: datetime | None = None,
) -> list[ShiftKpis]:
    """As ``elements_by_shift``, and one statement more."""
    now = now or timezone.now()
    rows = elements_by_shift(company, machines, since=since, until=until, days=days, now=now)
    names = ("places", "machines", "since", "until")
    arrays = columns(
        ((n, row.machine_id, row.starts_at, row.ends_at) for n, row in enumerate(rows)), 4
    )
    found: dict[int, tuple[Decimal, Decimal]] = {
        place: (order or ZERO, labour or ZERO)
        for place, order, labour in fetch_all(_WORK, dict(zip(names, arrays, strict=True)))
    }
    return [
        ShiftKpis(row, KpiElements(row.elements, *found.get(n, (ZERO, ZERO))))
        for n, row in enumerate(rows)
    ]


def summed_kpis(
    rows: Iterable[ShiftKpis], key: Callable[[ShiftElements], Any]
) -> dict[Any, KpiElements]:
    """Elements summed by ``key``, in the order in which keys come first."""
    result: dict[Any, KpiElements] = {}
    for one in rows:
        group = key(one.row)
        result[group] = result.get(group, KpiElements()) + one.elements
    return result

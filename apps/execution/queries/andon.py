"""Andon calls that wait, and how soon people came: for boards, the terminal and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from apps.core.models import Company
from apps.core.sql import fetch_dicts
from apps.execution.models import AndonCall

_TIMES = """
SELECT a.id AS category_id, a.code AS category, a.name AS category_name,
       c.id AS work_centre_id, c.code AS work_centre, count(*) AS calls,
       count(*) FILTER (WHERE k.status IN ('open', 'acknowledged')) AS waiting,
       max(k.level) AS highest_level,
       round((avg(extract(epoch FROM k.acknowledged_at - k.called_at)) / 60)::numeric, 2)
         AS minutes_to_acknowledge,
       round((avg(extract(epoch FROM k.resolved_at - k.called_at)) / 60)::numeric, 2)
         AS minutes_to_resolve
  FROM execution_andoncall k
  JOIN execution_andoncategory a ON a.id = k.category_id
  JOIN masterdata_machine m ON m.id = k.machine_id
  JOIN masterdata_workcentre c ON c.id = m.work_centre_id
 WHERE k.company_id = %s AND k.site_id = ANY(%s) AND k.status <> 'cancelled'
   AND k.called_at >= %s AND k.called_at < %s
 GROUP BY a.id, c.id ORDER BY a.code, c.code
"""


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """Calls of one category at one work centre; minutes are means over those that got there."""

    category_id: int
    category: str
    category_name: str
    work_centre_id: int
    work_centre: str
    calls: int
    waiting: int
    highest_level: int
    minutes_to_acknowledge: Decimal | None
    minutes_to_resolve: Decimal | None


def response_times(
    company: Company, site_ids: Any, *, since: datetime, until: datetime
) -> list[ResponseTime]:
    """How soon help came for calls of ``since`` … ``until``; cancelled ones left out."""
    rows = fetch_dicts(_TIMES, [company.pk, list(site_ids), since, until])
    return [ResponseTime(**row) for row in rows]


def waiting_calls(user: Any) -> QuerySet[AndonCall]:
    """Calls that wait and that ``user`` may see, the oldest first."""
    rows: QuerySet[AndonCall] = AndonCall.objects.visible_to(user)
    return (
        rows.filter(status__in=AndonCall.WAITING)
        .select_related("category", "machine", "called_by", "acknowledged_by", "site")
        .order_by("called_at", "pk")
    )


def waiting_by_machine(site_id: int) -> dict[int, list[AndonCall]]:
    """The calls of a site that wait, by machine; one statement."""
    rows = (
        AndonCall.objects.filter(site_id=site_id, status__in=AndonCall.WAITING)
        .select_related("category")
        .order_by("called_at", "pk")
    )
    found: dict[int, list[AndonCall]] = {}
    for call in rows:
        found.setdefault(call.machine_id, []).append(call)
    return found

"""Days on which production may post."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.finance.models import Module, PeriodLock

_FIRST_OPEN = """
SELECT w.day, min(greatest(w.day, p.starts_on))
  FROM unnest(%s::date[]) AS w(day)
  JOIN finance_period p ON p.company_id = %s AND NOT p.is_closing AND p.ends_on >= w.day
  JOIN finance_periodlock l ON l.period_id = p.id AND l.module = %s AND l.state = %s
 GROUP BY w.day
"""


def first_open_days(company: Company, days: Sequence[Date]) -> dict[Date, Date]:
    """For each day itself, or the first open one after it: closed months never change.

    A day with nothing open after it stays as it is; posting will refuse it.
    """
    wanted = sorted(set(days))
    found = fetch_all(
        _FIRST_OPEN, [wanted, company.pk, Module.PRODUCTION.value, PeriodLock.State.OPEN.value]
    )
    return {day: day for day in wanted} | dict(found)

"""What of accruals and deferrals is due, posted and left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.db.models import QuerySet

from apps.core.models import Company
from apps.core.sql import fetch_dicts
from apps.finance.models import AccrualPart, AccrualPosting

_STANDING = """
SELECT s.id AS schedule_id, s.number, s.description, s.kind, s.starts_on, s.ends_on, s.amount,
       b.code AS balance_account, r.code AS result_account,
       coalesce(sum(p.amount) FILTER (WHERE q.id IS NOT NULL), 0) AS posted,
       coalesce(sum(p.amount) FILTER (WHERE q.id IS NULL AND p.date <= %(at)s), 0) AS due
  FROM finance_accrualschedule s
  JOIN finance_account b ON b.id = s.balance_account_id
  JOIN finance_account r ON r.id = s.result_account_id
  JOIN finance_accrualpart p ON p.schedule_id = s.id
  LEFT JOIN finance_accrualposting q ON q.part_id = p.id AND q.status = 'posted'
       AND q.date <= %(at)s
 WHERE s.company_id = %(company)s AND s.status IN ('active', 'done') AND s.starts_on <= %(at)s
 GROUP BY s.id, b.id, r.id ORDER BY s.kind, s.number
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A schedule at the end of a day: what is posted, what is due, in company currency."""

    schedule_id: int
    number: str
    description: str
    kind: str
    starts_on: Date
    ends_on: Date
    amount: Decimal
    balance_account: str
    result_account: str
    posted: Decimal
    due: Decimal

    @property
    def rest(self) -> Decimal:
        return self.amount - self.posted


def due_parts(schedule_ids: Iterable[int], *, until: Date) -> list[AccrualPart]:
    """Parts of months that ended by ``until`` and are not posted, the earliest first.

    What credit notes left nothing of is never due.
    """
    rows = open_parts(schedule_ids).filter(date__lte=until).exclude(amount=0)
    return list(rows.order_by("date", "schedule_id"))


def open_parts(schedule_ids: Iterable[int]) -> QuerySet[AccrualPart]:
    """Parts that are not posted, those of nothing too."""
    live = AccrualPosting.objects.filter(status=AccrualPosting.Status.POSTED).values("part")
    return AccrualPart.objects.filter(schedule__in=list(schedule_ids)).exclude(pk__in=live)


def accrual_standings(company: Company, *, at: Date) -> list[Standing]:
    """Schedules that ran by the end of ``at``."""
    found = fetch_dicts(_STANDING, {"company": company.pk, "at": at})
    return [Standing(**row) for row in found]

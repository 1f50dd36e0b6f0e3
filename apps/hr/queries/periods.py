"""Whether the books of payroll still take a day."""

from __future__ import annotations

from datetime import date as Date

from apps.core.models import Company
from apps.finance.models import Journal, PeriodLock

JOURNAL = "PAY"


def is_closed(company: Company, day: Date) -> bool:
    """Whether the period of ``day`` is closed for the payroll journal's module."""
    return PeriodLock.objects.filter(
        company=company,
        period__starts_on__lte=day,
        period__ends_on__gte=day,
        period__is_closing=False,
        state=PeriodLock.State.CLOSED,
        module__in=Journal.objects.filter(company=company, code=JOURNAL).values("module"),
    ).exists()

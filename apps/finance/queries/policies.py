"""The policy of a company, or the defaults."""

from __future__ import annotations

from django.utils import timezone

from apps.core.models import Company
from apps.finance.models import FinancePolicy


def policy_of(company: Company) -> FinancePolicy:
    """What ``company`` allows today; a row that is not saved where it has said nothing."""
    today = timezone.localdate()
    rows = FinancePolicy.objects.filter(company=company, valid_from__lte=today)
    return rows.order_by("-valid_from").first() or FinancePolicy(company=company)


def days_of(text: str) -> tuple[int, ...]:
    """The last days of the buckets, from how a policy writes them."""
    return tuple(int(part) for part in text.split(","))

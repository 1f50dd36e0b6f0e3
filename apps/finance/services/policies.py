"""What a company allows in receivables and payables."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock
from apps.core.transactions import unit_of_work
from apps.finance.models import FinancePolicy
from apps.finance.queries.policies import days_of

MOST_BUCKETS, MOST_DAYS = 8, 3650


def create_policy(*, company: Company, by: User, reason: str = "", **values: Any) -> FinancePolicy:
    """The policy of ``company`` from ``valid_from`` on.

    Raises ``InvalidInput`` for buckets that don't ascend.
    """
    return _write(FinancePolicy(company=company), values, by, reason)


def change_policy(
    policy: FinancePolicy, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> FinancePolicy:
    """Correct what the company allows."""
    with unit_of_work():
        return _write(lock(policy, version=version), values, by, reason)


def _write(policy: FinancePolicy, values: dict[str, Any], by: User, reason: str) -> FinancePolicy:
    for name, value in values.items():
        setattr(policy, name, value)
    _check_days(policy.ageing_days)
    with unit_of_work():
        return policy.save_by(by, reason=reason)


def _check_days(text: str) -> None:
    parts = [part.strip() for part in text.split(",")]
    are_numbers = all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts)
    days = days_of(text) if are_numbers else ()
    ascend = all(first < second for first, second in pairwise(days))
    if not (
        days and ascend and days[0] > 0 and days[-1] <= MOST_DAYS and len(days) <= MOST_BUCKETS
    ):
        raise InvalidInput(
            "bad_buckets",
            _("Give up to {most} ascending numbers of days, as 30,60,90.").format(
                most=MOST_BUCKETS
            ),
            field="ageing_days",
        )

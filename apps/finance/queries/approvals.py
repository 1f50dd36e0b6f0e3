"""Limits of approval, as they are now."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Max, Q

from apps.core.models import Company, User
from apps.finance.models import ApprovalLimit


def has_limits(company_id: int, document: str) -> bool:
    """Whether the company limits who approves ``document``."""
    return ApprovalLimit.objects.filter(company=company_id, document=document).exists()


def limit_of(company: Company, document: str, user: User) -> Decimal | None:
    """The highest amount that ``user`` may approve, by name or by role; None for nothing."""
    rows = ApprovalLimit.objects.filter(
        Q(user=user) | Q(role__in=user.groups.values("pk")), company=company, document=document
    )
    found: Decimal | None = rows.aggregate(most=Max("amount"))["most"]
    return found

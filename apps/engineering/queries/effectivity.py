"""Which design is in force on a day: the one place that knows, for SQL and for the ORM."""

from __future__ import annotations

from datetime import date as Date

from django.db.models import Q
from django.utils import timezone

from apps.core.models import Company, Site
from apps.engineering.models.status import DesignStatus


def in_force(alias: str, day: str = "%(on)s::date") -> str:
    """SQL: the bill, routing or instruction ``alias`` is in force on ``day`` (an expression)."""
    return in_force_between(alias, day, day)


def in_force_between(alias: str, first: str, last: str) -> str:
    """SQL: ``alias`` is in force on any day from ``first`` to ``last`` (expressions)."""
    return (
        f"({alias}.status = 'released'"
        f" AND coalesce({alias}.effective_from, '-infinity'::date) <= {last}"
        f" AND coalesce({alias}.effective_until, 'infinity'::date) >= {first})"
    )


def in_force_on(day: Date, prefix: str = "") -> Q:
    """``in_force`` as a condition of the ORM; ``prefix`` is the path to the design."""
    first, last = f"{prefix}effective_from", f"{prefix}effective_until"
    return (
        Q(**{f"{prefix}status": DesignStatus.RELEASED})
        & (Q(**{f"{first}__isnull": True}) | Q(**{f"{first}__lte": day}))
        & (Q(**{f"{last}__isnull": True}) | Q(**{f"{last}__gte": day}))
    )


def today(company: Company, site: Site | None = None) -> Date:
    """The day it is at ``site``, else at the company's first site that is active."""
    site = site or Site.objects.filter(company=company, is_active=True).order_by("code").first()
    return timezone.localdate(timezone=site.zone if site else None)

"""For whom and for when: the parameters of every statement of this app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.core.models import Company, User


@dataclass(frozen=True, slots=True)
class Asked:
    """A user's companies and sites (None: all of them) at a moment; ``today`` is a posting date."""

    user: User
    company_ids: tuple[int, ...]
    site_ids: tuple[int, ...] | None
    today: Date
    now: datetime

    @property
    def sees_all_sites(self) -> bool:
        return self.site_ids is None

    @property
    def month(self) -> Date:
        return self.today.replace(day=1)

    def parameters(self) -> dict[str, Any]:
        return {
            "companies": list(self.company_ids),
            "sites": None if self.site_ids is None else list(self.site_ids),
            "today": self.today,
            "month": self.month,
            "now": self.now,
            "user_id": self.user.pk,
        }

    def may_see(self, one: Any) -> bool:
        """Whether the caller holds the permission of a measure, chart or work list."""
        return (self.sees_all_sites or not one.is_company_wide) and self.user.has_perm(
            one.permission
        )


def asked_by(user: User, *, today: Date | None = None, now: datetime | None = None) -> Asked:
    """What ``user`` sees; a statement only for a superuser who acts in no company."""
    now = now or timezone.now()
    today = today or timezone.localdate(now)
    if user.sees_everything:
        companies = tuple(Company.objects.values_list("pk", flat=True))
        return Asked(user, companies, None, today, now)
    scope = user.scope
    sites = None if scope.site_ids is None else tuple(sorted(scope.site_ids))
    return Asked(user, scope.company_ids, sites, today, now)

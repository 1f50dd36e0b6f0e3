from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.utils.translation import gettext_lazy as _

_SCOPE_SQL = """
SELECT m.company_id, array_agg(s.site_id) FILTER (WHERE s.site_id IS NOT NULL)
  FROM core_membership m LEFT JOIN core_membership_sites s ON s.membership_id = m.id
 WHERE m.user_id = %s GROUP BY m.company_id ORDER BY m.company_id
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a user may see. ``site_ids`` is None when no site is shut out."""

    company_ids: tuple[int, ...]
    site_ids: frozenset[int] | None


class User(AbstractUser):
    """A person or a service account. Roles are groups; companies and sites come by membership."""

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("username",)

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @cached_property
    def scope(self) -> Scope:
        """Companies and sites of this user, read once per request in one statement."""
        with connection.cursor() as cursor:
            cursor.execute(_SCOPE_SQL, [self.pk])
            rows = cursor.fetchall()
            company_ids = tuple(company_id for company_id, _sites in rows)
            if all(sites is None for _company, sites in rows):
                return Scope(company_ids, None)
            whole = [company_id for company_id, sites in rows if sites is None]
            cursor.execute("SELECT id FROM core_site WHERE company_id = ANY(%s)", [whole])
            allowed = {site_id for (site_id,) in cursor.fetchall()}
        for _company, sites in rows:
            allowed.update(sites or ())
        return Scope(company_ids, frozenset(allowed))

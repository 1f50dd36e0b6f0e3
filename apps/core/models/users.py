from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.utils.translation import gettext_lazy as _

#: JSON of the companies that user ``u`` may enter, the one to begin with first. A superuser may
#: enter any, his own ones before the others.
REACH_SQL = """
  (SELECT json_agg(json_build_array(c.id, c.code, c.name, CASE WHEN NOT u.is_superuser THEN (
            SELECT json_agg(s.site_id) FROM core_membership_sites s WHERE s.membership_id = m.id)
          END) ORDER BY m.is_default DESC NULLS LAST, m.company_id NULLS LAST, c.code)
     FROM core_company c
     LEFT JOIN core_membership m ON m.company_id = c.id AND m.user_id = u.id
    WHERE m.id IS NOT NULL OR u.is_superuser)
"""
_REACH_OF_ONE = f"SELECT {REACH_SQL} FROM core_user u WHERE u.id = %s"  # noqa: S608 - constants
_SITES_OF_WHOLE = "SELECT id FROM core_site WHERE company_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a user may see. ``site_ids`` is None when no site is shut out."""

    company_ids: tuple[int, ...]
    site_ids: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Entrance:
    """A company that a user may act in; ``site_ids`` is None when all of its sites are open."""

    company_id: int
    code: str
    name: str
    site_ids: frozenset[int] | None = None

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class User(AbstractUser):
    """A person or a service account. Roles are groups; companies and sites come by membership.

    A request acts in one company (``enter``). Outside of requests the scope is all that the
    memberships open, for services and jobs name their company themselves.
    """

    #: The company that this request acts in; None outside of requests.
    acting: Entrance | None = None
    #: The one site that the user narrowed it to; None: every site open to him.
    acting_site_id: int | None = None

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("username",)

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def sees_everything(self) -> bool:
        """A superuser who has not entered a company."""
        return self.is_superuser and self.acting is None

    @cached_property
    def reach(self) -> tuple[Entrance, ...]:
        """The companies that this user may enter, the one to begin with first.

        One statement, unless the user was loaded with them (``core.backends``).
        """
        with connection.cursor() as cursor:
            cursor.execute(_REACH_OF_ONE, [self.pk])
            row = cursor.fetchone()
        return entrances(row[0] if row else None)

    def enter(self, company_id: int | None, site_id: int | None = None) -> bool:
        """Act in one company, and see nothing of any other.

        None enters the default. Returns False, and enters the default, when the company named
        is not (or no more) open to the user; a site that is not open to him is not entered.
        """
        named = next((e for e in self.reach if e.company_id == company_id), None)
        found = named or next(iter(self.reach), None)
        self.acting, self.acting_site_id = found, None
        if found is None:
            self.scope = Scope((), None)
            return company_id is None
        sites = found.site_ids
        if named and site_id is not None and (sites is None or site_id in sites):
            sites, self.acting_site_id = frozenset({site_id}), site_id
        self.scope = Scope((found.company_id,), sites)
        return company_id is None or named is not None

    @cached_property
    def scope(self) -> Scope:
        """Companies and sites of this user, read once per request in one statement."""
        reach = self.reach
        company_ids = tuple(sorted(entrance.company_id for entrance in reach))
        if all(entrance.site_ids is None for entrance in reach):
            return Scope(company_ids, None)
        whole = [entrance.company_id for entrance in reach if entrance.site_ids is None]
        allowed: set[int] = set()
        if whole:
            with connection.cursor() as cursor:
                cursor.execute(_SITES_OF_WHOLE, [whole])
                allowed = {site_id for (site_id,) in cursor.fetchall()}
        for entrance in reach:
            allowed.update(entrance.site_ids or ())
        return Scope(company_ids, frozenset(allowed))


def entrances(rows: Any) -> tuple[Entrance, ...]:
    """What ``REACH_SQL`` found, as it comes from the database."""
    return tuple(
        Entrance(company_id, code, name, None if sites is None else frozenset(sites))
        for company_id, code, name, sites in rows or ()
    )

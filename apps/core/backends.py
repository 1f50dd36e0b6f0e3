"""Who may do what: a user, every permission and the company scope, read in one statement."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from apps.core.models import User
from apps.core.models.users import Scope

_PERMISSIONS = """
  ARRAY(SELECT t.app_label || '.' || p.codename
          FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
         WHERE p.id IN (
           SELECT permission_id FROM core_user_user_permissions WHERE user_id = u.id
           UNION ALL
           SELECT gp.permission_id FROM auth_group_permissions gp
             JOIN core_user_groups ug ON ug.group_id = gp.group_id WHERE ug.user_id = u.id))
"""
_COMPANIES = "ARRAY(SELECT company_id FROM core_membership WHERE user_id = u.id ORDER BY 1)"
_SITES = """
  CASE WHEN EXISTS (SELECT FROM core_membership m
                      JOIN core_membership_sites s ON s.membership_id = m.id
                     WHERE m.user_id = u.id)
  THEN ARRAY(SELECT s.site_id FROM core_membership m
               JOIN core_membership_sites s ON s.membership_id = m.id WHERE m.user_id = u.id
             UNION
             SELECT t.id FROM core_site t JOIN core_membership m ON m.company_id = t.company_id
              WHERE m.user_id = u.id AND NOT EXISTS (
                SELECT FROM core_membership_sites s WHERE s.membership_id = m.id))
  END
"""
# Columns by name: a prepared `u.*` would fail in every living connection when one is added.
_COLUMNS = ", ".join(f"u.{field.column}" for field in User._meta.concrete_fields)
_USER_SQL = f"""
SELECT {_COLUMNS}, {_PERMISSIONS} AS granted_permissions, {_COMPANIES} AS granted_companies,
       {_SITES} AS granted_sites
  FROM core_user u WHERE u.id = %s
"""  # noqa: S608 - assembled from constants


def load_user(user_id: Any) -> User | None:
    """The user with permissions and scope, in one statement; None when there is none."""
    user: Any
    for user in User.objects.raw(_USER_SQL, [user_id]):
        sites = user.granted_sites
        user._perm_cache = set(user.granted_permissions)
        user.scope = Scope(
            tuple(user.granted_companies), None if sites is None else frozenset(sites)
        )
        return user
    return None


class PermissionBackend(ModelBackend):
    """Roles are groups; own permissions add to them. Nothing is granted per object."""

    def get_user(self, user_id: Any) -> User | None:
        user = load_user(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj)
        if not hasattr(user_obj, "_perm_cache"):
            loaded: Any = load_user(user_obj.pk)
            user_obj._perm_cache = set() if loaded is None else loaded._perm_cache
        return user_obj._perm_cache

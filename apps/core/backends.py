"""Who may do what: a user, every permission and the companies open to him, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import connection
from knox.models import AuthToken

from apps.core.models import User
from apps.core.models.users import REACH_SQL, entrances
from apps.core.sql import fetch_all

# Ids, not names: hundreds of texts would be built and sent with every request.
_PERMISSIONS = """
  ARRAY(SELECT permission_id FROM core_user_user_permissions WHERE user_id = u.id
         UNION
        SELECT gp.permission_id FROM auth_group_permissions gp
          JOIN core_user_groups ug ON ug.group_id = gp.group_id WHERE ug.user_id = u.id)
"""
_NAMES = """
SELECT p.id, t.app_label || '.' || p.codename
  FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
"""
#: A permission keeps its id and its name; what isn't known yet is read when it turns up.
_names: dict[int, str] = {}
# Columns by name: a prepared `u.*` would fail in every living connection when one is added.
_ATTRIBUTES = tuple(field.attname for field in User._meta.concrete_fields)
_COLUMNS = ", ".join(f"u.{field.column}" for field in User._meta.concrete_fields)
#: What ``user_of_row`` wants of a ``core_user u``, for the statement of another kind of credential.
USER_COLUMNS = f"{_COLUMNS}, {_PERMISSIONS}, {REACH_SQL}"
_BY_ID = f"SELECT {USER_COLUMNS} FROM core_user u WHERE u.id = %s"  # noqa: S608 - constants
_BY_TOKEN = f"""
SELECT k.digest, k.token_key, k.created, k.expiry, {USER_COLUMNS}
  FROM knox_authtoken k JOIN core_user u ON u.id = k.user_id WHERE k.token_key = %s
"""  # noqa: S608 - constants


def load_user(user_id: Any) -> User | None:
    """The user with permissions and companies, in one statement; None when there is none."""
    for row in fetch_all(_BY_ID, [user_id]):
        return user_of_row(row)
    return None


def load_token_users(token_key: str) -> list[tuple[AuthToken, User]]:
    """Tokens that begin like this, each with its user, permissions and companies: one statement."""
    found = []
    for digest, key, created, expiry, *row in fetch_all(_BY_TOKEN, [token_key]):
        user = user_of_row(row)
        token = AuthToken(digest=digest, token_key=key, created=created, expiry=expiry, user=user)
        token._state.adding = False
        found.append((token, user))
    return found


def user_of_row(row: Sequence[Any]) -> User:
    """The user in a row of ``USER_COLUMNS``, with permissions and companies."""
    *values, permissions, reach = row
    user: Any = User.from_db(connection.alias, _ATTRIBUTES, values)
    user._perm_cache = permission_names(permissions)
    user.reach = entrances(reach)
    return user


def permission_names(ids: Sequence[int]) -> set[str]:
    """``app.codename`` of permissions; one statement when a new one turns up, else none."""
    if not _names.keys() >= set(ids):
        learn_permission_names()
    return {_names[permission_id] for permission_id in ids}


def learn_permission_names() -> None:
    """Read all names from the database that this process works on."""
    found = dict(fetch_all(_NAMES))
    _names.clear()
    _names.update(found)


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

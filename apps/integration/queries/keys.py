"""The key that a request shows, with its user, permissions and scope: one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.core.backends import USER_COLUMNS, user_of_row
from apps.core.models import User
from apps.core.sql import fetch_all
from apps.integration.models import ApiKey

_ATTRIBUTES = tuple(field.attname for field in ApiKey._meta.concrete_fields)
_COLUMNS = ", ".join(f"k.{field.column}" for field in ApiKey._meta.concrete_fields)
_BY_PREFIX = f"""
SELECT {_COLUMNS}, a.is_active, s.last_used_at, {USER_COLUMNS}
  FROM integration_apikey k
  JOIN integration_serviceaccount a ON a.id = k.account_id
  JOIN core_user u ON u.id = a.user_id
  LEFT JOIN integration_apikeyuse s ON s.key_id = k.id
 WHERE k.prefix = %s
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class KnownKey:
    key: ApiKey
    user: User
    is_account_active: bool
    last_used_at: datetime | None


def key_by_prefix(prefix: str) -> KnownKey | None:
    for row in fetch_all(_BY_PREFIX, [prefix]):
        split = len(_ATTRIBUTES)
        values: Any = row[:split]
        key = ApiKey.from_db(connection.alias, _ATTRIBUTES, values)
        is_active, last_used_at, *user = row[split:]
        return KnownKey(key, user_of_row(user), is_active, last_used_at)
    return None

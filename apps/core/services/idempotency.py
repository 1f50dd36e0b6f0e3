"""A repeated request has one effect and one answer.

The key is written in the transaction of its effect, so there is no half state to clean up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import IdempotencyKey, User
from apps.core.sql import execute, fetch_all
from apps.core.transactions import unit_of_work

KEPT_FOR = timedelta(days=30)
IN_FLIGHT_WAIT = "300ms"
_CLAIM = """
INSERT INTO core_idempotencykey (user_id, key, request_hash, created_at)
VALUES (%s, %s, %s, now()) ON CONFLICT (user_id, key) DO NOTHING RETURNING id
"""


class RequestInFlight(BusinessError):
    """The same key is being worked on right now (HTTP 409 with Retry-After)."""


def request_hash(method: str, path: str, body: bytes) -> bytes:
    return hashlib.sha256(json.dumps([method, path]).encode() + b"\0" + body).digest()


def answer_once(
    *, user: User, key: str, digest: bytes, act: Callable[[], tuple[int, Any]]
) -> tuple[int, Any, bool]:
    """Run ``act`` under ``key`` once. Returns (status, body, whether it was replayed).

    Raises ``InvalidInput`` (422) when the key was used with another request, and
    ``RequestInFlight`` (409) while the first request still runs.
    """
    with unit_of_work():
        claimed = _claim(user, key, digest)
        if claimed is None:
            return *_replay(user, key, digest), True
        status, body = act()
        execute(
            "UPDATE core_idempotencykey SET response_status = %s, response_body = %s::jsonb"
            " WHERE id = %s",
            [status, json.dumps(body), claimed],
        )
        return status, body, False


def _claim(user: User, key: str, digest: bytes) -> int | None:
    execute("SELECT set_config('lock_timeout', %s, true)", [IN_FLIGHT_WAIT])
    try:
        rows = fetch_all(_CLAIM, [user.pk, key, digest])
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise RequestInFlight(
                "request_in_flight", _("The same request is being worked on. Try again.")
            ) from error
        raise
    execute("SELECT set_config('lock_timeout', '5s', true)")
    return rows[0][0] if rows else None


def _replay(user: User, key: str, digest: bytes) -> tuple[int, Any]:
    row = IdempotencyKey.objects.get(user=user, key=key)
    if bytes(row.request_hash) != digest:
        raise InvalidInput(
            "idempotency_key_reused",
            _("This Idempotency-Key was used with another request."),
            field="Idempotency-Key",
        )
    if row.created_at < timezone.now() - KEPT_FOR:
        raise BusinessError(
            "idempotency_key_expired",
            _("This Idempotency-Key is too old."),
            field="Idempotency-Key",
        )
    return row.response_status or 200, row.response_body


def forget_old_keys() -> int:
    """Delete keys past their time; for a nightly task."""
    count, _by_model = IdempotencyKey.objects.filter(
        created_at__lt=timezone.now() - 2 * KEPT_FOR
    ).delete()
    return count

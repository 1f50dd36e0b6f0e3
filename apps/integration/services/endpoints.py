"""Endpoints of webhooks: made with a secret that is shown once, suspended and resumed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock
from apps.core.services.master_data import update_row
from apps.core.sql import execute
from apps.core.transactions import unit_of_work
from apps.integration.models import ServiceAccount, WebhookEndpoint
from apps.integration.services.secrets import new_secret
from apps.integration.services.service_accounts import require_no_more_rights
from apps.integration.services.targets import check_url
from apps.integration.services.triggers import kinds_of, noted_models

_PATTERN = re.compile(r"[a-z0-9_.*]{1,140}", re.ASCII)
MOST_PATTERNS = 100
_DUE_NOW = """
UPDATE integration_webhookdelivery
   SET next_attempt_at = now(), first_attempt_at = NULL, attempts = 0
 WHERE endpoint_id = %s AND status = 'pending'
"""


@dataclass(frozen=True, slots=True)
class WithSecret:
    """What was made, and its secret, which is never told again."""

    row: Any
    secret: str


def create_endpoint(
    company: Company,
    *,
    code: str,
    url: str,
    events: str,
    account: ServiceAccount,
    by: User,
    name: str = "",
    is_active: bool = True,
    reason: str = "",
) -> WithSecret:
    """An endpoint that is told of ``events`` from now on."""
    endpoint = WebhookEndpoint(
        company=company,
        code=code,
        name=name or code,
        url=url,
        events=checked_events(events),
        account=account,
        is_active=is_active,
        watches_since=timezone.now(),
    )
    check_url(url)
    with unit_of_work():
        require_no_more_rights(account, by=by, may=is_for_reading)
        endpoint.save_by(by, reason=reason)
        return WithSecret(endpoint, new_secret(endpoint))


def update_endpoint(
    endpoint: WebhookEndpoint,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> WebhookEndpoint:
    """Change an endpoint. Other events are told from now on, not from before."""
    if "url" in values:
        check_url(values["url"])
    if "events" in values:
        values["events"] = checked_events(values["events"])
    if "account" in values or "url" in values:
        account = values.get("account", endpoint.account)
        require_no_more_rights(account, by=by, may=is_for_reading)
    watches_more = {"events", "is_active"} & values.keys()
    if watches_more and any(getattr(endpoint, n) != values[n] for n in watches_more):
        values["watches_since"] = timezone.now()
    return update_row(endpoint, values=values, by=by, version=version, reason=reason)


def rotate_secret(endpoint: WebhookEndpoint, *, by: User) -> WithSecret:
    """A new secret; the old one signs along for a day."""
    with unit_of_work():
        row = lock(endpoint)
        row.save_by(by, reason=_("Secret renewed"))
        return WithSecret(row, new_secret(row))


def suspend_endpoint(endpoint: WebhookEndpoint, *, reason: str, by: User) -> bool:
    """Send nothing for now; events are kept for it. Whether it was not suspended before."""
    with unit_of_work():
        row = lock(endpoint)
        if row.is_suspended:
            return False
        row.suspended_at, row.suspension_reason = timezone.now(), reason[:300]
        row.save_by(by, reason=reason[:300])
    return True


def resume_endpoint(endpoint: WebhookEndpoint, *, by: User) -> WebhookEndpoint:
    """Send again, beginning with what has waited."""
    with unit_of_work():
        row = lock(endpoint)
        if row.is_suspended:
            row.suspended_at, row.suspension_reason = None, ""
            row.save_by(by, reason=_("Resumed"))
            execute(_DUE_NOW, [row.pk])
    return row


def is_for_reading(permission: str) -> bool:
    return ".view_" in permission


def checked_events(text: str) -> str:
    """The patterns in ``text``, sorted out; each must match a kind there is."""
    patterns = list(dict.fromkeys(text.split()))
    if not patterns or len(patterns) > MOST_PATTERNS:
        raise InvalidInput(
            "bad_events",
            _("Give 1 to {n} kinds of events.").format(n=MOST_PATTERNS),
            field="events",
        )
    kinds = [kind for model in noted_models() for kind in kinds_of(model)]
    for pattern in patterns:
        like = re.compile(re.escape(pattern).replace(r"\*", ".*"))
        if not _PATTERN.fullmatch(pattern) or not any(like.fullmatch(kind) for kind in kinds):
            raise InvalidInput(
                "unknown_event",
                _("There is no kind of event {pattern}.").format(pattern=pattern[:140]),
                field="events",
            )
    return " ".join(patterns)

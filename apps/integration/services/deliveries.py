"""Messages go out: at least once, each attempt by one worker, with the same message id."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

import orjson
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.outbox import enqueue
from apps.core.sql import execute, fetch_all
from apps.core.transactions import unit_of_work
from apps.integration.models import IntegrationEvent, WebhookDelivery, WebhookEndpoint
from apps.integration.services.endpoints import suspend_endpoint
from apps.integration.services.events import number_events
from apps.integration.services.retries import GIVEN_UP_AFTER, LONGEST, delay_after
from apps.integration.services.secrets import signing_secrets
from apps.integration.services.sending import TOTAL_SECONDS, Outcome, send

PING = "integration.ping"
LARGEST_BODY = 1024 * 1024
#: Longer than an attempt can take; then another worker may try.
LEASE = timedelta(seconds=4 * TOTAL_SECONDS)
MOST_REPLAYED = 10_000
#: A receiver that is away is not tried with every other message meanwhile.
LONGEST_PAUSE = timedelta(minutes=5)
_CLAIM = """
UPDATE integration_webhookdelivery SET attempts = attempts + 1, last_attempt_at = clock_timestamp(),
       first_attempt_at = coalesce(first_attempt_at, clock_timestamp()),
       next_attempt_at = clock_timestamp() + %s
 WHERE id = (SELECT d.id FROM integration_webhookdelivery d
               JOIN integration_webhookendpoint e ON e.id = d.endpoint_id
              WHERE d.status = 'pending' AND d.next_attempt_at <= clock_timestamp()
                AND e.is_active AND (e.suspended_at IS NULL OR d.event_id IS NULL)
              ORDER BY d.next_attempt_at, d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
RETURNING id
"""
_RECORD = """
UPDATE integration_webhookdelivery SET status = %s, next_attempt_at = %s, status_code = %s,
       duration_ms = %s, error = %s
 WHERE id = %s AND attempts = %s AND status = 'pending'
"""
_PAUSE = """
UPDATE integration_webhookdelivery SET next_attempt_at = %s
 WHERE endpoint_id = %s AND status = 'pending' AND next_attempt_at < %s AND attempts = 0
"""
_AGAIN = """
INSERT INTO integration_webhookdelivery
       (company_id, endpoint_id, event_id, kind, message_id, status, attempts, created_at,
        next_attempt_at, error)
SELECT company_id, %(endpoint)s, id, kind, 'msg_' || replace(gen_random_uuid()::text, '-', ''),
       'pending', 0, now(), now(), ''
  FROM integration_integrationevent
 WHERE company_id = %(company)s AND position BETWEEN %(first)s AND %(last)s
   AND integration_matches(kind, %(events)s)
 ORDER BY position LIMIT %(most)s
ON CONFLICT (endpoint_id, event_id) DO UPDATE
   SET status = 'pending', attempts = 0, first_attempt_at = NULL, next_attempt_at = now(),
       status_code = NULL, error = ''
"""
Status = WebhookDelivery.Status


@dataclass(frozen=True, slots=True)
class Representation:
    """An object as the API shows it: where, and what, if one may see it."""

    is_visible: bool
    href: str | None = None
    body: Any = None


Represent = Callable[[str, int, int], Representation]


def deliver_due(represent: Represent, *, seconds: float = 20) -> int:
    """Number new events and send what is due, for at most about ``seconds``; how many attempts.

    ``represent(model label, object id, user id)`` is asked at the time of each attempt.
    """
    number_events()
    end, attempts = monotonic() + seconds, 0
    while monotonic() < end:
        delivery = _claim()
        if delivery is None:
            break
        _attempt(delivery, represent)
        attempts += 1
    return attempts


def replay_delivery(delivery: WebhookDelivery, *, by: User) -> WebhookDelivery:
    """Send a message again, with its message id. Refuses what is under way already."""
    with unit_of_work():
        row = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
        if row.status == Status.PENDING and row.attempts == 0:
            raise BusinessError(
                "already_pending", _("This message is waiting to be sent."), field="status"
            )
        row.status, row.attempts, row.error = Status.PENDING, 0, ""
        row.first_attempt_at = row.status_code = None
        row.next_attempt_at = timezone.now()
        row.save()
    return row


def replay_events(endpoint: WebhookEndpoint, *, first: int, last: int, by: User) -> int:
    """Send the events of the positions ``first`` to ``last`` that ``endpoint`` subscribes to.

    What was sent goes again with its message id; what never was, goes now. How many messages.
    """
    if not 0 < first <= last:
        raise InvalidInput("bad_range", _("Give a first and a later last position."), field="last")
    values = {"endpoint": endpoint.pk, "company": endpoint.company_id, "events": endpoint.events}
    more = {"first": first, "last": last, "most": MOST_REPLAYED + 1}
    with unit_of_work():
        number_events()
        count = execute(_AGAIN, {**values, **more})
        if count > MOST_REPLAYED:
            raise InvalidInput(
                "range_too_long",
                _("At most {n} events at once. Choose a shorter range.").format(n=MOST_REPLAYED),
                field="last",
            )
    return count


def ping_endpoint(endpoint: WebhookEndpoint, *, by: User) -> WebhookDelivery:
    """Queue a test message: it goes the way of all others."""
    now = timezone.now()
    return WebhookDelivery.objects.create(
        company_id=endpoint.company_id,
        endpoint=endpoint,
        kind=PING,
        message_id=f"msg_{secrets.token_hex(16)}",
        created_at=now,
        next_attempt_at=now,
    )


def _claim() -> WebhookDelivery | None:
    """The next due message, counted as tried: whoever dies now is followed after the lease."""
    for (pk,) in fetch_all(_CLAIM, [LEASE]):
        rows = WebhookDelivery.objects.select_related("event", "endpoint__account", "company")
        return rows.get(pk=pk)
    return None


def _attempt(delivery: WebhookDelivery, represent: Represent) -> None:
    endpoint: Any = delivery.endpoint
    try:
        body = _body(delivery, represent, endpoint.account.user_id)
        if body is None:
            _record(delivery, Status.SKIPPED, Outcome(None, "", 0))
            return
        outcome = send(
            endpoint.url,
            body,
            message_id=delivery.message_id,
            secrets=signing_secrets(endpoint),
        )
    except BusinessError as refused:
        outcome = Outcome(None, refused.message[:300], 0)
    if outcome.is_delivered:
        _record(delivery, Status.DELIVERED, outcome)
    else:
        _fail(delivery, outcome)


def _fail(delivery: WebhookDelivery, outcome: Outcome) -> None:
    """Try again later, or give up after a day and suspend the endpoint."""
    endpoint: Any = delivery.endpoint
    now = timezone.now()
    wait = delay_after(delivery.attempts, chance=secrets.randbelow(1001) / 1000)
    if outcome.retry_after is not None:
        wait = max(wait, min(timedelta(seconds=outcome.retry_after), LONGEST))
    began: Any = delivery.first_attempt_at
    is_gone = outcome.status_code == 410
    if is_gone or (not delivery.event_id and delivery.attempts > 1):
        _record(delivery, Status.FAILED, outcome)
    elif now + wait - began > GIVEN_UP_AFTER:
        _record(delivery, Status.FAILED, outcome)
        is_gone = True
    else:
        _record(delivery, Status.PENDING, outcome, again_at=now + wait)
        if outcome.status_code is None or outcome.status_code >= 500:
            pause = now + min(wait, LONGEST_PAUSE)
            execute(_PAUSE, [pause, endpoint.pk, pause])
        return
    if is_gone and suspend_endpoint(endpoint, reason=outcome.error, by=endpoint.account.user):
        enqueue("integration.warn_of_suspension", endpoint_id=endpoint.pk)


def _record(
    delivery: WebhookDelivery, status: str, outcome: Outcome, *, again_at: Any = None
) -> None:
    """Write down what came of it, unless the lease ran out and another worker is at it."""
    execute(
        _RECORD,
        [
            status,
            again_at,
            outcome.status_code,
            outcome.duration_ms,
            outcome.error,
            delivery.pk,
            delivery.attempts,
        ],
    )


def _body(delivery: WebhookDelivery, represent: Represent, user_id: int) -> bytes | None:
    """The message, or None when the account may not see the object."""
    event: IntegrationEvent | None = delivery.event
    if event is None:
        data: dict[str, Any] = {"company": delivery.company.code}
        return _json(PING, delivery.created_at, data)
    shown = represent(event.model, event.object_id, user_id)
    if not shown.is_visible:
        return None
    data = {
        "company": delivery.company.code,
        "model": event.model,
        "id": event.object_id,
        "version": event.object_version,
        "position": event.position,
        "transaction": str(event.transaction),
        "href": shown.href,
        "object": shown.body,
    }
    body = _json(event.kind, event.occurred_at, data)
    if len(body) > LARGEST_BODY:
        body = _json(event.kind, event.occurred_at, {**data, "object": None, "is_too_large": True})
    return body


def _json(kind: str, at: Any, data: dict[str, Any]) -> bytes:
    message = {"type": kind, "timestamp": at, "data": data}
    return orjson.dumps(message, option=orjson.OPT_UTC_Z)

"""Events get their place in the order that others see, and deliveries to who subscribed."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.core.sql import execute, fetch_all
from apps.core.transactions import unit_of_work

BATCH = 1000
KEPT_FOR = timedelta(days=90)
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('integration_event_position'))"
# Ordered by id: of one object, a later version has the higher id, since its row was locked.
_NUMBER = """
WITH chosen AS (
  SELECT id FROM integration_integrationevent WHERE position IS NULL ORDER BY id LIMIT %s),
placed AS (
  SELECT id, nextval('integration_event_positions') AS position
    FROM (SELECT id FROM chosen ORDER BY id) AS sorted),
numbered AS (
  UPDATE integration_integrationevent e SET position = p.position
    FROM placed p WHERE e.id = p.id
  RETURNING e.id, e.company_id, e.kind, e.position),
addressed AS (
  INSERT INTO integration_webhookdelivery
         (company_id, endpoint_id, event_id, kind, message_id, status, attempts, created_at,
          next_attempt_at, error)
  SELECT n.company_id, p.id, n.id, n.kind,
         'msg_' || replace(gen_random_uuid()::text, '-', ''), 'pending', 0, now(), now(), ''
    FROM numbered n JOIN integration_webhookendpoint p
      ON p.company_id = n.company_id AND p.is_active AND integration_matches(n.kind, p.events)
   ORDER BY n.position, p.id
  ON CONFLICT (endpoint_id, event_id) DO NOTHING)
SELECT count(*) FROM numbered
"""


def number_events() -> int:
    """Give new events their positions and address them; how many.

    One at a time, whoever calls: positions become visible in their order. Chosen is what has no
    position yet, not what lies above a mark, so a transaction that commits late is not skipped.
    """
    total = 0
    while True:
        with unit_of_work():
            if not fetch_all(_LOCK)[0][0]:
                return total  # somebody else is at it
            count = fetch_all(_NUMBER, [BATCH])[0][0]
        total += count
        if count < BATCH:
            return total


def forget_old_events() -> int:
    """Delete events and deliveries past their time; for a nightly task. How many events.

    What an endpoint still waits for stays as long as the endpoint.
    """
    past = timezone.now() - KEPT_FOR
    with unit_of_work():
        execute(
            "DELETE FROM integration_webhookdelivery d USING integration_integrationevent e"
            " WHERE d.event_id = e.id AND e.occurred_at < %s AND d.status <> 'pending'",
            [past],
        )
        execute(
            "DELETE FROM integration_webhookdelivery"
            " WHERE event_id IS NULL AND created_at < %s AND status <> 'pending'",
            [past],
        )
        return execute(
            "DELETE FROM integration_integrationevent e WHERE e.occurred_at < %s"
            " AND e.position IS NOT NULL AND NOT EXISTS"
            " (SELECT FROM integration_webhookdelivery d WHERE d.event_id = e.id)",
            [past],
        )

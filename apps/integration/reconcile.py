"""What must hold between events, endpoints and deliveries."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "webhook-event-addressed",
        _("An event has a delivery for each endpoint that watched for it"),
        """
        SELECT e.id AS event_id, e.kind, p.code AS endpoint
          FROM integration_integrationevent e
          JOIN integration_webhookendpoint p
            ON p.company_id = e.company_id AND p.is_active
           AND p.watches_since < e.occurred_at AND integration_matches(e.kind, p.events)
         WHERE e.occurred_at < now() - interval '1 hour'
           AND NOT EXISTS (SELECT FROM integration_webhookdelivery d
                            WHERE d.event_id = e.id AND d.endpoint_id = p.id)
           AND (e.position IS NULL OR e.occurred_at > now() - interval '90 days')
        """,
    ),
    Invariant(
        "webhook-delivery-of-event",
        _("A delivery tells of an event of its kind and company, or is a test message"),
        """
        SELECT d.id AS delivery_id, d.kind, e.kind AS event_kind
          FROM integration_webhookdelivery d
          LEFT JOIN integration_integrationevent e ON e.id = d.event_id
          JOIN integration_webhookendpoint p ON p.id = d.endpoint_id
         WHERE d.company_id <> p.company_id
            OR (d.event_id IS NULL AND d.kind <> 'integration.ping')
            OR (d.event_id IS NOT NULL AND (e.id IS NULL OR e.kind <> d.kind
                                            OR e.company_id <> d.company_id
                                            OR e.position IS NULL))
        """,
    ),
    Invariant(
        "webhook-due",
        _("A message that is due goes out within the hour"),
        """
        SELECT d.id AS delivery_id, d.kind, d.next_attempt_at
          FROM integration_webhookdelivery d
          JOIN integration_webhookendpoint p ON p.id = d.endpoint_id
         WHERE d.status = 'pending' AND p.is_active AND p.suspended_at IS NULL
           AND d.next_attempt_at < now() - interval '1 hour'
        """,
    ),
    Invariant(
        "service-account-member",
        _("The user of a service account belongs to its company alone, and is no superuser"),
        """
        SELECT a.id AS account_id, a.code, u.username
          FROM integration_serviceaccount a JOIN core_user u ON u.id = a.user_id
         WHERE u.is_superuser OR u.is_staff
            OR NOT EXISTS (SELECT FROM core_membership m
                            WHERE m.user_id = u.id AND m.company_id = a.company_id)
            OR EXISTS (SELECT FROM core_membership m
                        WHERE m.user_id = u.id AND m.company_id <> a.company_id)
        """,
    ),
)

"""What runs beside the requests: messages go out, old ones are forgotten, people are warned."""

from __future__ import annotations

from datetime import UTC

from celery import shared_task
from django.utils import timezone

from apps.integration.api.representations import represent
from apps.integration.services import (
    deliveries,
    events,
    reading_days,
    readings,
    tag_writes,
    warnings,
)


@shared_task(name="integration.deliver_webhooks", ignore_result=True)
def deliver_webhooks() -> int:
    """Send what is due; the number of attempts. Several workers share the work."""
    return deliveries.deliver_due(represent)


@shared_task(name="integration.forget_old_events", ignore_result=True)
def forget_old_events() -> int:
    return events.forget_old_events()


@shared_task(name="integration.warn_of_suspension", ignore_result=True)
def warn_of_suspension(endpoint_id: int) -> int:
    return warnings.warn_of_suspension(endpoint_id)


@shared_task(name="integration.turn_reading_days", ignore_result=True)
def turn_reading_days() -> int:
    """Tables for the coming days; those of days too old to be told of any more are dropped."""
    made = reading_days.make_days_ahead(timezone.now().astimezone(UTC).date())
    return len(made) + readings.forget_old_readings()


@shared_task(name="integration.expire_tag_writes", ignore_result=True)
def expire_tag_writes() -> int:
    return tag_writes.expire_writes()

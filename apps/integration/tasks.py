"""What runs beside the requests: messages go out, old ones are forgotten, people are warned."""

from __future__ import annotations

from celery import shared_task

from apps.integration.api.representations import represent
from apps.integration.services import deliveries, events, readings, tag_writes, warnings


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


@shared_task(name="integration.forget_old_readings", ignore_result=True)
def forget_old_readings() -> int:
    return readings.forget_old_readings()


@shared_task(name="integration.expire_tag_writes", ignore_result=True)
def expire_tag_writes() -> int:
    return tag_writes.expire_writes()

"""After commit: tasks that may fail on their own. Never for books."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.models import OutboxMessage

BATCH = 100


def enqueue(task: str, **payload: Any) -> OutboxMessage:
    """Ask for the Celery task named ``task`` to run once this transaction has committed.

    The row is written here and now; a relay sends it, so a process that dies in between loses
    nothing. The task may run twice and must not mind.
    """
    return OutboxMessage.objects.create(task=task, payload=payload)


def relay(send: Callable[[str, dict[str, Any]], None]) -> int:
    """Send what has not been sent, in order; the number sent. Several relays share the work."""
    with transaction.atomic():
        messages = list(
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(published_at__isnull=True)
            .order_by("id")[:BATCH]
        )
        for message in messages:
            send(message.task, message.payload)
        OutboxMessage.objects.filter(pk__in=[m.pk for m in messages]).update(
            published_at=timezone.now()
        )
    return len(messages)

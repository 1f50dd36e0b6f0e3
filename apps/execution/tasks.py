"""What runs beside the posting path: andon ladders are climbed, those on them are written to."""

from __future__ import annotations

from celery import shared_task

from apps.execution.services import andon


@shared_task(name="execution.escalate_andon")
def escalate_andon() -> int:
    """Tell the rungs whose time has come; how many."""
    return andon.escalate_due()


@shared_task(
    name=andon.SEND,
    autoretry_for=(OSError,),
    retry_backoff=60,
    retry_backoff_max=3600,
    max_retries=10,
)
def send_andon(escalation_id: int) -> bool:
    """Write to those of one rung; a second run does nothing."""
    return andon.send_andon(escalation_id)

"""What runs by the clock: reports that are due, alerts, what investments bring."""

from __future__ import annotations

import logging

from celery import shared_task

from apps.core.backends import load_user
from apps.core.errors import BusinessError
from apps.reporting.models import RoiCase
from apps.reporting.services import alerts, roi_cases, schedules

_log = logging.getLogger(__name__)


@shared_task(name="reporting.queue_due_reports", ignore_result=True)
def queue_due_reports() -> int:
    return schedules.queue_due_reports()


@shared_task(name="reporting.check_alerts", ignore_result=True)
def check_alerts() -> int:
    return alerts.check_alerts()


@shared_task(
    name=alerts.SEND,
    autoretry_for=(OSError,),
    retry_backoff=60,
    retry_backoff_max=3600,
    max_retries=10,
)
def send_alert(event_id: int) -> bool:
    return alerts.send_alert(event_id)


@shared_task(name="reporting.measure_roi_cases", ignore_result=True)
def measure_roi_cases() -> int:
    """Measure what runs, with the rights of who wrote each down; the number measured."""
    done = 0
    for case in RoiCase.objects.filter(status=RoiCase.Status.RUNNING).order_by("pk"):
        by = load_user(case.created_by_id)
        if by is None:
            continue
        try:
            roi_cases.measure_roi_case(case, by=by)
            done += 1
        except BusinessError as error:
            _log.warning("%s is not measured: %s", case.number, error)
    return done

"""What runs beside the posting path: ordering what is due."""

from __future__ import annotations

import logging

from celery import shared_task

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.maintenance.models import MaintenancePlan
from apps.maintenance.services.due_orders import generate_due_orders

_logger = logging.getLogger(__name__)


@shared_task(name="maintenance.generate_orders")
def generate_orders() -> int:
    """Order what is due in every company, in the name of whoever changed its plans last; how
    many orders were made. A company that can't be planned says why in the log."""
    made = 0
    for company in Company.objects.order_by("pk"):
        by = _planner(company)
        if by is None:
            continue
        try:
            made += len(generate_due_orders(company, by=by))
        except BusinessError as error:
            _logger.warning("maintenance of %s: %s", company.code, error)
    return made


def _planner(company: Company) -> User | None:
    history = MaintenancePlan.history.filter(
        company_id=company.pk, is_active=True, history_user__isnull=False
    )
    last = history.order_by("-history_date", "-history_id").select_related("history_user").first()
    return last.history_user if last is not None else None

"""Requests: noticed, approved or rejected, ordered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.attachments import add_attachment
from apps.core.services.documents import lock, require_company, require_reason
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.maintenance.models import Asset, MaintenanceOrder, MaintenanceRequest
from apps.maintenance.models.requests import Priority
from apps.maintenance.services.orders import create_order

Status = MaintenanceRequest.Status
CLOCK_TOLERANCE = timedelta(minutes=5)
#: What a photo may be; anything else is no picture that a browser shows.
PHOTO_TYPES = (".jpg", ".jpeg", ".png", ".webp")


def create_request(
    company: Company,
    *,
    asset: Asset,
    title: str,
    by: User,
    description: str = "",
    priority: str = Priority.NORMAL,
    is_down: bool = False,
    noticed_at: datetime | None = None,
    employee: Any = None,
    photo: File | None = None,
    reason: str = "",
) -> MaintenanceRequest:
    """Write down what somebody noticed, with a ``photo`` of it: both or neither.

    Raises ``InvalidInput`` for a request that says nothing, a photo that is none or too large.
    """
    require_company(company, asset=asset, employee=employee)
    now = timezone.now()
    if not title.strip():
        raise InvalidInput("title_required", _("Say what is wrong."), field="title")
    if noticed_at is not None and noticed_at > now + CLOCK_TOLERANCE:
        raise InvalidInput("in_the_future", _("This is yet to come."), field="noticed_at")
    if photo is not None and not str(photo.name).lower().endswith(PHOTO_TYPES):
        raise InvalidInput("no_photo", _("This is no photo."), field="photo")
    with unit_of_work():
        request = MaintenanceRequest(
            company=company,
            number=next_number("maintenance_request_series", "MR"),
            asset=asset,
            site_id=asset.site_id,
            title=title.strip(),
            description=description.strip(),
            priority=priority,
            is_down=is_down,
            noticed_at=noticed_at or now,
            employee=employee,
            created_by=by,
        ).save_by(by, reason=reason)
        if photo is not None:
            add_attachment(request, name=str(photo.name), file=photo, by=by)
    return request


def approve_request(request: MaintenanceRequest, *, by: User) -> MaintenanceRequest:
    """This shall be done."""
    return _step(request, Status.APPROVED, by)


def reject_request(request: MaintenanceRequest, *, reason: str, by: User) -> MaintenanceRequest:
    """This shall not be done; say why."""
    return _step(request, Status.REJECTED, by, require_reason(reason))


def reconsider_request(request: MaintenanceRequest, *, by: User) -> MaintenanceRequest:
    """Look at a rejected request again."""
    return _step(request, Status.NEW, by)


def _step(
    request: MaintenanceRequest, status: str, by: User, reason: str = ""
) -> MaintenanceRequest:
    with unit_of_work():
        request = lock(request)
        if status == Status.APPROVED and request.status == Status.CONVERTED:
            request.transition_to(Status.CONVERTED)  # only cancelling its order leads back
        request.transition_to(status)
        return request.save_by(by, reason=reason)


def order_request(
    request: MaintenanceRequest,
    *,
    by: User,
    kind: str = "",
    planned_start: datetime | None = None,
    planned_minutes: int = 60,
) -> MaintenanceOrder:
    """Make an approved request an order; the order shows the request's files as its own.

    What stands still is a breakdown since it was noticed, anything else is corrective.
    """
    with unit_of_work():
        request = lock(request)
        request.transition_to(Status.CONVERTED)
        request.save_by(by)
        usual = (
            MaintenanceOrder.Kind.BREAKDOWN if request.is_down else MaintenanceOrder.Kind.CORRECTIVE
        )
        return create_order(
            request.company,
            asset=request.asset,
            title=request.title,
            description=request.description,
            priority=request.priority,
            kind=kind or usual,
            request=request,
            planned_start=planned_start,
            planned_minutes=planned_minutes,
            downtime_starts_at=request.noticed_at if request.is_down else None,
            by=by,
        )

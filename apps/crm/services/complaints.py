"""Complaints: taken up, accepted or rejected with an answer, closed."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.crm.models import Complaint
from apps.crm.services.kit_lines import is_of_line
from apps.masterdata.models import Item, Partner
from apps.quality.services.nonconformances import open_nonconformance

SERIES = "crm_complaint_series"
PREFIX = "CO"
REFERENCES = ("partner", "service_case", "order_line", "item", "lot")
Status = Complaint.Status


def open_complaint(
    company: Company,
    *,
    partner: Partner,
    item: Item,
    quantity: Decimal,
    description: str,
    by: User,
    complained_on: Date | None = None,
    **values: Any,
) -> Complaint:
    """Take up what a customer complains of."""
    with unit_of_work():
        complaint = Complaint(
            company=company,
            partner=partner,
            item=item,
            quantity=quantity,
            description=description,
            complained_on=complained_on or timezone.localdate(),
            created_by=by,
            **values,
        )
        _check(complaint)
        complaint.number = next_number(SERIES, PREFIX)
        return insert_all([complaint], by=by)[0]


def update_complaint(
    complaint: Complaint, *, by: User, version: int | None = None, **values: Any
) -> Complaint:
    with unit_of_work():
        complaint = lock(complaint, version=version)
        require_status(complaint, Status.OPEN)
        for name, value in values.items():
            setattr(complaint, name, value)
        _check(complaint)
        return update_all([complaint], *sorted(values), by=by)[0]


def accept_complaint(
    complaint: Complaint, *, answer: str, by: User, version: int | None = None
) -> Complaint:
    """The customer is right: quality gets a nonconformance to find out why.

    It holds nothing by itself, for the goods are with the customer; a return brings them into
    quarantine. Taken up again and accepted once more, a complaint keeps its nonconformance.
    """
    with unit_of_work():
        complaint = _decide(complaint, Status.ACCEPTED, answer, by, version)
        if complaint.nonconformance_id is None:
            complaint.nonconformance = open_nonconformance(
                complaint.company,
                item=complaint.item,
                title=f"{complaint.number} {complaint.partner.name}",
                description=complaint.description,
                partner=complaint.partner,
                source=complaint,
                by=by,
            )
            update_all([complaint], "nonconformance", by=by)
        return complaint


def reject_complaint(
    complaint: Complaint, *, answer: str, by: User, version: int | None = None
) -> Complaint:
    return _decide(complaint, Status.REJECTED, answer, by, version)


def close_complaint(complaint: Complaint, *, by: User, version: int | None = None) -> Complaint:
    with unit_of_work():
        complaint = lock(complaint, version=version)
        complaint.transition_to(Status.CLOSED)
        return update_all([complaint], "status", by=by)[0]


def reopen_complaint(
    complaint: Complaint, *, reason: str, by: User, version: int | None = None
) -> Complaint:
    reason = require_reason(reason)
    with unit_of_work():
        complaint = lock(complaint, version=version)
        complaint.transition_to(Status.OPEN)
        return update_all([complaint], "status", by=by, reason=reason)[0]


def _decide(
    complaint: Complaint, status: str, answer: str, by: User, version: int | None
) -> Complaint:
    if not answer.strip():
        raise InvalidInput("required", _("Say what the customer is told."), field="answer")
    with unit_of_work():
        complaint = lock(complaint, version=version)
        complaint.transition_to(status)
        complaint.answer = answer
        return update_all([complaint], "status", "answer", by=by)[0]


def _check(complaint: Complaint) -> None:
    require_company(complaint.company, **{name: getattr(complaint, name) for name in REFERENCES})
    require_decimal(complaint.quantity, field="quantity")
    if not complaint.description.strip():
        raise InvalidInput("required", _("Say what is wrong."), field="description")
    if complaint.lot is not None and complaint.lot.item_id != complaint.item_id:
        raise InvalidInput("wrong_lot", _("The lot is of another item."), field="lot")
    line = complaint.order_line
    if line is not None and line.order.partner_id != complaint.partner_id:
        raise InvalidInput(
            "other_partner", _("The order is another customer's."), field="order_line"
        )
    if line is not None and not is_of_line(complaint.item, line):
        raise InvalidInput("wrong_item", _("The line is of another item."), field="item")

"""Service cases: opened with what the warranty says, solved, closed."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
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
from apps.crm.models import ServiceCase
from apps.crm.queries.warranty import Warranty, warranty_of
from apps.crm.services.opportunities import require_contact
from apps.masterdata.models import Partner

SERIES = "crm_servicecase_series"
PREFIX = "SC"
REFERENCES = ("partner", "contact", "item", "lot", "order")
WARRANTY = ("shipped_on", "warranty_until", "is_in_warranty")
Status = ServiceCase.Status


def open_service_case(
    company: Company, *, partner: Partner, subject: str, by: User, **values: Any
) -> ServiceCase:
    """Take up a customer's trouble; the warranty is looked up by serial number or order."""
    with unit_of_work():
        case = ServiceCase(
            company=company, partner=partner, subject=subject, created_by=by, **values
        )
        case.owner = case.owner or by
        _check(case)
        _look_up_warranty(case)
        case.number = next_number(SERIES, PREFIX)
        return insert_all([case], by=by)[0]


def update_service_case(
    case: ServiceCase, *, by: User, version: int | None = None, **values: Any
) -> ServiceCase:
    """Change an open case; what it is about is looked up anew."""
    with unit_of_work():
        case = lock(case, version=version)
        require_status(case, Status.OPEN, Status.WAITING)
        for name, value in values.items():
            setattr(case, name, value)
        _check(case)
        _look_up_warranty(case)
        return update_all([case], *sorted({*values, "item", *WARRANTY}), by=by)[0]


def wait_for_customer(case: ServiceCase, *, by: User, version: int | None = None) -> ServiceCase:
    return _move(case, Status.WAITING, by, version)


def resume_service_case(case: ServiceCase, *, by: User, version: int | None = None) -> ServiceCase:
    """The customer has answered."""
    with unit_of_work():
        require_status(lock(case, version=version), Status.WAITING)
        return _move(case, Status.OPEN, by, None)


def solve_service_case(
    case: ServiceCase, *, solution: str, by: User, version: int | None = None
) -> ServiceCase:
    if not solution.strip():
        raise InvalidInput("required", _("Say how it was solved."), field="solution")
    with unit_of_work():
        case = lock(case, version=version)
        case.transition_to(Status.SOLVED)
        case.solution, case.solved_at = solution, timezone.now()
        return update_all([case], "status", "solution", "solved_at", by=by)[0]


def close_service_case(case: ServiceCase, *, by: User, version: int | None = None) -> ServiceCase:
    return _move(case, Status.CLOSED, by, version)


def reopen_service_case(
    case: ServiceCase, *, reason: str, by: User, version: int | None = None
) -> ServiceCase:
    """It was not solved after all."""
    reason = require_reason(reason)
    with unit_of_work():
        case = lock(case, version=version)
        require_status(case, Status.SOLVED, Status.CLOSED)
        case.transition_to(Status.OPEN)
        case.solved_at = None
        return update_all([case], "status", "solved_at", by=by, reason=reason)[0]


def _move(case: ServiceCase, status: str, by: User, version: int | None) -> ServiceCase:
    with unit_of_work():
        case = lock(case, version=version)
        case.transition_to(status)
        return update_all([case], "status", by=by)[0]


def _check(case: ServiceCase) -> None:
    require_company(case.company, **{name: getattr(case, name) for name in REFERENCES})
    require_contact(case.contact, case.partner)
    if not case.subject.strip():
        raise InvalidInput("required", _("Say what it is about."), field="subject")
    if case.lot is not None:
        case.item = case.item or case.lot.item
        if case.lot.item_id != case.item_id:
            raise InvalidInput("wrong_lot", _("The lot is of another item."), field="lot")
    if case.order is not None and case.order.partner_id != case.partner_id:
        raise InvalidInput("other_partner", _("The order is another customer's."), field="order")


def _look_up_warranty(case: ServiceCase) -> None:
    known = Warranty()
    if case.item is not None and (case.lot is not None or case.order is not None):
        known = warranty_of(
            case.company, partner=case.partner, item=case.item, lot=case.lot, order=case.order
        )
    case.shipped_on, case.warranty_until = known.shipped_on, known.until
    case.is_in_warranty = known.covers(timezone.localdate())

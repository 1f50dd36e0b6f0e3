"""Leads: taken up many at a time, merged, and converted into partner, contact and opportunity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
    update_all,
)
from apps.core.services.master_data import create_row, update_row
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.crm.models import Contact, Lead, Opportunity, OpportunityStage, OutcomeReason
from apps.crm.services.activities import move_activities
from apps.crm.services.opportunities import create_opportunity, require_outcome
from apps.masterdata.models import Partner

SERIES = "crm_lead_series"
PREFIX = "LD"
Status = Lead.Status
#: What a merge takes over from a duplicate where the lead that stays says nothing.
MERGED_FIELDS = ("organisation", "email", "phone", "country", "note", "partner", "owner")


def create_leads(
    company: Company, leads: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[Lead]:
    """Take up ``leads`` (values of ``Lead``). Raises ``InvalidInput`` naming the row."""
    with unit_of_work():
        rows = []
        for place, values in enumerate(leads):
            lead = Lead(company=company, created_by=by, **values)
            lead.owner = lead.owner or by
            _check(lead, place)
            rows.append(lead)
        for lead in rows:
            lead.number = next_number(SERIES, PREFIX)
        return insert_all(rows, by=by, reason=reason)


def create_lead(company: Company, *, by: User, **values: Any) -> Lead:
    return create_leads(company, [values], by=by)[0]


def update_lead(lead: Lead, *, by: User, version: int | None = None, **values: Any) -> Lead:
    """Change a lead that is not decided yet."""
    with unit_of_work():
        current = lock(lead, version=version)
        require_status(current, Status.NEW, Status.QUALIFIED)
        for name, value in values.items():
            setattr(current, name, value)
        _check(current, None)
        return update_row(lead, values=values, by=by)


def qualify_lead(lead: Lead, *, by: User, version: int | None = None) -> Lead:
    with unit_of_work():
        lead = lock(lead, version=version)
        lead.transition_to(Status.QUALIFIED)
        return update_all([lead], "status", by=by)[0]


def lose_lead(
    lead: Lead, *, outcome_reason: OutcomeReason, by: User, version: int | None = None
) -> Lead:
    with unit_of_work():
        lead = lock(lead, version=version)
        require_outcome(lead.company, outcome_reason, OutcomeReason.Outcome.LOST)
        lead.transition_to(Status.LOST)
        lead.outcome_reason = outcome_reason
        return update_all([lead], "status", "outcome_reason", by=by)[0]


def reopen_lead(lead: Lead, *, reason: str, by: User, version: int | None = None) -> Lead:
    """Take a lost lead up again."""
    reason = require_reason(reason)
    with unit_of_work():
        lead = lock(lead, version=version)
        lead.transition_to(Status.NEW)
        lead.outcome_reason = None
        return update_all([lead], "status", "outcome_reason", by=by, reason=reason)[0]


def convert_lead(
    lead: Lead,
    *,
    by: User,
    name: str = "",
    partner: Partner | None = None,
    partner_code: str = "",
    value: Decimal | None = None,
    stage: OpportunityStage | None = None,
    expected_close: Date | None = None,
    version: int | None = None,
) -> Opportunity:
    """Make an opportunity of a qualified lead, linked both ways.

    The customer is ``partner``, else the lead's, else a new one under ``partner_code`` (the
    lead's number by default) with the lead's name as its first contact.
    """
    with unit_of_work():
        lead = lock(lead, version=version)
        lead.transition_to(Status.CONVERTED)
        partner = partner or lead.partner
        require_company(lead.company, partner=partner)
        contact = None
        if partner is None:
            partner, contact = _new_customer(lead, partner_code, by)
        elif not partner.is_customer:
            raise InvalidInput(
                "wrong_partner",
                _("{partner} is no customer.").format(partner=partner),
                field="partner",
            )
        lead.partner = partner
        update_all([lead], "status", "partner", by=by)
        return create_opportunity(
            lead.company,
            name=name or lead.organisation or lead.name,
            partner=partner,
            contact=contact,
            stage=stage,
            value=value,
            expected_close=expected_close,
            owner=lead.owner,
            lead=lead,
            by=by,
        )


def merge_leads(lead: Lead, *, duplicates: Sequence[Lead], by: User, reason: str = "") -> Lead:
    """Merge ``duplicates`` into ``lead``: it takes what it lacks, and their activities.

    Raises ``InvalidInput`` for a lead merged into itself, ``BusinessError`` for one that is
    converted or merged already; nothing is written then.
    """
    keys = [lead.pk, *(one.pk for one in duplicates)]
    if len(keys) == 1:
        raise InvalidInput("no_duplicates", _("Name the duplicates."), field="duplicates")
    if lead.pk in keys[1:]:
        raise InvalidInput(
            "merged_into_itself", _("A lead is not merged into itself."), field="duplicates"
        )
    with unit_of_work():
        locked = {
            row.pk: row
            for row in Lead.objects.select_for_update(of=("self",))
            .filter(pk__in=keys, company=lead.company_id)
            .order_by("pk")
        }
        if len(locked) != len(set(keys)):
            raise InvalidInput(
                "other_company", _("Merge leads of one company."), field="duplicates"
            )
        kept = locked.pop(lead.pk)
        require_status(kept, Status.NEW, Status.QUALIFIED)
        others = [locked[one.pk] for one in duplicates]
        for row, other in enumerate(others):
            if not other.can_become(Status.MERGED):
                raise BusinessError(
                    "not_mergeable",
                    _("{lead} is {status}.").format(lead=other, status=other.get_status_display()),
                    field="duplicates",
                    row=row,
                )
            for name in MERGED_FIELDS:
                if not getattr(kept, name) and getattr(other, name):
                    setattr(kept, name, getattr(other, name))
            other.transition_to(Status.MERGED)
            other.merged_into = kept
        update_all(others, "status", "merged_into", by=by, reason=reason)
        move_activities(others, kept, by=by)
        return update_all([kept], *MERGED_FIELDS, by=by, reason=reason or _("Merged"))[0]


def _new_customer(lead: Lead, code: str, by: User) -> tuple[Partner, Contact]:
    partner = create_row(
        Partner,
        values={
            "company": lead.company,
            "code": code or lead.number,
            "name": lead.organisation or lead.name,
            "is_customer": True,
            "currency": lead.company.currency,
            "email": lead.email,
            "phone": lead.phone,
            "country": lead.country,
        },
        by=by,
    )
    contact = create_row(
        Contact,
        values={
            "company": lead.company,
            "code": f"{lead.number}-1",
            "name": lead.name,
            "partner": partner,
            "email": lead.email,
            "phone": lead.phone,
            "is_primary": True,
        },
        by=by,
    )
    return partner, contact


def _check(lead: Lead, row: int | None) -> None:
    require_company(lead.company, row=row, partner=lead.partner)
    if not lead.name.strip():
        raise InvalidInput("required", _("Say who it is."), field="name", row=row)

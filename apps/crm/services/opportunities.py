"""Opportunities: through the stages, each step kept, to an order or a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.money import ZERO, require_decimal
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
from apps.crm.models import (
    Contact,
    Lead,
    Opportunity,
    OpportunityItem,
    OpportunityStage,
    OutcomeReason,
    StageChange,
)
from apps.crm.queries.prices import prices_for
from apps.masterdata.models import Item, Partner, Unit
from apps.masterdata.services.units import to_stock_quantities

SERIES = "crm_opportunity_series"
PREFIX = "OP"
STEP = 10
CHANGEABLE = frozenset({"name", "contact", "value", "expected_close", "owner", "note"})
Status = Opportunity.Status


@dataclass(frozen=True, slots=True)
class Interest:
    """An item that the customer may buy, in ``unit`` (else the stock unit)."""

    item: Item
    quantity: Decimal
    unit: Unit | None = None
    position: int | None = None


def create_opportunity(
    company: Company,
    *,
    name: str,
    partner: Partner,
    by: User,
    contact: Contact | None = None,
    lead: Lead | None = None,
    stage: OpportunityStage | None = None,
    value: Decimal | None = None,
    currency: Currency | None = None,
    expected_close: Date | None = None,
    owner: User | None = None,
    note: str = "",
    items: Sequence[Interest] = (),
) -> Opportunity:
    """Open one in ``stage`` (else the first). Without ``value`` its items at their prices count."""
    with unit_of_work():
        opportunity = Opportunity(
            company=company,
            name=name,
            partner=partner,
            contact=contact,
            lead=lead,
            stage=stage or first_stage(company),
            currency_id=currency.pk if currency else partner.currency_id,
            expected_close=expected_close,
            owner=owner or by,
            note=note,
            created_by=by,
        )
        opportunity.probability = opportunity.stage.probability
        _check(opportunity)
        rows = _items(opportunity, items)
        opportunity.value = _value(opportunity, value, items)
        opportunity.number = next_number(SERIES, PREFIX)
        insert_all([opportunity], by=by)
        OpportunityItem.objects.bulk_create(rows)
        _write_change(opportunity, None, by)
    return opportunity


def update_opportunity(
    opportunity: Opportunity,
    *,
    by: User,
    items: Sequence[Interest] | None = None,
    version: int | None = None,
    **values: Any,
) -> Opportunity:
    """Change an open one; ``items``, when given, replace all of its items."""
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise InvalidInput("fixed", _("This stays as it was opened."), field=sorted(unknown)[0])
    with unit_of_work():
        opportunity = lock(opportunity, version=version)
        require_status(opportunity, Status.OPEN)
        for name, value in values.items():
            setattr(opportunity, name, value)
        _check(opportunity)
        if items is not None:
            rows = _items(opportunity, items)
            opportunity.items.all().delete()
            OpportunityItem.objects.bulk_create(rows)
            if "value" not in values:
                opportunity.value = _value(opportunity, None, items)
        changed = {*values, "value"} if items is not None else set(values)
        return update_all([opportunity], *sorted(changed), by=by)[0]


def move_opportunity(
    opportunity: Opportunity,
    *,
    stage: OpportunityStage,
    by: User,
    version: int | None = None,
) -> Opportunity:
    """Take it to ``stage`` with that stage's probability; the step is kept for ever."""
    with unit_of_work():
        opportunity = lock(opportunity, version=version)
        require_status(opportunity, Status.OPEN)
        require_company(opportunity.company, stage=stage)
        if not stage.is_active:
            raise InvalidInput(
                "inactive", _("{stage} is used no more.").format(stage=stage), field="stage"
            )
        if stage.pk == opportunity.stage_id:
            return opportunity
        before = opportunity.stage
        opportunity.stage, opportunity.probability = stage, stage.probability
        update_all([opportunity], "stage", "probability", by=by)
        _write_change(opportunity, before, by)
        return opportunity


def win_opportunity(
    opportunity: Opportunity,
    *,
    by: User,
    outcome_reason: OutcomeReason | None = None,
    version: int | None = None,
) -> Opportunity:
    return _close(opportunity, Status.WON, outcome_reason, by, version)


def lose_opportunity(
    opportunity: Opportunity,
    *,
    outcome_reason: OutcomeReason,
    by: User,
    version: int | None = None,
) -> Opportunity:
    return _close(opportunity, Status.LOST, outcome_reason, by, version)


def reopen_opportunity(
    opportunity: Opportunity, *, reason: str, by: User, version: int | None = None
) -> Opportunity:
    reason = require_reason(reason)
    with unit_of_work():
        opportunity = lock(opportunity, version=version)
        opportunity.transition_to(Status.OPEN)
        opportunity.closed_on = opportunity.outcome_reason = None
        return update_all(
            [opportunity], "status", "closed_on", "outcome_reason", by=by, reason=reason
        )[0]


def first_stage(company: Company) -> OpportunityStage:
    """Where opportunities begin. Raises ``BusinessError`` when there is no stage."""
    stage = OpportunityStage.objects.filter(company=company, is_active=True).first()
    if stage is None:
        raise BusinessError(
            "no_stage", _("There is no stage yet. Create the pipeline's stages."), field="stage"
        )
    return stage


def require_outcome(company: Company, reason: OutcomeReason | None, outcome: str) -> None:
    """Raise ``InvalidInput`` for a reason of another company or for the other outcome."""
    require_company(company, outcome_reason=reason)
    if reason is not None and (reason.outcome != outcome or not reason.is_active):
        raise InvalidInput(
            "wrong_reason",
            _("{reason} is no reason for this.").format(reason=reason),
            field="outcome_reason",
        )


def _close(
    opportunity: Opportunity,
    status: str,
    reason: OutcomeReason | None,
    by: User,
    version: int | None,
) -> Opportunity:
    with unit_of_work():
        opportunity = lock(opportunity, version=version)
        require_outcome(opportunity.company, reason, status)
        opportunity.transition_to(status)
        opportunity.outcome_reason = reason
        opportunity.closed_on = timezone.localdate()
        return update_all([opportunity], "status", "outcome_reason", "closed_on", by=by)[0]


def _write_change(opportunity: Opportunity, before: OpportunityStage | None, by: User) -> None:
    StageChange.objects.create(
        company_id=opportunity.company_id,
        opportunity=opportunity,
        from_stage=before,
        to_stage=opportunity.stage,
        probability=opportunity.probability,
        value=opportunity.value,
        created_by=by,
    )


def _check(opportunity: Opportunity) -> None:
    require_company(
        opportunity.company,
        partner=opportunity.partner,
        contact=opportunity.contact,
        stage=opportunity.stage,
        lead=opportunity.lead,
    )
    if not opportunity.partner.is_customer or not opportunity.partner.is_active:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no active customer.").format(partner=opportunity.partner),
            field="partner",
        )
    require_contact(opportunity.contact, opportunity.partner)
    require_decimal(opportunity.value, field="value", decimal_places=4, positive=False)
    if opportunity.value < 0:
        raise InvalidInput("negative", _("May not be negative."), field="value")


def require_contact(contact: Contact | None, partner: Partner) -> None:
    """Raise ``InvalidInput`` for somebody who is at another partner."""
    if contact is not None and contact.partner_id != partner.pk:
        raise InvalidInput(
            "other_partner",
            _("{contact} is not at {partner}.").format(contact=contact, partner=partner),
            field="contact",
        )


def _items(opportunity: Opportunity, items: Sequence[Interest]) -> list[OpportunityItem]:
    rows: list[OpportunityItem] = []
    for place, line in enumerate(items):
        require_company(opportunity.company, row=place, item=line.item, unit=line.unit)
        require_decimal(line.quantity, field="quantity", row=place)
        last = max((row.position for row in rows), default=0)
        position = line.position or (last // STEP + 1) * STEP
        if any(row.position == position for row in rows):
            raise InvalidInput(
                "duplicate_position",
                _("Position {position} is there twice.").format(position=position),
                field="position",
                row=place,
            )
        rows.append(
            OpportunityItem(
                company_id=opportunity.company_id,
                opportunity=opportunity,
                position=position,
                item=line.item,
                quantity=line.quantity,
                unit=line.unit,
            )
        )
    return rows


def _value(opportunity: Opportunity, value: Decimal | None, items: Sequence[Interest]) -> Decimal:
    if value is not None:
        require_decimal(value, field="value", decimal_places=4, positive=False)
        if value < 0:
            raise InvalidInput("negative", _("May not be negative."), field="value")
        return value
    if not items:
        return ZERO
    quantities = to_stock_quantities([(line.item, line.quantity, line.unit) for line in items])
    prices = prices_for(
        opportunity.company,
        partner=opportunity.partner,
        currency_id=opportunity.currency_id,
        date=timezone.localdate(),
        wanted=[(line.item, quantity) for line, quantity in zip(items, quantities, strict=True)],
    )
    total = sum(
        (
            price.unit_price * quantity
            for price, quantity in zip(prices, quantities, strict=True)
            if price is not None
        ),
        ZERO,
    )
    return round(total, 4)

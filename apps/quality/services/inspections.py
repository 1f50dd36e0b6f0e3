"""Inspections are asked for by what comes in or is made, in the same transaction.

Those above call ``hold_for_inspection`` before they post (the lots are blocked from the first
moment) and ``request_inspections`` once they have posted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import insert_all, lock, require_company, require_reason
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Lot, StockMove
from apps.inventory.services.locking import LockedItem, lock_items
from apps.masterdata.models import Item, Partner
from apps.quality.models import (
    Inspection,
    InspectionPlan,
    Nonconformance,
    SamplingState,
    Severity,
)
from apps.quality.sampling import SamplePlan, sample_plan
from apps.quality.services.holds import holds_elsewhere, quarantine_place, set_status

Status = Inspection.Status
Sampling = InspectionPlan.Sampling


@dataclass(frozen=True, slots=True)
class Request:
    """Something to inspect by ``plan``: ``quantity`` of an item, of a lot, lying at a place.

    ``home`` is where it goes when it is accepted, ``source`` what asks for it, ``move`` the move
    that brought it.
    """

    plan: InspectionPlan
    item: Item
    quantity: Decimal
    source: Model | None = None
    lot: Lot | None = None
    partner: Partner | None = None
    location: Location | None = None
    home: Location | None = None
    move_id: int | None = None
    operation_sequence: int | None = None


def place_for_inspection(item: Item, location: Location) -> Location:
    """Where what is to be inspected is put: a lot blocks itself, the rest goes to quarantine."""
    if item.tracking != Item.Tracking.NONE or location.is_quarantine:
        return location
    return quarantine_place(location.company_id, location.site_id)


def hold_for_inspection(
    company: Company, item_ids: Sequence[int], lots: Sequence[Lot], *, authority: Any, by: User
) -> dict[int, LockedItem]:
    """Quarantine ``lots`` that are about to come in; the locked items, for ``post_moves``.

    Valuations are locked first, as every posting does.
    """
    items = lock_items(company, item_ids)
    if lots:
        set_status(
            [lot for lot in lots if lot.status == Lot.Status.AVAILABLE],
            Lot.Status.QUARANTINE,
            authority=authority,
            reason=_("To be inspected"),
            by=by,
        )
    return items


def request_inspections(
    company: Company, requests: Sequence[Request], *, by: User
) -> list[Inspection]:
    """Open an inspection for each of ``requests``, in their order.

    How many are drawn follows the plan and, with AQL, what the last lots were like. Raises
    ``BusinessError`` where acceptance was stopped.
    """
    if not requests:
        return []
    for row, one in enumerate(requests):
        require_decimal(one.quantity, field="quantity", row=row)
    with unit_of_work():
        states = _states(company, requests)
        return insert_all([_new(company, one, states, by) for one in requests], by=by)


def open_inspection(
    company: Company,
    *,
    plan: InspectionPlan,
    item: Item,
    quantity: Decimal,
    by: User,
    lot: Lot | None = None,
    partner: Partner | None = None,
    location: Location | None = None,
) -> Inspection:
    """Inspect by hand, beside what documents ask for: the lot is quarantined.

    Raises ``InvalidInput`` for a plan that is not released or of another item, and for a lot of
    another item.
    """
    require_company(company, plan=plan, item=item, lot=lot, partner=partner, location=location)
    if plan.status != InspectionPlan.Status.RELEASED:
        raise InvalidInput("not_released", _("The plan is not released."), field="plan")
    if item.pk != plan.item_id and item.category_id != plan.category_id:
        raise InvalidInput("wrong_plan", _("The plan is of another item."), field="plan")
    if lot is not None and lot.item_id != item.pk:
        raise InvalidInput("wrong_lot", _("The lot is of another item."), field="lot")
    with unit_of_work():
        if lot is not None:
            hold_for_inspection(company, [item.pk], [lot], authority=plan, by=by)
        request = Request(
            plan=plan,
            item=item,
            quantity=quantity,
            lot=lot,
            partner=partner,
            location=location,
            home=location,
            operation_sequence=plan.operation_sequence,
        )
        return request_inspections(company, [request], by=by)[0]


def cancel_inspection(inspection: Inspection, *, reason: str, by: User) -> Inspection:
    """Nothing is inspected after all; the lot is free unless something else holds it."""
    reason = require_reason(reason)
    with unit_of_work():
        inspection = lock(inspection)
        if inspection.status not in Inspection.UNDECIDED:
            raise BusinessError(
                "decided",
                _("{inspection} is decided.").format(inspection=inspection),
                field="status",
            )
        return _cancel(inspection, reason, by)


def cancel_inspections_of(
    company: Company, moves: Sequence[StockMove], *, reason: str, by: User, source: Any = None
) -> int:
    """What ``moves`` brought (or ``source`` made) is taken back: its inspections are void.

    Raises ``BusinessError`` when a nonconformance of one of them still stands.
    """
    wanted = Q(move__in=[move.pk for move in moves])
    if source is not None:
        kind = ContentType.objects.get_for_model(source)
        wanted |= Q(source_type=kind, source_id=source.pk)
    rows = list(
        Inspection.objects.select_for_update(of=("self",))
        .filter(wanted, company=company)
        .exclude(status=Status.CANCELLED)
        .order_by("pk")
    )
    standing = (
        Nonconformance.objects.filter(inspection__in=rows)
        .exclude(status=Nonconformance.Status.CANCELLED)
        .order_by("pk")
        .first()
    )
    if standing is not None:
        raise BusinessError(
            "nonconformance_stands",
            _("{ncr} has come of its inspection. Cancel that first.").format(ncr=standing),
            field="status",
        )
    for row in rows:
        _cancel(row, reason, by)
    return len(rows)


def _cancel(inspection: Inspection, reason: str, by: User) -> Inspection:
    was_open = inspection.status in Inspection.UNDECIDED
    inspection.transition_to(Status.CANCELLED)
    inspection.save_by(by, reason=reason)
    if was_open and inspection.lot is not None:
        free_lot(inspection.lot, authority=inspection, reason=reason, by=by)
    return inspection


def free_lot(lot: Lot, *, authority: Any, reason: str, by: User) -> None:
    """Make a quarantined lot available, unless something else holds it or somebody has."""
    current = Lot.objects.get(pk=lot.pk)
    if current.status == Lot.Status.QUARANTINE and not holds_elsewhere(lot, without=authority):
        set_status([lot], Lot.Status.AVAILABLE, authority=authority, reason=reason, by=by)


# --- how many --------------------------------------------------------------------------------


def lot_size_of(quantity: Decimal) -> int:
    """Whole units; a part of one counts."""
    return max(1, int(quantity.to_integral_value(ROUND_CEILING)))


def sample_of(plan: InspectionPlan, quantity: Decimal, severity: str) -> SamplePlan:
    """How many are drawn of ``quantity``, and when they are accepted."""
    size = lot_size_of(quantity)
    if plan.sampling == Sampling.AQL and plan.aql is not None:
        return sample_plan(size, level=plan.level, aql=plan.aql, severity=severity)
    drawn = size if plan.sampling == Sampling.ALL else min(size, plan.sample_size or size)
    return SamplePlan("", "", drawn, 0, 1, is_whole_lot=drawn == size)


def _states(
    company: Company, requests: Sequence[Request]
) -> Mapping[tuple[str, int, int | None], SamplingState]:
    numbers = {one.plan.number for one in requests if one.plan.sampling == Sampling.AQL}
    if not numbers:
        return {}
    rows = SamplingState.objects.filter(
        company=company, plan_number__in=numbers, item__in=[one.item.pk for one in requests]
    )
    return {(row.plan_number, row.item_id, row.partner_id): row for row in rows}


def _new(
    company: Company,
    one: Request,
    states: Mapping[tuple[str, int, int | None], SamplingState],
    by: User,
) -> Inspection:
    partner_id = one.partner.pk if one.partner else None
    state = states.get((one.plan.number, one.item.pk, partner_id))
    severity = Severity.NORMAL if state is None else state.severity
    if state is not None and state.is_stopped:
        raise BusinessError(
            "acceptance_stopped",
            _("Acceptance of {item} by {plan} is stopped: too many lots were rejected.").format(
                item=one.item.code, plan=one.plan.number
            ),
            field="item",
        )
    sample = sample_of(one.plan, one.quantity, severity)
    source_type = ContentType.objects.get_for_model(one.source) if one.source else None
    return Inspection(
        company=company,
        number=next_number("quality_inspection_series", "QI"),
        plan=one.plan,
        plan_revision=one.plan.revision,
        stage=one.plan.stage,
        item_id=one.item.pk,
        lot=one.lot,
        partner_id=partner_id,
        location=one.location,
        home=one.home,
        move_id=one.move_id,
        operation_sequence=one.operation_sequence,
        quantity=one.quantity,
        severity=severity,
        code_letter=sample.letter,
        sample_size=sample.size,
        accept=sample.accept,
        reject=sample.reject,
        quantity_accepted=ZERO,
        quantity_rejected=ZERO,
        source_type=source_type,
        source_id=one.source.pk if one.source else None,
        created_by=by,
    )

"""The decision on an inspection: lots are freed, refused or split, and the next sample follows."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock, require_status
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location
from apps.inventory.services.locking import LockedItem, lock_items
from apps.inventory.services.moves import Move, post_moves
from apps.quality.models import (
    Inspection,
    InspectionPlan,
    Nonconformance,
    SamplingState,
    Severity,
)
from apps.quality.queries.measurements import Measured, measured
from apps.quality.sampling import (
    LotOutcome,
    SamplePlan,
    Switching,
    after_lot,
    one_step_tighter,
)
from apps.quality.services.holds import quarantine_place
from apps.quality.services.inspections import free_lot, lot_size_of
from apps.quality.services.nonconformances import Held, open_nonconformance

Status = Inspection.Status
JOURNAL = "INV"


def decide_inspection(
    inspection: Inspection,
    *,
    by: User,
    quantity_accepted: Decimal | None = None,
    reason: str = "",
    version: int | None = None,
) -> Inspection:
    """Accept, reject, or accept a part, as the sample says.

    Without a quantity the sample decides over all: up to the acceptance number it is accepted,
    from the rejection number refused. A quantity below all of it sorts the lot: the rest is
    refused, with a reason. What is refused is held by a nonconformance that opens here. Raises
    ``BusinessError`` while measurements are missing, or for accepting all of what the sample
    refuses.
    """
    with unit_of_work():
        inspection = lock(inspection, version=version)
        require_status(inspection, *Inspection.UNDECIDED)
        state = measured(inspection)
        if state.missing:
            raise BusinessError(
                "open_measurements",
                _("{missing} of {wanted} results are missing.").format(
                    missing=state.missing, wanted=state.wanted
                ),
                field="status",
                details={"missing": state.missing},
            )
        failed = len(state.failed_samples)
        accepted = _accepted(inspection, failed, quantity_accepted, reason)
        rejected = inspection.quantity - accepted
        inspection.nonconforming = failed
        inspection.quantity_accepted = accepted
        inspection.quantity_rejected = rejected
        inspection.decided_at = timezone.now()
        inspection.transition_to(_status(accepted, rejected))
        inspection.save_by(by, reason=reason)
        items = (
            lock_items(inspection.company, [inspection.item_id]) if _has_stock(inspection) else {}
        )
        if rejected:
            _refuse(inspection, state, rejected, items, reason, by)
        if accepted:
            _free(inspection, accepted, items, by)
        _switch(inspection, failed, by)
    return inspection


def _accepted(inspection: Inspection, failed: int, wanted: Decimal | None, reason: str) -> Decimal:
    is_refused = failed >= inspection.reject
    if wanted is None:
        return ZERO if is_refused else inspection.quantity
    require_decimal(wanted, field="quantity_accepted", positive=False)
    if not ZERO <= wanted <= inspection.quantity:
        raise InvalidInput(
            "wrong_quantity",
            _("Between 0 and {quantity} can be accepted.").format(
                quantity=f"{inspection.quantity.normalize():f}"
            ),
            field="quantity_accepted",
        )
    if wanted == inspection.quantity and is_refused:
        raise BusinessError(
            "sample_refuses",
            _("{failed} of the sample do not conform: all of it can't be accepted.").format(
                failed=failed
            ),
            field="quantity_accepted",
        )
    if wanted < inspection.quantity and not (is_refused and wanted == 0) and not reason.strip():
        raise InvalidInput("reason_required", _("Say why."), field="reason")
    return wanted


def _status(accepted: Decimal, rejected: Decimal) -> str:
    if not rejected:
        return Status.ACCEPTED
    return Status.PARTIAL if accepted else Status.REJECTED


def _has_stock(inspection: Inspection) -> bool:
    return inspection.location_id is not None


def _refuse(
    inspection: Inspection,
    state: Measured,
    rejected: Decimal,
    items: dict[int, LockedItem],
    reason: str,
    by: User,
) -> Nonconformance:
    """Hold what is refused: all of a lot by its status, a part of it in quarantine."""
    held = []
    if inspection.location is not None:
        place, is_whole = inspection.location, rejected == inspection.quantity
        if not is_whole and not place.is_quarantine:
            place = quarantine_place(inspection.company_id, place.site_id)
            _transfer(inspection, rejected, inspection.location, place, items, by)
        held = [
            Held(
                location=place,
                quantity=rejected,
                lot=inspection.lot,
                home=inspection.home or inspection.location,
                blocks_lot=inspection.lot is not None and is_whole,
            )
        ]
    lines = {line.pk: line.characteristic.name for line in state.lines}
    failed = {lines[r.line_id] for r in state.results.values() if not r.is_conforming}
    return open_nonconformance(
        inspection.company,
        item=inspection.item,
        title=_("{inspection}: {what} refused").format(
            inspection=inspection.number, what=f"{rejected.normalize():f}"
        ),
        description="\n".join(filter(None, [reason, ", ".join(sorted(failed))])),
        held=held,
        origin=Nonconformance.Origin.INSPECTION,
        inspection=inspection,
        partner=inspection.partner,
        operation_sequence=inspection.operation_sequence,
        blocks_start=inspection.stage == InspectionPlan.Stage.OPERATION,
        source=inspection,
        by=by,
    )


def _free(
    inspection: Inspection, accepted: Decimal, items: dict[int, LockedItem], by: User
) -> None:
    if inspection.lot is not None:
        free_lot(
            inspection.lot,
            authority=inspection,
            reason=_("Accepted by {inspection}").format(inspection=inspection.number),
            by=by,
        )
    place, home = inspection.location, inspection.home
    if place is not None and home is not None and place.pk != home.pk:
        _transfer(inspection, accepted, place, home, items, by)


def _transfer(
    inspection: Inspection,
    quantity: Decimal,
    from_location: Location,
    to_location: Location,
    items: dict[int, LockedItem],
    by: User,
) -> None:
    """Move within the site; the value stays where it is."""
    move = Move(
        item_id=inspection.item_id,
        quantity=quantity,
        from_location=from_location,
        to_location=to_location,
        lot=inspection.lot,
        is_disposition=True,
    )
    post_moves(
        inspection.company,
        [move],
        source=inspection,
        date=timezone.localdate(),
        journal=JOURNAL,
        by=by,
        description=inspection.number,
        purpose=f"to {to_location.code}",
        items=items,
    )


# --- the next lot ----------------------------------------------------------------------------


def _switch(inspection: Inspection, failed: int, by: User) -> None:
    """Keep the history of an item and supplier under AQL, and switch severities by it."""
    plan = inspection.plan
    if plan.sampling != InspectionPlan.Sampling.AQL or plan.aql is None:
        return
    key = {
        "company": inspection.company,
        "plan_number": plan.number,
        "item": inspection.item,
        "partner": inspection.partner,
    }
    row = SamplingState.objects.select_for_update(of=("self",)).filter(**key).first()
    row = row or SamplingState(**key)
    if row.severity != inspection.severity:
        return  # opened before the switch: it counts for neither
    sample = SamplePlan(
        inspection.code_letter,
        "",
        inspection.sample_size,
        inspection.accept,
        inspection.reject,
    )
    tighter = one_step_tighter(
        inspection.code_letter,
        aql=plan.aql,
        severity=inspection.severity,
        lot_size=lot_size_of(inspection.quantity),
    )
    state = after_lot(
        Switching(
            str(row.severity),
            tuple(letter == "A" for letter in row.recent),
            row.score,
            row.refused,
            row.is_stopped,
        ),
        LotOutcome(sample, failed, tighter),
        may_reduce=plan.may_reduce,
    )
    row.severity = Severity(state.severity)
    row.recent = "".join("A" if good else "R" for good in state.recent)
    row.score, row.refused, row.is_stopped = state.score, state.refused, state.is_stopped
    row.save_by(by, reason=inspection.number)


def resume_acceptance(state: SamplingState, *, reason: str, by: User) -> SamplingState:
    """The supplier has put it right: inspect on, tightened (ISO 2859-1, 9.4)."""
    with unit_of_work():
        row = lock(state)
        if not row.is_stopped:
            raise BusinessError("not_stopped", _("Acceptance is not stopped."), field="is_stopped")
        row.severity = Severity.TIGHTENED
        row.recent, row.score, row.refused, row.is_stopped = "", 0, 0, False
        return row.save_by(by, reason=reason)

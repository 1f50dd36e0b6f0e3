"""A shift hands over: what it made balances, the outgoing and the incoming sign, it is closed.

Locks: the machines of the work centre, then the hand-over, then the open orders of the work centre;
so neither an event nor a report slips into a shift while it is being closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Date
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.services.reauthentication import Proof, WrongPassword
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.execution.models import ShiftHandover, ShiftHandoverNote
from apps.execution.queries.shift_handovers import closed_by, snapshot
from apps.execution.services.machine_locks import lock_machines
from apps.masterdata.models import Machine, Shift, WorkCentre
from apps.masterdata.queries.calendars import calendar_of

Status = ShiftHandover.Status
# Whoever reports holds the order's lock, and looks at shifts then.
_OPEN_ORDERS = """
SELECT w.id FROM execution_workorder w
 WHERE w.company_id = %s AND w.status IN ('released', 'running', 'completed')
   AND EXISTS (SELECT FROM execution_workorderoperation o
                WHERE o.work_order_id = w.id AND o.work_centre_id = %s)
 ORDER BY w.id FOR UPDATE
"""


def prepare_handover(
    work_centre: WorkCentre, *, shift: Shift, day: Date, by: User, note: str = "", reason: str = ""
) -> ShiftHandover:
    """The hand-over of that shift; made when there is none, brought up to date while a draft.

    Raises ``InvalidInput`` for a shift that the site does not work on that day.
    """
    require_company(work_centre.company, shift=shift)
    spans = calendar_of(work_centre.site).spans_on(day)
    span = next((one for one in spans if one.shift_id == shift.pk), None)
    if span is None:
        raise InvalidInput("no_such_shift", _("This shift is not worked that day."), field="shift")
    if span.starts_at > timezone.now():
        raise InvalidInput("in_the_future", _("This is still to come."), field="day")
    with unit_of_work():
        lock_machines(_machine_ids(work_centre.pk))
        found = ShiftHandover.objects.filter(work_centre=work_centre, shift=shift, day=day).first()
        if found is not None:
            return refresh_handover(found, by=by) if found.status == Status.DRAFT else found
        row = ShiftHandover(
            company=work_centre.company,
            number=next_number("execution_shifthandover_series", "SH"),
            site_id=work_centre.site_id,
            work_centre=work_centre,
            shift=shift,
            day=day,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            note=note.strip(),
            created_by=by,
        )
        row.save_by(by, reason=reason)
        row.content = snapshot(row)
        return row.save_by(by)


def refresh_handover(handover: ShiftHandover, *, by: User) -> ShiftHandover:
    """Read the registers again; nothing is written when they say the same."""
    with unit_of_work():
        row = lock(handover)
        require_status(row, Status.DRAFT)
        content = snapshot(row)
        if content == row.content:
            return row
        row.content = content
        return row.save_by(by)


def write_notes(
    handover: ShiftHandover, *, by: User, note: str = "", machines: Mapping[Machine, str]
) -> ShiftHandover:
    """What the next shift should know, in all and of machines; an empty text takes a note away."""
    with unit_of_work():
        row = lock(handover)
        require_status(row, Status.DRAFT)
        for machine, text in machines.items():
            if machine.work_centre_id != row.work_centre_id:
                raise InvalidInput(
                    "wrong_machine", _("This machine is elsewhere."), field="machines"
                )
            row.notes.filter(machine=machine).delete()
            if text.strip():
                ShiftHandoverNote.objects.create(
                    company_id=row.company_id,
                    handover=row,
                    machine=machine,
                    text=text.strip()[:1000],
                )
        row.note = note.strip()
        row.content = snapshot(row)
        return row.save_by(by)


def hand_over(handover: ShiftHandover, *, proof: Proof, by: User) -> ShiftHandover:
    """The outgoing signs what the shift leaves.

    Raises ``BusinessError`` (``not_balanced``) naming the first line that does not add up.
    """
    _require_proof(proof, by)
    with unit_of_work():
        lock_machines(_machine_ids(handover.work_centre_id))
        row = lock(handover)
        row.transition_to(Status.HANDED_OVER)
        row.content = snapshot(row)
        _require_balance(row)
        row.outgoing_by, row.outgoing_name = by, _name(by)
        row.outgoing_at = timezone.now()
        return row.save_by(by)


def take_over(handover: ShiftHandover, *, proof: Proof, by: User) -> ShiftHandover:
    """The incoming signs the same; from now on the shift is closed.

    Raises ``BusinessError`` before the shift is over, for the outgoing person, and when something
    was reported since the outgoing signed.
    """
    _require_proof(proof, by)
    with unit_of_work():
        lock_machines(_machine_ids(handover.work_centre_id))
        row = lock(handover)
        row.transition_to(Status.SIGNED)
        fetch_all(_OPEN_ORDERS, [row.company_id, row.work_centre_id])
        if timezone.now() < row.ends_at:
            raise BusinessError("shift_lasts", _("The shift is not over yet."), field="status")
        if row.outgoing_by_id == by.pk:
            raise BusinessError(
                "same_signer", _("You have signed this already; another person has to.")
            )
        if snapshot(row) != row.content:
            raise BusinessError(
                "changed_since",
                _("Something was reported since it was handed over: take it back and sign anew."),
            )
        _require_balance(row)
        row.incoming_by, row.incoming_name = by, _name(by)
        row.incoming_at = timezone.now()
        row.binding_hash = row.binding()
        return row.save_by(by)


def take_back(handover: ShiftHandover, *, by: User) -> ShiftHandover:
    """What is handed over but not taken over becomes a draft again."""
    with unit_of_work():
        row = lock(handover)
        require_status(row, Status.HANDED_OVER)
        return _unsigned(row).save_by(by)


def reopen_handover(handover: ShiftHandover, *, reason: str, by: User) -> ShiftHandover:
    """Open a closed shift again; say why. Both sign anew; the history keeps what was signed."""
    reason = require_reason(reason)
    with unit_of_work():
        row = lock(handover)
        require_status(row, Status.SIGNED)
        return _unsigned(row).save_by(by, reason=reason)


def require_open_shift(work_centre_id: int, at: datetime, *, field: str = "reported_at") -> None:
    """Raise ``BusinessError`` (``shift_closed``) when ``at`` lies in a shift that is handed over.

    Whoever holds the lock of an order of that work centre keeps its shifts from being closed.
    """
    closed = closed_by(work_centre_id, at)
    if closed is not None:
        raise shift_closed(closed.number, field)


def shift_closed(number: str, field: str) -> BusinessError:
    """The refusal of something that happened in a closed shift."""
    return BusinessError(
        "shift_closed",
        _("The shift was handed over with {number}; it has to be opened again first.").format(
            number=number
        ),
        field=field,
    )


def _unsigned(row: ShiftHandover) -> ShiftHandover:
    row.transition_to(Status.DRAFT)
    row.outgoing_by = row.incoming_by = None
    row.outgoing_name = row.incoming_name = ""
    row.outgoing_at = row.incoming_at = row.binding_hash = None
    return row


def _require_balance(row: ShiftHandover) -> None:
    for place, line in enumerate(row.content["lines"]):
        if line["difference"] != "0":
            raise BusinessError(
                "not_balanced",
                _("{order}/{sequence} does not add up: {difference} {unit}.").format(
                    order=line["number"],
                    sequence=line["sequence"],
                    difference=line["difference"],
                    unit=line["unit"],
                ),
                field="lines",
                row=place,
                details={"difference": line["difference"]},
            )


def _require_proof(proof: Proof, by: User) -> None:
    if not proof.is_good_for(by):
        raise WrongPassword("proof_expired", _("Give your password again."), field="password")


def _name(by: User) -> str:
    return by.get_full_name() or by.get_username()


def _machine_ids(work_centre_id: int) -> list[int]:
    rows = Machine.objects.filter(work_centre=work_centre_id)
    return list(rows.values_list("pk", flat=True))

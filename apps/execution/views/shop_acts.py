"""The taps of the terminal: each has its key, so a tap that arrives twice counts once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.money import ZERO, require_decimal
from apps.core.views.page_forms import once
from apps.engineering.models import InstructionRevision
from apps.engineering.services.instructions import acknowledge_revision
from apps.execution.models import (
    AndonCall,
    AndonCategory,
    MachineInterval,
    WorkOrderOperation,
)
from apps.execution.services.andon import acknowledge_andon, call_andon, resolve_andon
from apps.execution.services.dispatch import finish_operation, pause_operation, start_operation
from apps.execution.services.moments import CLOCK_TOLERANCE
from apps.execution.services.production import report_production
from apps.execution.services.shift_handovers import require_open_shift
from apps.execution.services.stop_reasons import classify_stop
from apps.hr.models import Employee
from apps.masterdata.models import Machine, ReasonCode, Shift
from apps.masterdata.queries.calendars import shift_at

#: How long a tap may wait for the network.
LONGEST_WAIT = timedelta(hours=72)
_RUN = "execution.run_workorderoperation"
_REPORT = "execution.add_productionreport"
_CLASSIFY = "execution.classify_machineinterval"
_ACKNOWLEDGE = "engineering.add_acknowledgement"


@dataclass(frozen=True, slots=True)
class Tap:
    """What was tapped, by whom and when. ``at`` is None for now: only a script says the moment."""

    request: HttpRequest
    employee: Employee | None
    at: datetime | None


def perform(request: HttpRequest, *, employee: Employee | None) -> str:
    """Do what the form asks for, once for its key; what to tell the operator.

    A tap that waited for the network says when it was made and whose badge the terminal had then:
    it is booked at that time under that person. Raises ``BusinessError`` for anything refused;
    nothing is written then.
    """
    name = request.POST.get("act", "")
    if name not in _ACTS:
        raise InvalidInput("unknown_act", _("There is no such button."), field="act")
    permission, act = _ACTS[name]
    if not request.user.has_perm(permission):
        raise BusinessError("not_allowed", _("You may not do this."))
    _require_same_user(request)

    def do() -> str:  # inside: what is done already is not refused for its age
        return act(Tap(request, _tapped_by(request, employee), _tapped_at(request)))

    return once(request, do)


def _require_same_user(request: HttpRequest) -> None:
    """Keys count once for each user: a tap of another is sent under the other's own sign-in."""
    made_by = request.POST.get("user", "")
    if made_by and made_by != str(request.user.pk):
        raise BusinessError(
            "other_user", _("Somebody else was signed in when this was tapped."), field="user"
        )


def _tapped_at(request: HttpRequest) -> datetime | None:
    text = request.POST.get("tapped_at", "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
        is_naive = datetime.fromisoformat(text).tzinfo is None
    except (ValueError, OverflowError):
        raise InvalidInput(
            "not_a_time", _("Enter a time as ISO 8601."), field="tapped_at"
        ) from None
    if is_naive:
        raise InvalidInput("naive_time", _("Give the time with its zone."), field="tapped_at")
    now = timezone.now()
    if at > now + CLOCK_TOLERANCE:
        raise InvalidInput("in_the_future", _("This is still to come."), field="tapped_at")
    if at < now - LONGEST_WAIT:
        raise InvalidInput(
            "too_old",
            _("This was tapped more than {hours} hours ago; report it in the back office.").format(
                hours=LONGEST_WAIT // timedelta(hours=1)
            ),
            field="tapped_at",
        )
    return min(at, now)


def _tapped_by(request: HttpRequest, employee: Employee | None) -> Employee | None:
    """The badge the page showed (empty: none); without a word about it, the terminal's own."""
    if "employee" not in request.POST:
        return employee
    if not request.POST["employee"]:
        return None
    found: Employee = _row(request, Employee, "employee")
    return found


def _start(tap: Tap) -> str:
    operation, machine = _open_operation(tap), _machine(tap.request)
    start_operation(
        operation, machine=machine, employee=tap.employee, at=tap.at, by=tap.request.user
    )
    return _("{operation} runs.").format(operation=operation)


def _pause(tap: Tap) -> str:
    operation = pause_operation(
        _open_operation(tap), machine=_machine(tap.request), at=tap.at, by=tap.request.user
    )
    return _("{operation} is paused.").format(operation=operation)


def _finish(tap: Tap) -> str:
    operation = finish_operation(_open_operation(tap), at=tap.at, by=tap.request.user)
    return _("{operation} is done.").format(operation=operation)


def _good(tap: Tap) -> str:
    quantity = _quantity(tap.request)
    _report(tap, quantity_good=quantity)
    return _("{quantity} good counted.").format(quantity=f"{quantity.normalize():f}")


def _scrap(tap: Tap) -> str:
    quantity, reason = _quantity(tap.request), _reason(tap.request, ReasonCode.Kind.SCRAP)
    _report(tap, quantity_scrap=quantity, scrap_reason=reason)
    return _("{quantity} scrap counted: {reason}.").format(
        quantity=f"{quantity.normalize():f}", reason=reason.name
    )


def _report(tap: Tap, **made: Any) -> None:
    operation, machine = _operation(tap.request), _machine(tap.request)
    at = tap.at or timezone.now()
    if operation.is_counted and made.get("quantity_good", ZERO) > 0:
        raise BusinessError("counted", _("The machine counts what is good here."))
    span = shift_at(machine.site, at)
    report_production(
        operation.work_order,
        operation=operation,
        machine=machine,
        shift=Shift.objects.get(pk=span.shift_id) if span else None,
        employee=tap.employee,
        reported_at=at,
        by=tap.request.user,
        **made,
    )


def _read(tap: Tap) -> str:
    revision = _row(tap.request, InstructionRevision, "revision")
    acknowledge_revision(revision, employee=tap.employee, by=tap.request.user)
    return _("Read and understood: {revision}.").format(revision=revision)


def _classify(tap: Tap) -> str:
    interval = _row(tap.request, MachineInterval, "interval")
    reason = _reason(tap.request, ReasonCode.Kind.DOWNTIME)
    classify_stop(interval, reason=reason, by=tap.request.user)
    return _("The stop has its reason: {reason}.").format(reason=reason.name)


def _call(tap: Tap) -> str:
    category, machine = _row(tap.request, AndonCategory, "category"), _machine(tap.request)
    operation = _operation(tap.request) if tap.request.POST.get("operation") else None
    call = call_andon(
        machine,
        category=category,
        operation=operation,
        employee=tap.employee,
        at=tap.at,
        by=tap.request.user,
    )
    return _("{number}: {category} is called.").format(number=call.number, category=category.name)


def _come(tap: Tap) -> str:
    call = _row(tap.request, AndonCall, "call")
    acknowledge_andon(call, at=tap.at, by=tap.request.user)
    return _("{number} is acknowledged: somebody comes.").format(number=call.number)


def _resolve(tap: Tap) -> str:
    call = _row(tap.request, AndonCall, "call")
    resolution = tap.request.POST.get("resolution", "")
    resolve_andon(call, resolution=resolution, at=tap.at, by=tap.request.user)
    return _("{number} is resolved.").format(number=call.number)


_ACTS: dict[str, tuple[str, Callable[[Tap], str]]] = {
    "start": (_RUN, _start),
    "pause": (_RUN, _pause),
    "finish": (_RUN, _finish),
    "good": (_REPORT, _good),
    "scrap": (_REPORT, _scrap),
    "classify": (_CLASSIFY, _classify),
    "read": (_ACKNOWLEDGE, _read),
    "andon": ("execution.add_andoncall", _call),
    "andon-come": ("execution.respond_andoncall", _come),
    "andon-done": ("execution.respond_andoncall", _resolve),
}


def _row(request: HttpRequest, model: Any, name: str) -> Any:
    key = request.POST.get(name, "")
    rows = model.objects.visible_to(request.user)
    found = rows.filter(pk=int(key)).first() if key.isdigit() and len(key) < 19 else None
    if found is None:
        raise InvalidInput("does_not_exist", _("This is not here any more."), field=name)
    return found


def _operation(request: HttpRequest) -> WorkOrderOperation:
    found: WorkOrderOperation = _row(request, WorkOrderOperation, "operation")
    return found


def _open_operation(tap: Tap) -> WorkOrderOperation:
    """The operation, when the shift in which it was tapped is still open."""
    operation = _operation(tap.request)
    if tap.at is not None:
        require_open_shift(operation.work_centre_id, tap.at, field="tapped_at")
    return operation


def _machine(request: HttpRequest) -> Machine:
    found: Machine = _row(request, Machine, "machine")
    return found


def _reason(request: HttpRequest, kind: str) -> ReasonCode:
    found: ReasonCode = _row(request, ReasonCode, "reason")
    if found.kind != kind:
        raise InvalidInput("wrong_reason", _("Choose a reason from the list."), field="reason")
    return found


def _quantity(request: HttpRequest) -> Decimal:
    text = request.POST.get("quantity", "").strip().replace(",", ".")
    try:
        return require_decimal(Decimal(text), field="quantity")
    except InvalidOperation:
        raise InvalidInput("not_a_number", _("Enter a number."), field="quantity") from None

"""The taps of the terminal: each has its key, so a tap that arrives twice counts once."""

from __future__ import annotations

from collections.abc import Callable
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
from apps.execution.models import MachineInterval, WorkOrderOperation
from apps.execution.services.dispatch import finish_operation, pause_operation, start_operation
from apps.execution.services.production import report_production
from apps.execution.services.stop_reasons import classify_stop
from apps.hr.models import Employee
from apps.masterdata.models import Machine, ReasonCode, Shift
from apps.masterdata.queries.calendars import shift_at

_RUN = "execution.run_workorderoperation"
_REPORT = "execution.add_productionreport"
_CLASSIFY = "execution.classify_machineinterval"
_ACKNOWLEDGE = "engineering.add_acknowledgement"


def perform(request: HttpRequest, *, employee: Employee | None) -> str:
    """Do what the form asks for, once for its key; what to tell the operator.

    Raises ``BusinessError`` for anything refused; nothing is written then.
    """
    name = request.POST.get("act", "")
    if name not in _ACTS:
        raise InvalidInput("unknown_act", _("There is no such button."), field="act")
    permission, act = _ACTS[name]
    if not request.user.has_perm(permission):
        raise BusinessError("not_allowed", _("You may not do this."))
    return once(request, lambda: act(request, employee))


def _start(request: HttpRequest, employee: Employee | None) -> str:
    operation, machine = _operation(request), _machine(request)
    start_operation(operation, machine=machine, employee=employee, by=request.user)
    return _("{operation} runs.").format(operation=operation)


def _pause(request: HttpRequest, employee: Employee | None) -> str:
    operation = pause_operation(_operation(request), machine=_machine(request), by=request.user)
    return _("{operation} is paused.").format(operation=operation)


def _finish(request: HttpRequest, employee: Employee | None) -> str:
    operation = finish_operation(_operation(request), by=request.user)
    return _("{operation} is done.").format(operation=operation)


def _good(request: HttpRequest, employee: Employee | None) -> str:
    quantity = _quantity(request)
    _report(request, employee, quantity_good=quantity)
    return _("{quantity} good counted.").format(quantity=f"{quantity.normalize():f}")


def _scrap(request: HttpRequest, employee: Employee | None) -> str:
    quantity, reason = _quantity(request), _reason(request, ReasonCode.Kind.SCRAP)
    _report(request, employee, quantity_scrap=quantity, scrap_reason=reason)
    return _("{quantity} scrap counted: {reason}.").format(
        quantity=f"{quantity.normalize():f}", reason=reason.name
    )


def _report(request: HttpRequest, employee: Employee | None, **made: Any) -> None:
    operation, machine, now = _operation(request), _machine(request), timezone.now()
    if operation.is_counted and made.get("quantity_good", ZERO) > 0:
        raise BusinessError("counted", _("The machine counts what is good here."))
    span = shift_at(machine.site, now)
    report_production(
        operation.work_order,
        operation=operation,
        machine=machine,
        shift=Shift.objects.get(pk=span.shift_id) if span else None,
        employee=employee,
        reported_at=now,
        by=request.user,
        **made,
    )


def _read(request: HttpRequest, employee: Employee | None) -> str:
    revision = _row(request, InstructionRevision, "revision")
    acknowledge_revision(revision, employee=employee, by=request.user)
    return _("Read and understood: {revision}.").format(revision=revision)


def _classify(request: HttpRequest, employee: Employee | None) -> str:
    interval = _row(request, MachineInterval, "interval")
    reason = _reason(request, ReasonCode.Kind.DOWNTIME)
    classify_stop(interval, reason=reason, by=request.user)
    return _("The stop has its reason: {reason}.").format(reason=reason.name)


_ACTS: dict[str, tuple[str, Callable[[HttpRequest, Employee | None], str]]] = {
    "start": (_RUN, _start),
    "pause": (_RUN, _pause),
    "finish": (_RUN, _finish),
    "good": (_REPORT, _good),
    "scrap": (_REPORT, _scrap),
    "classify": (_CLASSIFY, _classify),
    "read": (_ACKNOWLEDGE, _read),
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

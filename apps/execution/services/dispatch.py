"""Starting, pausing and finishing operations on machines.

Locks: the machine's timeline, then the work order; the same order as recording machine events.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock, require_company, require_status
from apps.core.transactions import unit_of_work
from apps.execution.models import MachineInterval, OperationRun, WorkOrder, WorkOrderOperation
from apps.execution.services.floor_news import tell_floor
from apps.execution.services.instruction_gate import require_read
from apps.execution.services.labour_spans import badge_on, end_labour
from apps.execution.services.machine_locks import lock_machines
from apps.execution.services.moments import moment_of
from apps.execution.services.skill_gate import require_skills
from apps.execution.services.start_gates import require_in_order
from apps.hr.models import Employee
from apps.masterdata.models import Machine

Status = WorkOrderOperation.Status


def start_operation(
    operation: WorkOrderOperation,
    *,
    machine: Machine,
    by: User,
    employee: Employee | None = None,
    at: datetime | None = None,
) -> OperationRun:
    """Let ``operation`` run on ``machine`` from ``at`` (now) on: its counts belong to it.

    Also resumes a paused operation. Raises ``BusinessError`` when the order is not released, the
    operation is done, the machine is busy, the employee lacks a skill (or has one that expired) or
    has not read its work instruction, or quality blocks it, ``InvalidInput`` for a machine of
    another work centre.
    """
    at = moment_of(at)
    with unit_of_work():
        lock_machines([machine.pk])
        order = lock(operation.work_order)
        operation = order.operations.get(pk=operation.pk)
        require_status(order, WorkOrder.Status.RELEASED, WorkOrder.Status.RUNNING)
        require_company(order.company, machine=machine, employee=employee)
        _check_machine(operation, machine)
        _check_free(machine, at)
        require_skills(employee, machine, at)
        require_read(operation, employee)
        require_in_order(order, operation, machine, at)
        run = OperationRun.objects.create(
            company_id=order.company_id,
            machine=machine,
            operation=operation,
            employee=employee,
            starts_at=at,
        )
        MachineInterval.objects.filter(machine=machine, starts_at__gte=at).update(
            operation=operation
        )
        _set_status(operation, Status.RUNNING)
        if order.can_become(WorkOrder.Status.RUNNING):
            order.transition_to(WorkOrder.Status.RUNNING)
            order.save_by(by)
        if operation.is_badged and employee is not None:
            _badge_starter(operation, employee, machine, at, by)
        tell_floor(order.company_id, [machine.pk])
    return run


def _badge_starter(
    operation: WorkOrderOperation, employee: Employee, machine: Machine, at: datetime, by: User
) -> None:
    """Whoever starts it works at it, unless he does already."""
    if not operation.labour_spans.filter(employee=employee, ends_at__isnull=True).exists():
        badge_on(operation, employee=employee, machine=machine, at=at, by=by)


def pause_operation(
    operation: WorkOrderOperation,
    *,
    by: User,
    machine: Machine | None = None,
    at: datetime | None = None,
) -> WorkOrderOperation:
    """Stop ``operation`` on ``machine`` (on all it runs on); it can be started again.

    Raises ``BusinessError`` when it does not run there.
    """
    return _stop(operation, Status.PAUSED, machine=machine, at=at, by=by)


def finish_operation(
    operation: WorkOrderOperation, *, by: User, at: datetime | None = None
) -> WorkOrderOperation:
    """End ``operation`` for good, wherever it runs. Raises ``BusinessError`` before its start."""
    return _stop(operation, Status.DONE, machine=None, at=at, by=by)


def _stop(
    operation: WorkOrderOperation,
    status: str,
    *,
    machine: Machine | None,
    at: datetime | None,
    by: User,
) -> WorkOrderOperation:
    at = moment_of(at)
    with unit_of_work():
        open_runs = OperationRun.objects.filter(operation=operation, ends_at__isnull=True)
        lock_machines([*open_runs.values_list("machine_id", flat=True)])
        order = lock(operation.work_order)
        operation = order.operations.get(pk=operation.pk)
        runs = list(open_runs)
        ending = [run for run in runs if machine is None or run.machine_id == machine.pk]
        if not ending and not (status == Status.DONE and operation.status != Status.WAITING):
            raise BusinessError(
                "not_running", _("{operation} does not run.").format(operation=operation)
            )
        _end(ending, at)
        if len(ending) == len(runs) and operation.status != Status.DONE:
            _set_status(operation, status)
        if operation.is_badged and len(ending) == len(runs):
            end_labour(operation, at=at, by=by)
        tell_floor(order.company_id, [run.machine_id for run in ending])
    return operation


def _end(runs: Sequence[OperationRun], at: datetime) -> None:
    for run in runs:
        if at <= run.starts_at:
            raise InvalidInput("before_start", _("It had not started then."), field="at")
    OperationRun.objects.filter(pk__in=[run.pk for run in runs]).update(ends_at=at)


def _set_status(operation: WorkOrderOperation, status: str) -> None:
    operation.status = status
    WorkOrderOperation.objects.filter(pk=operation.pk).update(status=status)


def _check_machine(operation: WorkOrderOperation, machine: Machine) -> None:
    if operation.status == Status.DONE:
        raise BusinessError("operation_done", _("{operation} is done.").format(operation=operation))
    if machine.work_centre_id != operation.work_centre_id or not machine.is_active:
        raise InvalidInput(
            "wrong_machine",
            _("{machine} is no machine for this operation.").format(machine=machine),
            field="machine",
        )


def _check_free(machine: Machine, at: datetime) -> None:
    last = (
        OperationRun.objects.filter(machine=machine)
        .select_related("operation__work_order")
        .order_by("-starts_at")
        .first()
    )
    if last is None:
        return
    if last.ends_at is None:
        raise BusinessError(
            "machine_busy",
            _("{machine} runs {operation}.").format(machine=machine, operation=last.operation),
            field="machine",
        )
    if at < last.ends_at:
        raise InvalidInput("overlaps_run", _("Something else ran on the machine then."), field="at")

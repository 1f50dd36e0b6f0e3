"""Maintenance orders: from plan or request to done. Cost has services of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.maintenance.models import (
    Asset,
    FailureCode,
    MaintenanceOrder,
    MaintenancePart,
    MaintenanceRequest,
    OrderTask,
)
from apps.maintenance.queries.meters import total_of_plan
from apps.maintenance.queries.orders import has_posted_cost, waiting_charges
from apps.maintenance.services import capacity
from apps.maintenance.services.plans import (
    PartLine,
    TaskLine,
    check_part_lines,
    check_task_lines,
    task_values,
)

Status = MaintenanceOrder.Status
Kind = MaintenanceOrder.Kind
#: Field of an order → kind of failure code that it takes.
FAILURE_FIELDS = {
    "failure_mode": FailureCode.Kind.MODE,
    "failure_cause": FailureCode.Kind.CAUSE,
    "failure_remedy": FailureCode.Kind.REMEDY,
}


def create_order(
    company: Company,
    *,
    asset: Asset,
    title: str,
    by: User,
    tasks: Sequence[TaskLine] = (),
    parts: Sequence[PartLine] = (),
    reserves: bool = True,
    reason: str = "",
    **values: Any,
) -> MaintenanceOrder:
    """A planned order with its list and parts.

    With a ``planned_start`` it takes its machine for the planned minutes, unless ``reserves`` is
    False. Raises ``InvalidInput`` for what can't be, ``BusinessError`` for a machine that other
    maintenance has.
    """
    require_company(company, asset=asset, employee=values.get("employee"))
    if not title.strip():
        raise InvalidInput("title_required", _("Say what is to be done."), field="title")
    _check_failure_codes(company, values)
    check_task_lines(tasks)
    check_part_lines(company, parts)
    with unit_of_work():
        order = MaintenanceOrder(
            company=company,
            number=next_number("maintenance_order_series", "MO"),
            asset=asset,
            site_id=asset.site_id,
            title=title.strip(),
            created_by=by,
            **values,
        ).save_by(by, reason=reason)
        write_lines(order, tasks, parts)
        if order.planned_start is not None and reserves:
            capacity.reserve(order, starts_at=order.planned_start)
    return order


def write_lines(
    order: MaintenanceOrder, tasks: Sequence[TaskLine], parts: Sequence[PartLine]
) -> None:
    OrderTask.objects.bulk_create(
        OrderTask(company_id=order.company_id, order=order, **task_values(task, place))
        for place, task in enumerate(tasks, start=1)
    )
    MaintenancePart.objects.bulk_create(
        MaintenancePart(
            company_id=order.company_id, order=order, item=part.item, quantity=part.quantity
        )
        for part in parts
    )


def change_order(
    order: MaintenanceOrder,
    *,
    by: User,
    tasks: Sequence[TaskLine] | None = None,
    parts: Sequence[PartLine] | None = None,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> MaintenanceOrder:
    """Change what an open order says; ``tasks`` and ``parts`` replace all of theirs.

    The list stays once the work began; whether it is capitalised stays once cost is posted.
    """
    with unit_of_work():
        if not {"asset", "planned_start", "planned_minutes"}.isdisjoint(values):
            # machines before documents, as those who listen to machines lock them
            capacity.lock_machines_of(order.asset, values.get("asset", order.asset))
        order = lock(order, version=version)
        require_status(order, *MaintenanceOrder.OPEN, Status.DONE)
        company = order.company
        asset = values.get("asset", order.asset)
        require_company(company, asset=asset, employee=values.get("employee"))
        _check_failure_codes(company, values)
        _check_fixed(order, values, tasks)
        moved = any(
            name in values and values[name] != getattr(order, name)
            for name in ("planned_start", "planned_minutes", "asset")
        )
        for name, value in values.items():
            setattr(order, name, value)
        order.site_id = order.asset.site_id
        if tasks is not None:
            check_task_lines(tasks)
            order.tasks.all().delete()
        if parts is not None:
            check_part_lines(company, parts)
            order.parts.all().delete()
        write_lines(order, tasks or (), parts or ())
        if moved and order.status in (Status.PLANNED, Status.RELEASED):
            if order.planned_start is None:
                capacity.free(order)
            else:
                capacity.reserve(order, starts_at=order.planned_start)
        return order.save_by(by, reason=reason)


def _check_fixed(
    order: MaintenanceOrder, values: dict[str, Any], tasks: Sequence[TaskLine] | None
) -> None:
    if tasks is not None and order.status not in (Status.PLANNED, Status.RELEASED):
        raise BusinessError("has_begun", _("The work has begun; its list stays."), field="tasks")
    fixed = [
        name
        for name in ("is_capitalised", "asset")
        if name in values and values[name] != getattr(order, name)
    ]
    if fixed and has_posted_cost(order):
        raise BusinessError(
            "has_cost", _("Cost is posted on this order; this stays."), field=fixed[0]
        )
    if "asset" in fixed and order.plan_id is not None:
        raise BusinessError("planned_asset", _("The plan says which asset."), field="asset")


def _check_failure_codes(company: Company, values: dict[str, Any]) -> None:
    for name, kind in FAILURE_FIELDS.items():
        code = values.get(name)
        require_company(company, **{name: code})
        if code is not None and code.kind != kind:
            raise InvalidInput(
                "wrong_kind",
                _("{code} is no {kind}.").format(code=code.code, kind=kind.label.lower()),
                field=name,
            )


def release_order(order: MaintenanceOrder, *, by: User) -> MaintenanceOrder:
    """Hand the order to the workshop."""
    with unit_of_work():
        order = lock(order)
        order.transition_to(Status.RELEASED)
        return order.save_by(by)


def start_order(order: MaintenanceOrder, *, by: User) -> MaintenanceOrder:
    """Work begins now, or goes on after waiting for parts."""
    with unit_of_work():
        order = lock(order)
        order.transition_to(Status.IN_PROGRESS)
        order.started_at = order.started_at or timezone.now()
        return order.save_by(by)


def wait_for_parts(order: MaintenanceOrder, *, by: User, reason: str = "") -> MaintenanceOrder:
    """Work can't go on before parts come."""
    with unit_of_work():
        order = lock(order)
        order.transition_to(Status.WAITING_PARTS)
        return order.save_by(by, reason=reason)


def complete_order(
    order: MaintenanceOrder,
    *,
    by: User,
    done_at: datetime | None = None,
    work_done: str = "",
    **failure: Any,
) -> MaintenanceOrder:
    """The work is done: the list is answered, the meter noted, the machine given back.

    ``failure`` may name failure_mode, failure_cause and failure_remedy. A standstill that nobody
    but us told of ends now; one that a machine told of ends when the machine says so.
    Raises ``BusinessError`` while required tasks are open.
    """
    with unit_of_work():
        order = lock(order)
        order.transition_to(Status.DONE)
        _check_failure_codes(order.company, failure)
        _require_answered(order)
        now = timezone.now()
        moment = done_at or now
        if moment > now or (order.started_at is not None and moment < order.started_at):
            raise InvalidInput(
                "impossible_time", _("It was done after it began, and before now."), field="done_at"
            )
        order.done_at = moment
        order.done_total = total_of_plan(order)
        order.work_done = work_done.strip() or order.work_done
        for name, code in failure.items():
            if code is not None:
                setattr(order, name, code)
        begun = order.downtime_starts_at
        if begun is not None and order.downtime_ends_at is None and order.stop_id is None:
            order.downtime_ends_at = max(moment, begun)
        capacity.free(order, from_moment=moment)
        return order.save_by(by)


def _require_answered(order: MaintenanceOrder) -> None:
    left = list(
        order.tasks.filter(is_required=True, result=OrderTask.Result.OPEN).values_list(
            "text", flat=True
        )
    )
    if left:
        raise BusinessError(
            "open_tasks",
            _("{count} tasks are open, the first: {text}").format(count=len(left), text=left[0]),
            field="tasks",
            details={"tasks": left},
        )


def close_order(order: MaintenanceOrder, *, by: User) -> MaintenanceOrder:
    """Nothing more is posted on it.

    Raises ``BusinessError`` while the machine stands still or a supplier's bill waits.
    """
    with unit_of_work():
        order = lock(order)
        order.transition_to(Status.CLOSED)
        _require_answered(order)
        _require_charges_posted(order)
        if order.downtime_starts_at is not None and order.downtime_ends_at is None:
            raise BusinessError(
                "still_down",
                _("{asset} still stands still.").format(asset=order.asset.code),
                field="downtime_ends_at",
            )
        return order.save_by(by)


def _require_charges_posted(order: MaintenanceOrder) -> None:
    waiting = waiting_charges(order)
    if waiting:
        raise BusinessError(
            "charge_waiting",
            _("The supplier's bill of {charge} waits for its approval.").format(charge=waiting[0]),
            field="status",
        )


def reopen_order(order: MaintenanceOrder, *, reason: str, by: User) -> MaintenanceOrder:
    """One step back: a closed order is done again, a done one in progress."""
    reason = require_reason(reason)
    with unit_of_work():
        order = lock(order)
        if order.status == Status.CLOSED:
            order.transition_to(Status.DONE)
        else:
            require_status(order, Status.DONE)
            _require_plan_free(order)
            order.transition_to(Status.IN_PROGRESS)
            order.done_at = order.done_total = None
        return order.save_by(by, reason=reason)


def _require_plan_free(order: MaintenanceOrder) -> None:
    others = MaintenanceOrder.objects.filter(plan=order.plan_id, status__in=MaintenanceOrder.OPEN)
    if order.plan_id is not None and (other := others.first()) is not None:
        raise BusinessError(
            "next_is_open",
            _("The plan's next order is {order}.").format(order=other.number),
            field="plan",
        )


def cancel_order(order: MaintenanceOrder, *, reason: str, by: User) -> MaintenanceOrder:
    """Give the order up; its machine is free again, its request may be ordered anew.

    For a plan this time counts as skipped. Raises ``BusinessError`` while cost is posted.
    """
    reason = require_reason(reason)
    with unit_of_work():
        order = lock(order)
        order.transition_to(Status.CANCELLED)
        if has_posted_cost(order):
            raise BusinessError(
                "has_cost", _("Cost is posted on this order. Reverse it first."), field="status"
            )
        if order.request_id is not None:
            request = lock(MaintenanceRequest(pk=order.request_id))
            request.transition_to(MaintenanceRequest.Status.APPROVED)
            request.save_by(by, reason=reason)
        capacity.free(order)
        if order.downtime_starts_at is not None and order.downtime_ends_at is None:
            order.downtime_ends_at = max(timezone.now(), order.downtime_starts_at)
        return order.save_by(by, reason=reason)

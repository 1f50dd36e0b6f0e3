"""Filling in the list of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_status
from apps.core.transactions import unit_of_work
from apps.maintenance.models import MaintenanceOrder, OrderTask
from apps.maintenance.models.plans import TaskKind

Status = MaintenanceOrder.Status
Result = OrderTask.Result


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found. A measured value alone says itself whether it is in order."""

    task: OrderTask
    result: str = ""
    value: Decimal | None = None
    note: str = ""


def answer_tasks(
    order: MaintenanceOrder, answers: Sequence[Answer], *, by: User
) -> list[OrderTask]:
    """Fill in the list of an order that is being worked on.

    Raises ``InvalidInput`` naming the row: a task of another order, a measure without its value;
    ``BusinessError`` while a lock-out or permit before it is open. Nothing is written then.
    """
    with unit_of_work():
        order = lock(order)
        require_status(order, Status.IN_PROGRESS, Status.WAITING_PARTS)
        tasks = {task.pk: task for task in order.tasks.select_for_update().order_by("pk")}
        now = timezone.now()
        for row, answer in enumerate(answers):
            task = tasks.get(answer.task.pk)
            if task is None:
                raise InvalidInput(
                    "wrong_task", _("This task is of another order."), field="task", row=row
                )
            task.result = _result(task, answer, row)
            task.value, task.note = answer.value, answer.note[:300]
            task.answered_at, task.answered_by = now, by
        _require_safety_first(list(tasks.values()), answers)
        changed = [tasks[answer.task.pk] for answer in answers]
        fields = ("result", "value", "note", "answered_at", "answered_by")
        OrderTask.objects.bulk_update(changed, fields)
        order.save_by(by, reason=_("List filled in"))
    return changed


def _result(task: OrderTask, answer: Answer, row: int) -> str:
    if answer.value is not None:
        require_decimal(answer.value, field="value", row=row, positive=False)
    if task.kind != TaskKind.MEASURE or answer.result == Result.SKIPPED:
        if answer.result not in (Result.OK, Result.NOT_OK, Result.SKIPPED):
            raise InvalidInput("result_required", _("Say what was found."), field="result", row=row)
        if answer.result == Result.SKIPPED and task.is_required and not answer.note.strip():
            raise InvalidInput(
                "note_required", _("Say why it does not apply."), field="note", row=row
            )
        return answer.result
    if answer.value is None:
        raise InvalidInput("value_required", _("Enter what was measured."), field="value", row=row)
    low, high = task.lower_limit, task.upper_limit
    is_outside = (low is not None and answer.value < low) or (
        high is not None and answer.value > high
    )
    if is_outside and answer.result == Result.OK:
        raise InvalidInput(
            "outside_limits", _("The value is outside its limits."), field="result", row=row
        )
    return Result.NOT_OK if is_outside else answer.result or Result.OK


def _require_safety_first(tasks: Sequence[OrderTask], answers: Sequence[Answer]) -> None:
    """Lock-out and permits are in order before anything else is touched."""
    answered = {answer.task.pk: row for row, answer in enumerate(answers)}
    unsafe = [
        task
        for task in tasks
        if task.kind == TaskKind.SAFETY and task.is_required and task.result != Result.OK
    ]
    for task in tasks:
        if unsafe and task.kind != TaskKind.SAFETY and task.pk in answered:
            raise BusinessError(
                "safety_first",
                _("First: {text}").format(text=unsafe[0].text),
                field="task",
                row=answered[task.pk],
            )

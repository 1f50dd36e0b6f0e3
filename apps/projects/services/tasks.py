"""Tasks and what they wait for: a network that never closes on itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import insert_all, lock, require_company, require_status
from apps.core.transactions import unit_of_work
from apps.hr.models import Employee
from apps.projects.engine.critical_path import Link, find_cycle
from apps.projects.models import (
    BaselineTask,
    BillingMilestone,
    Project,
    Task,
    TaskDependency,
    TaskProgress,
    TimesheetLine,
    WbsNode,
)

CHANGEABLE = frozenset(
    {
        "node",
        "code",
        "name",
        "duration",
        "optimistic",
        "pessimistic",
        "not_before",
        "responsible",
    }
)
LONGEST = Decimal(10_000)
_NAMED = 12


@dataclass(frozen=True, slots=True)
class Waits:
    """What a task waits for: ``predecessor`` is a code of the same project."""

    predecessor: str
    kind: str = TaskDependency.Kind.FINISH_START
    lag: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task to be; durations in working days."""

    node: WbsNode
    code: str
    name: str
    duration: Decimal
    optimistic: Decimal | None = None
    pessimistic: Decimal | None = None
    not_before: Date | None = None
    responsible: Employee | None = None
    predecessors: Sequence[Waits] = ()


def create_task(*, company: Any, node: WbsNode, by: User, reason: str = "", **values: Any) -> Task:
    """One task of a node, with what it waits for."""
    require_company(company, node=node)
    return create_tasks(node.project, [TaskLine(node=node, **values)], by=by, reason=reason)[0]


def create_tasks(
    project: Project, lines: Sequence[TaskLine], *, by: User, reason: str = ""
) -> list[Task]:
    """Tasks and their links, all or none; the links may name tasks of the same call.

    Raises ``InvalidInput`` naming the row: a code that is there, a negative duration, a node or a
    predecessor of another project, a circle (its path is named).
    """
    with unit_of_work():
        project = lock(project)
        require_status(project, *Project.CHANGEABLE)
        known = {task.code: task for task in Task.objects.filter(project=project)}
        rows = []
        for row, line in enumerate(lines):
            task = Task(
                company=project.company,
                project=project,
                **{name: getattr(line, name) for name in CHANGEABLE},
            )
            check_task(task, row=row)
            if task.code in known:
                raise _taken(task.code, row)
            known[task.code] = task
            rows.append(task)
        insert_all(rows, by=by, reason=reason)
        links = [
            _dependency(task, waits, known, row)
            for row, (task, line) in enumerate(zip(rows, lines, strict=True))
            for waits in line.predecessors
        ]
        _require_no_cycle(project, links, replaced=())
        insert_all(links, by=by, reason=reason)
    return rows


def update_task(
    task: Task,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    predecessors: Sequence[Waits] | None = None,
    **values: Any,
) -> Task:
    """Change a task; ``predecessors``, when given, replace what it waits for."""
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of a task: {sorted(unknown)}")
    with unit_of_work():
        project = lock(task.project)
        require_status(project, *Project.CHANGEABLE)
        task = lock(task, version=version)
        task.project = project
        for name, value in values.items():
            setattr(task, name, value)
        check_task(task)
        if "code" in values:
            same = Task.objects.filter(project=project, code=task.code).exclude(pk=task.pk)
            if same.exists():
                raise _taken(task.code, None)
        task.save_by(by, reason=reason)
        if predecessors is not None:
            _replace_links(project, task, predecessors, by, reason)
        return task


def remove_task(task: Task, *, by: User) -> None:
    """Take a task out of the plan. Raises ``BusinessError`` once it was worked, planned, billed."""
    with unit_of_work():
        require_status(lock(task.project), *Project.CHANGEABLE)
        task = lock(task)
        used = (
            (TimesheetLine.objects.filter(task=task), _("hours")),
            (BaselineTask.objects.filter(task=task), _("a baseline")),
            (TaskProgress.objects.filter(task=task), _("progress")),
            (BillingMilestone.objects.filter(task=task), _("a billing milestone")),
        )
        for rows, what in used:
            if rows.exists():
                raise BusinessError(
                    "in_use", _("{task} has {what}: it stays.").format(task=task, what=what)
                )
        task._history_user = by  # type: ignore[attr-defined]
        task.delete()


def check_task(task: Task, *, row: int | None = None) -> None:
    """Raise ``InvalidInput`` for what a task can't be."""
    require_company(task.project.company, row=row, node=task.node, responsible=task.responsible)
    if task.node.project_id != task.project_id:
        raise InvalidInput(
            "other_project",
            _("{node} is a node of another project.").format(node=task.node),
            field="node",
            row=row,
        )
    task.code = task.code.strip()
    if not task.code or any(sign in task.code for sign in " ,;:"):
        raise InvalidInput(
            "bad_code",
            _("Give a code without spaces, commas, colons and semicolons."),
            field="code",
            row=row,
        )
    for name in ("duration", "optimistic", "pessimistic"):
        value = getattr(task, name)
        if value is None:
            continue
        value = require_decimal(value, field=name, row=row, positive=False)
        if value < 0:
            raise InvalidInput("negative", _("May not be negative."), field=name, row=row)
        if value > LONGEST:
            raise InvalidInput(
                "too_long", _("At most {n} working days.").format(n=LONGEST), field=name, row=row
            )
    _check_estimates(task, row)


def _check_estimates(task: Task, row: int | None) -> None:
    if task.optimistic is None and task.pessimistic is None:
        return
    missing = "optimistic" if task.optimistic is None else "pessimistic"
    if task.optimistic is None or task.pessimistic is None:
        raise InvalidInput(
            "required", _("Give both the best and the worst case."), field=missing, row=row
        )
    if not task.optimistic <= task.duration <= task.pessimistic:
        raise InvalidInput(
            "bad_estimates",
            _("The duration lies between the best and the worst case."),
            field="duration",
            row=row,
        )


def _taken(code: str, row: int | None) -> InvalidInput:
    return InvalidInput(
        "duplicate_code",
        _("There is a task {code} in this project already.").format(code=code),
        field="code",
        row=row,
    )


def _dependency(
    task: Task, waits: Waits, known: dict[str, Task], row: int | None
) -> TaskDependency:
    before = known.get(waits.predecessor.strip())
    if before is None:
        raise InvalidInput(
            "unknown_predecessor",
            _("There is no task {code} in this project.").format(code=waits.predecessor),
            field="predecessors",
            row=row,
        )
    if waits.kind not in TaskDependency.Kind.values:
        raise InvalidInput(
            "unknown_kind",
            _("Choose one of: {names}.").format(names=", ".join(TaskDependency.Kind.values)),
            field="predecessors",
            row=row,
        )
    lag = require_decimal(waits.lag, field="predecessors", row=row, positive=False)
    if abs(lag) > LONGEST:
        raise InvalidInput(
            "too_long",
            _("At most {n} working days.").format(n=LONGEST),
            field="predecessors",
            row=row,
        )
    return TaskDependency(
        company_id=task.company_id,
        predecessor=before,
        successor=task,
        kind=waits.kind,
        lag=lag,
    )


def _replace_links(
    project: Project, task: Task, predecessors: Sequence[Waits], by: User, reason: str
) -> None:
    known = {one.code: one for one in Task.objects.filter(project=project)}
    links = [_dependency(task, waits, known, None) for waits in predecessors]
    _require_no_cycle(project, links, replaced=(task.pk,))
    for old in TaskDependency.objects.filter(successor=task):
        old._history_user = by  # type: ignore[attr-defined]
        old.delete()
    insert_all(links, by=by, reason=reason)


def _require_no_cycle(
    project: Project, links: Sequence[TaskDependency], *, replaced: Sequence[int]
) -> None:
    """Refuse a pair named twice, and links that close a circle with those that are there."""
    pairs = [(link.predecessor_id, link.successor_id) for link in links]
    if len(set(pairs)) < len(pairs):
        raise InvalidInput(
            "linked_twice", _("A task waits for another one in one way."), field="predecessors"
        )
    standing = (
        TaskDependency.objects.filter(successor__project=project)
        .exclude(successor__in=replaced)
        .values_list("predecessor_id", "successor_id")
    )
    path = find_cycle([Link(*pair) for pair in [*standing, *pairs]])
    if path is None:
        return
    keys = [key for key in path if isinstance(key, int)]
    codes = dict(Task.objects.filter(pk__in=keys).values_list("pk", "code"))
    names = [codes[key] for key in keys]
    if len(names) > _NAMED:
        names = [*names[: _NAMED - 1], "…", names[-1]]
    raise InvalidInput(
        "task_cycle",
        _("The tasks would wait for each other: {path}.").format(path=" → ".join(names)),
        field="predecessors",
    )

"""The work breakdown: a tree of nodes, each with its budget and its cost object."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_status,
    update_all,
)
from apps.core.transactions import unit_of_work
from apps.finance.models import CostObject
from apps.finance.services.cost_objects import open_cost_objects, set_cost_objects_active
from apps.hr.models import Employee
from apps.projects.models import Project, WbsNode

CHANGEABLE = frozenset({"code", "name", "parent", "responsible", *WbsNode.BUDGETS})
DEEPEST = 12
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A node to be; ``parent`` is one that exists, ``parent_code`` one of the same project.

    Budgets are in company currency, of the node itself.
    """

    code: str
    name: str
    parent: WbsNode | None = None
    parent_code: str = ""
    responsible: Employee | None = None
    budget_labour: Decimal = ZERO
    budget_material: Decimal = ZERO
    budget_purchases: Decimal = ZERO
    budget_machine: Decimal = ZERO
    budget_other: Decimal = ZERO


def create_node(
    *, company: Any, project: Project, by: User, reason: str = "", **values: Any
) -> WbsNode:
    """One node of a project."""
    require_company(company, project=project)
    return create_nodes(project, [NodeLine(**values)], by=by, reason=reason)[0]


def create_nodes(
    project: Project, lines: Sequence[NodeLine], *, by: User, reason: str = ""
) -> list[WbsNode]:
    """Nodes in any order, each with its cost object; all or none.

    Raises ``InvalidInput`` naming the row: a code that is there, a parent of another project, a
    parent that does not exist, a budget below zero.
    """
    with unit_of_work():
        project = lock(project)
        require_status(project, *Project.CHANGEABLE)
        known = {node.code: node for node in WbsNode.objects.filter(project=project)}
        _check_codes(lines, known)
        for row, line in enumerate(lines):
            _check_line(project, line, row)
        made: dict[int, WbsNode] = {}
        waiting = list(enumerate(lines))
        while waiting:
            ready = [(row, line) for row, line in waiting if _parent_code(line) in ("", *known)]
            if not ready:
                row, line = waiting[0]
                raise InvalidInput(
                    "unknown_parent",
                    _("{project} has no node {code}.").format(
                        project=project.number, code=_parent_code(line)
                    ),
                    field="parent",
                    row=row,
                )
            for (row, _line), node in zip(
                ready, _insert(project, [line for _row, line in ready], known, by, reason),
                strict=True,
            ):  # fmt: skip
                made[row] = known[node.code] = node
            waiting = [pair for pair in waiting if pair[0] not in made]
    return [made[row] for row in range(len(lines))]


def update_node(
    node: WbsNode, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> WbsNode:
    """Change a node; with another parent or code, what is below it moves along.

    Raises ``InvalidInput`` for a parent of another project or one below the node itself.
    """
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of a node: {sorted(unknown)}")
    with unit_of_work():
        require_status(lock(node.project), *Project.CHANGEABLE)
        node = lock(node, version=version, related=("project", "company"))
        for name, value in values.items():
            setattr(node, name, value)
        _check_node(node)
        others = {n.pk: n for n in WbsNode.objects.filter(project=node.project_id)}
        if any(n.code == node.code for n in others.values() if n.pk != node.pk):
            raise _taken(node.code, None)
        others[node.pk] = node
        moved = _repath(node, others)
        update_all([n for n in moved if n.pk != node.pk], "path", by=by, reason=reason)
        return node.save_by(by, reason=reason)


def _parent_code(line: NodeLine) -> str:
    return line.parent.code if line.parent is not None else line.parent_code.strip()


def _check_codes(lines: Sequence[NodeLine], known: dict[str, WbsNode]) -> None:
    seen = set(known)
    for row, line in enumerate(lines):
        code = line.code.strip()
        if not code or "/" in code:
            raise InvalidInput("bad_code", _("Give a code without slashes."), field="code", row=row)
        if code in seen:
            raise _taken(code, row)
        seen.add(code)


def _taken(code: str, row: int | None) -> InvalidInput:
    return InvalidInput(
        "duplicate_code",
        _("There is a node {code} in this project already.").format(code=code),
        field="code",
        row=row,
    )


def _check_line(project: Project, line: NodeLine, row: int) -> None:
    if line.parent is not None and line.parent.project_id != project.pk:
        raise _other_project(line.parent, row)
    _check_node(
        WbsNode(
            company=project.company,
            project=project,
            responsible=line.responsible,
            **{name: getattr(line, name) for name in WbsNode.BUDGETS},
        ),
        row,
    )


def _other_project(parent: WbsNode, row: int | None) -> InvalidInput:
    return InvalidInput(
        "other_project",
        _("{node} is a node of another project.").format(node=parent),
        field="parent",
        row=row,
    )


def _check_node(node: WbsNode, row: int | None = None) -> None:
    require_company(node.project.company, row=row, responsible=node.responsible)
    if node.parent is not None and node.parent.project_id != node.project_id:
        raise _other_project(node.parent, row)
    for name in WbsNode.BUDGETS:
        value = require_decimal(
            getattr(node, name), field=name, row=row, decimal_places=4, positive=False
        )
        if value < 0:
            raise InvalidInput("negative", _("May not be negative."), field=name, row=row)


def _insert(
    project: Project,
    lines: Sequence[NodeLine],
    known: dict[str, WbsNode],
    by: User,
    reason: str,
) -> list[WbsNode]:
    objects = open_cost_objects(
        project.company,
        [(f"{project.number}/{line.code.strip()}", line.name) for line in lines],
        kind=CostObject.Kind.PROJECT,
        by=by,
    )
    if project.status == Project.Status.HOLD:
        set_cost_objects_active([one.pk for one in objects], is_active=False, by=by)
    rows = []
    for line, cost_object in zip(lines, objects, strict=True):
        parent = known.get(_parent_code(line))
        node = WbsNode(
            company=project.company,
            project=project,
            parent=parent,
            code=line.code.strip(),
            name=line.name,
            cost_object=cost_object,
            responsible=line.responsible,
            **{name: getattr(line, name) for name in WbsNode.BUDGETS},
        )
        node.path = _path(node.code, parent)
        rows.append(node)
    return insert_all(rows, by=by, reason=reason)


def _path(code: str, parent: WbsNode | None) -> str:
    """Numbers in codes are padded, so that text sorts as people count."""
    own = _DIGITS.sub(lambda found: found.group().zfill(6), code)
    path = own if parent is None else f"{parent.path}/{own}"
    if path.count("/") >= DEEPEST or len(path) > 600:
        raise BusinessError(
            "too_deep",
            _("A work breakdown has at most {n} levels.").format(n=DEEPEST),
            field="parent",
        )
    return path


def _repath(node: WbsNode, others: dict[int, WbsNode]) -> list[WbsNode]:
    """Give ``node`` and all below it their paths; refuses a circle. Returns what moved."""
    above, seen = node.parent_id, {node.pk}
    while above is not None:
        if above in seen:
            raise InvalidInput(
                "circular",
                _("{node} would be part of itself.").format(node=node),
                field="parent",
            )
        seen.add(above)
        above = others[above].parent_id
    children: dict[int | None, list[WbsNode]] = {}
    for other in others.values():
        children.setdefault(other.parent_id, []).append(other)
    moved = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        path = _path(one.code, others[one.parent_id] if one.parent_id else None)
        if path != one.path or one is node:
            one.path = path
            moved.append(one)
            waiting.extend(children.get(one.pk, ()))
    return moved

"""Work breakdowns and tasks as tables."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.tables import MOST_ROWS
from apps.projects.link_texts import BadLink, link_text, read_links
from apps.projects.models import Project, Task, TaskDependency, WbsNode
from apps.projects.services.nodes import NodeLine, create_nodes
from apps.projects.services.tasks import TaskLine, Waits, create_tasks

_CODE = WbsNode._meta.get_field("code")


def _optional(field: Any, name: str) -> Any:
    """A copy of ``field`` whose cell may be empty."""
    copied: Any = copy.copy(field)
    copied.name, copied.blank, copied.null = name, True, False
    return copied


def _links_field() -> Any:
    field: Any = models.CharField(_("predecessors"), max_length=2000, blank=True)
    field.name = "predecessors"
    return field


class _ProjectLines(LineResource):
    """Lines of projects, each project's in one call of its service."""

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        numbers = {row["project"] for row in rows}
        known = {
            project.number: project
            for project in Project.objects.filter(company=company, number__in=numbers)
        }
        places: dict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            if row["project"] not in known:
                raise InvalidInput(
                    "does_not_exist",
                    _("There is no project {number}.").format(number=row["project"]),
                    field="project",
                    row=place,
                )
            places[row["project"]].append(place)
        for number, own in places.items():
            try:
                self.write_project(known[number], [rows[place] for place in own], by, reason)
            except BusinessError as error:
                error.row = own[error.row] if error.row is not None else own[0]
                raise

    def write_project(
        self, project: Project, rows: list[dict[str, Any]], by: Any, reason: str
    ) -> None:
        raise NotImplementedError

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['project']} {row['code']}"


class WbsNodeResource(_ProjectLines):
    """New nodes in any order: ``parent`` is the code of a node of the same project."""

    model = WbsNode  # type: ignore[assignment]
    columns = ("project", "code", "name", "parent", "responsible", *WbsNode.BUDGETS)
    required = ("project", "code", "name")

    def __init__(self) -> None:
        self.fields = {name: WbsNode._meta.get_field(name) for name in self.columns}
        self.fields["project"] = Project._meta.get_field("number")
        self.fields["parent"] = _optional(_CODE, "parent")

    def write_project(
        self, project: Project, rows: list[dict[str, Any]], by: Any, reason: str
    ) -> None:
        lines = [
            NodeLine(
                parent_code=row.get("parent") or "",
                **{
                    k: v for k, v in row.items() if k not in ("project", "parent") and v is not None
                },
            )
            for row in rows
        ]
        create_nodes(project, lines, by=by, reason=reason or _("Import"))

    def _exported(self, rows: models.QuerySet) -> Iterator[tuple[Any, ...]]:
        yield from (
            rows.order_by("project", "path")
            .values_list(
                "project__number",
                "code",
                "name",
                "parent__code",
                "responsible__code",
                *WbsNode.BUDGETS,
            )[:MOST_ROWS]
            .iterator(5000)
        )


class TaskResource(_ProjectLines):
    """New tasks in any order: ``predecessors`` are codes of tasks (``A; B SS+2``)."""

    model = Task  # type: ignore[assignment]
    columns = (
        "project",
        "node",
        "code",
        "name",
        "duration",
        "predecessors",
        "optimistic",
        "pessimistic",
        "not_before",
        "responsible",
    )
    required = ("project", "node", "code", "duration")

    def __init__(self) -> None:
        own = [name for name in self.columns if name not in ("project", "node", "predecessors")]
        self.fields = {name: Task._meta.get_field(name) for name in own}
        self.fields["name"] = _optional(self.fields["name"], "name")
        self.fields["project"] = Project._meta.get_field("number")
        self.fields["node"] = _CODE
        self.fields["predecessors"] = _links_field()

    def write_project(
        self, project: Project, rows: list[dict[str, Any]], by: Any, reason: str
    ) -> None:
        nodes = {node.code: node for node in WbsNode.objects.filter(project=project)}
        lines = [self._line(project, row, nodes, place) for place, row in enumerate(rows)]
        create_tasks(project, lines, by=by, reason=reason or _("Import"))

    def _line(
        self, project: Project, row: dict[str, Any], nodes: dict[str, WbsNode], place: int
    ) -> TaskLine:
        node = nodes.get(row["node"])
        if node is None:
            raise InvalidInput(
                "does_not_exist",
                _("{project} has no node {code}.").format(project=project.number, code=row["node"]),
                field="node",
                row=place,
            )
        node.project = project
        try:
            links = read_links(row.get("predecessors") or "")
        except BadLink as bad:
            raise InvalidInput(
                "bad_predecessors",
                _("“{text}” names no predecessor: write A; B SS+2.").format(text=bad),
                field="predecessors",
                row=place,
            ) from bad
        given = {k: v for k, v in row.items() if k not in ("project", "node", "predecessors")}
        given["name"] = given.get("name") or given["code"]
        line = TaskLine(node=node, **given)
        return replace(line, predecessors=[Waits(*link) for link in links])

    def _exported(self, rows: models.QuerySet) -> Iterator[tuple[Any, ...]]:
        chosen = rows.order_by("project", "node__path", "pk")[:MOST_ROWS]
        keys = list(chosen.values_list("pk", flat=True))
        links: dict[int, list[tuple[str, str, Any]]] = defaultdict(list)
        for successor, code, kind, lag in (
            TaskDependency.objects.filter(successor__in=keys)
            .order_by("pk")
            .values_list("successor_id", "predecessor__code", "kind", "lag")
        ):
            links[successor].append((code, kind, lag))
        for key, project, node, code, name, duration, *rest in (
            Task.objects.filter(pk__in=keys)
            .order_by("project", "node__path", "pk")
            .values_list(
                "pk",
                "project__number",
                "node__code",
                "code",
                "name",
                "duration",
                "optimistic",
                "pessimistic",
                "not_before",
                "responsible__code",
            )
        ):
            yield (project, node, code, name, duration, link_text(links[key]), *rest)

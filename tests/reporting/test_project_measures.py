"""Figures of projects against a yard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.projects.models import Project
from tests.factories import Books
from tests.projects.conftest import MONDAY, make_yard

Value = Callable[..., Any]


def test_a_project_is_over_when_its_nodes_cost_more_than_planned(
    books: Books, value: Value
) -> None:
    yard = make_yard(books)
    project: Project = yard.project()
    assert value("projects_over_budget") == 0
    yard.approved(yard.node(project), (yard.engineer, MONDAY, "8"))
    assert value("projects_over_budget") == 1

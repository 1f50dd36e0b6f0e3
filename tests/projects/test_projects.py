"""Projects and their breakdown: opened, held, closed; nodes stay a tree of one project."""

from __future__ import annotations

import pytest

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.finance.models import CostObject
from apps.projects.models import Project, WbsNode
from apps.projects.services.nodes import NodeLine, create_node, create_nodes, update_node
from apps.projects.services.projects import (
    activate_project,
    change_project,
    close_project,
    create_project,
    hold_project,
    reopen_project,
)
from tests.factories import make_books
from tests.projects.conftest import MONDAY, D, Yard

pytestmark = pytest.mark.django_db


def refused(caught: pytest.ExceptionInfo) -> tuple:
    return caught.value.code, caught.value.field, caught.value.row


def test_a_project_opens_its_cost_objects_and_closes_them(yard: Yard) -> None:
    project = yard.project(status="draft")
    node = yard.node(project)
    assert project.number.startswith("PJ-")
    assert node.cost_object.code == f"{project.number}/1"
    assert node.cost_object.kind == CostObject.Kind.PROJECT
    project = activate_project(project, by=yard.by)
    project = hold_project(project, reason="No steel", by=yard.by)
    assert not yard.node(project).cost_object.is_active
    project = close_project(activate_project(project, by=yard.by), by=yard.by)
    assert not yard.node(project).cost_object.is_active
    with pytest.raises(InvalidTransition):
        hold_project(project, reason="Late", by=yard.by)
    with pytest.raises(BusinessError):
        change_project(project, name="New", by=yard.by)
    project = reopen_project(project, reason="Warranty", by=yard.by)
    assert yard.node(project).cost_object.is_active


def test_without_nodes_it_can_not_be_activated(yard: Yard) -> None:
    project = create_project(yard.books.company, name="Empty", site=yard.books.site, by=yard.by)
    with pytest.raises(BusinessError) as caught:
        activate_project(project, by=yard.by)
    assert caught.value.code == "no_nodes"


def test_bad_headers_name_their_field(yard: Yard) -> None:
    common = {"name": "X", "site": yard.books.site, "by": yard.by, "starts_on": MONDAY}
    company = yard.books.company
    for values, field in (
        ({"billing": "milestone"}, "partner"),
        ({"due_on": MONDAY.replace(day=1)}, "due_on"),
        ({"partner": yard.books.partner("S", is_customer=False)}, "partner"),
        ({"partner": make_books("AWAY", by=yard.by).partner()}, "partner"),
    ):
        with pytest.raises(InvalidInput) as caught:
            create_project(company, **common, **values)
        assert caught.value.field == field
    assert not Project.objects.exists()


def test_a_tree_in_any_order_sorted_as_people_count(yard: Yard) -> None:
    project = yard.project(
        nodes=[
            NodeLine("2.10", "Later", parent_code="2"),
            NodeLine("2.2", "Drives", parent_code="2", budget_purchases=D(9000)),
            NodeLine("2", "Build"),
            NodeLine("1", "Engineering", budget_labour=D(6000)),
        ]
    )
    found = list(WbsNode.objects.filter(project=project).values_list("code", flat=True))
    assert found == ["1", "2", "2.2", "2.10"]


def test_a_parent_of_another_project_is_refused(yard: Yard) -> None:
    project, other = yard.project(), yard.project()
    stranger = yard.node(other)
    with pytest.raises(InvalidInput) as caught:
        create_nodes(
            project,
            [NodeLine("2", "Good"), NodeLine("3", "Bad", parent=stranger)],
            by=yard.by,
        )
    assert refused(caught) == ("other_project", "parent", 1)
    with pytest.raises(InvalidInput) as caught:
        create_node(
            company=yard.books.company, project=project, code="4", name="X", parent=stranger,
            by=yard.by,
        )  # fmt: skip
    assert caught.value.field == "parent"
    with pytest.raises(InvalidInput) as caught:
        update_node(yard.node(project), parent=stranger, by=yard.by)
    assert (caught.value.code, caught.value.field) == ("other_project", "parent")
    assert WbsNode.objects.filter(project=project).count() == 1
    assert not CostObject.objects.filter(code=f"{project.number}/2").exists(), "nothing written"


def test_a_tree_never_closes_on_itself_and_moves_whole(yard: Yard) -> None:
    lines = [
        NodeLine("1", "One"),
        NodeLine("1.1", "Below", parent_code="1"),
        NodeLine("2", "Two"),
    ]
    project = yard.project(nodes=lines)
    one, below, two = (yard.node(project, code) for code in ("1", "1.1", "2"))
    with pytest.raises(InvalidInput) as caught:
        update_node(one, parent=below, by=yard.by)
    assert (caught.value.code, caught.value.field) == ("circular", "parent")
    update_node(one, parent=two, by=yard.by)
    below.refresh_from_db()
    assert below.path == "000002/000001/000001.000001"


def test_bad_nodes_write_nothing(yard: Yard) -> None:
    project = yard.project()
    for line, field in (
        (NodeLine("1", "Again"), "code"),
        (NodeLine("", "Nameless"), "code"),
        (NodeLine("2", "Orphan", parent_code="9"), "parent"),
        (NodeLine("2", "Odd", budget_labour=D(-1)), "budget_labour"),
    ):
        with pytest.raises(InvalidInput) as caught:
            create_nodes(project, [NodeLine("5", "Good"), line], by=yard.by)
        assert (caught.value.field, caught.value.row) == (field, 1)
    assert WbsNode.objects.filter(project=project).count() == 1

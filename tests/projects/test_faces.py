"""Projects through the API and their pages: one life, who may see cost, what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.projects.models import Project, Task, Timesheet
from tests.projects.conftest import Yard
from tests.projects.story import play
from tests.support.faces import ApiClient, codes, make_member

pytestmark = pytest.mark.django_db
PROJECTS, SHEETS = "/projects/projects/", "/projects/timesheets/"
_NOUNS = ("project", "wbsnode", "task", "timesheet", "billingmilestone")
_ALL = (
    *(f"projects.{verb}_{noun}" for verb in ("add", "view", "change") for noun in _NOUNS),
    "projects.activate_project",
    "projects.bill_project",
    "projects.close_project",
    "projects.submit_timesheet",
    "projects.approve_timesheet",
    "projects.view_all_timesheets",
    "projects.view_project_cost",
    "projects.report_task",
)


@pytest.fixture
def manager(yard: Yard) -> ApiClient:
    return ApiClient(make_member("manager", yard.books.company, permissions=_ALL))


def made(answer: Any, status: int = 201) -> Any:
    assert answer.status_code == status, answer.content
    return answer.body


def test_a_project_lives_through_the_api(yard: Yard, manager: ApiClient) -> None:
    header = {"name": "Line", "site": "MAIN", "starts_on": "2026-03-02", "partner": "NORTHWIND"}
    project = made(manager.post(PROJECTS, {**header, "billing": "milestone"}))
    place = f"{PROJECTS}{project['id']}/"
    node = made(
        manager.post(
            "/projects/nodes/",
            {"project": project["number"], "code": "1", "name": "All", "budget_labour": "900"},
        )
    )
    made(manager.post(f"{place}activate/"), 200)
    sheet = made(
        manager.post(
            SHEETS,
            {"lines": [
                {"employee": "E-ENG", "date": "2026-03-02", "hours": "8", "node": node["id"]}
            ]},
        )
    )  # fmt: skip
    made(manager.post(f"{SHEETS}{sheet['id']}/submit/"), 200)
    own = manager.post(f"{SHEETS}{sheet['id']}/approve/")
    assert (own.status_code, codes(own)) == (409, [("status", "own_timesheet")])
    other = ApiClient(make_member("boss", yard.books.company, permissions=_ALL))
    made(other.post(f"{SHEETS}{sheet['id']}/approve/"), 200)
    [cost] = made(manager.get(f"{place}cost/"), 200)["nodes"]
    assert (cost["actual"]["labour"], cost["left"]) == ("480.00", "420.00")
    row = made(
        manager.post(
            "/projects/milestones/",
            {"project": project["number"], "node": node["id"], "name": "All", "amount": "1000"},
        )
    )
    bill = {"date": "2026-03-31", "milestones": [{"milestone": row["id"]}]}
    invoice = made(manager.post(f"{place}bill-milestones/", bill))
    assert (invoice["status"], Decimal(invoice["total"])) == ("posted", 1000)
    again = manager.post(f"{place}bill-milestones/", bill)
    assert codes(again) == [("milestones", "already_billed")]
    made(manager.post(f"{place}close/"), 200)
    late = {"employee": "E-ENG", "date": "2026-03-03", "hours": "8", "node": node["id"]}
    refused = manager.post(SHEETS, {"lines": [late]})
    assert codes(refused) == [("node", "project_not_active")]
    assert Timesheet.objects.count() == 1


def test_bad_tasks_are_refused_with_their_field(yard: Yard, manager: ApiClient) -> None:
    project = yard.project()
    node = yard.node(project)
    task = {"node": node.pk, "name": "T", "duration": "1"}
    first = made(manager.post("/projects/tasks/", {**task, "code": "A"}))
    negative = manager.post("/projects/tasks/", {**task, "code": "B", "duration": "-1"})
    assert negative.status_code == 400
    assert codes(negative)[0][0] == "duration"
    waits = {"predecessors": [{"predecessor": "A"}]}
    circle = manager.post(f"/projects/tasks/{first['id']}/wait-for/", waits)
    assert codes(circle) == [("predecessors", "task_cycle")]
    assert "A → A" in circle.body["errors"][0]["detail"]
    assert Task.objects.count() == 1


def test_strangers_see_no_project_and_cost_is_for_some(yard: Yard, manager: ApiClient) -> None:
    story = play(yard)
    key = story.project.pk
    place = f"{PROJECTS}{key}/"
    found = made(manager.get(f"{place}earned-value/?date=2026-03-20"), 200)
    assert (found["planned"], found["earned"], found["actual"]) == (
        "19000.00", "12900.00", "11460.00",
    )  # fmt: skip
    assert made(manager.get(f"{place}schedule/"), 200)["critical"] == ["DESIGN", "FRAME", "TEST"]
    few = ("projects.view_project", "projects.view_task")
    reader = make_member("reader", yard.books.company, permissions=few)
    assert ApiClient(reader).get(f"{place}cost/").status_code == 403
    pages = Client()
    pages.force_login(reader, "apps.core.backends.PermissionBackend")
    assert pages.get(f"/projects/{key}/").status_code == 200
    assert pages.get(f"/projects/{key}/cost/").status_code == 403
    stranger = make_member("stranger", permissions=_ALL)
    assert ApiClient(stranger).get(place).status_code == 404
    assert Project.objects.exists()

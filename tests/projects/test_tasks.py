"""Tasks: networks, dates on the calendar of the site, baselines, progress, tables."""

from __future__ import annotations

from datetime import date

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.core.tables import Row, Table
from apps.masterdata.models import Holiday
from apps.projects.link_texts import BadLink, link_text, read_links
from apps.projects.models import Baseline, BaselineTask, Task, TaskDependency, TaskProgress
from apps.projects.queries.earned_value import project_value
from apps.projects.queries.schedules import project_schedule
from apps.projects.resources import TaskResource, WbsNodeResource
from apps.projects.services.baselines import take_baseline
from apps.projects.services.nodes import NodeLine
from apps.projects.services.progress import Progress, report_progress, report_task
from apps.projects.services.tasks import TaskLine, Waits, create_tasks, remove_task, update_task
from tests.projects import cases
from tests.projects.conftest import MONDAY, D, Yard
from tests.support.unchanged import nothing_written

pytestmark = pytest.mark.django_db


@pytest.mark.case("PRJ-CPM-{name}")
@cases.needs_cases
@pytest.mark.parametrize("name", cases.names("cpm"))
def test_published_networks_through_the_services(yard: Yard, name: str) -> None:
    case = cases.read("cpm", name)
    project = yard.project()
    yard.tasks(
        project,
        *((a["activity"], a["duration"], *a["predecessors"]) for a in case["activities"]),
    )
    schedule = project_schedule(project)
    expected = case["expected"]
    assert schedule.duration == D(str(expected["duration"]))
    assert sorted(schedule.critical_codes) == sorted(expected["critical_activities"])
    for row in schedule.rows:
        wanted = expected["table"][row.task.code]
        assert row.times.early_start == wanted["ES"] and row.times.late_finish == wanted["LF"]
        assert row.times.total_float == wanted["total_slack"]
    if "pert" in case:
        for code, (best, _likely, worst) in case["pert"]["estimates"].items():
            likely = case["pert"]["estimates"][code][1]
            task = Task.objects.get(project=project, code=code)
            update_task(
                task, duration=D(likely), optimistic=D(best), pessimistic=D(worst), by=yard.by
            )
        outlook = project_schedule(project).outlook
        assert outlook is not None
        assert round(outlook.variance, 2) == D(str(case["pert"]["critical_path_variance"]))
        assert round(outlook.chance_by(D(16)), 4) == D(str(case["pert"]["P_finish_by_16"]))


def test_dates_leave_weekends_and_holidays_out(yard: Yard) -> None:
    Holiday(company=yard.books.company, date=date(2026, 3, 10), name="Fair").save_by(yard.by)
    project = yard.project()
    yard.tasks(project, ("A", 6), ("M", 0, "A"), ("B", 2, Waits("A", "SS", D(5))))
    rows = {row.task.code: row for row in project_schedule(project).rows}
    assert (rows["A"].starts_on, rows["A"].finishes_on) == (MONDAY, date(2026, 3, 9))
    assert rows["M"].starts_on == rows["M"].finishes_on == date(2026, 3, 9)
    assert (rows["B"].starts_on, rows["B"].finishes_on) == (date(2026, 3, 9), date(2026, 3, 11))
    assert rows["A"].is_critical and not rows["M"].is_critical


def test_a_circle_is_refused_with_its_path(yard: Yard) -> None:
    project = yard.project()
    tasks = yard.tasks(project, ("A", 1), ("B", 1, "A"), ("C", 1, "B"))
    with nothing_written(), pytest.raises(InvalidInput) as caught:
        update_task(tasks["A"], predecessors=[Waits("C")], by=yard.by)
    assert (caught.value.code, caught.value.field) == ("task_cycle", "predecessors")
    assert "→" in caught.value.message and "A" in caught.value.message
    with nothing_written(), pytest.raises(InvalidInput) as caught:
        yard.tasks(project, ("X", 1, "Y"), ("Y", 1, "X"))
    assert (caught.value.code, caught.value.field) == ("task_cycle", "predecessors")
    assert Task.objects.filter(project=project).count() == 3
    update_task(tasks["C"], predecessors=[Waits("A", "SS", D(2))], by=yard.by)
    assert str(TaskDependency.objects.get(successor=tasks["C"])) == "A SS +2"


def test_bad_tasks_name_field_and_row_and_write_nothing(yard: Yard) -> None:
    project, other = yard.project(), yard.project()
    node = yard.node(project)
    for line, code, field in (
        (TaskLine(node, "N", "Odd", D(-1)), "negative", "duration"),
        (TaskLine(node, "N", "Odd", D("NaN")), "not_a_number", "duration"),
        (TaskLine(yard.node(other), "N", "Odd", D(1)), "other_project", "node"),
        (TaskLine(node, "GOOD", "Twice", D(1)), "duplicate_code", "code"),
        (TaskLine(node, "N", "Odd", D(1), optimistic=D(2), pessimistic=D(3)),
         "bad_estimates", "duration"),
        (TaskLine(node, "N", "Odd", D(1), optimistic=D(1)), "required", "pessimistic"),
        (TaskLine(node, "N", "Odd", D(1), predecessors=[Waits("?")]),
         "unknown_predecessor", "predecessors"),
        (TaskLine(node, "N", "Odd", D(1), predecessors=[Waits("GOOD", "XX")]),
         "unknown_kind", "predecessors"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            create_tasks(project, [TaskLine(node, "GOOD", "Good", D(1)), line], by=yard.by)
        assert (caught.value.code, caught.value.field, caught.value.row) == (code, field, 1)
    assert not Task.objects.exists()


def test_a_baseline_freezes_dates_and_spreads_budgets(yard: Yard) -> None:
    project = yard.project(nodes=[NodeLine("1", "All", budget_labour=D("100.01"))])
    tasks = yard.tasks(project, ("A", 1), ("B", 2, "A"), ("M", 0, "B"))
    baseline = take_baseline(project, by=yard.by, date=MONDAY)
    assert baseline.planned_value == D("100.01")
    values = {r.task.code: r.planned_value for r in BaselineTask.objects.select_related("task")}
    assert values == {"A": D("33.34"), "B": D("66.67"), "M": D(0)}
    update_task(tasks["A"], duration=D(9), by=yard.by)
    row = BaselineTask.objects.get(task=tasks["B"])
    assert (row.starts_on, row.finishes_on) == (date(2026, 3, 3), date(2026, 3, 4))
    with pytest.raises(BusinessError):
        remove_task(tasks["A"], by=yard.by)
    assert take_baseline(project, by=yard.by).sequence == 2


def test_a_budget_nobody_can_earn_is_refused(yard: Yard) -> None:
    project = yard.project(nodes=[NodeLine("1", "A"), NodeLine("2", "B", budget_other=D(5))])
    with pytest.raises(BusinessError) as caught:
        take_baseline(project, by=yard.by)
    assert caught.value.code == "no_tasks"
    yard.tasks(project, ("A", 1))
    with pytest.raises(BusinessError) as caught:
        take_baseline(project, by=yard.by)
    assert caught.value.code == "node_without_task"
    assert not Baseline.objects.exists()


def test_progress_is_kept_and_the_last_word_of_a_day_holds(yard: Yard) -> None:
    project = yard.project(nodes=[NodeLine("1", "All", budget_labour=D(1000))])
    tasks = yard.tasks(project, ("A", 5), ("B", 5, "A"))
    take_baseline(project, by=yard.by, date=MONDAY)
    report_task(tasks["A"], percent=D(50), date=date(2026, 3, 4), by=yard.by)
    report_task(tasks["A"], percent=D(30), date=date(2026, 3, 3), by=yard.by)
    report_task(tasks["A"], percent=D(40), date=date(2026, 3, 3), by=yard.by)
    tasks["A"].refresh_from_db()
    assert tasks["A"].percent_complete == 50, "an earlier day does not undo a later one"
    assert project_value(project, date(2026, 3, 3)).total.earned == 200
    value = project_value(project, date(2026, 3, 4)).total
    assert (value.planned, value.earned, value.budget) == (300, 250, 1000)
    for percent, day in ((D(101), MONDAY), (D(-1), MONDAY)):
        with pytest.raises(InvalidInput) as caught:
            report_progress(project, [Progress(tasks["A"], percent)], date=day, by=yard.by)
        assert caught.value.field == "percent"
    assert TaskProgress.objects.count() == 3


def test_thousand_tasks_cost_the_same_statements(
    yard: Yard, django_assert_max_num_queries: object
) -> None:
    project = yard.project()
    yard.tasks(project, *((f"T{n}", 2, *([f"T{n - 1}"] if n else [])) for n in range(1000)))
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        schedule = project_schedule(project)
    assert schedule.duration == 2000
    assert len(schedule.critical_codes) == 1000


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("", []),
        ("A", [("A", "FS", 0)]),
        ("A B", [("A", "FS", 0), ("B", "FS", 0)]),
        ("A; B SS+2, C:FF-1.5", [("A", "FS", 0), ("B", "SS", 2), ("C", "FF", D("-1.5"))]),
        ("1.2 FS +3", [("1.2", "FS", 3)]),
    ],
)
def test_links_in_a_cell(text: str, links: list) -> None:
    assert [tuple(one) for one in read_links(text)] == links
    assert [tuple(one) for one in read_links(link_text(read_links(text)))] == links


def test_a_cell_that_says_no_link() -> None:
    with pytest.raises(BadLink):
        read_links("A; B SS+two days")


def table(columns: tuple[str, ...], *rows: tuple[str, ...]) -> Table:
    return Table(
        list(columns),
        [Row(n + 2, dict(zip(columns, row, strict=True))) for n, row in enumerate(rows)],
    )


def test_breakdown_and_tasks_come_and_go_as_tables(yard: Yard) -> None:
    project = yard.project(status="draft")
    number = project.number
    common = {"company": yard.books.company, "by": yard.by}
    nodes = table(
        ("project", "code", "name", "parent", "budget_labour"),
        (number, "2.1", "Frame", "2", "1200"),
        (number, "2", "Build", "", ""),
    )
    report = WbsNodeResource().run_import(nodes, **common)
    assert (report.errors, report.count("created")) == ([], 2)
    columns = ("project", "node", "code", "name", "duration", "predecessors")
    tasks = table(
        columns, (number, "2.1", "B", "", "3", "A SS+1"), (number, "1", "A", "Design", "5", "")
    )
    report = TaskResource().run_import(tasks, **common)
    assert (report.errors, report.count("created")) == ([], 2)
    content, _kind = TaskResource().export(Task.objects.filter(project=project), "csv")
    assert f"{number},2.1,B,B,3" in content.decode().replace(".000000", "")
    assert "A SS+1" in content.decode()
    content, _kind = WbsNodeResource().export(project.nodes.all(), "csv")
    assert "2.1,Frame,2" in content.decode()
    bad = table(columns, (number, "1", "C", "", "1", "D"), (number, "1", "D", "", "1", "C"))
    [error] = TaskResource().run_import(bad, **common).errors
    assert (error.code, error.field) == ("task_cycle", "predecessors")
    bad = table(columns, ("PJ-0", "1", "C", "", "1", ""))
    [error] = TaskResource().run_import(bad, **common).errors
    assert (error.row, error.field, error.code) == (2, "project", "does_not_exist")
    assert Task.objects.filter(project=project).count() == 2

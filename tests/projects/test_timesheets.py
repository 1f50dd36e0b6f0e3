"""Hours: written by one, approved by another, on the node's cost object at the day's rate."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from apps.core.errors import BusinessError
from apps.finance.models import JournalLine
from apps.projects.models import Timesheet
from apps.projects.queries.costs import node_costs
from apps.projects.services.projects import close_project, hold_project
from apps.projects.services.rates import create_rate
from apps.projects.services.timesheets import (
    approve_timesheet,
    return_timesheet,
    reverse_timesheet,
    submit_timesheet,
)
from tests.factories import make_user
from tests.projects.conftest import MONDAY, D, Yard
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 3, 3)


def refused(act: Any) -> tuple[str, str | None, int | None]:
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        act()
    return caught.value.code, caught.value.field, caught.value.row


def test_approved_hours_cost_the_node_once(yard: Yard) -> None:
    project = yard.project()
    node = yard.node(project)
    sheet = yard.hours(node, (yard.welder, MONDAY, "8"), machine=yard.machine)
    assert yard.books.balance("5070") == 0, "what is not approved costs nothing"
    sheet = submit_timesheet(sheet, by=yard.writer)
    assert refused(lambda: approve_timesheet(sheet, by=yard.writer)) == (
        "own_timesheet", "status", None,
    )  # fmt: skip
    approve_timesheet(sheet, by=yard.by)
    # 8 h of the welder at 40 and of the robot at 25
    [cost] = node_costs(project)
    assert (cost.actual["labour"], cost.actual["machine"]) == (D(320), D(200))
    assert yard.books.balance("5070") == D(520)
    assert refused(lambda: approve_timesheet(sheet, by=yard.by))[0] == "wrong_status"
    assert_reconciled()


def test_who_is_on_it_does_not_approve_it(yard: Yard) -> None:
    own = make_user("eng", company=yard.books.company)
    yard.engineer.user = own
    yard.engineer.save_by(yard.by)
    sheet = yard.hours(yard.node(yard.project()), (yard.engineer, MONDAY, "8"))
    submit_timesheet(sheet, by=yard.writer)
    assert refused(lambda: approve_timesheet(sheet, by=own))[0] == "own_timesheet"


def test_given_back_and_reversed(yard: Yard) -> None:
    node = yard.node(yard.project())
    sheet = submit_timesheet(yard.hours(node, (yard.engineer, MONDAY, "8")), by=yard.writer)
    sheet = return_timesheet(sheet, reason="Which task?", by=yard.by)
    assert sheet.status == "draft"
    sheet = approve_timesheet(submit_timesheet(sheet, by=yard.writer), by=yard.by)
    reverse_timesheet(sheet, date=TUESDAY, reason="Other project", by=yard.by)
    assert yard.books.balance("5070") == 0
    lines = JournalLine.objects.filter(cost_object=node.cost_object)
    assert sorted(lines.values_list("amount", flat=True)) == [D(-480), D(480)]
    assert_reconciled()


def test_the_most_exact_rate_of_the_day_holds(yard: Yard) -> None:
    project = yard.project()
    values = {"company": yard.books.company, "by": yard.by}
    create_rate(effective_from=MONDAY, project=project, cost_rate=D(70), **values)
    create_rate(
        effective_from=TUESDAY, project=project, employee=yard.engineer, cost_rate=D(90), **values
    )
    days = [
        (yard.engineer, MONDAY, "1"),
        (yard.engineer, TUESDAY, "1"),
        (yard.welder, TUESDAY, "1"),
    ]
    sheet = yard.approved(yard.node(project), *days)
    assert list(sheet.lines.values_list("amount", flat=True)) == [D(70), D(90), D(70)]


def test_a_day_has_24_hours(yard: Yard) -> None:
    node = yard.node(yard.project())
    one = lambda *days: lambda: yard.hours(node, *days)  # noqa: E731
    good = (yard.welder, MONDAY, "8")
    assert refused(one(good, (yard.engineer, MONDAY, "24.5"))) == ("too_long", "hours", 1)
    assert refused(one((yard.engineer, MONDAY, "20"), (yard.engineer, MONDAY, "5"))) == (
        "too_long", "hours", 1,
    )  # fmt: skip
    assert refused(one((yard.engineer, MONDAY, "-1")))[1:] == ("hours", 0)
    assert not Timesheet.objects.exists()
    yard.hours(node, (yard.engineer, MONDAY, "20"))
    assert refused(one((yard.engineer, MONDAY, "5"))) == ("too_long", "hours", 0)
    assert Timesheet.objects.count() == 1, "nothing written"


def test_a_project_that_takes_no_cost_takes_no_hours(yard: Yard) -> None:
    project = yard.project()
    node = yard.node(project)
    sheet = submit_timesheet(yard.hours(node, (yard.engineer, MONDAY, "8")), by=yard.writer)
    assert refused(lambda: close_project(project, by=yard.by))[0] == "open_timesheets"
    hold_project(project, reason="No steel", by=yard.by)
    assert refused(lambda: approve_timesheet(sheet, by=yard.by)) == (
        "project_not_active", "node", 0,
    )  # fmt: skip
    other = yard.project()
    close_project(other, by=yard.by)
    closed = yard.node(other)
    assert refused(lambda: yard.hours(closed, (yard.engineer, MONDAY, "8"))) == (
        "project_not_active", "node", 0,
    )  # fmt: skip
    assert Timesheet.objects.count() == 1
    assert not JournalLine.objects.filter(account=yard.books.account("5070")).exists()


def test_hours_without_a_rate_are_refused(yard: Yard) -> None:
    yard.engineer.work_centre = None
    yard.engineer.save_by(yard.by)
    sheet = yard.hours(yard.node(yard.project()), (yard.engineer, MONDAY, "8"))
    submit_timesheet(sheet, by=yard.writer)
    assert refused(lambda: approve_timesheet(sheet, by=yard.by)) == ("no_rate", "employee", 0)
    sheet.refresh_from_db()
    assert sheet.status == "submitted"


def test_not_before_the_project_starts(yard: Yard) -> None:
    node = yard.node(yard.project(starts_on=TUESDAY))
    assert refused(lambda: yard.hours(node, (yard.engineer, MONDAY, "8"))) == (
        "before_start", "date", 0,
    )  # fmt: skip

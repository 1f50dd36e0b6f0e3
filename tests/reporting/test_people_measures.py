"""Figures of people: what waits for a decision and who is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from apps.hr.models import (
    Employee,
    EmployeeSkill,
    ExpenseClaim,
    LeaveRequest,
    LeaveType,
    Skill,
    TimeCard,
)
from apps.reporting.measures import measures, worklists
from apps.reporting.queries.readings import read_measures, read_worklists
from tests.factories import Books, make_site
from tests.reporting.conftest import DAY, at_noon

Value = Callable[..., Any]


@pytest.fixture
def people(books: Books) -> list[Employee]:
    return [
        Employee(company=books.company, code=code, name=f"Name {code}", site=books.site).save_by(
            books.by
        )
        for code in ("A", "B")
    ]


def leave(books: Books, who: Employee, status: str, first: int, last: int) -> LeaveRequest:
    kind = LeaveType.objects.filter(company=books.company).first() or LeaveType(
        company=books.company, code="HOLIDAY", name="Holiday"
    ).save_by(books.by)
    return LeaveRequest(
        company=books.company, number=f"LV-{who.code}{first}", employee=who, leave_type=kind,
        starts_on=DAY + timedelta(days=first), ends_on=DAY + timedelta(days=last),
        days=last - first + 1, status=status, created_by=books.by,
    ).save_by(books.by)  # fmt: skip


def test_leave_that_waits_and_leave_of_today(
    books: Books, people: list[Employee], value: Value
) -> None:
    anna, ben = people
    leave(books, anna, "approved", -1, 0)
    leave(books, ben, "approved", 1, 3)
    leave(books, anna, "asked", 9, 9)
    leave(books, ben, "rejected", 0, 0)
    leave(books, ben, "taken", -9, -7)
    assert (value("away_today"), value("leave_to_decide")) == (1, 1)
    [found] = read_worklists([worklists()["leave_next"]], at_noon(books.by))
    assert [row.title for row in found.entries] == ["LV-A9 Name A", "LV-A-1 Name A", "LV-B1 Name B"]


def test_cards_and_claims_that_wait(books: Books, people: list[Employee], value: Value) -> None:
    anna, ben = people
    week = timedelta(days=6)
    for number, (who, last, status) in enumerate(
        [(anna, -1, "open"), (anna, 6, "open"), (ben, -1, "approved")]
    ):
        ends = DAY + timedelta(days=last)
        TimeCard(
            company=books.company, number=f"TC-{number}", employee=who, status=status,
            starts_on=ends - week, ends_on=ends, created_by=books.by,
        ).save_by(books.by)  # fmt: skip
    for number, status in enumerate(("draft", "submitted", "approved")):
        ExpenseClaim(
            company=books.company, number=f"EX-{number}", employee=anna, date=DAY, status=status,
            created_by=books.by,
        ).save_by(books.by)  # fmt: skip
    assert (value("time_cards_to_approve"), value("expenses_to_approve")) == (1, 1)


def test_skills_that_end_soon(books: Books, people: list[Employee], value: Value) -> None:
    anna, ben = people
    ben.is_active = False
    ben.save_by(books.by)
    for number, (who, days) in enumerate([(anna, 0), (anna, 30), (anna, 31), (anna, -1), (ben, 5)]):
        skill = Skill(company=books.company, code=f"S{number}", name="Welding").save_by(books.by)
        EmployeeSkill(
            company=books.company, employee=who, skill=skill,
            valid_from=DAY - timedelta(days=99), valid_to=DAY + timedelta(days=days),
        ).save_by(books.by)  # fmt: skip
    assert value("skills_ending") == 2


def test_people_of_other_sites_are_not_counted(
    books: Books, people: list[Employee], value: Value
) -> None:
    other = make_site(books.company, code="OTHER", by=books.by)
    away = Employee(company=books.company, code="C", name="C", site=other).save_by(books.by)
    leave(books, away, "asked", 2, 2)
    leave(books, people[0], "asked", 2, 2)
    assert value("leave_to_decide") == 2
    here = replace(at_noon(books.by), site_ids=(books.site.pk,))
    [reading] = read_measures([measures()["leave_to_decide"]], here)
    assert reading.values == {None: 1}

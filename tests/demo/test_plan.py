"""The plan of a month, without a database: what holds on whatever day it begins."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest

from mes_erp.demo.company import read_company
from mes_erp.demo.plan.floor import RUNNING
from mes_erp.demo.plan.month import plan_month
from mes_erp.demo.plan.people import People
from mes_erp.demo.working_time import WorkingTime

FILES = read_company()
#: Two whole months; Christmas and Easter leave the fewest working days, by site.
FIRST_DAYS = (date(2026, 10, 1), date(2026, 12, 20), date(2027, 3, 25))


@pytest.mark.parametrize("first", FIRST_DAYS)
def test_nobody_makes_more_than_there_was_time_for(first: date) -> None:
    """Each portion at the run time of its operation, against what its machine ran for it."""
    plan = plan_month(FILES, first=first, seed=7)
    run: dict[int, float] = defaultdict(float)
    for span in plan.spans:
        if span.state == RUNNING:
            run[id(span.portion)] += span.minutes
    minutes = {
        (item, step.sequence): step.run for item, rows in FILES.routings.items() for step in rows
    }
    for portion in plan.portions:
        item = plan.work_order(portion.order).item
        needed = (portion.good + portion.scrap) * minutes[item, portion.sequence]
        assert needed <= run[id(portion)], portion
    assert len(plan.portions) > 900


@pytest.mark.parametrize("first", FIRST_DAYS)
def test_what_projects_take_of_a_day_is_free(first: date) -> None:
    """A whole day of an office; beside a machine, what its labour leaves; none on a holiday."""
    plan = plan_month(FILES, first=first, seed=7)
    time = WorkingTime(FILES, plan.first, plan.last)
    people = People(FILES, time, plan, 7)
    days = [plan.first + timedelta(days=n) for n in range(31)]
    for day in days:
        free = people.free_minutes("1014", day)
        is_clocked = day in time.days("LUE") and day >= people.monday
        assert (free > 400) == is_clocked, day
    busy: dict[Any, Any] = {
        (code, day): work for (code, day), work in people.work.items() if day >= people.monday
    }
    assert busy
    for (code, day), work in busy.items():
        assert 0 <= people.free_minutes(code, day) <= 480 + 12 - work + 60


def test_a_working_day_that_is_not_there_is_the_last() -> None:
    time = WorkingTime(FILES, date(2026, 12, 20), date(2027, 1, 19))
    days = time.days("LUE")
    assert (len(days), time.day("LUE", 0), time.day("LUE", 19), time.day("LUE", 25)) == (
        20,
        date(2026, 12, 21),
        date(2027, 1, 19),
        date(2027, 1, 19),
    )

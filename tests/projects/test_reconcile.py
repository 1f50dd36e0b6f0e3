"""Each invariant of projects finds the break it is there for, and nothing in a sound project."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.core.reconcile import invariants, reconcile
from apps.projects import reconcile as ours
from tests.factories import Books
from tests.projects.conftest import make_yard
from tests.projects.story import Story, play
from tests.support.connections import superuser
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db(transaction=True)

BREAKS = {
    "project-cost-objects": "UPDATE finance_costobject SET kind = 'work_order' "
    "WHERE kind = 'project'",
    "project-labour": "UPDATE projects_timesheetline SET amount = amount + 1",
    "project-goods": "UPDATE inventory_stockmove SET counter_value = counter_value + 1 "
    "WHERE cost_object_id IS NOT NULL",
    "project-billed": "UPDATE projects_billingmilestone SET amount = amount + 1",
    "project-billings": "DELETE FROM projects_projectbilling",
    "project-baselines": "UPDATE projects_baseline SET planned_value = planned_value + 1",
    "project-progress": "UPDATE projects_task SET percent_complete = 7",
    "project-places": "UPDATE projects_billingmilestone m SET project_id = p.id "
    "FROM projects_project p WHERE p.id <> m.project_id",
    "project-hours": "UPDATE projects_timesheetline SET date = '2026-03-02'",
}


@pytest.fixture
def sound(books: Books) -> Story:
    yard = make_yard(books)
    yard.project(name="Another")
    return play(yard)


def test_a_sound_project_breaks_nothing(sound: Story) -> None:
    assert_reconciled()


def test_every_invariant_has_its_break() -> None:
    source = Path(ours.__file__).read_text()
    assert {one.code for one in invariants() if f'"{one.code}"' in source} == BREAKS.keys()


@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize("code", BREAKS)
def test_a_break_is_found(sound: Story, code: str) -> None:
    with superuser() as connection:
        connection.execute(BREAKS[code])
    [finding] = reconcile([code])
    assert not finding.is_clean

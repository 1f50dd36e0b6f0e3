"""Each invariant of engineering finds what it is for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.core.reconcile import reconcile
from apps.engineering.services import changes as services
from apps.engineering.services.changes import Change, create_engineering_change
from tests.engineering.conftest import Office
from tests.engineering.test_instructions import boss, draft, employee, sheet  # noqa: F401
from tests.factories import make_user


def offences(code: str) -> list[Any]:
    [finding] = reconcile([code])
    return list(finding.offences)


def break_it(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def change(office: Office) -> Any:
    office.bom("A", ("P", "1"))
    new = office.draft("A", ("Q", "1"), revision="B")
    line = Change(office.item("A"), timezone.localdate() + timedelta(days=9), to_bom=new)
    made = create_engineering_change(
        office.books.company, title="Q", why="P is dear", lines=[line], by=office.books.by
    )
    services.submit_engineering_change(made, by=office.books.by)
    services.approve_engineering_change(made, by=make_user("b", company=office.books.company))
    return services.implement_engineering_change(made, by=office.books.by)


@pytest.mark.breaks("released-designs-say-something")
def test_a_released_design_says_something(office: Office) -> None:
    office.bom("A", ("P", "1"))
    assert not offences("released-designs-say-something")
    break_it("DELETE FROM engineering_bomline")
    assert [row["design"] for row in offences("released-designs-say-something")] == ["bill"]


@pytest.mark.breaks("nothing-contains-itself")
def test_nothing_contains_itself(office: Office) -> None:
    office.bom("A", ("B", "1"))
    bom = office.bom("B", ("C", "1"))
    assert not offences("nothing-contains-itself")
    break_it(
        "UPDATE engineering_bomline SET item_id = %s WHERE bom_id = %s",
        office.item("A").pk,
        bom.pk,
    )
    assert {row["item"] for row in offences("nothing-contains-itself")} == {"A", "B"}


@pytest.mark.breaks("changes-are-approved-by-others")
def test_an_approval_by_the_author(change: Any) -> None:
    assert not offences("changes-are-approved-by-others")
    break_it("UPDATE engineering_engineeringchange SET decided_by_id = created_by_id")
    [row] = offences("changes-are-approved-by-others")
    assert row["number"] == change.number


@pytest.mark.breaks("implemented-changes-are-in-force")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE engineering_billofmaterials SET effective_from = %s WHERE revision = 'B'",
        "UPDATE engineering_changeline SET effective_from = %s",
    ],
)
def test_what_a_change_released_moves(change: Any, statement: str) -> None:
    assert not offences("implemented-changes-are-in-force")
    break_it(statement, date(2040, 1, 1))
    [row] = offences("implemented-changes-are-in-force")
    assert row["number"] == change.number


@pytest.mark.breaks("nobody-has-read-a-draft")
def test_a_draft_that_somebody_has_read(office: Office, sheet: Any, boss: Any) -> None:  # noqa: F811
    from apps.engineering.services.instructions import (
        acknowledge_revision,
        release_instruction_revision,
    )

    made = release_instruction_revision(draft(office, sheet), by=boss)
    acknowledge_revision(made, employee=employee(office, "BOB"), by=boss)
    assert not offences("nobody-has-read-a-draft")
    break_it("UPDATE engineering_instructionrevision SET status = 'draft'")
    assert len(offences("nobody-has-read-a-draft")) == 1

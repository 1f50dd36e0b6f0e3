"""Andon categories with their ladder: both are written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.execution.models import AndonCategory, AndonStep

MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class StepLine:
    """A rung: told after so many minutes are a role, a person, or both."""

    level: int
    after_minutes: int
    role: Group | None = None
    user: User | None = None


def create_andon_category(
    *, by: User, reason: str = "", steps: Sequence[StepLine] = (), **values: object
) -> AndonCategory:
    """A category. Raises ``InvalidInput`` for a ladder that tells nobody or goes back in time."""
    with unit_of_work():
        row = create_row(AndonCategory, values=values, by=by, reason=reason)
        _write_steps(row, steps)
    return row


def update_andon_category(
    row: AndonCategory,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    steps: Sequence[StepLine] | None = None,
    **values: object,
) -> AndonCategory:
    """Change a category; ``steps`` replace its ladder. Calls keep the level they have reached."""
    with unit_of_work():
        current = lock(row, version=version)
        if steps is not None:
            current.steps.all().delete()
            _write_steps(current, steps)
        return update_row(current, values=values, by=by, reason=reason)


def _write_steps(row: AndonCategory, steps: Sequence[StepLine]) -> None:
    if len(steps) > MOST_STEPS:
        raise InvalidInput(
            "too_many_steps", _("At most {n} steps.").format(n=MOST_STEPS), field="steps"
        )
    before = None
    for place, step in enumerate(sorted(steps, key=lambda one: one.level)):
        where: dict[str, Any] = {"field": "steps", "row": place}
        if step.level < 1 or (before is not None and step.level == before.level):
            raise InvalidInput(
                "wrong_level",
                _("Each step has its own level, from 1 on."),
                field="steps",
                row=place,
            )
        if before is not None and step.after_minutes < before.after_minutes:
            raise InvalidInput("wrong_order", _("A higher step can't come earlier."), **where)
        if step.role is None and step.user is None:
            raise InvalidInput("nobody_told", _("Say who is told: a role or a person."), **where)
        before = step
    AndonStep.objects.bulk_create(
        AndonStep(
            company_id=row.company_id,
            category=row,
            level=step.level,
            after_minutes=step.after_minutes,
            role=step.role,
            user=step.user,
        )
        for step in steps
    )

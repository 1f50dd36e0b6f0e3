"""Corrective actions: problem, root cause, steps with owners, and whether they have worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.hr.models import Employee
from apps.quality.models import CorrectiveAction, CorrectiveStep, Nonconformance

Status = CorrectiveAction.Status


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does by a day."""

    what: str
    owner: Employee
    due_on: Date
    kind: str = CorrectiveStep.Kind.CORRECTIVE


def open_corrective_action(
    company: Company,
    *,
    title: str,
    problem: str,
    owner: Employee,
    due_on: Date,
    by: User,
    nonconformance: Nonconformance | None = None,
    team: str = "",
    containment: str = "",
) -> CorrectiveAction:
    """Take a problem up."""
    require_company(company, owner=owner, nonconformance=nonconformance)
    for field, text in (("title", title), ("problem", problem)):
        if not text.strip():
            raise InvalidInput("text_required", _("Say what it is."), field=field)
    with unit_of_work():
        return CorrectiveAction(
            company=company,
            number=next_number("quality_correctiveaction_series", "CA"),
            title=title[:200],
            problem=problem,
            owner=owner,
            due_on=due_on,
            nonconformance=nonconformance,
            team=team,
            containment=containment,
            created_by=by,
        ).save_by(by)


def find_root_cause(
    action: CorrectiveAction, *, root_cause: str, by: User, why_not_found: str = ""
) -> CorrectiveAction:
    """Say why it happened, and why it was not found where it happened."""
    if not root_cause.strip():
        raise InvalidInput("text_required", _("Say why it happened."), field="root_cause")
    with unit_of_work():
        action = lock(action)
        action.transition_to(Status.ROOT_CAUSE)
        action.root_cause = root_cause.strip()
        action.why_not_found = why_not_found.strip()
        action.is_effective = None
        return action.save_by(by)


def plan_steps(action: CorrectiveAction, *, steps: Sequence[Step], by: User) -> CorrectiveAction:
    """Say who does what by when; more may be planned while the actions are under way."""
    if not steps:
        raise InvalidInput("no_lines", _("Say who does what."), field="steps")
    for row, one in enumerate(steps):
        require_company(action.company, row=row, owner=one.owner)
        if not one.what.strip() or len(one.what) > 200:
            raise InvalidInput(
                "text_required", _("Say in 200 characters what is done."), field="what", row=row
            )
    with unit_of_work():
        action = lock(action)
        require_status(action, Status.ROOT_CAUSE, Status.ACTION)
        insert_all(
            [
                CorrectiveStep(
                    company=action.company,
                    action=action,
                    kind=one.kind,
                    what=one.what.strip(),
                    owner=one.owner,
                    due_on=one.due_on,
                )
                for one in steps
            ],
            by=by,
        )
        if action.status == Status.ROOT_CAUSE:
            action.transition_to(Status.ACTION)
        return action.save_by(by)


def complete_step(
    step: CorrectiveStep, *, result: str, by: User, done_on: Date | None = None
) -> CorrectiveStep:
    """It is done, with this result."""
    done_on = done_on or timezone.localdate()
    if done_on > timezone.localdate():
        raise InvalidInput("in_the_future", _("This is still to come."), field="done_on")
    if not result.strip() or len(result) > 200:
        raise InvalidInput(
            "text_required", _("Say in 200 characters what came of it."), field="result"
        )
    with unit_of_work():
        action = lock(step.action)
        require_status(action, Status.ACTION)
        step = lock(step)
        if step.done_on is not None:
            raise BusinessError("done_already", _("This step is done."), field="done_on")
        step.done_on, step.result = done_on, result.strip()
        return step.save_by(by)


def finish_actions(action: CorrectiveAction, *, check_on: Date, by: User) -> CorrectiveAction:
    """All steps are done: look on ``check_on`` whether they have worked."""
    with unit_of_work():
        action = lock(action)
        require_status(action, Status.ACTION)
        waiting = action.steps.filter(done_on__isnull=True).count()
        if waiting:
            raise BusinessError(
                "steps_open",
                _("{count} steps are not done yet.").format(count=waiting),
                field="status",
            )
        action.transition_to(Status.EFFECTIVENESS)
        action.check_on = check_on
        return action.save_by(by)


def judge_effectiveness(
    action: CorrectiveAction, *, is_effective: bool, evidence: str, by: User
) -> CorrectiveAction:
    """It has worked, and is closed; or it has not, and the root cause is looked for again.

    Whoever took the problem up does not judge it alone: another person does.
    """
    if not evidence.strip():
        raise InvalidInput("text_required", _("Say what shows it."), field="evidence")
    with unit_of_work():
        action = lock(action)
        require_status(action, Status.EFFECTIVENESS)
        if action.created_by_id == by.pk:
            raise BusinessError(
                "self_approval", _("Whoever took it up does not judge it."), field="is_effective"
            )
        action.evidence, action.is_effective = evidence.strip(), is_effective
        action.transition_to(Status.CLOSED if is_effective else Status.ROOT_CAUSE)
        return action.save_by(by)


def reopen_corrective_action(
    action: CorrectiveAction, *, reason: str, by: User
) -> CorrectiveAction:
    """The problem is back."""
    reason = require_reason(reason)
    with unit_of_work():
        action = lock(action)
        require_status(action, Status.CLOSED)
        action.transition_to(Status.ROOT_CAUSE)
        action.is_effective = None
        return action.save_by(by, reason=reason)


def cancel_corrective_action(
    action: CorrectiveAction, *, reason: str, by: User
) -> CorrectiveAction:
    """Give it up."""
    reason = require_reason(reason)
    with unit_of_work():
        action = lock(action)
        action.transition_to(Status.CANCELLED)
        return action.save_by(by, reason=reason)

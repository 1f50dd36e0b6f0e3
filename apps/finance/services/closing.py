"""The close cockpit: steps in order, each checked by machine, the period locked at the end."""

from __future__ import annotations

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.services.documents import insert_all, lock, require_reason, require_status
from apps.core.transactions import unit_of_work
from apps.finance.close_checks import Finding, at_stake, close_checks
from apps.finance.models import CloseStep, CloseTask, Period, PeriodClose, PeriodLock
from apps.finance.services.periods import set_period_state

Status = PeriodClose.Status
Step = CloseStep.Status
#: Findings that are kept with a step; the figure counts all of them.
KEPT = 50


def start_close(period: Period, *, by: User) -> PeriodClose:
    """Begin the close of ``period`` with the company's tasks as its steps.

    Raises ``BusinessError`` when the period is being closed already or there are no tasks.
    """
    with unit_of_work():
        if PeriodClose.objects.filter(
            period=period, status__in=(Status.OPEN, Status.CLOSED)
        ).exists():
            raise BusinessError(
                "close_exists", _("{period} is being closed already.").format(period=period),
                field="period",
            )  # fmt: skip
        tasks = list(CloseTask.objects.filter(company=period.company_id, is_active=True))
        if not tasks:
            raise BusinessError(
                "no_tasks", _("The company has no tasks of a close: add them first.")
            )
        close = PeriodClose(company=period.company, period=period, created_by=by).save_by(by)
        insert_all(
            [
                CloseStep(
                    company_id=close.company_id,
                    close=close,
                    task=task,
                    position=task.position,
                    check_code=task.check_code,
                    created_by=by,
                )
                for task in tasks
            ],
            by=by,
        )
    return close


def check_step(step: CloseStep, *, by: User, version: int | None = None) -> CloseStep:
    """Run the check of one step and keep what it found. A step without one is confirmed by hand."""
    with unit_of_work():
        step = lock(step, version=version, related=("close__period__company",))
        require_status(step.close, Status.OPEN)
        if step.check_code not in close_checks():
            raise BusinessError("no_check", _("This step has no check: confirm it with a remark."))
        return _keep(step, _found(step), by)


def check_all_steps(close: PeriodClose, *, by: User, version: int | None = None) -> PeriodClose:
    """Run every check again; an exception stands while its figure is what was accepted."""
    with unit_of_work():
        close = lock(close, version=version)
        require_status(close, Status.OPEN)
        for step in close.steps.exclude(check_code="").select_related("close__period__company"):
            found = _found(step)
            stands = step.status == Step.EXCEPTED and (step.figure, step.count) == (
                at_stake(found), len(found),
            )  # fmt: skip
            if not stands:
                _keep(lock(step), found, by)
        return close


def confirm_step(
    step: CloseStep, *, remark: str, by: User, version: int | None = None
) -> CloseStep:
    """A person has looked: for steps that no machine can check."""
    require_reason(remark)
    with unit_of_work():
        step = lock(step, version=version, related=("close",))
        require_status(step.close, Status.OPEN)
        if step.check_code:
            raise BusinessError("has_check", _("The machine checks this step."))
        step.transition_to(Step.PASSED)
        step.remark = remark
        return _done(step, by)


def except_step(step: CloseStep, *, reason: str, by: User, version: int | None = None) -> CloseStep:
    """Accept what a failed step found, as it stands, with a reason; by another than who ran it."""
    require_reason(reason)
    with unit_of_work():
        step = lock(step, version=version, related=("close",))
        require_status(step.close, Status.OPEN)
        step.transition_to(Step.EXCEPTED)
        if step.done_by_id == by.pk:
            raise BusinessError(
                "same_person", _("Another person than who ran the check accepts what it found.")
            )
        step.remark = reason
        return _done(step, by, reason=reason)


def finish_close(close: PeriodClose, *, by: User, version: int | None = None) -> PeriodClose:
    """Run every check once more; lock the period when each step has passed or is excepted.

    Raises ``BusinessError`` naming the steps that stand in the way; nothing is changed then.
    """
    with unit_of_work():
        close = check_all_steps(close, by=by, version=version)
        steps = list(close.steps.select_related("task"))
        waiting = [one for one in steps if one.status not in (Step.PASSED, Step.EXCEPTED)]
        if waiting:
            names = ", ".join(f"{one.task.name} ({one.get_status_display()})" for one in waiting)
            raise BusinessError(
                "steps_open",
                _("Not closed yet: {steps}.").format(steps=names),
                details={one.task.code: str(one.figure) for one in waiting},
            )
        accepted = [
            row["invariant"]
            for one in steps
            if one.check_code == "reconcile" and one.status == Step.EXCEPTED
            for row in one.findings
        ]
        set_period_state(
            close.period, state=PeriodLock.State.CLOSED, accepted=accepted,
            reason=_("Close of {period}").format(period=close.period), by=by,
        )  # fmt: skip
        close.transition_to(Status.CLOSED)
        return close.save_by(by)


def reopen_close(
    close: PeriodClose, *, reason: str, by: User, version: int | None = None
) -> PeriodClose:
    """Open a closed period again; the close stays in history and a new one may begin."""
    require_reason(reason)
    with unit_of_work():
        close = lock(close, version=version)
        close.transition_to(Status.REOPENED)
        set_period_state(close.period, state=PeriodLock.State.OPEN, reason=reason, by=by)
        return close.save_by(by, reason=reason)


def _found(step: CloseStep) -> list[Finding]:
    return list(close_checks()[step.check_code].run(step.close.period))


def _keep(step: CloseStep, findings: list[Finding], by: User) -> CloseStep:
    step.transition_to(Step.FAILED if findings else Step.PASSED)
    step.figure = at_stake(findings)
    step.count = len(findings)
    step.findings = json.loads(json.dumps(findings[:KEPT], cls=DjangoJSONEncoder))
    step.remark = ""
    return _done(step, by)


def _done(step: CloseStep, by: User, reason: str = "") -> CloseStep:
    step.done_by, step.done_at = by, timezone.now()
    return step.save_by(by, reason=reason)

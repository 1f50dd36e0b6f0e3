"""Controlled work instructions: revisions written, released by another, read and understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Attachment, Company, User
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.transactions import unit_of_work
from apps.engineering.models import (
    Acknowledgement,
    InstructionRevision,
    InstructionStep,
    WorkInstruction,
)
from apps.engineering.services.releasing import put_in_force, require_span, set_span
from apps.hr.models import Employee

Status = InstructionRevision.Status
STEP = 10
LONGEST_TEXT = 5000


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, and a picture of it among the files of the revision."""

    title: str
    text: str = ""
    is_critical: bool = False
    picture: Attachment | None = None
    position: int | None = None


def create_instruction_revision(
    company: Company,
    *,
    instruction: WorkInstruction,
    steps: Sequence[Step],
    by: User,
    revision: str = "A",
    changed: str = "",
    effective_from: Date | None = None,
    effective_until: Date | None = None,
) -> InstructionRevision:
    """Write a revision down as a draft. Raises ``InvalidInput`` naming the row of a bad step.

    Pictures come with a change: they are files of the revision, which is to be there first.
    """
    require_company(company, instruction=instruction)
    require_span(effective_from, effective_until)
    if not revision.strip() or len(revision) > 10:
        raise InvalidInput(
            "bad_revision", _("A revision has 1 to 10 characters."), field="revision"
        )
    with unit_of_work():
        if InstructionRevision.objects.filter(instruction=instruction, revision=revision).exists():
            raise BusinessError(
                "revision_taken",
                _("There is a revision {revision} already.").format(revision=revision),
                field="revision",
            )
        made = InstructionRevision(
            company=company,
            instruction=instruction,
            revision=revision,
            changed=changed,
            effective_from=effective_from,
            effective_until=effective_until,
            created_by=by,
        ).save_by(by)
        _check_steps(made, steps)
        _insert_steps(made, steps)
    return made


def change_instruction_revision(
    revision: InstructionRevision,
    *,
    by: User,
    version: int | None = None,
    steps: Sequence[Step] | None = None,
    changed: str | None = None,
    reason: str = "",
    **span: Date | None,
) -> InstructionRevision:
    """Change a draft; ``steps`` replace all of its steps, ``span`` its days."""
    with unit_of_work():
        revision = lock(revision, version=version)
        require_status(revision, Status.DRAFT)
        set_span(revision, span)
        revision.changed = revision.changed if changed is None else changed
        if steps is not None:
            _check_steps(revision, steps)
            revision.steps.all().delete()
            _insert_steps(revision, steps)
        return revision.save_by(by, reason=reason)


def release_instruction_revision(
    revision: InstructionRevision, *, by: User, reason: str = ""
) -> InstructionRevision:
    """Let orders take this revision from its first day on; the one before ends.

    Raises ``BusinessError`` ``self_approval`` for the author's own. Where a signature rule asks
    for it, the database refuses the step without the signature.
    """
    with unit_of_work():
        revision = lock(revision)
        if not revision.steps.exists():
            raise InvalidInput("no_lines", _("The instruction has no steps."), field="steps")
        if by.pk == revision.created_by_id:
            raise BusinessError(
                "self_approval",
                _("Somebody else than its author releases {revision}.").format(revision=revision),
                field="status",
            )
        put_in_force([revision], owner="instruction", by=by, reason=reason)
    return revision


def obsolete_instruction_revision(
    revision: InstructionRevision, *, reason: str, by: User
) -> InstructionRevision:
    """Nobody works by it any more; orders that were released with it keep it."""
    reason = require_reason(reason)
    with unit_of_work():
        revision = lock(revision)
        revision.transition_to(Status.OBSOLETE)
        return revision.save_by(by, reason=reason)


def acknowledge_revision(
    revision: InstructionRevision, *, by: User, employee: Employee | None = None
) -> Acknowledgement:
    """State that ``employee`` (``by``'s own record when None) has read and understood it.

    Whoever has an account states it under that account; others at a terminal that knows their
    badge. Saying it twice is saying it once. Raises ``BusinessError`` for a draft.
    """
    employee = (
        employee
        or Employee.objects.filter(user=by, company=revision.company_id, is_active=True).first()
    )
    if employee is None:
        raise InvalidInput(
            "employee_required", _("Say who has read it: scan a badge."), field="employee"
        )
    require_company(revision.company, employee=employee)
    if employee.user_id not in (None, by.pk):
        raise BusinessError(
            "own_account",
            _("{employee} acknowledges under the own account.").format(employee=employee),
            field="employee",
        )
    with unit_of_work():
        revision = lock(revision)
        require_status(revision, Status.RELEASED, Status.OBSOLETE)
        known = Acknowledgement.objects.filter(revision=revision, employee=employee).first()
        return known or Acknowledgement.objects.create(
            company=revision.company,
            revision=revision,
            employee=employee,
            source_type=ContentType.objects.get_for_model(revision),
            source_id=revision.pk,
            created_by=by,
        )


def _check_steps(revision: InstructionRevision, steps: Sequence[Step]) -> None:
    seen: set[int] = set()
    kind = ContentType.objects.get_for_model(InstructionRevision)
    for row, one in enumerate(steps):
        require_company(revision.company, row=row, picture=one.picture)
        if not one.title.strip() or len(one.title) > 100:
            raise InvalidInput(
                "bad_title", _("A step has a title of 1 to 100 characters."), field="title", row=row
            )
        if len(one.text) > LONGEST_TEXT:
            raise InvalidInput(
                "too_long",
                _("A step has up to {most} characters.").format(most=LONGEST_TEXT),
                field="text",
                row=row,
            )
        position = (row + 1) * STEP if one.position is None else one.position
        if position in seen:
            raise InvalidInput(
                "position_twice", _("Each step has its own position."), field="position", row=row
            )
        seen.add(position)
        picture = one.picture
        if picture is not None and (
            (picture.target_type_id, picture.target_id) != (kind.pk, revision.pk)
            or not picture.content_type.startswith("image/")
        ):
            raise InvalidInput(
                "bad_picture",
                _("Choose a picture among the files of this revision."),
                field="picture",
                row=row,
            )


def _insert_steps(revision: InstructionRevision, steps: Sequence[Step]) -> None:
    InstructionStep.objects.bulk_create(
        [
            InstructionStep(
                company=revision.company,
                revision=revision,
                position=(row + 1) * STEP if one.position is None else one.position,
                title=one.title.strip(),
                text=one.text,
                is_critical=one.is_critical,
                picture=one.picture,
            )
            for row, one in enumerate(steps)
        ]
    )

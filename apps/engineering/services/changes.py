"""Engineering changes: written, reviewed, approved by another, implemented in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.engineering.models import (
    BillOfMaterials,
    ChangeLine,
    Disposition,
    EngineeringChange,
    Routing,
)
from apps.engineering.queries.effectivity import today
from apps.engineering.services.boms import release_boms
from apps.engineering.services.change_checks import check_lines, designs_before
from apps.engineering.services.routings import release_routings
from apps.masterdata.models import Item

Status = EngineeringChange.Status
STEP = 10


@dataclass(frozen=True, slots=True)
class Change:
    """``to_bom`` (or ``to_routing``) takes the place of what ``item`` has, from a day on.

    The old design may be left out: it is the one in force on the day before.
    """

    item: Item
    effective_from: Date
    to_bom: BillOfMaterials | None = None
    to_routing: Routing | None = None
    from_bom: BillOfMaterials | None = None
    from_routing: Routing | None = None
    stock_disposition: str = Disposition.USE_UP
    wip_disposition: str = Disposition.USE_UP
    position: int | None = None
    note: str = ""


def create_engineering_change(
    company: Company, *, title: str, why: str, lines: Sequence[Change], by: User
) -> EngineeringChange:
    """Write a change down as a draft. Raises ``InvalidInput`` naming the row of a bad line."""
    _check_texts(title, why)
    with unit_of_work():
        check_lines(company, lines)
        change = EngineeringChange(
            company=company,
            number=next_number("engineering_engineeringchange_series", "EC"),
            title=title.strip(),
            why=why.strip(),
            created_by=by,
        ).save_by(by)
        _insert_lines(change, lines)
    return change


def update_engineering_change(
    change: EngineeringChange,
    *,
    by: User,
    version: int | None = None,
    title: str | None = None,
    why: str | None = None,
    lines: Sequence[Change] | None = None,
    reason: str = "",
) -> EngineeringChange:
    """Change a draft; ``lines`` replace all of its lines."""
    with unit_of_work():
        change = lock(change, version=version)
        require_status(change, Status.DRAFT)
        change.title = change.title if title is None else title.strip()
        change.why = change.why if why is None else why.strip()
        _check_texts(change.title, change.why)
        if lines is not None:
            check_lines(change.company, lines, change=change)
            change.lines.all().delete()
            _insert_lines(change, lines)
        return change.save_by(by, reason=reason)


def submit_engineering_change(change: EngineeringChange, *, by: User) -> EngineeringChange:
    """Ask for approval: what it releases is frozen from now on."""
    with unit_of_work():
        change = lock(change)
        change.transition_to(Status.REVIEW)
        lines = _lines(change)
        if not lines:
            raise InvalidInput("no_lines", _("Say what changes."), field="lines")
        check_lines(change.company, [_as_change(line) for line in lines], change=change)
        _require_content(lines)
        change.submitted_by = by
        return change.save_by(by)


def approve_engineering_change(
    change: EngineeringChange, *, by: User, decision: str = ""
) -> EngineeringChange:
    """Agree to a change of somebody else. Raises ``BusinessError`` for one's own.

    Where a signature rule asks for it, the database refuses the step without the signature.
    """
    with unit_of_work():
        change = lock(change)
        _decide(change, Status.APPROVED, by, decision)
        if by.pk in (change.created_by_id, change.submitted_by_id):
            raise BusinessError(
                "self_approval",
                _("Somebody else than its author approves {change}.").format(change=change),
                field="decided_by",
            )
        return change.save_by(by, reason=decision)


def reject_engineering_change(
    change: EngineeringChange, *, reason: str, by: User
) -> EngineeringChange:
    """Refuse a change; it may be revised and submitted again."""
    reason = require_reason(reason)
    with unit_of_work():
        change = lock(change)
        _decide(change, Status.REJECTED, by, reason)
        return change.save_by(by, reason=reason)


def revise_engineering_change(
    change: EngineeringChange, *, reason: str, by: User
) -> EngineeringChange:
    """Take a change back to work on it; an approval of it is void."""
    reason = require_reason(reason)
    with unit_of_work():
        change = lock(change)
        change.transition_to(Status.DRAFT)
        change.submitted_by = change.decided_by = change.decided_at = None
        change.decision = ""
        return change.save_by(by, reason=reason)


def cancel_engineering_change(
    change: EngineeringChange, *, reason: str, by: User
) -> EngineeringChange:
    """Give a change up; the drafts it would have released are free again."""
    reason = require_reason(reason)
    with unit_of_work():
        change = lock(change)
        change.transition_to(Status.CANCELLED)
        return change.save_by(by, reason=reason)


def implement_engineering_change(change: EngineeringChange, *, by: User) -> EngineeringChange:
    """Release all new designs from their days on and end the old ones: all or nothing.

    Raises ``BusinessError`` when a day is past, when another design has meanwhile taken the place
    of an old one, and like ``put_in_force``. Released orders keep what they were released with.
    """
    with unit_of_work():
        change = lock(change)
        change.transition_to(Status.IMPLEMENTED)
        lines = _lines(change)
        _require_to_come(change, lines)
        _require_base(lines)
        boms = {line.to_bom_id: line for line in lines if line.to_bom is not None}
        routings = {line.to_routing_id: line for line in lines if line.to_routing is not None}
        reason = str(change)
        release_boms(
            [line.to_bom for line in boms.values() if line.to_bom],
            by=by,
            reason=reason,
            change=change,
            since={key: line.effective_from for key, line in boms.items() if key},
        )
        release_routings(
            [line.to_routing for line in routings.values() if line.to_routing],
            by=by,
            reason=reason,
            change=change,
            since={key: line.effective_from for key, line in routings.items() if key},
        )
        change.implemented_at = timezone.now()
        return change.save_by(by)


def _decide(change: EngineeringChange, status: str, by: User, decision: str) -> None:
    change.transition_to(status)
    change.decided_by = by
    change.decided_at = timezone.now()
    change.decision = decision.strip()[:500]


def _lines(change: EngineeringChange) -> list[ChangeLine]:
    rows = change.lines.select_related(
        "item", "from_bom__item", "to_bom__item", "from_routing__item", "to_routing__item"
    )
    return list(rows.order_by("position", "id"))


def _as_change(line: ChangeLine) -> Change:
    return Change(
        line.item,
        line.effective_from,
        line.to_bom,
        line.to_routing,
        line.from_bom,
        line.from_routing,
        line.stock_disposition,
        line.wip_disposition,
        line.position,
        line.note,
    )


def _require_content(lines: Sequence[ChangeLine]) -> None:
    for row, line in enumerate(lines):
        if line.to_bom is not None and not line.to_bom.lines.exists():
            raise InvalidInput(
                "no_lines",
                _("{bom} has no components.").format(bom=line.to_bom),
                field="to_bom",
                row=row,
            )
        if line.to_routing is not None and not line.to_routing.operations.exists():
            raise InvalidInput(
                "no_lines", _("The routing has no operations."), field="to_routing", row=row
            )


def _require_to_come(change: EngineeringChange, lines: Sequence[ChangeLine]) -> None:
    day = today(change.company)
    for row, line in enumerate(lines):
        if line.effective_from < day:
            raise BusinessError(
                "in_the_past",
                _("{line} would be in force since {day}; revise the change.").format(
                    line=line, day=line.effective_from.isoformat()
                ),
                field="effective_from",
                row=row,
            )


def _require_base(lines: Sequence[ChangeLine]) -> None:
    """What was compared in the review is still what is replaced."""
    found = designs_before([_as_change(line) for line in lines])
    for row, (line, (bom, routing)) in enumerate(zip(lines, found, strict=True)):
        name = "from_bom" if line.to_bom_id else "from_routing"
        now, then = (bom, line.from_bom) if line.to_bom_id else (routing, line.from_routing)
        if (now and now.pk) != (then and then.pk):
            raise BusinessError(
                "base_moved",
                _("{item} has meanwhile {now} in place of {then}; revise the change.").format(
                    item=line.item.code, now=now or _("nothing"), then=then or _("nothing")
                ),
                field=name,
                row=row,
            )


def _check_texts(title: str, why: str) -> None:
    for field, text, longest in (("title", title, 200), ("why", why, 5000)):
        if not text.strip() or len(text) > longest:
            raise InvalidInput(
                "text_required",
                _("Say it in 1 to {longest} characters.").format(longest=longest),
                field=field,
            )


def _insert_lines(change: EngineeringChange, lines: Sequence[Change]) -> None:
    before = designs_before(lines)
    ChangeLine.objects.bulk_create(
        [
            ChangeLine(
                company=change.company,
                change=change,
                position=(row + 1) * STEP if one.position is None else one.position,
                item=one.item,
                from_bom=(one.from_bom or bom) if one.to_bom else None,
                to_bom=one.to_bom,
                from_routing=(one.from_routing or routing) if one.to_routing else None,
                to_routing=one.to_routing,
                effective_from=one.effective_from,
                stock_disposition=one.stock_disposition,
                wip_disposition=one.wip_disposition,
                note=one.note,
            )
            for row, (one, (bom, routing)) in enumerate(zip(lines, before, strict=True))
        ]
    )

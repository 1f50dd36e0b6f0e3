"""A released design takes its place in time: those of its owner before it end the day before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from datetime import timedelta
from typing import TypeVar

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import update_all
from apps.core.sql import fetch_all
from apps.engineering.models import BillOfMaterials, InstructionRevision, Routing
from apps.engineering.models.status import DesignStatus

Design = TypeVar("Design", BillOfMaterials, Routing, InstructionRevision)
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))"


def require_span(first: Date | None, last: Date | None, *, row: int | None = None) -> None:
    """Raise ``InvalidInput`` when it would end before it begins."""
    if first is not None and last is not None and last < first:
        raise InvalidInput(
            "ends_before", _("It ends before it begins."), field="effective_until", row=row
        )


def set_span(row: Design, span: dict[str, Date | None]) -> None:
    """Set the days of a draft that ``span`` names. Raises like ``require_span``."""
    for name, day in span.items():
        if name not in ("effective_from", "effective_until"):
            raise TypeError(name)
        setattr(row, name, day)
    require_span(row.effective_from, row.effective_until)


def put_in_force(
    rows: Sequence[Design], *, owner: str, by: User, reason: str = "", replaced: str = ""
) -> None:
    """Release locked drafts, each from its first day on (for all time when it has none).

    ``owner`` is the field whose rows hold one at a time. One that is in force before ends the day
    before; one whose time is taken altogether becomes obsolete. Raises ``BusinessError``
    ``overlapping_effectivity`` when another is released from a later day on.
    """
    if not rows:
        return
    model = type(rows[0])
    fetch_all(_ONE_AT_A_TIME, [f"{model._meta.db_table} in force", rows[0].company_id])
    key = f"{owner}_id"
    held: dict[int, list[Design]] = {getattr(row, key): [] for row in rows}
    others = model._default_manager.select_for_update(of=("self",)).filter(
        **{f"{owner}__in": list(held), "status": DesignStatus.RELEASED}
    )
    for other in others.order_by("pk"):
        held[getattr(other, key)].append(other)
    ended: dict[int, Design] = {}
    for row in sorted(rows, key=_first):
        require_span(row.effective_from, row.effective_until)
        earlier = held[getattr(row, key)]
        for other in earlier:
            if _first(row) <= _last(other) and _first(other) <= _last(row):
                _make_way(other, row)
                ended[other.pk] = other
        held[getattr(row, key)] = [
            other for other in earlier if other.status == DesignStatus.RELEASED
        ]
        row.transition_to(DesignStatus.RELEASED)
        held[getattr(row, key)].append(row)
    old = [one for pk, one in ended.items() if pk not in {row.pk for row in rows}]
    reason_of_end = replaced or _("Replaced by a newer revision")
    update_all(old, "status", "effective_until", by=by, reason=reason_of_end)
    update_all(list(rows), "status", "effective_from", "effective_until", by=by, reason=reason)


def _make_way(other: Design, row: Design) -> None:
    if _first(other) < _first(row) and _last(other) <= _last(row):
        assert row.effective_from is not None  # noqa: S101 - something begins before it
        other.effective_until = row.effective_from - timedelta(days=1)
    elif _first(other) == _first(row) and _last(other) <= _last(row):
        other.transition_to(DesignStatus.OBSOLETE)
    else:
        raise BusinessError(
            "overlapping_effectivity",
            _(
                "{other} is in force {span}. Let {row} begin after that or end before it, or make "
                "{other} obsolete."
            ).format(other=other, row=row, span=span_text(other)),
            field="effective_from" if _first(other) < _first(row) else "effective_until",
            details={"other": str(other)},
        )


def span_text(row: Design) -> str:
    """``from … until …`` for people."""
    parts = []
    if row.effective_from is not None:
        parts.append(_("from {day}").format(day=row.effective_from.isoformat()))
    if row.effective_until is not None:
        parts.append(_("until {day}").format(day=row.effective_until.isoformat()))
    return " ".join(parts) or _("at all times")


def _first(row: Design) -> Date:
    return row.effective_from or Date.min


def _last(row: Design) -> Date:
    return row.effective_until or Date.max

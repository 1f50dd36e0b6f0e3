"""The months of accruals and deferrals, posted as they fall due, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.core.services.documents import insert_all, lock, require_reason, update_all
from apps.core.transactions import unit_of_work
from apps.finance.models import AccrualPart, AccrualPosting, AccrualSchedule
from apps.finance.queries.accruals import due_parts
from apps.finance.queries.entries import entry_of
from apps.finance.services.accruals import JOURNAL, line_of
from apps.finance.services.journal import Entry, post_entries, post_numbered, reverse_entry

Status = AccrualSchedule.Status


def post_due_parts(
    company: Company,
    *,
    until: Date,
    by: User,
    schedule: AccrualSchedule | None = None,
    late_on: Date | None = None,
) -> list[AccrualPosting]:
    """Post every month that ended by ``until`` and is not posted yet; what was posted, maybe none.

    Asking again posts nothing again. Deferrals due before ``late_on`` are posted on that day: for
    months that are closed. Raises ``BusinessError`` when a period is closed; nothing is posted
    then. A handful of statements however many.
    """
    with unit_of_work():
        rows = AccrualSchedule.objects.select_for_update(of=("self",)).filter(
            company=company, status=Status.ACTIVE
        )
        if schedule is not None:
            rows = rows.filter(pk=schedule.pk)
        running = {row.pk: row for row in rows.order_by("pk")}
        parts = due_parts(running, until=until)
        if not parts:
            return []
        so_far = _amounts_so_far(running)
        postings = [
            AccrualPosting(
                company=company,
                part=part,
                date=_day(running[part.schedule_id], part, late_on),
                amount=so_far[part.pk] if running[part.schedule_id].is_accrued else part.amount,
                created_by=by,
            )
            for part in parts
        ]
        insert_all(postings, by=by)
        _post(company, [(running[p.part.schedule_id], p) for p in postings], by)
        _finish(running, by)
    return postings


def reverse_posting(
    posting: AccrualPosting, *, date: Date, reason: str, by: User, version: int | None = None
) -> AccrualPosting:
    """Take a posted month of a deferral back; it is due again."""
    require_reason(reason)
    with unit_of_work():
        schedule = lock(posting.part.schedule)
        posting = lock(posting, version=version)
        posting.transition_to(AccrualPosting.Status.REVERSED)
        if schedule.is_accrued:
            raise BusinessError(
                "reversed_by_itself",
                _("{posting} is reversed on the next day by itself.").format(posting=posting),
            )
        reverse_entry(entry_of(posting), date=date, by=by, source=posting, reason=reason)
        if schedule.status == Status.DONE:
            schedule.transition_to(Status.ACTIVE)
            schedule.save_by(by, reason=reason)
        return posting.save_by(by, reason=reason)


def _day(schedule: AccrualSchedule, part: AccrualPart, late_on: Date | None) -> Date:
    if late_on is not None and not schedule.is_accrued:
        return max(part.date, late_on)
    return part.date


def _amounts_so_far(schedules: dict[int, AccrualSchedule]) -> dict[int, Decimal]:
    """Of each part: all that its schedule has up to its month."""
    found: dict[int, Decimal] = {}
    totals: dict[int, Decimal] = {}
    rows = AccrualPart.objects.filter(schedule__in=schedules).order_by("schedule_id", "date")
    for part in rows:
        totals[part.schedule_id] = totals.get(part.schedule_id, ZERO) + part.amount
        found[part.pk] = totals[part.schedule_id]
    return found


def _post(
    company: Company,
    wanted: Sequence[tuple[AccrualSchedule, AccrualPosting]],
    by: User,
) -> None:
    entries = [_entry(schedule, posting) for schedule, posting in wanted]
    posted = post_numbered(company, entries, by=by)
    mirrors = []
    for (schedule, posting), entry, made in zip(wanted, entries, posted, strict=True):
        posting.number, posting.entry_id = made.number, made.id
        if schedule.is_accrued:
            back = [replace(line, amount=-line.amount) for line in entry.lines]
            mirrors.append(
                replace(
                    entry,
                    date=posting.date + timedelta(days=1),
                    lines=back,
                    purpose="automatic",
                    description=_("Reversal of {entry}").format(entry=made.number),
                    reverses_id=made.id,
                )
            )
    if mirrors:
        post_entries(company, mirrors, by=by)
    update_all([posting for _schedule, posting in wanted], "number", "entry", by=by)


def _entry(schedule: AccrualSchedule, posting: AccrualPosting) -> Entry:
    cost = posting.amount if schedule.kind in AccrualSchedule.EXPENSES else -posting.amount
    return Entry(
        journal=JOURNAL,
        date=posting.date,
        source=posting,
        description=f"{schedule} {posting.part.date:%Y-%m}",
        lines=[
            line_of(schedule, schedule.result_account_id, cost),
            line_of(schedule, schedule.balance_account_id, -cost),
        ],
    )


def _finish(schedules: dict[int, AccrualSchedule], by: User) -> None:
    open_ids = {part.schedule_id for part in due_parts(schedules, until=Date.max)}
    done = [row for key, row in schedules.items() if key not in open_ids]
    for row in done:
        row.transition_to(Status.DONE)
    update_all(done, "status", by=by)

"""Credit notes over deferred lines: the months to come get less, what was posted is cost no more.

Each month has its share of the credit. Shares of months to come leave the balance sheet with the
note's own entry; those of posted months are in the result at once, on the note's day (ADR 0039).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.models import User
from apps.core.money import ZERO, round_money
from apps.core.services.documents import update_all
from apps.core.sql import insert_rows
from apps.finance.accrual_terms import month_end
from apps.finance.models import (
    AccrualCredit,
    AccrualPart,
    AccrualSchedule,
    Invoice,
    InvoiceLine,
)
from apps.finance.queries.accruals import open_parts
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.accruals import line_of
from apps.finance.services.credit_shares import credit_shares
from apps.finance.services.invoice_entries import account_of_line
from apps.finance.services.journal import Line

Status = AccrualSchedule.Status
STARTED = (Status.ACTIVE, Status.DONE)


def credit_schedules(note: Invoice, lines: Sequence[InvoiceLine], *, by: User) -> list[Line]:
    """Lower the schedules of the lines that ``note`` takes back; lines for the note's entry.

    They balance among themselves. A handful of statements however many schedules.
    """
    shares = credit_shares(note, lines)
    if not shares:
        return []
    schedules = _locked(invoice_line__in=shares)
    if not schedules:
        return []
    places = note.company.currency.decimal_places
    parts = _open_parts(schedules)
    credited = credited_amounts(schedules)
    resolver = AccountResolver(note.company)
    entry_lines: list[Line] = []
    rows = []
    for schedule in schedules:
        share = shares[schedule.invoice_line_id or 0]
        own = parts.get(schedule.pk, [])
        rest = sum((part.amount for part in own), ZERO)
        whole = share.of(schedule.amount + credited.get(schedule.pk, ZERO), places)
        # while nothing is posted, all of it is of months to come
        deferred = whole if rest == schedule.amount else min(whole, share.of_rest(rest, places))
        spread_over(own, -deferred, places)
        _change(schedule, -deferred, own)
        rows.append((schedule, share.line, deferred, whole - deferred))
        stood_on = account_of_line(note, share.line, resolver)
        entry_lines += _moved(schedule, stood_on, deferred, whole - deferred)
    _write(rows, schedules, parts, date=note.date, by=by, reason=str(note.reference or note))
    return entry_lines


def restore_schedules(note: Invoice, *, date: Date, by: User) -> None:
    """A note that is reversed lowers no schedule: the amount is of the months to come again.

    Where all are posted, it falls on the next month. The reversed entry moves it back.
    """
    line_type = ContentType.objects.get_for_model(InvoiceLine)
    made = AccrualCredit.objects.filter(
        source_type=line_type, source_id__in=note.lines.values("pk")
    ).order_by("pk")
    found = list(made)
    if not found:
        return
    schedules = {row.pk: row for row in _locked(pk__in=[one.schedule_id for one in found])}
    places = note.company.currency.decimal_places
    parts = _open_parts(schedules.values())
    rows = []
    for one in found:
        schedule = schedules[one.schedule_id]
        own = parts.setdefault(schedule.pk, [])
        if one.deferred and not own:
            own.append(_another_month(schedule, date))
        spread_over(own, one.deferred, places)
        _change(schedule, one.deferred, own)
        rows.append((schedule, one.source, -one.deferred, -one.earned))
    reason = _("Reversal of {entry}").format(entry=note.number)
    _write(rows, list(schedules.values()), parts, date=date, by=by, reason=reason)


def credited_amounts(schedules: Iterable[AccrualSchedule]) -> dict[int, Decimal]:
    """What credit notes took off the months to come of each schedule, by its key."""
    found = AccrualCredit.objects.filter(schedule__in=list(schedules)).order_by()
    return dict(
        found.values("schedule").annotate(sum=Sum("deferred")).values_list("schedule", "sum")
    )


def spread_over(parts: Sequence[AccrualPart], change: Decimal, places: int) -> None:
    """Change ``parts`` by ``change`` in all, in proportion; evenly when they come to nothing."""
    weights = [part.amount for part in parts]
    whole = sum(weights, ZERO)
    if not whole:
        weights, whole = [Decimal(1)] * len(parts), Decimal(len(parts))
    reached = done = ZERO
    for part, weight in zip(parts, weights, strict=True):
        reached += weight
        step = round_money(change * reached / whole, places) - done
        part.amount += step
        done += step


def _locked(**chosen: Any) -> list[AccrualSchedule]:
    rows = AccrualSchedule.objects.select_for_update(of=("self",)).filter(
        status__in=STARTED, **chosen
    )
    return list(rows.order_by("pk"))


def _open_parts(schedules: Iterable[AccrualSchedule]) -> dict[int, list[AccrualPart]]:
    found: dict[int, list[AccrualPart]] = {}
    for part in open_parts([row.pk for row in schedules]).order_by("schedule_id", "date"):
        found.setdefault(part.schedule_id, []).append(part)
    return found


def _change(schedule: AccrualSchedule, by_amount: Decimal, own: Sequence[AccrualPart]) -> None:
    schedule.amount += by_amount
    wanted = Status.ACTIVE if any(part.amount for part in own) else Status.DONE
    if schedule.status != wanted:
        schedule.transition_to(wanted)


def _another_month(schedule: AccrualSchedule, date: Date) -> AccrualPart:
    """A month without a part, that of ``date`` or the first after it."""
    taken = set(schedule.parts.values_list("date", flat=True))
    end = month_end(max(date, schedule.starts_on))
    while end in taken:
        end = month_end(end + timedelta(days=1))
    schedule.ends_on = max(schedule.ends_on, end)
    return AccrualPart(company_id=schedule.company_id, schedule=schedule, date=end, amount=ZERO)


def _moved(
    schedule: AccrualSchedule, stood_on: int | None, deferred: Decimal, earned: Decimal
) -> list[Line]:
    """From the account that the note credits to where the schedule has the amount.

    A bill that was posted to the balance sheet itself is credited there: then the share of posted
    months goes to the result.
    """
    if stood_on == schedule.balance_account_id:
        amount, account_id, other_id = (
            earned,
            schedule.balance_account_id,
            schedule.result_account_id,
        )
    else:
        amount, account_id, other_id = deferred, stood_on or 0, schedule.balance_account_id
    if not amount:
        return []
    if schedule.kind not in AccrualSchedule.EXPENSES:
        amount = -amount
    return [line_of(schedule, account_id, amount), line_of(schedule, other_id, -amount)]


def _write(
    rows: Sequence[tuple[AccrualSchedule, Any, Decimal, Decimal]],
    schedules: Sequence[AccrualSchedule],
    parts: dict[int, list[AccrualPart]],
    *,
    date: Date,
    by: User,
    reason: str,
) -> None:
    update_all(schedules, "amount", "ends_on", "status", by=by, reason=reason)
    changed = [part for own in parts.values() for part in own]
    AccrualPart.objects.bulk_update([part for part in changed if part.pk], ["amount"])
    AccrualPart.objects.bulk_create([part for part in changed if not part.pk])
    source_type = ContentType.objects.get_for_model(InvoiceLine)
    insert_rows(
        AccrualCredit,
        [
            {
                "company_id": schedule.company_id,
                "source_type_id": source_type.pk,
                "source_id": line.pk,
                "created_at": timezone.now(),
                "created_by_id": by.pk,
                "schedule_id": schedule.pk,
                "date": date,
                "deferred": deferred,
                "earned": earned,
            }
            for schedule, line, deferred, earned in rows
        ],
    )

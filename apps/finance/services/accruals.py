"""Accruals and deferrals: written, started, given up. Their months are posted beside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    AccrualPosting,
    AccrualSchedule,
    Invoice,
    InvoiceLine,
    PostingRole,
)
from apps.finance.queries.entries import entries_of
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.accrual_parts import OwnAmount, checked_parts, write_parts
from apps.finance.services.cost_objects import require_open
from apps.finance.services.credit_shares import worth_of
from apps.finance.services.journal import Entry, Line, post_entry, reverse_entry

SERIES, PREFIX = "finance_accrualschedule_series", "AD"
JOURNAL = "GEN"
Status, Kind, Method = AccrualSchedule.Status, AccrualSchedule.Kind, AccrualSchedule.Method
_CHANGEABLE = frozenset({
    "description", "amount", "starts_on", "ends_on", "method", "balance_account", "result_account",
    "cost_object", "partner",
})  # fmt: skip
TRANSFER = "deferral"


def draft_schedule(
    company: Company,
    *,
    kind: str,
    description: str,
    amount: Decimal,
    starts_on: Date,
    ends_on: Date,
    balance_account: Account,
    result_account: Account,
    by: User,
    method: str = Method.MONTH,
    parts: Sequence[OwnAmount] = (),
    invoice_line: InvoiceLine | None = None,
    **values: Any,
) -> AccrualSchedule:
    """Write a schedule down with its months; nothing is posted before it is started.

    ``parts`` are the months of method ``own``. Raises ``InvalidInput`` naming the field.
    """
    unknown = set(values) - {"cost_object", "partner"}
    if unknown:
        raise TypeError(f"no such field of a schedule: {sorted(unknown)}")
    with unit_of_work():
        schedule = AccrualSchedule(
            company=company,
            kind=kind,
            description=description,
            amount=amount,
            starts_on=starts_on,
            ends_on=ends_on,
            method=method,
            balance_account=balance_account,
            result_account=result_account,
            invoice_line=invoice_line,
            created_by=by,
            **values,
        )
        months = checked_parts(schedule, parts)
        schedule.number = next_number(SERIES, PREFIX)
        schedule.save_by(by)
        write_parts(schedule, months)
    return schedule


def schedule_invoice_line(
    line: InvoiceLine,
    *,
    description: str = "",
    by: User,
    amount: Decimal | None = None,
    **values: Any,
) -> AccrualSchedule:
    """Defer what a posted invoice's or bill's line says, its net amount by default.

    Where the line was posted to ``result_account``, starting the schedule moves the amount to the
    balance sheet on the invoice's day first. What credit notes took back is not deferred.
    """
    invoice = line.invoice
    if invoice.kind in Invoice.CREDITS:
        raise InvalidInput("credit_note", _("A credit note is not deferred."), field="invoice_line")
    if invoice.status != Invoice.Status.POSTED:
        raise BusinessError(
            "not_posted", _("{invoice} is not posted.").format(invoice=invoice),
            field="invoice_line",
        )  # fmt: skip
    worth = worth_of(line)
    _require_within(worth, worth if amount is None else amount)
    is_sale = invoice.kind == Invoice.Kind.CUSTOMER
    live = AccrualSchedule.objects.filter(invoice_line=line).exclude(status=Status.CANCELLED)
    if live.exists():
        raise BusinessError(
            "already_scheduled", _("This line has a schedule already."), field="invoice_line"
        )
    schedule = draft_schedule(
        invoice.company,
        kind=Kind.DEFERRED_REVENUE if is_sale else Kind.DEFERRED_EXPENSE,
        description=description or line.description or str(invoice),
        amount=worth if amount is None else amount,
        partner=invoice.partner,
        invoice_line=line,
        by=by,
        **{"cost_object": line.cost_object, **values},
    )
    account_id = _account_of(line)
    if account_id not in (schedule.balance_account_id, schedule.result_account_id):
        raise InvalidInput(
            "other_account",
            _("The line was posted to neither of these accounts."),
            field="result_account",
        )
    return schedule


def change_schedule(
    schedule: AccrualSchedule,
    *,
    by: User,
    parts: Sequence[OwnAmount] | None = None,
    version: int | None = None,
    **values: Any,
) -> AccrualSchedule:
    """Change a draft; its months are counted again."""
    unknown = sorted(set(values) - _CHANGEABLE)
    if unknown:
        raise InvalidInput("not_changeable", _("This stays as it was written."), field=unknown[0])
    with unit_of_work():
        schedule = lock(schedule, version=version, related=("company__currency",))
        require_status(schedule, Status.DRAFT)
        for name, value in values.items():
            setattr(schedule, name, value)
        if parts is None:
            parts = [OwnAmount(part.date, part.amount) for part in schedule.parts.all()]
        months = checked_parts(schedule, parts)
        schedule.parts.all().delete()
        write_parts(schedule, months)
        return schedule.save_by(by)


def start_schedule(
    schedule: AccrualSchedule, *, by: User, version: int | None = None
) -> AccrualSchedule:
    """From now on its months are due. What an invoice posted as cost or revenue is moved first."""
    with unit_of_work():
        schedule = lock(schedule, version=version, related=("company", "invoice_line__invoice"))
        schedule.transition_to(Status.ACTIVE)
        for account in (schedule.balance_account, schedule.result_account):
            if not account.is_active:
                raise BusinessError(
                    "inactive_account",
                    _("{account} is not active.").format(account=account),
                    field="account",
                )
        require_open(schedule.cost_object)
        _transfer(schedule, by)
        return schedule.save_by(by)


def cancel_schedule(
    schedule: AccrualSchedule,
    *,
    reason: str,
    by: User,
    date: Date | None = None,
    version: int | None = None,
) -> AccrualSchedule:
    """Give a schedule up that has nothing posted; what was moved goes back on ``date``."""
    require_reason(reason)
    with unit_of_work():
        schedule = lock(schedule, version=version, related=("company",))
        schedule.transition_to(Status.CANCELLED)
        _require_not_credited(schedule)
        posted = AccrualPosting.objects.filter(
            part__schedule=schedule, status=AccrualPosting.Status.POSTED
        )
        if posted.exists():
            raise BusinessError(
                "has_postings",
                _("Months of {schedule} are posted: reverse them first.").format(schedule=schedule),
                field="status",
            )
        for entry in entries_of(schedule):
            if entry.purpose == TRANSFER:
                on = date or entry.date
                reverse_entry(entry, date=on, by=by, source=schedule, reason=reason)
        return schedule.save_by(by, reason=reason)


def line_of(schedule: AccrualSchedule, account_id: int, amount: Decimal) -> Line:
    """A line of one of its entries."""
    return Line(
        account_id=account_id,
        amount=amount,
        memo=schedule.description,
        cost_object_id=schedule.cost_object_id,
        partner_id=schedule.partner_id,
    )


def _require_not_credited(schedule: AccrualSchedule) -> None:
    """Raise ``BusinessError`` while a credit note has lowered ``schedule``."""
    live = schedule.credits.values("source_id").annotate(
        deferred=Sum("deferred"), earned=Sum("earned")
    ).exclude(deferred=0, earned=0).order_by("source_id")  # fmt: skip
    first = live.first()
    if first is not None:
        note = Invoice.objects.get(lines=first["source_id"])
        raise BusinessError(
            "is_credited",
            _("{note} has lowered {schedule}. Reverse that first.").format(
                note=note, schedule=schedule
            ),
            field="status",
        )


def _require_within(worth: Decimal, amount: Decimal) -> None:
    if not 0 < amount <= worth:
        raise InvalidInput(
            "more_than_line", _("The line is worth {amount}.").format(amount=worth), field="amount"
        )


def _transfer(schedule: AccrualSchedule, by: User) -> None:
    line = schedule.invoice_line
    if line is None:
        return
    _require_within(worth_of(line), schedule.amount)
    if _account_of(line) != schedule.result_account_id:
        return
    if line.invoice.status != Invoice.Status.POSTED:
        raise BusinessError(
            "not_posted", _("{invoice} is not posted.").format(invoice=line.invoice),
            field="invoice_line",
        )  # fmt: skip
    amount = schedule.amount if schedule.kind in AccrualSchedule.EXPENSES else -schedule.amount
    entry = Entry(
        journal=JOURNAL,
        date=line.invoice.date,
        source=schedule,
        purpose=TRANSFER,
        description=str(schedule),
        lines=[
            line_of(schedule, schedule.balance_account_id, amount),
            line_of(schedule, schedule.result_account_id, -amount),
        ],
    )
    post_entry(schedule.company, entry, by=by)


def _account_of(line: InvoiceLine) -> int | None:
    if line.account_id is not None or line.invoice.kind != Invoice.Kind.CUSTOMER:
        return line.account_id
    category_id = line.item.category_id if line.item else None
    resolver = AccountResolver(line.company)
    return resolver.account_id(PostingRole.REVENUE, category_id=category_id)

"""The months of accruals and deferrals: counted or given, checked with their accounts, written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import require_company
from apps.core.sql import insert_rows
from apps.finance.accrual_terms import LONGEST, Parts, by_day, by_month, month_end, month_ends
from apps.finance.models import Account, AccrualPart, AccrualSchedule

RESULT_KINDS = frozenset({Account.Kind.INCOME, Account.Kind.EXPENSE})


@dataclass(frozen=True, slots=True)
class OwnAmount:
    """What falls on the month of ``date``."""

    date: Date
    amount: Decimal


def checked_parts(schedule: AccrualSchedule, own: Sequence[OwnAmount]) -> Parts:
    """The months of ``schedule`` with their amounts, its own or spread; they sum to the whole.

    Raises ``InvalidInput`` naming the field, and the row of an own amount.
    """
    places = schedule.company.currency.decimal_places
    require_decimal(schedule.amount, field="amount", decimal_places=places)
    require_company(
        schedule.company,
        balance_account=schedule.balance_account,
        result_account=schedule.result_account,
        cost_object=schedule.cost_object,
        partner=schedule.partner,
    )
    _check_accounts(schedule)
    first, last = schedule.starts_on, schedule.ends_on
    if last < first:
        raise InvalidInput("bad_span", _("It begins after it ends."), field="ends_on")
    if len(month_ends(first, last)) > LONGEST:
        raise InvalidInput("too_long", _("At most {n} months.").format(n=LONGEST), field="ends_on")
    if schedule.method == AccrualSchedule.Method.OWN:
        return _own_parts(schedule, own, places)
    spread = by_day if schedule.method == AccrualSchedule.Method.DAY else by_month
    return spread(schedule.amount, first, last, places)


def _own_parts(schedule: AccrualSchedule, own: Sequence[OwnAmount], places: int) -> Parts:
    months: dict[Date, Decimal] = {}
    allowed = set(month_ends(schedule.starts_on, schedule.ends_on))
    for row, one in enumerate(own):
        require_decimal(one.amount, field="amount", row=row, decimal_places=places, positive=False)
        end = month_end(one.date)
        if end not in allowed:
            raise InvalidInput(
                "outside_of_span", _("This month is not in the span."), field="date", row=row
            )
        if end in months:
            raise InvalidInput(
                "duplicate", _("This month stands there twice."), field="date", row=row
            )
        if not one.amount:
            raise InvalidInput("zero_amount", _("A line needs an amount."), field="amount", row=row)
        months[end] = one.amount
    total = sum(months.values(), ZERO)
    if total != schedule.amount:
        raise InvalidInput(
            "other_total",
            _("The months come to {total}, the whole is {amount}.").format(
                total=total, amount=schedule.amount
            ),
            field="parts",
        )
    return sorted(months.items())


def _check_accounts(schedule: AccrualSchedule) -> None:
    balance, result = schedule.balance_account, schedule.result_account
    if result.kind not in RESULT_KINDS:
        raise InvalidInput(
            "no_result_account",
            _("{account} is no account of cost or revenue.").format(account=result),
            field="result_account",
        )
    if balance.kind in RESULT_KINDS:
        raise InvalidInput(
            "no_balance_account",
            _("{account} is no account of the balance sheet.").format(account=balance),
            field="balance_account",
        )
    for field, account in (("balance_account", balance), ("result_account", result)):
        if not account.takes_manual_lines:
            raise InvalidInput(
                "control_account",
                _("{account} is kept by its own documents and takes no manual line.").format(
                    account=account
                ),
                field=field,
            )


def write_parts(schedule: AccrualSchedule, months: Parts) -> None:
    """Insert the months; one statement."""
    insert_rows(
        AccrualPart,
        [
            {
                "company_id": schedule.company_id,
                "schedule_id": schedule.pk,
                "date": date,
                "amount": amount,
            }
            for date, amount in months
        ],
    )

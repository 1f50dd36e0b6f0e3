"""The chart of accounts: what may change once there are postings."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, JournalLine, StatementLine

RESULT_KINDS = (Account.Kind.INCOME, Account.Kind.EXPENSE)
#: Fields that give past postings their meaning.
FROZEN = ("kind", "control")


def create_account(*, by: Any, reason: str = "", **values: Any) -> Account:
    """A new account. Raises ``InvalidInput`` when its statement line can't bear it."""
    with unit_of_work():
        account = create_row(Account, values=values, by=by, reason=reason)
        check_accounts([account])
    return account


def update_account(
    account: Account, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> Account:
    """Change an account; kind and control stay once something is posted to it."""
    with unit_of_work():
        frozen = [
            name for name in FROZEN if name in values and values[name] != getattr(account, name)
        ]
        if frozen and JournalLine.objects.filter(account=account).exists():
            raise BusinessError(
                "has_postings",
                _("{account} has postings; this can't change any more.").format(account=account),
                field=frozen[0],
            )
        changed = update_row(account, values=values, by=by, version=version, reason=reason)
        check_accounts([changed])
    return changed


def check_accounts(accounts: list[Account]) -> None:
    """Raise ``InvalidInput`` for an account on the wrong statement or on a line of totals."""
    lines = StatementLine.objects.in_bulk({account.statement_line_id for account in accounts})
    parents = set(
        StatementLine.objects.filter(parent__in=lines).values_list("parent_id", flat=True)
    )
    for row, account in enumerate(accounts):
        line = lines[account.statement_line_id]
        is_income = line.statement == StatementLine.Statement.INCOME
        if line.pk in parents:
            raise InvalidInput(
                "line_of_totals",
                _("{line} only sums up other lines.").format(line=line),
                field="statement_line",
                row=row,
            )
        if is_income != (account.kind in RESULT_KINDS):
            raise InvalidInput(
                "wrong_statement",
                _("{line} is on the other statement.").format(line=line),
                field="statement_line",
                row=row,
            )

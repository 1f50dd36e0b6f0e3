"""Expense claims: written down, approved, posted, paid back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, CostObject, PostingRole
from apps.finance.queries.entries import entry_of
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, Line, post_entry, reverse_entry
from apps.hr.models import Employee, ExpenseClaim, ExpenseLine
from apps.hr.queries.periods import JOURNAL

Status = ExpenseClaim.Status
PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Expense:
    """One expense. Account and cost object default to the posting role's, the department's."""

    date: Date
    description: str
    amount: Decimal
    account: Account | None = None
    cost_object: CostObject | None = None


def draft_expense_claim(
    *,
    company: Company,
    employee: Employee,
    date: Date,
    purpose: str,
    lines: Sequence[Expense],
    by: User,
) -> ExpenseClaim:
    """Write a claim down. Raises ``InvalidInput`` for a bad line (row named)."""
    require_company(company, employee=employee)
    with unit_of_work():
        claim = ExpenseClaim(
            company=company,
            number=next_number("hr_expenseclaim_series", "EX"),
            employee=employee,
            date=date,
            purpose=purpose,
            created_by=by,
        )
        claim.total = _total(company, lines)
        claim.save_by(by)
        _write_lines(claim, lines)
    return claim


def change_expense_claim(
    claim: ExpenseClaim,
    *,
    by: User,
    date: Date | None = None,
    purpose: str | None = None,
    lines: Sequence[Expense] | None = None,
    version: int | None = None,
) -> ExpenseClaim:
    """Change a draft; ``lines`` replace the ones it has."""
    with unit_of_work():
        claim = lock(claim, version=version)
        require_status(claim, Status.DRAFT)
        claim.date = date or claim.date
        claim.purpose = claim.purpose if purpose is None else purpose
        if lines is not None:
            claim.total = _total(claim.company, lines)
            claim.lines.all().delete()
            _write_lines(claim, lines)
        return claim.save_by(by)


def submit_expense_claim(
    claim: ExpenseClaim, *, by: User, version: int | None = None
) -> ExpenseClaim:
    """Hand a draft in."""
    return _step(claim, Status.SUBMITTED, by, version)


def return_expense_claim(
    claim: ExpenseClaim, *, reason: str, by: User, version: int | None = None
) -> ExpenseClaim:
    """Back to draft, and why."""
    return _step(claim, Status.DRAFT, by, version, require_reason(reason))


def cancel_expense_claim(
    claim: ExpenseClaim, *, by: User, version: int | None = None
) -> ExpenseClaim:
    """Give a claim up that nobody approved."""
    return _step(claim, Status.CANCELLED, by, version)


def approve_expense_claim(
    claim: ExpenseClaim, *, by: User, version: int | None = None
) -> ExpenseClaim:
    """Approve it; never one's own."""
    if by.pk in (claim.employee.user_id, claim.created_by_id):
        raise BusinessError("own_claim", _("Somebody else approves your expenses."))
    return _step(claim, Status.APPROVED, by, version)


def post_expense_claim(
    claim: ExpenseClaim, *, by: User, date: Date | None = None, version: int | None = None
) -> ExpenseClaim:
    """Dr expenses by cost object / Cr payable to the employee."""
    with unit_of_work():
        claim = lock(claim, version=version)
        claim.transition_to(Status.POSTED)
        resolver = AccountResolver(claim.company)
        department = claim.employee.department
        home = department.cost_object_id if department else None
        lines = [
            Line(
                line.account_id or resolver.account_id(PostingRole.EXPENSE),
                line.amount,
                memo=line.description,
                cost_object_id=line.cost_object_id or home,
            )
            for line in claim.lines.all()
        ]
        owed = resolver.account_id(PostingRole.EMPLOYEE_PAYABLE)
        lines.append(Line(owed, -claim.total, memo=claim.number))
        _post(claim, date or claim.date, lines, "", by)
        return claim.save_by(by)


def pay_expense_claim(
    claim: ExpenseClaim, *, account: Account, date: Date, by: User, version: int | None = None
) -> ExpenseClaim:
    """Dr payable to the employee / Cr bank or cash."""
    require_company(claim.company, account=account)
    if account.control != Account.Control.CASH:
        raise InvalidInput(
            "no_cash_account",
            _("{account} is no bank or cash account.").format(account=account),
            field="account",
        )
    with unit_of_work():
        claim = lock(claim, version=version)
        claim.transition_to(Status.PAID)
        owed = AccountResolver(claim.company).account_id(PostingRole.EMPLOYEE_PAYABLE)
        lines = [Line(owed, claim.total, memo=claim.number), Line(account.pk, -claim.total)]
        _post(claim, date, lines, PAYMENT, by)
        return claim.save_by(by)


def reverse_expense_claim(
    claim: ExpenseClaim, *, date: Date, reason: str, by: User, version: int | None = None
) -> ExpenseClaim:
    """Undo the posting of a claim that has not been paid."""
    reason = require_reason(reason)
    with unit_of_work():
        claim = lock(claim, version=version)
        claim.transition_to(Status.REVERSED)
        reverse_entry(entry_of(claim), date=date, by=by, source=claim, reason=reason)
        return claim.save_by(by, reason=reason)


def _step(
    claim: ExpenseClaim, status: str, by: User, version: int | None, reason: str = ""
) -> ExpenseClaim:
    with unit_of_work():
        claim = lock(claim, version=version)
        claim.transition_to(status)
        return claim.save_by(by, reason=reason)


def _post(claim: ExpenseClaim, date: Date, lines: list[Line], purpose: str, by: User) -> None:
    entry = Entry(
        journal=JOURNAL,
        date=date,
        source=claim,
        purpose=purpose,
        description=f"{claim.number} {claim.purpose}",
        lines=lines,
    )
    post_entry(claim.company, entry, by=by)


def _total(company: Company, lines: Sequence[Expense]) -> Decimal:
    if not lines:
        raise InvalidInput("no_lines", _("Name at least one expense."), field="lines")
    for row, line in enumerate(lines):
        require_decimal(
            line.amount, field="amount", row=row, decimal_places=company.currency.decimal_places
        )
        require_company(company, row=row, account=line.account, cost_object=line.cost_object)
        if line.account is not None and not line.account.takes_manual_lines:
            raise InvalidInput(
                "control_account",
                _("{account} takes no expenses.").format(account=line.account),
                field="account",
                row=row,
            )
    return sum((line.amount for line in lines), ZERO)


def _write_lines(claim: ExpenseClaim, lines: Sequence[Expense]) -> None:
    ExpenseLine.objects.bulk_create(
        ExpenseLine(
            company_id=claim.company_id,
            claim=claim,
            date=line.date,
            description=line.description,
            amount=line.amount,
            account=line.account,
            cost_object=line.cost_object,
        )
        for line in lines
    )

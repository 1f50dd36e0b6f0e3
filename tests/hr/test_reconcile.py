"""Every invariant finds the break it is there for, and nothing in books that are sound.

The breaks are made by a superuser with triggers off: nobody else can.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.core.reconcile import invariants, reconcile
from apps.finance.models import CostObject
from apps.hr import reconcile as hr_invariants
from apps.hr.models import LeaveType
from apps.hr.services import expenses, leave
from apps.hr.services.departments import create_department
from tests.factories import Books, make_user
from tests.hr.conftest import MONDAY, Staff
from tests.support.connections import superuser
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db(transaction=True)

BREAKS = {
    "labour-distribution-equals-pay": "UPDATE hr_labourdistribution SET amount = amount + 1",
    "pay-slip-adds-up": "UPDATE hr_payslipline SET amount = amount + 1 WHERE kind = 'deduction'",
    "pay-run-equals-entry": "UPDATE hr_payrun SET gross = gross + 1",
    "time-cards-hold-booked-labour": "UPDATE hr_labourbooking SET minutes = minutes + 1",
    "paid-time-is-on-cards": "UPDATE hr_timecardline SET minutes = minutes + 1",
    "contracts-record-time": "UPDATE hr_employee SET is_time_recorded = false",
    "leave-balance-in-limit": "UPDATE hr_leaveentry SET days = -9 WHERE kind = 'taken'",
    "leave-granted-equals-requests": "UPDATE hr_leaverequest SET days = 2",
    "expenses-owed-equal-ledger": "UPDATE hr_expenseclaim SET total = total + 1",
}


@pytest.fixture
def sound(books: Books) -> Staff:
    """Some of everything: posted pay with direct time, granted leave, an expense owed."""
    department = create_department(company=books.company, code="CUT", name="Cutting", by=books.by)
    staff = Staff(books, department, make_user("approver", company=books.company))
    ann, order = staff.hired(), staff.order()
    staff.book(ann, 9, "5", order)
    staff.approved(ann, "3")
    staff.posted()
    kind = LeaveType(company=books.company, code="HOL", name="Holiday", days_per_month=2)
    kind.save_by(books.by)
    leave.accrue_leave(books.company, leave_type=kind, date=date(2026, 3, 31), by=books.by)
    day = date(2026, 4, 1)
    request = leave.ask_leave(
        company=books.company, employee=ann, leave_type=kind, starts_on=day, ends_on=day,
        by=books.by,
    )  # fmt: skip
    leave.approve_leave(request, by=books.by)
    claim = expenses.draft_expense_claim(
        company=books.company, employee=ann, date=MONDAY, purpose="Fair", by=books.by,
        lines=[expenses.Expense(MONDAY, "Train", Decimal(80))],
    )  # fmt: skip
    claim = expenses.submit_expense_claim(claim, by=books.by)
    expenses.post_expense_claim(
        expenses.approve_expense_claim(claim, by=staff.approver), by=staff.approver
    )
    return staff


def test_sound_books_break_nothing(sound: Staff) -> None:
    assert CostObject.objects.filter(kind="work_order").exists()
    assert_reconciled()


def test_every_invariant_has_its_break() -> None:
    source = Path(hr_invariants.__file__).read_text()
    ours = {one.code for one in invariants() if f'"{one.code}"' in source}
    assert ours == BREAKS.keys()


@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize("code", BREAKS)
def test_a_break_is_found(sound: Any, code: str) -> None:
    with superuser() as connection:
        connection.execute(BREAKS[code])
    [finding] = reconcile([code])
    assert not finding.is_clean

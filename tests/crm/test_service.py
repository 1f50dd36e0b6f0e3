"""Service cases with their warranty, complaints with their answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import InvalidInput, InvalidTransition
from apps.crm.models import Complaint, ServiceCase, WarrantyTerm
from apps.crm.queries.warranty import months_after
from apps.crm.services.complaints import (
    accept_complaint,
    close_complaint,
    open_complaint,
    reject_complaint,
    reopen_complaint,
)
from apps.crm.services.sales_orders import OrderLine
from apps.crm.services.service_cases import (
    close_service_case,
    open_service_case,
    reopen_service_case,
    resume_service_case,
    solve_service_case,
    wait_for_customer,
)
from apps.inventory.models import Lot
from apps.quality.models import Nonconformance
from tests.crm.sales import shipped_order
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal


def term(trade: Trade, code: str, months: int, **values) -> WarrantyTerm:
    return WarrantyTerm(
        company=trade.books.company, code=code, name=code, months=months, **values
    ).save_by(trade.books.by)


def test_the_warranty_of_a_serial_number_runs_from_its_shipment(trade: Trade) -> None:
    item = trade.item(tracking="serial")
    trade.stocked(item, "1", "5", lots=["SN-1"])
    shipped_order(trade, OrderLine(item, D(1), D(9)), quantities=("1",))
    term(trade, "ALL", 6)
    lot = Lot.objects.get()
    case = open_service_case(
        trade.books.company, partner=trade.customer, subject="Leaks", lot=lot, by=trade.books.by
    )
    assert (case.item, case.shipped_on, case.warranty_until) == (item, DAY, date(2026, 9, 10))
    term(trade, "GROUP", 12, category=item.category)
    term(trade, "ITEM", 600, item=item)
    case = open_service_case(
        trade.books.company, partner=trade.customer, subject="Leaks", lot=lot, by=trade.books.by
    )
    assert (case.warranty_until, case.is_in_warranty) == (date(2076, 3, 10), True)
    stranger = trade.books.partner("ELSE")
    other = open_service_case(
        trade.books.company, partner=stranger, subject="Leaks", lot=lot, by=trade.books.by
    )
    assert (other.shipped_on, other.is_in_warranty) == (None, None)


def test_months_end_where_the_month_does() -> None:
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2026, 12, 15), 24) == date(2028, 12, 15)


def test_a_case_from_open_to_closed_and_back(trade: Trade) -> None:
    by = trade.books.by
    case = open_service_case(trade.books.company, partner=trade.customer, subject="How to?", by=by)
    case = resume_service_case(wait_for_customer(case, by=by), by=by)
    with pytest.raises(InvalidTransition):
        close_service_case(case, by=by)
    with pytest.raises(InvalidInput) as refusal:
        solve_service_case(case, solution=" ", by=by)
    assert refusal.value.field == "solution"
    case = close_service_case(solve_service_case(case, solution="Turn it on", by=by), by=by)
    case = reopen_service_case(case, reason="still off", by=by)
    assert (case.status, case.solved_at) == ("open", None)


def test_a_complaint_is_answered(trade: Trade) -> None:
    by, item = trade.books.by, trade.item()
    one = open_complaint(
        trade.books.company, partner=trade.customer, item=item, quantity=D(2),
        description="Scratched", by=by,
    )  # fmt: skip
    with pytest.raises(InvalidInput):
        accept_complaint(one, answer="", by=by)
    one = reopen_complaint(reject_complaint(one, answer="No", by=by), reason="photos", by=by)
    one = close_complaint(accept_complaint(one, answer="You are right", by=by), by=by)
    assert (one.status, one.answer) == ("closed", "You are right")
    ncr = Nonconformance.objects.get()
    assert (one.nonconformance, ncr.item, ncr.partner, ncr.source) == (
        ncr, item, trade.customer, one,
    )  # fmt: skip
    again = accept_complaint(reopen_complaint(one, reason="again", by=by), answer="Yes", by=by)
    assert (again.nonconformance, Nonconformance.objects.count()) == (ncr, 1)
    assert_reconciled()


def test_what_does_not_belong_together_is_refused(trade: Trade) -> None:
    item, other = trade.item(tracking="lot"), trade.item()
    trade.stocked(item, "1", "5", lots=["L-1"])
    lot = Lot.objects.get()
    with pytest.raises(InvalidInput) as refusal:
        open_complaint(
            trade.books.company, partner=trade.customer, item=other, lot=lot, quantity=D(1),
            description="x", by=trade.books.by,
        )  # fmt: skip
    assert refusal.value.field == "lot"
    with pytest.raises(InvalidInput) as refusal:
        open_service_case(
            trade.books.company, partner=trade.customer, subject="x", item=other, lot=lot,
            by=trade.books.by,
        )  # fmt: skip
    assert refusal.value.field == "lot"
    assert not Complaint.objects.exists() and not ServiceCase.objects.exists()

"""S12's money: parts, labour, a contractor; expensed or capitalised; and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.finance.models import CostObject, Invoice, JournalEntry, JournalLine
from apps.finance.services.approvals import approve_bill, create_limit
from apps.finance.services.credit_notes import CreditLine, credit_invoice
from apps.finance.services.invoices import (
    BillingLine,
    cancel_invoice,
    change_invoice,
    post_invoice,
    reverse_invoice,
)
from apps.inventory.models import StockMove
from apps.inventory.services.lots import NewLot, create_lots
from apps.maintenance.models import MaintenanceCharge, MaintenanceOrder, PartsIssue
from apps.maintenance.queries.orders import issued_parts, order_costs
from apps.maintenance.services.charges import cancel_charge, charge_order, reverse_charge
from apps.maintenance.services.labour import book_labour, reverse_labour
from apps.maintenance.services.orders import cancel_order, change_order, close_order, complete_order
from apps.maintenance.services.parts import PartTaken, issue_parts, reverse_parts_issue
from apps.masterdata.models import WorkCentreRate
from tests.factories import make_user
from tests.maintenance.conftest import DAY, D, Workshop
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db


def spend(workshop: Workshop, order: MaintenanceOrder) -> tuple[PartsIssue, object, object]:
    """Parts 120.00, labour 2 h at 30, a contractor's 200."""
    seal = workshop.part()
    issue = issue_parts(order, [PartTaken(seal, D(2), workshop.stock)], date=DAY, by=workshop.by)
    labour = book_labour(order, employee=workshop.fitter, minutes=D(120), date=DAY, by=workshop.by)
    charge = charge_order(
        order,
        partner=workshop.books.partner("FIXIT"),
        amount=D(200),
        date=DAY,
        reference="R-17",
        by=workshop.by,
    )
    return issue, labour, charge


@pytest.mark.parametrize(("capitalised", "account"), [(False, "6200"), (True, "1510")])
def test_s12_parts_labour_and_vendor_come_to_380(
    workshop: Workshop, capitalised: bool, account: str
) -> None:
    books = workshop.books
    order = workshop.order(workshop.asset(), is_capitalised=capitalised)
    spend(workshop, order)
    assert books.balance(account) == D("380.00")
    assert books.balance("1300") == D("480.00"), "600 of seals less 120"
    assert books.balance("5390") == D("-60.00")
    assert books.balance("2000") == D("-200.00")
    cost = order_costs([order.pk])[order.pk]
    assert (cost.parts, cost.labour, cost.charges, cost.total) == (120, 60, 200, 380)
    [cost_object] = CostObject.objects.filter(company=books.company)
    assert (cost_object.kind, cost_object.code) == ("asset", "AST-PRESS-1")
    lines = JournalLine.objects.filter(cost_object=cost_object)
    assert sum(line.amount for line in lines) == 380
    assert_reconciled()


def test_every_posting_has_a_way_back(workshop: Workshop) -> None:
    books, by = workshop.books, workshop.by
    order = workshop.order(workshop.asset())
    issue, labour, charge = spend(workshop, order)
    assert list(issued_parts(order).values()) == [(2, 120)]
    with pytest.raises(BusinessError) as refused:
        cancel_order(order, reason="no", by=by)
    assert refused.value.code == "has_cost"
    reverse_parts_issue(issue, date=DAY, reason="wrong seal", by=by)
    reverse_labour(labour, date=DAY, reason="wrong order", by=by)
    reverse_charge(charge, date=DAY, reason="wrong bill", by=by)
    for code, amount in (("6200", 0), ("1300", 600), ("5390", 0), ("2000", 0)):
        assert books.balance(code) == amount
    assert order_costs([order.pk])[order.pk].total == 0
    assert list(issued_parts(order).values()) == [(0, 0)]
    with pytest.raises(BusinessError):
        reverse_labour(labour, date=DAY, reason="again", by=by)
    assert cancel_order(order, reason="not needed", by=by).status == "cancelled"
    assert_reconciled()


def test_a_bill_reversed_in_finance_takes_its_charge_along(workshop: Workshop) -> None:
    order = workshop.order(workshop.asset())
    charge = charge_order(
        order, partner=workshop.books.partner(), amount=D(50), date=DAY, by=workshop.by
    )
    complete_order(order, by=workshop.by)
    close_order(order, by=workshop.by)
    with pytest.raises(BusinessError) as refused:
        reverse_invoice(charge.invoice, date=DAY, reason="typo", by=workshop.by)
    assert refused.value.code == "order_closed"
    assert MaintenanceCharge.objects.get().status == "posted"


def test_a_suppliers_credit_makes_its_charge_cheaper(workshop: Workshop) -> None:
    """The order may be closed by then; the cost of its asset is what the ledger has."""
    books, by = workshop.books, workshop.by
    order = workshop.order(workshop.asset())
    _issue, _labour, charge = spend(workshop, order)
    complete_order(order, by=by)
    close_order(order, by=by)
    note = credit_invoice(
        charge.invoice,
        date=DAY,
        lines=[CreditLine(charge.invoice.lines.get(), D(1), D(50))],
        reference="CN-1",
        by=by,
    )
    charge.refresh_from_db()
    assert (charge.amount, charge.credited, charge.status) == (200, 50, "posted")
    cost = order_costs([order.pk])[order.pk]
    assert (cost.charges, cost.total) == (150, 330)
    assert (books.balance("6200"), books.balance("2000")) == (330, -150)
    assert_reconciled()
    reverse_invoice(note, date=DAY, reason="not granted", by=by)
    charge.refresh_from_db()
    assert (charge.credited, order_costs([order.pk])[order.pk].charges) == (0, 200)
    assert books.balance("6200") == 380
    assert_reconciled()


def test_the_rate_is_that_of_the_day(workshop: Workshop) -> None:
    crew = workshop.fitter.work_centre
    WorkCentreRate(
        company=workshop.books.company,
        work_centre=crew,
        effective_from=date(2026, 3, 15),
        labour_rate=D(36),
    ).save_by(workshop.by)
    order = workshop.order(workshop.asset())
    by = {"employee": workshop.fitter, "minutes": D(90), "by": workshop.by}
    assert book_labour(order, date=DAY, **by).amount == 45
    assert book_labour(order, date=date(2026, 3, 20), **by).amount == 54
    with pytest.raises(BusinessError) as refused:
        book_labour(order, date=date(2025, 12, 31), **by)
    assert (refused.value.code, refused.value.field) == ("no_rate", "employee")


def test_parts_that_are_not_there_are_refused_and_nothing_is_written(workshop: Workshop) -> None:
    order = workshop.order(workshop.asset())
    seal = workshop.part()
    oil = workshop.books.item("OIL", tracking="lot")
    [lot] = create_lots(workshop.books.company, [NewLot(oil, "L1")], by=workshop.by)
    workshop.stocked(oil, "5", "8", lot=lot)
    entries, moves = JournalEntry.objects.count(), StockMove.objects.count()
    good = PartTaken(seal, D(1), workshop.stock)
    for bad, code, field in (
        (PartTaken(oil, D(1), workshop.stock, "L9"), "unknown_lot", "lot_code"),
        (PartTaken(seal, D(0), workshop.stock), "not_positive", "quantity"),
        (PartTaken(seal, D(99), workshop.stock), "insufficient_stock", "quantity"),
        (PartTaken(seal, D(1), workshop.places["customer"]), "no_stock_place", "location"),
    ):
        with pytest.raises(BusinessError) as refused:
            issue_parts(order, [good, bad], date=DAY, by=workshop.by)
        assert (refused.value.code, refused.value.field, refused.value.row) == (code, field, 1)
    assert JournalEntry.objects.count() == entries and StockMove.objects.count() == moves
    assert not PartsIssue.objects.exists()
    issue_parts(order, [PartTaken(oil, D(2), workshop.stock)], date=DAY, by=workshop.by)
    assert StockMove.objects.latest("id").lot == lot


def test_cost_needs_an_order_at_work(workshop: Workshop) -> None:
    order = workshop.order(workshop.asset(), status="planned")
    with pytest.raises(BusinessError) as refused:
        book_labour(order, employee=workshop.fitter, minutes=D(5), date=DAY, by=workshop.by)
    assert refused.value.code == "wrong_status"
    with pytest.raises(InvalidInput):
        charge_order(
            workshop.order(workshop.asset("P2")),
            partner=workshop.books.partner(is_supplier=False),
            amount=D(5),
            date=DAY,
            by=workshop.by,
        )
    assert not JournalEntry.objects.exists()


def test_what_is_posted_stays_expensed_or_capitalised(workshop: Workshop) -> None:
    order = workshop.order(workshop.asset())
    spend(workshop, order)
    with pytest.raises(BusinessError) as refused:
        change_order(order, is_capitalised=True, by=workshop.by)
    assert (refused.value.code, refused.value.field) == ("has_cost", "is_capitalised")


def _limited(workshop: Workshop) -> User:
    """A company that limits who approves bills, and who may."""
    boss = make_user("boss")
    create_limit(
        company=workshop.books.company, document="bill", user=boss, amount=D(500), by=workshop.by
    )
    return boss


def test_a_bill_to_be_approved_keeps_its_charge_waiting(workshop: Workshop) -> None:
    books, by = workshop.books, workshop.by
    boss = _limited(workshop)
    order = workshop.order(workshop.asset())
    charge = charge_order(
        order, partner=books.partner("FIXIT"), amount=D(200), date=DAY, reference="R-17", by=by
    )
    assert (charge.status, charge.get_status_display()) == ("draft", "Waiting for approval")
    assert charge.invoice.status == "draft"
    assert (books.balance("6200"), order_costs([order.pk])[order.pk].total) == (0, 0)
    assert_reconciled()
    complete_order(order, by=by)
    with pytest.raises(BusinessError) as waiting:
        close_order(order, by=by)
    assert (waiting.value.code, waiting.value.field) == ("charge_waiting", "status")
    with pytest.raises(BusinessError) as early:
        post_invoice(charge.invoice, by=by)
    assert (early.value.code, early.value.field) == ("approval_required", "approved_by")
    assert MaintenanceCharge.objects.get().status == "draft"
    change_invoice(
        charge.invoice,
        reference="R-18",
        lines=[replace(_billing_line(charge.invoice), unit_price=D(210))],
        by=by,
    )
    post_invoice(approve_bill(charge.invoice, by=boss), by=by)
    charge.refresh_from_db()
    assert (charge.status, charge.amount, charge.reference) == ("posted", 210, "R-18")
    assert (books.balance("6200"), books.balance("2000")) == (210, -210)
    assert order_costs([order.pk])[order.pk].charges == 210
    assert close_order(order, by=by).status == "closed"
    assert_reconciled()


def test_a_waiting_charge_is_given_up_with_its_bill(workshop: Workshop) -> None:
    _limited(workshop)
    order = workshop.order(workshop.asset())
    first, second = (
        charge_order(order, partner=workshop.books.partner(), amount=D(9), date=DAY, by=workshop.by)
        for _n in range(2)
    )
    with pytest.raises(BusinessError) as refused:
        cancel_order(order, reason="no", by=workshop.by)
    assert refused.value.code == "has_cost"
    assert cancel_charge(first, reason="not ours", by=workshop.by).status == "cancelled"
    cancel_invoice(second.invoice, reason="not ours", by=workshop.by)
    assert {c.status for c in MaintenanceCharge.objects.all()} == {"cancelled"}
    assert {c.invoice.status for c in MaintenanceCharge.objects.all()} == {"cancelled"}
    with pytest.raises(BusinessError) as again:
        cancel_charge(first, reason="again", by=workshop.by)
    assert again.value.code == "invalid_transition"
    assert cancel_order(order, reason="not needed", by=workshop.by).status == "cancelled"
    assert_reconciled()


def _billing_line(invoice: Invoice) -> BillingLine:
    line = invoice.lines.get()
    return BillingLine(
        quantity=line.quantity,
        unit_price=line.unit_price,
        description=line.description,
        account=line.account,
        cost_object=line.cost_object,
    )


def test_the_orders_page_says_what_waits(workshop: Workshop) -> None:
    _limited(workshop)
    order = workshop.order(workshop.asset())
    charge = charge_order(
        order, partner=workshop.books.partner("FIXIT"), amount=D(200), date=DAY, by=workshop.by
    )
    desk = Client()
    desk.force_login(workshop.by, "apps.core.backends.PermissionBackend")
    page = desk.get(reverse("maintenance-order", args=[order.pk])).content.decode()
    assert f"{charge.number} · FIXIT Inc · 200.00 EUR: waits for approval" in page
    shown = desk.get(f"/admin/maintenance/maintenancecharge/{charge.pk}/change/").content.decode()
    assert "Waiting for approval" in shown and "Cancel, with its bill" in shown

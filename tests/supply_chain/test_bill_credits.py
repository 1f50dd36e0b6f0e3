"""Suppliers' credit notes over matched bills: units and prices, goods that went back, reversal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError
from apps.finance.models import Invoice
from apps.finance.services.credit_notes import CreditLine, credit_invoice
from apps.finance.services.invoices import reverse_invoice
from apps.finance.services.policies import create_policy
from apps.inventory.models import ItemValuation
from apps.inventory.services.cost_adjustments import change_standard_costs
from apps.quality.models import Inspection, Nonconformance
from apps.quality.services.deciding import decide_inspection
from apps.quality.services.dispositions import Decision, disposition_nonconformance
from apps.quality.services.nonconformances import review_nonconformance
from apps.supply_chain.models import BillMatch
from apps.supply_chain.queries.grni import unbilled_lines
from apps.supply_chain.services.billable_lines import BilledLine
from apps.supply_chain.services.purchase_orders import OrderLine
from tests.factories import make_currency
from tests.quality.plant import make_laboratory
from tests.supply_chain.test_bills import balances, bill
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal
CODES = ("1300", "2050", "2000")


def credit(trade: Trade, invoice: Invoice, *lines: CreditLine, on: date = DAY) -> Invoice:
    return credit_invoice(
        invoice,
        date=on,
        lines=lines or None,
        reference=f"CN-{Invoice.objects.count()}",
        by=trade.books.by,
    )


def units(invoice: Invoice, quantity: str, price: str | None = None) -> CreditLine:
    line = invoice.lines.order_by("pk").first()
    assert line is not None
    return CreditLine(line, D(quantity), None if price is None else D(price))


def test_units_wait_for_another_bill(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "5")
    invoice = bill(trade, receipt)
    note = credit(trade, invoice, units(invoice, "4"))
    assert (note.kind, note.total, note.credits) == ("bill_credit", 20, invoice)
    assert balances(trade, *CODES) == (50, -20, -30)
    [open_line] = unbilled_lines(trade.books.company, at=DAY)
    assert (open_line.billed, open_line.open_value) == (6, 20)
    assert_reconciled()
    bill(trade, receipt)
    assert balances(trade, *CODES) == (50, 0, -50)
    assert_reconciled()


def test_what_a_dearer_bill_added_leaves_with_its_units(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "5")
    invoice = bill(trade, receipt, BilledLine(receipt.lines.get(), unit_price=D(6)))
    assert balances(trade, *CODES) == (60, 0, -60)
    first = credit(trade, invoice, units(invoice, "4"))
    assert balances(trade, *CODES) == (56, -20, -36)
    assert_reconciled()
    credit(trade, invoice)
    assert balances(trade, *CODES) == (50, -50, 0)
    assert_reconciled()
    reverse_invoice(first, date=DAY, reason="not agreed", by=trade.books.by)
    assert balances(trade, *CODES) == (54, -30, -24)
    assert_reconciled()


def test_thirds_come_back_to_the_cent(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "3", "0.333333")
    invoice = bill(trade, receipt)
    for part in ("-0.33", "-0.67", "-1.00"):
        credit(trade, invoice, units(invoice, "1"))
        assert trade.books.balance("2050") == D(part)
    assert_reconciled()


def test_a_lower_price_is_less_cost_of_what_came(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "5")
    invoice = bill(trade, receipt)
    note = credit(trade, invoice, units(invoice, "10", "0.50"))
    assert note.lines.get().credits_price
    assert balances(trade, *CODES) == (45, 0, -45)
    assert unbilled_lines(trade.books.company, at=DAY) == []
    match = BillMatch.objects.order_by("pk").last()
    assert match is not None and (match.quantity, match.value, match.variance) == (0, 0, -5)
    assert_reconciled()
    reverse_invoice(note, date=DAY, reason="not agreed", by=trade.books.by)
    assert balances(trade, *CODES) == (50, 0, -50)
    assert_reconciled()


def test_standard_cost_items_give_the_price_variance_back(trade: Trade) -> None:
    item = trade.item("standard")
    change_standard_costs(
        trade.books.company, {item: D(9)}, source=item, date=DAY, by=trade.books.by
    )
    receipt = trade.stocked(item, "10", "10")
    invoice = bill(trade, receipt)
    credit(trade, invoice, units(invoice, "10", "0.50"))
    assert balances(trade, "1300", "5200", "2050", "2000") == (90, 5, 0, -95)
    assert_reconciled()


def test_goods_that_went_back_are_settled_by_their_credit(trade: Trade) -> None:
    """Rule 19: the return clears at the receipt's price, the credit at what was billed; stock's
    own cost and what the bill asked more are the price variance."""
    lab = make_laboratory(trade)
    item = trade.item("average", code="BOLT", tracking="lot")
    trade.stocked(item, "100", "4", lots=["L0"])
    lab.plan(item)
    receipt = trade.stocked(item, "100", "2", lots=["L1"])
    invoice = bill(trade, receipt, BilledLine(receipt.lines.get(), unit_price=D("2.50")))
    assert balances(trade, *CODES) == (650, -400, -250)
    inspection = lab.measure(Inspection.objects.get(), 1)
    decide_inspection(inspection, by=trade.books.by)
    ncr = review_nonconformance(Nonconformance.objects.get(), by=trade.books.by)
    disposition_nonconformance(
        ncr, decisions=[Decision("return", D(100))], date=DAY, by=lab.reviewer
    )
    assert balances(trade, "1300", "5200", "2050") == (325, 125, -200)
    owed = unbilled_lines(trade.books.company, at=DAY)[-1]
    assert owed.open_value == -200
    credit(trade, invoice)
    assert balances(trade, "1300", "5200", "2050", "2000") == (325, 75, -400, 0)
    [rest] = unbilled_lines(trade.books.company, at=DAY)
    assert rest.open_value == 400
    assert ItemValuation.objects.get(item=item).value == 325
    assert_reconciled()


def test_what_was_billed_beyond_what_came_is_credited_first(trade: Trade) -> None:
    create_policy(
        company=trade.books.company, valid_from=DAY, quantity_tolerance=D(50), by=trade.books.by
    )
    receipt = trade.stocked(trade.item(), "10", "5")
    invoice = bill(trade, receipt, BilledLine(receipt.lines.get(), D(12)))
    assert balances(trade, *CODES) == (60, 0, -60)
    credit(trade, invoice, units(invoice, "2"))
    assert balances(trade, *CODES) == (50, 0, -50)
    credit(trade, invoice, units(invoice, "1"))
    assert balances(trade, *CODES) == (50, -5, -45)
    assert_reconciled()


def test_the_rate_of_the_receipt_stays_with_the_goods(trade: Trade) -> None:
    trade.books.rate("USD", date(2026, 3, 1), "0.90")
    trade.books.rate("USD", date(2026, 3, 20), "0.95")
    item = trade.item()
    order = trade.ordered(OrderLine(item, D(10), D("3.33")), currency=make_currency("USD"))
    receipt = trade.receive(order, "10")
    invoice = bill(trade, receipt, date=date(2026, 3, 21))
    assert balances(trade, "1300", "7200", "2050") == (D("29.97"), D("1.67"), 0)
    credit(trade, invoice, units(invoice, "5"), on=date(2026, 3, 22))
    assert balances(trade, "1300", "2050") == (D("29.97"), D("-14.99"))
    assert_reconciled()
    credit(trade, invoice, units(invoice, "5", "0.10"), on=date(2026, 3, 22))
    assert balances(trade, "1300", "2050") == (D("29.52"), D("-14.99"))
    assert_reconciled()


def test_goods_for_a_cost_object_cost_it_less(trade: Trade) -> None:
    from tests.support.budgets import cost_centre

    centre = cost_centre(trade.books, "LINE-1")
    order = trade.ordered(OrderLine(trade.item(), D(10), D(5), cost_object=centre))
    invoice = bill(trade, trade.receive(order, "10"))
    before = trade.books.balance("2000")
    note = credit(trade, invoice, units(invoice, "10", "1"))
    assert trade.books.balance("2050") == 0
    assert trade.books.balance("2000") == before + 10
    assert_reconciled()
    reverse_invoice(note, date=DAY, reason="not agreed", by=trade.books.by)
    assert (trade.books.balance("2050"), trade.books.balance("2000")) == (0, before)
    assert_reconciled()


def test_a_credited_bill_stays_and_no_more_than_billed_is_credited(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "5")
    invoice = bill(trade, receipt)
    credit(trade, invoice, units(invoice, "4"))
    matches = BillMatch.objects.count()
    for act, code in (
        (lambda: credit(trade, invoice, units(invoice, "7")), "over_credited"),
        (lambda: credit(trade, invoice, units(invoice, "7", "0.10")), "over_credited"),
        (lambda: credit(trade, invoice, units(invoice, "6", "5.01")), "over_credited"),
        (
            lambda: reverse_invoice(invoice, date=DAY, reason="no", by=trade.books.by),
            "has_payments",
        ),
    ):
        with pytest.raises(BusinessError) as refusal:
            act()
        assert refusal.value.code == code
    assert BillMatch.objects.count() == matches
    assert_reconciled()

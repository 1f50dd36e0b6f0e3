"""Tax that a bill states as one sum stands in the tax ledger under a code."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import InvalidInput
from apps.finance.models import Invoice, TaxCode, TaxEntry
from apps.finance.services.invoices import reverse_invoice
from apps.supply_chain.services.bills import bill_order
from apps.supply_chain.services.purchase_orders import OrderLine
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal


def rows() -> list[tuple[str, Decimal, Decimal]]:
    found = TaxEntry.objects.order_by("pk").select_related("tax_code")
    return [(row.tax_code.code, row.base, row.tax) for row in found]


def came(trade: Trade, *prices: str, **values: Decimal) -> object:
    lines = [OrderLine(trade.item(), D(1), D(price)) for price in prices]
    order = trade.ordered(*lines, **values)
    trade.receive(order, *["1"] * len(prices))
    return order


def test_the_only_rate_that_makes_the_sum_is_taken(trade: Trade) -> None:
    """20 % of 33.33 + 66.67 is 20.00: 6.67 and 13.33 of it stand on the lines."""
    order = came(trade, "33.33", "66.67", tax_amount=D(20))
    bill = bill_order(order, reference="A", date=DAY, by=trade.books.by)
    assert (bill.total, trade.books.balance("1150")) == (120, 20)
    assert [line.tax_amount for line in bill.lines.order_by("pk")] == [D("6.67"), D("13.33")]
    assert sum(base for _code, base, _tax in rows()) == 100
    assert {code for code, _base, _tax in rows()} == {"STD"}
    assert sum(tax for _code, _base, tax in rows()) == 20
    assert_reconciled()
    reverse_invoice(bill, date=DAY, reason="no", by=trade.books.by)
    assert sum(tax for _code, _base, tax in rows()) == 0
    assert_reconciled()


def test_charges_may_be_taxed_or_not(trade: Trade) -> None:
    for reference, tax in (("A", "22"), ("B", "20")):
        order = came(trade, "100", tax_amount=D(tax), freight_amount=D(10))
        bill_order(order, reference=reference, date=DAY, by=trade.books.by)
    assert sum(base for _code, base, _tax in rows()) == 210
    assert sum(tax for _code, _base, tax in rows()) == 42
    assert_reconciled()


def test_a_sum_of_no_rate_needs_a_code(trade: Trade) -> None:
    """Without one it is posted as it was: on the account of tax on purchases, in no box."""
    order = came(trade, "100", tax_amount=D("19.99"))
    bill_order(order, reference="A", date=DAY, by=trade.books.by)
    assert (rows(), trade.books.balance("1150")) == ([], D("19.99"))
    order = came(trade, "100", tax_amount=D("19.99"))
    code = trade.books.tax_codes["STD"]
    bill_order(order, reference="B", date=DAY, tax_code=code, by=trade.books.by)
    assert rows() == [("STD", D(100), D("19.99"))]
    assert_reconciled()


def test_a_code_that_no_supplier_charges_is_refused(trade: Trade) -> None:
    order = came(trade, "100", tax_amount=D(20))
    code = trade.books.tax_codes["STD"]
    code.treatment = TaxCode.Treatment.REVERSE_CHARGE
    code.save_by(trade.books.by)
    with pytest.raises(InvalidInput) as refusal:
        bill_order(order, reference="A", date=DAY, tax_code=code, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("not_charged", "tax_code")
    assert not Invoice.objects.exists()

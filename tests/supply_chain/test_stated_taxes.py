"""Tax that a bill states as one sum stands in the tax ledger under a code."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput
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


def test_a_sum_over_several_rates_is_split_where_one_way_makes_it(trade: Trade) -> None:
    """20 % of 100 and 10 % of 50 are 25; no other rates of the two make it."""
    order = came(trade, "100", "50", tax_amount=D(25))
    bill = bill_order(order, reference="A", date=DAY, by=trade.books.by)
    assert [line.tax_amount for line in bill.lines.order_by("pk")] == [20, 5]
    assert sorted(rows()) == [("RED", D(50), D(5)), ("STD", D(100), D(20))]
    assert trade.books.balance("1150") == 25
    assert_reconciled()


def test_lines_without_tax_are_found_too(trade: Trade) -> None:
    order = came(trade, "100", "7", "3", tax_amount=D("20.70"))
    bill = bill_order(order, reference="A", date=DAY, by=trade.books.by)
    assert [line.tax_amount for line in bill.lines.order_by("pk")] == [20, D("0.70"), 0]
    assert_reconciled()


@pytest.mark.parametrize(("prices", "tax"), [(("100",), "19.99"), (("100", "50", "30"), "20")])
def test_a_sum_that_nobody_can_split_is_refused_until_it_is_said(
    trade: Trade, prices: tuple[str, ...], tax: str
) -> None:
    """19.99 is no rate; 20 is 20 % of the 100, or 10 % of it and 20 % of the 50."""
    order = came(trade, *prices, tax_amount=D(tax))
    with pytest.raises(BusinessError) as refusal:
        bill_order(order, reference="A", date=DAY, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("tax_unexplained", "tax_amount")
    assert refusal.value.details["tax_amount"] in (tax, f"{tax}.0000", f"{D(tax):.4f}")
    assert not Invoice.objects.exists()
    assert trade.books.balance("1150") == 0
    code = trade.books.tax_codes["STD"]
    bill_order(order, reference="B", date=DAY, tax_code=code, by=trade.books.by)
    assert rows() == [("STD", sum(map(D, prices)), D(tax))]
    order = came(trade, *prices, tax_amount=D(tax))
    bill_order(order, reference="C", date=DAY, tax_is_cost=True, by=trade.books.by)
    assert (trade.books.balance("1150"), trade.books.balance("5060")) == (D(tax), D(tax))
    assert_reconciled()


def test_tax_is_no_line_of_an_invoice(trade: Trade) -> None:
    books = trade.books
    with pytest.raises(BusinessError) as refusal:
        books.invoice(
            "supplier", trade.supplier, DAY, "20", line={"account": books.account("1150")}
        )
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "tax_account", "account", 0,
    )  # fmt: skip
    assert not Invoice.objects.exists()


def test_a_code_that_no_supplier_charges_is_refused(trade: Trade) -> None:
    order = came(trade, "100", tax_amount=D(20))
    code = trade.books.tax_codes["STD"]
    code.treatment = TaxCode.Treatment.REVERSE_CHARGE
    code.save_by(trade.books.by)
    with pytest.raises(InvalidInput) as refusal:
        bill_order(order, reference="A", date=DAY, tax_code=code, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("not_charged", "tax_code")
    assert not Invoice.objects.exists()

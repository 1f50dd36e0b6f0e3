from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import Invoice, JournalEntry
from apps.finance.queries.entries import entry_of
from apps.finance.services.chart import set_posting_rule
from apps.finance.services.invoices import (
    BillingLine,
    cancel_invoice,
    delete_draft,
    draft_invoice,
    post_invoice,
    reverse_invoice,
)
from apps.finance.services.journal import Line
from tests.factories import Books, make_currency
from tests.support.statements import at_most

DAY = date(2026, 3, 10)
D = Decimal


def amounts(invoice: Invoice) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in entry_of(invoice).lines.select_related("account"):
        found[line.account.code] = found.get(line.account.code, D(0)) + line.amount
    return found


def test_a_customer_invoice_posts_receivable_revenue_and_tax(books: Books) -> None:
    customer = books.partner(payment_days=14)
    invoice = books.invoice(
        "customer", customer, DAY, "100.00", "50.55", line={"tax_code": books.tax_codes["STD"]}
    )
    assert (invoice.number, invoice.total, invoice.due_date) == ("", D("180.66"), date(2026, 3, 24))
    invoice = post_invoice(invoice, by=books.by)
    assert invoice.number == "SAL-2026-000001"
    assert amounts(invoice) == {"1100": D("180.66"), "4000": D("-150.55"), "2100": D("-30.11")}


def test_a_supplier_bill_posts_cost_tax_and_payable(books: Books) -> None:
    invoice = books.posted_invoice(
        "supplier", books.partner(), DAY, "300.00", line={
            "account": books.account("6110"), "tax_code": books.tax_codes["RED"],
        },
    )  # fmt: skip
    assert invoice.number == "PUR-2026-000001"
    assert amounts(invoice) == {"2000": D("-330.00"), "6110": D("300.00"), "1150": D("30.00")}


def test_tax_is_rounded_once_per_rate_and_still_sums_by_line(books: Books) -> None:
    invoice = books.posted_invoice(
        "customer", books.partner(), DAY, *["0.33"] * 3, line={"tax_code": books.tax_codes["RED"]}
    )
    assert sum(line.tax_amount for line in invoice.lines.all()) == D("0.10")
    assert amounts(invoice) == {"1100": D("1.09"), "4000": D("-0.99"), "2100": D("-0.10")}


def test_foreign_currency_balances_in_both_currencies(books: Books) -> None:
    books.rate("USD", date(2026, 3, 1), "0.93331")
    books.rate("USD", date(2026, 3, 11), "5")
    invoice = books.posted_invoice(
        "customer", books.partner(currency=make_currency("USD")), DAY, *["0.05"] * 33, "7.77"
    )
    lines = list(entry_of(invoice).lines.all())
    assert invoice.exchange_rate == D("0.93331")
    assert {line.currency_id for line in lines} == {"USD"}
    assert sum(line.amount for line in lines) == sum(line.amount_currency for line in lines) == 0
    assert invoice.total == D("9.42")
    assert invoice.total_company == D("8.79") == lines[0].amount


def test_a_missing_rate_names_its_field(books: Books) -> None:
    invoice = books.invoice("customer", books.partner(currency=make_currency("USD")), DAY, "1")
    with pytest.raises(BusinessError) as refusal:
        post_invoice(invoice, by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("no_exchange_rate", "currency")
    assert not JournalEntry.objects.exists()


def test_revenue_goes_where_the_items_category_says(books: Books) -> None:
    service = books.category("SERVICE")
    set_posting_rule(
        books.company, role="revenue", account=books.account("4100"), category=service, by=books.by
    )
    invoice = books.posted_invoice(
        "customer", books.partner(), DAY, "10", line={"item": books.item(category=service)}
    )
    assert amounts(invoice) == {"1100": D(10), "4100": D(-10)}
    line = entry_of(invoice).lines.get(account=books.account("4100"))
    assert (line.quantity, line.item_id is None) == (D(-1), False)


def test_a_bill_of_goods_received_clears_grni_and_takes_the_callers_variance(books: Books) -> None:
    receipt = books.item()
    bill = books.invoice(
        "supplier",
        books.partner(),
        DAY,
        "105.00",
        line={"account": books.account("2050"), "source": receipt},
    )
    variance = [
        Line(books.account("5200").pk, D("5.00")),
        Line(books.account("2050").pk, D("-5.00")),
    ]
    bill = post_invoice(bill, by=books.by, extra_lines=variance)
    assert amounts(bill) == {"2000": D(-105), "2050": D(100), "5200": D(5)}


def test_by_hand_no_line_goes_to_a_control_account(books: Books) -> None:
    with pytest.raises(BusinessError) as refusal:
        books.invoice(
            "supplier", books.partner(), DAY, "1", line={"account": books.account("2050")}
        )
    assert (refusal.value.code, refusal.value.row) == ("control_account", 0)


def test_a_bill_is_entered_once(books: Books) -> None:
    supplier = books.partner()
    first = books.posted_invoice("supplier", supplier, DAY, "9", reference="R-77")
    second = books.invoice("supplier", supplier, DAY, "9", reference="R-77")
    with pytest.raises(BusinessError) as refusal:
        post_invoice(second, by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("entered_before", "reference")
    reverse_invoice(first, date=DAY, reason="wrong supplier", by=books.by)
    assert post_invoice(second, by=books.by).number == "PUR-2026-000003"


def test_reversal_takes_everything_back_tax_included(books: Books) -> None:
    invoice = books.posted_invoice(
        "customer", books.partner(), DAY, "100", line={"tax_code": books.tax_codes["STD"]}
    )
    invoice = reverse_invoice(invoice, date=date(2026, 4, 2), reason="returned", by=books.by)
    assert invoice.status == Invoice.Status.REVERSED
    for code in ("1100", "4000", "2100"):
        assert books.balance(code) == 0
    assert books.balance("1100", date(2026, 3, 31)) == 120


def test_drafts_leave_no_hole_when_cancelled_or_deleted(books: Books) -> None:
    customer = books.partner()
    drafts = [books.invoice("customer", customer, DAY, "1") for _ in range(3)]
    cancel_invoice(drafts[0], by=books.by)
    delete_draft(drafts[1], by=books.by)
    assert post_invoice(drafts[2], by=books.by).number == "SAL-2026-000001"
    assert Invoice.history.filter(history_type="-").get().history_user == books.by


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"quantity": D(0)}, "not_positive", "quantity"),
        ({"quantity": D("NaN")}, "not_a_number", "quantity"),
        ({"unit_price": D("0.0000001")}, "too_many_decimals", "unit_price"),
    ],
)
def test_bad_lines_are_named(books: Books, values: dict, code: str, field: str) -> None:
    good = {"quantity": D(1), "unit_price": D(1)}
    with pytest.raises(InvalidInput) as refusal:
        draft_invoice(
            books.company,
            kind="customer",
            partner=books.partner(),
            date=DAY,
            lines=[BillingLine(**good), BillingLine(**good | values)],
            by=books.by,
        )
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, 1)


def test_partners_play_their_part(books: Books) -> None:
    with pytest.raises(InvalidInput) as refusal:
        books.invoice("supplier", books.partner(is_supplier=False), DAY, "1")
    assert refusal.value.code == "wrong_partner"


def test_nothing_is_not_billed(books: Books) -> None:
    with pytest.raises(InvalidInput) as refusal:
        books.posted_invoice("customer", books.partner(), DAY, "0")
    assert refusal.value.code == "nothing_to_bill"


@pytest.mark.parametrize("lines", [10, 100])
def test_the_statements_do_not_grow_with_the_lines(books: Books, lines: int) -> None:
    customer = books.partner()
    item = books.item()
    with at_most(5):  # with BEGIN and COMMIT
        draft = books.invoice(
            "customer", customer, DAY, *["3.33"] * lines,
            line={"item": item, "tax_code": books.tax_codes["STD"]},
        )  # fmt: skip
    with at_most(11):
        post_invoice(draft, by=books.by)

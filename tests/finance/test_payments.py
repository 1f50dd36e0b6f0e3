from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import Invoice, Payment
from apps.finance.queries.ageing import ageing
from apps.finance.queries.entries import entry_of
from apps.finance.queries.open_items import open_items
from apps.finance.services.invoices import reverse_invoice
from apps.finance.services.payments import (
    Allocation,
    allocate_payment,
    post_payment,
    reverse_payment,
)
from apps.masterdata.models import Partner
from tests.factories import Books, make_currency

D = Decimal
MARCH, APRIL, MAY = date(2026, 3, 10), date(2026, 4, 10), date(2026, 5, 10)


def pay(
    books: Books,
    partner: Partner,
    on: date,
    amount: str,
    *parts: tuple[Invoice, str],
    **values: Any,
) -> Payment:
    values.setdefault("direction", "in")
    values.setdefault("account", books.account("1010"))
    return post_payment(
        books.company,
        partner=partner,
        date=on,
        amount=D(amount),
        allocations=[Allocation(invoice, D(part)) for invoice, part in parts],
        by=books.by,
        **values,
    )


def test_one_payment_settles_many_invoices_in_part(books: Books) -> None:
    customer = books.partner()
    first, second = (
        books.posted_invoice("customer", customer, MARCH, price) for price in ("100", "50")
    )
    payment = pay(books, customer, APRIL, "120", (first, "100"), (second, "20"))
    assert payment.number == "BNK-2026-000001"
    assert [(i.number, i.open) for i in open_items(books.company, kind="customer", at=APRIL)] == [
        (second.number, D(30))
    ]
    assert books.balance("1100") == 30
    assert books.balance("1010") == 120


@pytest.mark.parametrize(
    ("direction", "kind", "sign"), [("in", "customer", 1), ("out", "supplier", -1)]
)
def test_realised_exchange_difference(books: Books, direction: str, kind: str, sign: int) -> None:
    """USD 388 booked at 94.39 (36,623.32), settled at 94.125 (36,520.50): 102.82 between."""
    partner = books.partner(currency=make_currency("USD"))
    books.rate("USD", date(2026, 3, 1), "94.39")
    books.rate("USD", date(2026, 4, 1), "94.125")
    invoice = books.posted_invoice(kind, partner, MARCH, "388")
    assert invoice.total_company == D("36623.32")
    payment = pay(
        books, partner, APRIL, "388", (invoice, "388"), direction=direction,
        account=books.account("1020"),
    )  # fmt: skip
    control = "1100" if kind == "customer" else "2000"
    assert books.balance(control) == 0
    assert books.balance("1020") == sign * D("36520.50")
    assert books.balance("7200") == sign * D("102.82")
    difference = entry_of(payment).lines.get(account=books.account("7200"))
    assert (difference.currency_id, difference.amount_currency) == ("USD", 0)
    assert open_items(books.company, kind=kind, at=APRIL) == []


def test_parts_of_a_foreign_invoice_take_its_carrying_amount_exactly(books: Books) -> None:
    partner = books.partner(currency=make_currency("USD"))
    books.rate("USD", date(2026, 3, 1), "0.33333")
    invoice = books.posted_invoice("customer", partner, MARCH, "10")
    for _ in range(3):
        pay(books, partner, APRIL, "3.33", (invoice, "3.33"))
    [item] = open_items(books.company, kind="customer", at=APRIL)
    assert (item.open, item.open_company) == (D("0.01"), books.balance("1100"))


@pytest.mark.parametrize("amount", ["100.01", "200"])
def test_over_allocation_is_refused(books: Books, amount: str) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    with pytest.raises(BusinessError) as refusal:
        pay(books, customer, APRIL, "200", (invoice, amount))
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "over_allocated",
        "allocations",
        0,
    )
    assert not Payment.objects.exists()


def test_no_more_than_the_payment_is_allocated(books: Books) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    with pytest.raises(BusinessError) as refusal:
        pay(books, customer, APRIL, "60", (invoice, "60.01"))
    assert refusal.value.code == "over_allocated"


def test_wrong_invoices_are_refused_by_row(books: Books) -> None:
    customer = books.partner()
    books.rate("USD", date(2026, 1, 1), "1")
    good = books.posted_invoice("customer", customer, MARCH, "100")
    wrong = {
        "wrong_partner": books.posted_invoice("customer", books.partner(), MARCH, "1"),
        "wrong_direction": books.posted_invoice("supplier", customer, MARCH, "1"),
        "not_posted": books.invoice("customer", customer, MARCH, "1"),
        "wrong_currency": books.posted_invoice(
            "customer", customer, MARCH, "1", currency=make_currency("USD")
        ),
    }
    for code, invoice in wrong.items():
        with pytest.raises(BusinessError) as refusal:
            pay(books, customer, APRIL, "50", (good, "1"), (invoice, "1"))
        assert (refusal.value.code, refusal.value.row) == (code, 1)
    with pytest.raises(InvalidInput) as twice:
        pay(books, customer, APRIL, "50", (good, "1"), (good, "1"))
    assert twice.value.code == "named_twice"


def test_only_cash_accounts_pay(books: Books) -> None:
    with pytest.raises(InvalidInput) as refusal:
        pay(books, books.partner(), APRIL, "50", account=books.account("6110"))
    assert (refusal.value.code, refusal.value.field) == ("no_cash_account", "account")


def test_money_on_account_finds_its_invoice_later(books: Books) -> None:
    partner = books.partner(currency=make_currency("USD"))
    books.rate("USD", date(2026, 3, 1), "0.90")
    books.rate("USD", date(2026, 4, 1), "0.80")
    payment = pay(books, partner, MARCH, "100")
    assert books.balance("1100") == D("-90")
    invoice = books.posted_invoice("customer", partner, APRIL, "60")
    allocate_payment(payment, allocations=[Allocation(invoice, D(60))], date=MAY, by=books.by)
    assert books.balance("7200") == D("-6.00"), "carried at 0.90, billed at 0.80: a gain"
    assert books.balance("1100") == D("-36.00")
    for at, open_company in ((MARCH, D(-90)), (APRIL, D(-42)), (MAY, D(-36))):
        found = open_items(books.company, kind="customer", at=at)
        assert sum(item.open_company for item in found) == open_company == books.balance("1100", at)
    with pytest.raises(BusinessError) as refusal:
        second = books.posted_invoice("customer", partner, APRIL, "60")
        allocate_payment(payment, allocations=[Allocation(second, D(41))], date=MAY, by=books.by)
    assert refusal.value.code == "over_allocated"


def test_a_reversed_payment_opens_its_invoices_again(books: Books) -> None:
    partner = books.partner(currency=make_currency("USD"))
    books.rate("USD", date(2026, 3, 1), "0.90")
    books.rate("USD", date(2026, 4, 1), "0.80")
    invoice = books.posted_invoice("customer", partner, MARCH, "100")
    payment = pay(books, partner, APRIL, "150")
    allocate_payment(payment, allocations=[Allocation(invoice, D(100))], date=APRIL, by=books.by)
    with pytest.raises(BusinessError) as refusal:
        reverse_invoice(invoice, date=APRIL, reason="wrong", by=books.by)
    assert refusal.value.code == "has_payments"
    reverse_payment(payment, date=MAY, reason="bounced", by=books.by)
    assert books.balance("1100") == 90
    assert books.balance("7200") == books.balance("1010") == 0
    [item] = open_items(books.company, kind="customer", at=MAY)
    assert (item.open, item.open_company) == (100, 90)
    then = open_items(books.company, kind="customer", at=APRIL)
    assert [i.open_company for i in then] == [D(-40)], "the list of that day stays what it was"
    reverse_invoice(invoice, date=MAY, reason="wrong", by=books.by)


def test_ageing_by_days_overdue(books: Books) -> None:
    customer = books.partner("AGED", payment_days=0)
    for day, price in (
        (date(2026, 6, 30), "1"), (date(2026, 6, 29), "2"), (date(2026, 5, 31), "4"),
        (date(2026, 5, 30), "8"), (date(2026, 4, 1), "16"), (date(2026, 3, 31), "32"),
    ):  # fmt: skip
        books.posted_invoice("customer", customer, day, price)
    [row] = ageing(books.company, kind="customer", at=date(2026, 6, 30))
    assert row.amounts == (1, 6, 8, 16, 32)
    assert row.total == books.balance("1100") == 63


@pytest.mark.django_db(transaction=True)
@pytest.mark.reliability
def test_two_payments_at_once_settle_an_invoice_once(books: Books) -> None:
    """Both see it open; the one that locks it second is told that nothing is left."""
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    start = threading.Barrier(4)

    def try_to_pay(_number: int) -> str:
        try:
            start.wait(10)
            pay(books, customer, APRIL, "100", (invoice, "100"))
        except BusinessError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "paid"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(try_to_pay, range(4)))
    assert outcomes == ["over_allocated"] * 3 + ["paid"]
    assert books.balance("1100") == 0

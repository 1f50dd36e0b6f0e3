"""Ageing is the control account on every day: what comes before its invoice, and what is undone."""

from __future__ import annotations

from datetime import date

import pytest

from apps.core.errors import BusinessError
from apps.finance.models import JournalEntry
from apps.finance.queries.ageing import open_instalments
from apps.finance.services.advances import pay_invoice
from apps.finance.services.bank_matching import match_line, unmatch_line
from apps.finance.services.invoices import reverse_invoice
from apps.finance.services.payments import reverse_payment
from apps.finance.services.settlement import Allocation
from apps.finance.services.write_offs import write_off_rest
from tests.factories import Books, make_currency
from tests.finance.bank.files import bank_account, camt, entry, imported, lines_of
from tests.finance.receivables.acts import APRIL, MARCH, D, pay
from tests.support.reconciled import assert_reconciled

EARLY, BETWEEN = date(2026, 3, 4), date(2026, 3, 7)


def aged(books: Books, on: date) -> D:
    items = open_instalments(books.company, kind="customer", at=on)
    return sum((item.open_company for item in items), D(0))


def refused(act: object) -> tuple[str, str | None]:
    before = JournalEntry.objects.count()
    with pytest.raises(BusinessError) as refusal:
        act()  # type: ignore[operator]
    assert JournalEntry.objects.count() == before
    return refusal.value.code, refusal.value.field


def test_money_before_its_invoice_is_an_advance_until_then(books: Books) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    older = books.posted_invoice("customer", customer, date(2026, 3, 1), "30")
    payment = pay(books, customer, EARLY, "130", (invoice, "100"), (older, "30"))
    assert [(a.invoice, a.date) for a in payment.allocations.order_by("pk")] == [
        (older, EARLY), (invoice, MARCH),
    ]  # fmt: skip
    for on, open_then in ((date(2026, 3, 1), 30), (BETWEEN, -100), (MARCH, 0)):
        assert aged(books, on) == open_then == books.balance("1100", on)
    assert_reconciled()
    assert refused(
        lambda: reverse_payment(payment, date=BETWEEN, reason="x", by=books.by)
    ) == ("before_document", "date")  # fmt: skip
    reverse_payment(payment, date=MARCH, reason="x", by=books.by)
    assert aged(books, MARCH) == 130 == books.balance("1100", MARCH)


def test_the_rate_of_the_advance_is_realised_on_the_invoices_day(books: Books) -> None:
    usd = make_currency("USD")
    customer = books.partner(currency=usd)
    books.rate("USD", date(2026, 3, 1), "0.9")
    books.rate("USD", MARCH, "0.8")
    invoice = books.posted_invoice("customer", customer, MARCH, "100", currency=usd)
    pay(books, customer, EARLY, "100", (invoice, "100"), currency=usd)
    assert (aged(books, BETWEEN), books.balance("1100", BETWEEN)) == (-90, -90)
    assert (aged(books, MARCH), books.balance("1100")) == (0, 0)
    assert books.balance("7200", BETWEEN) == 0 and books.balance("7200") == -10
    assert_reconciled()


def test_a_bank_line_before_its_invoice_is_matched_and_undone(books: Books) -> None:
    bank_account(books)
    invoice = books.posted_invoice("customer", books.partner(), date(2026, 4, 20), "119")
    imported(books, camt(entry("119.00", invoice.number)))
    [line] = lines_of(books)
    match_line(line, invoices=[Allocation(invoice, D(119))], by=books.by)
    assert aged(books, APRIL) == -119 == books.balance("1100", APRIL)
    assert aged(books, date(2026, 4, 20)) == 0 == books.balance("1100")
    unmatch_line(lines_of(books)[0], reason="another's", by=books.by)
    assert aged(books, date(2026, 4, 20)) == 119 == books.balance("1100")
    assert_reconciled()


def test_nothing_else_settles_or_undoes_before_the_day(books: Books) -> None:
    customer, by = books.partner(), books.by
    invoice = books.posted_invoice("customer", customer, MARCH, "1")
    assert refused(
        lambda: write_off_rest(invoice, date=EARLY, reason="x", by=by)
    ) == ("before_invoice", "allocations")  # fmt: skip
    assert refused(lambda: reverse_invoice(invoice, date=EARLY, reason="x", by=by)) == (
        "before_document", "date",
    )  # fmt: skip
    payment = pay_invoice(invoice, account=books.account("1010"), date=MARCH, by=by)
    assert refused(lambda: reverse_payment(payment, date=EARLY, reason="x", by=by)) == (
        "before_document", "date",
    )  # fmt: skip
    assert aged(books, EARLY) == 0 == books.balance("1100", EARLY)

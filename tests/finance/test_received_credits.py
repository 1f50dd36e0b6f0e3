"""Suppliers' credit notes: cost and tax taken back, set off, paid back, reversed; from a file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.core.errors import BusinessError
from apps.finance.models import Invoice, JournalEntry, TaxEntry
from apps.finance.queries.open_items import open_items
from apps.finance.services.credit_allocations import (
    allocate_credit_note,
    set_off_credit_note,
)
from apps.finance.services.credit_notes import (
    CreditLine,
    credit_invoice,
)
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice, reverse_invoice
from apps.finance.services.payments import allocate_payment, post_payment
from apps.finance.services.settlement import Allocation
from tests.factories import Books, make_currency
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

D = Decimal
DAY, LATER = date(2026, 3, 2), date(2026, 4, 2)


def billed(books: Books, *prices: str, **values: Any) -> Invoice:
    partner = values.pop("partner", None) or books.partner()
    line = {"tax_code": books.tax_codes["STD"]}
    return books.posted_invoice("supplier", partner, DAY, *prices, line=line, **values)


def of_units(books: Books, quantity: str, price: str) -> Invoice:
    line = BillingLine(
        D(quantity), D(price), tax_code=books.tax_codes["STD"], account=books.account("6110")
    )
    bill = draft_invoice(
        books.company, kind="supplier", partner=books.partner(), date=DAY, lines=[line], by=books.by
    )
    return post_invoice(bill, by=books.by)


def received(books: Books, price: str, **values: Any) -> Invoice:
    """A posted credit note of a supplier, of no bill."""
    line = {"tax_code": books.tax_codes["STD"]}
    partner = values.pop("partner", None) or books.partner()
    on = values.pop("on", DAY)
    return books.posted_invoice("bill_credit", partner, on, price, line=line, **values)


def refused(act: Any) -> tuple[str, str | None]:
    before = JournalEntry.objects.count(), Invoice.objects.count()
    with pytest.raises(BusinessError) as refusal:
        act()
    assert (JournalEntry.objects.count(), Invoice.objects.count()) == before
    return refusal.value.code, refusal.value.field


def balances(books: Books, *accounts: str) -> list[Decimal]:
    return [books.balance(code) for code in accounts]


def test_it_takes_cost_and_tax_back_and_is_owed_to_us(books: Books) -> None:
    note = received(books, "50", reference="CN-1")
    assert note.number.startswith("PUR-") and note.total == 60
    assert balances(books, "2000", "6110", "1150") == [60, -50, -10]
    row = TaxEntry.objects.get()
    assert (row.side, row.base, row.tax) == ("deductible", -50, -10)
    [item] = open_items(books.company, kind="supplier", at=DAY)
    assert (item.kind, item.open, item.open_company) == ("credit_note", -60, -60)
    assert open_items(books.company, kind="customer", at=DAY) == []
    assert_reconciled()
    reverse_invoice(note, date=LATER, reason="not ours", by=books.by)
    assert balances(books, "2000", "6110", "1150") == [0, 0, 0]
    assert open_items(books.company, kind="supplier", at=LATER) == []
    assert_reconciled()


def test_a_reverse_charge_is_taken_back_on_both_sides(books: Books) -> None:
    line = {"tax_code": books.tax_codes["RC"]}
    note = books.posted_invoice("bill_credit", books.partner(), DAY, "100", line=line)
    assert note.total == 100
    sums = {row.side: (row.base, row.tax) for row in TaxEntry.objects.all()}
    assert sums == {"deductible": (-100, -20), "due": (-100, -20)}
    assert_reconciled()


def test_partial_credits_of_a_bill_sum_to_it(books: Books) -> None:
    bill = of_units(books, "3", "33.33")
    assert bill.total == D("119.99")
    row = bill.lines.get()
    for n in range(3):
        note = credit_invoice(
            bill, date=DAY, lines=[CreditLine(row, D(1))], reference=f"CN-{n}", by=books.by
        )
        assert note.lines.get().account == books.account("6110")
    assert balances(books, "2000", "6110", "1150") == [0, 0, 0]
    assert open_items(books.company, kind="supplier", at=DAY) == []
    assert refused(lambda: credit_invoice(bill, date=DAY, reference="CN-9", by=books.by)) == (
        "over_credited",
        "lines",
    )
    assert_reconciled()


def test_after_a_lower_price_the_units_come_back_at_it(books: Books) -> None:
    bill = of_units(books, "10", "10")
    row = bill.lines.get()
    by = books.by
    part = credit_invoice(bill, date=DAY, lines=[CreditLine(row, D(4))], reference="A", by=by)
    assert part.total == 48
    cheaper = CreditLine(row, D(6), D("0.50"))
    less = credit_invoice(bill, date=DAY, lines=[cheaper], reference="B", by=by)
    assert (less.total, less.lines.get().credits_price) == (D("3.60"), True)
    rest = credit_invoice(bill, date=DAY, reference="C", by=by)
    assert (rest.lines.get().quantity, rest.total) == (6, D("68.40"))
    assert balances(books, "2000", "6110", "1150") == [0, 0, 0]
    assert_reconciled()


def test_a_paid_bills_credit_is_set_off_against_the_oldest(books: Books) -> None:
    partner = books.partner()
    note = received(books, "100", partner=partner, reference="CN-1")
    first = billed(books, "75", partner=partner, reference="B-1", due_date=DAY)
    second = billed(books, "75", partner=partner, reference="B-2", due_date=LATER)
    set_off_credit_note(note, date=LATER, by=books.by)
    items = {item.id: item.open for item in open_items(books.company, kind="supplier", at=LATER)}
    assert items == {second.pk: 60} and first.pk not in items
    assert refused(lambda: set_off_credit_note(note, date=LATER, by=books.by)) == (
        "nothing_open", "date",
    )  # fmt: skip
    assert_reconciled()
    reverse_invoice(note, date=LATER, reason="not agreed", by=books.by)
    assert books.balance("2000") == -180
    assert_reconciled()


def test_it_is_paid_back_at_once_or_by_money_on_account(books: Books) -> None:
    partner = books.partner()
    note = received(books, "50", partner=partner, reference="CN-1")
    bank = books.account("1010")
    money = {"partner": partner, "account": bank, "date": DAY, "by": books.by}
    post_payment(
        books.company, direction="in", amount=D(20), allocations=[Allocation(note, D(20))], **money
    )
    advance = post_payment(books.company, direction="in", amount=D(40), **money)
    assert balances(books, "1100", "2000") == [-40, 40]
    allocate_payment(advance, allocations=[Allocation(note, D(40))], date=LATER, by=books.by)
    assert balances(books, "1100", "2000", "1010") == [0, 0, 60]
    assert open_items(books.company, kind="supplier", at=LATER) == []
    assert_reconciled()


def test_another_rate_makes_a_difference(books: Books) -> None:
    books.rate("USD", date(2026, 3, 1), "0.90")
    books.rate("USD", date(2026, 4, 1), "0.80")
    usd = make_currency("USD")
    partner = books.partner()
    bill = billed(books, "100", partner=partner, currency=usd, reference="B-1")
    note = received(books, "50", partner=partner, on=LATER, currency=usd, reference="CN-1")
    allocate_credit_note(note, allocations=[Allocation(bill, D(60))], date=LATER, by=books.by)
    assert balances(books, "2000", "7200") == [-54, -6]
    assert_reconciled()
    reverse_invoice(note, date=LATER, reason="wrong", by=books.by)
    assert balances(books, "2000", "7200") == [-108, 0]
    assert_reconciled()


def test_what_is_refused(books: Books) -> None:
    partner = books.partner()
    bill = billed(books, "100", partner=partner, reference="B-1")
    sale = books.posted_invoice("customer", partner, DAY, "100")
    note = received(books, "10", partner=partner, reference="CN-1")
    by = books.by
    twice = books.invoice("bill_credit", partner, DAY, "5", reference="CN-1")
    assert refused(lambda: post_invoice(twice, by=by)) == ("entered_before", "reference")
    assert refused(lambda: books.invoice("bill_credit", partner, DAY, "5", credits=sale)) == (
        "not_creditable",
        "credits",
    )
    part = [Allocation(sale, D(5))]
    assert refused(lambda: allocate_credit_note(note, allocations=part, date=DAY, by=by)) == (
        "wrong_direction",
        "allocations",
    )
    assert refused(lambda: credit_invoice(bill, date=DAY, by=by)) == ("required", "reference")
    assert refused(lambda: credit_invoice(note, date=DAY, reference="X", by=by)) == (
        "not_creditable", "credits",
    )  # fmt: skip
    loose = books.invoice("bill_credit", partner, DAY, "130", credits=bill)
    assert refused(lambda: post_invoice(loose, by=by)) == ("over_credited", "lines")
    own = books.posted_invoice("bill_credit", partner, DAY, "10", credits=bill)
    assert refused(lambda: reverse_invoice(bill, date=DAY, reason="x", by=by)) == (
        "has_credit_notes", None,
    )  # fmt: skip
    assert own.status == "posted"
    assert_reconciled()


def test_by_the_api_and_the_admin(books: Books) -> None:
    partner = books.partner()
    bill = billed(books, "100", partner=partner, reference="B-1")
    api = ApiClient(books.by)
    body = {
        "kind": "bill_credit", "partner": partner.pk, "date": "2026-03-03", "reference": "CN-1",
        "credits": bill.pk,
        "lines": [{"quantity": "1", "unit_price": "25", "account": "6110", "tax_code": "STD"}],
    }  # fmt: skip
    made = api.post("/finance/invoices/", body)
    assert (made.status_code, made.body["total"]) == (201, "30.0000"), made.content
    place = f"/finance/invoices/{made.body['id']}/"
    assert api.post(f"{place}post/", {}).body["status"] == "posted"
    parts = {"date": "2026-03-04", "allocations": [{"invoice": bill.pk, "amount": "30"}]}
    assert api.post(f"{place}allocate/", parts).status_code == 200
    row = bill.lines.get()
    cheaper = {"line": row.pk, "quantity": "1", "price": "10"}
    body = {"date": "2026-03-05", "reference": "CN-2", "lines": [cheaper]}
    credited = api.post(f"/finance/invoices/{bill.pk}/credit/", body)
    assert (credited.status_code, credited.body["total"]) == (201, "12.0000"), credited.content
    body |= {"reference": "CN-3", "lines": [{**cheaper, "price": "99"}]}
    again = api.post(f"/finance/invoices/{bill.pk}/credit/", body)
    assert (again.status_code, codes(again)) == (409, [("price", "over_credited")])
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    page = client.get(f"/admin/finance/invoice/{bill.pk}/change/").content.decode()
    assert "Credit what is left" in page
    page = client.get(f"/admin/finance/invoice/{made.body['id']}/change/").content.decode()
    assert "Set off what is open" in page and "Credit what is left" not in page
    assert_reconciled()

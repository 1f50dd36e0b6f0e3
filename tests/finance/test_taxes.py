"""The tax ledger and the return: each base once, boxes that sum, filing in order."""

from __future__ import annotations

import threading
import time
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import Invoice, JournalEntry, TaxEntry, TaxReturn
from apps.finance.queries.tax_returns import box_amounts
from apps.finance.services.credit_notes import CreditLine, credit_invoice
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice, reverse_invoice
from apps.finance.services.tax_returns import cancel_tax_return, draft_tax_return, file_tax_return
from tests.factories import Books, make_currency
from tests.support.connections import superuser
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

D = Decimal
backfill = import_module("apps.finance.migrations.0009_tax_of_old_invoices")
MARCH, END, APRIL = date(2026, 3, 10), date(2026, 3, 31), date(2026, 4, 10)


def post(books: Books, kind: str, *lines: BillingLine, on: date = MARCH, **values: Any) -> Invoice:
    values.setdefault("partner", books.partner())
    invoice = draft_invoice(
        books.company, kind=kind, date=on, lines=list(lines), by=books.by, **values
    )
    return post_invoice(invoice, by=books.by)


def line(books: Books, price: str, tax: str = "", **values: Any) -> BillingLine:
    values.setdefault("account", books.account("6110"))
    if tax:
        values["tax_code"] = books.tax_codes[tax]
    return BillingLine(D(1), D(price), **values)


def rows(invoice: Invoice) -> list[tuple[str, str, Decimal, Decimal]]:
    found = TaxEntry.objects.filter(source_id=invoice.pk).order_by("id")
    return [(row.tax_code.code, row.side, row.base, row.tax) for row in found]


def boxes(books: Books, first: date = MARCH, last: date = END) -> dict[str, Decimal]:
    return {
        b.code: b.amount for b in box_amounts(books.company, first=first, last=last) if b.amount
    }


def test_each_base_has_its_row_and_a_credit_takes_it_back(books: Books) -> None:
    sale = post(books, "customer", line(books, "100", "STD"), line(books, "50", "STD"),
                line(books, "30", "ZERO"), line(books, "9"))  # fmt: skip
    assert rows(sale) == [("STD", "due", D(150), D(30)), ("ZERO", "due", D(30), D(0))]
    note = credit_invoice(
        sale, lines=[CreditLine(sale.lines.order_by("id")[1], D(1))], date=END, by=books.by
    )
    assert rows(note) == [("STD", "due", D(-50), D(-10))]
    assert boxes(books) == {"1": 100, "3": 30, "6": 20, "9": 20}
    assert_reconciled()


def test_a_reversal_takes_tax_back_on_its_own_day(books: Books) -> None:
    bill = post(books, "supplier", line(books, "100", "STD"))
    reverse_invoice(bill, date=APRIL, reason="wrong", by=books.by)
    assert rows(bill) == [
        ("STD", "deductible", D(100), D(20)), ("STD", "deductible", D(-100), D(-20))
    ]  # fmt: skip
    assert boxes(books)["7"] == 20
    assert boxes(books, MARCH, APRIL) == {}
    assert_reconciled()


def test_reverse_charge_is_due_and_deductible_at_once(books: Books) -> None:
    bill = post(books, "supplier", line(books, "100.05", "RC"))
    assert bill.total == D("100.05")
    assert rows(bill) == [
        ("RC", "deductible", D("100.05"), D("20.01")), ("RC", "due", D("100.05"), D("20.01"))
    ]  # fmt: skip
    assert (books.balance("1150"), books.balance("2100")) == (D("20.01"), D("-20.01"))
    assert boxes(books) == {"5": D("100.05"), "6": D("20.01"), "7": D("20.01")}
    sale = post(books, "customer", line(books, "70", "RC", account=None))
    assert (sale.total, rows(sale)) == (D(70), [("RC", "due", D(70), D(0))])
    assert_reconciled()


@pytest.mark.parametrize(
    ("kind", "side", "account", "balance"),
    [("supplier", "due", "2130", D(-150)), ("customer", "deductible", "1160", D(150))],
)
def test_withheld_tax_leaves_what_is_owed(
    books: Books, kind: str, side: str, account: str, balance: Decimal
) -> None:
    """A fee of 1,000 with 20 % tax, 15 % withheld: 1,050 is paid."""
    invoice = post(books, kind, line(books, "1000", "STD", withholding=books.tax_codes["WHT"]))
    assert invoice.total == 1050
    assert rows(invoice)[-1] == ("WHT", side, D(1000), D(150))
    assert books.balance(account) == balance
    assert_reconciled()


def test_gross_prices_are_paid_as_quoted(books: Books) -> None:
    gross = [line(books, price, "STD", price_includes_tax=True) for price in ("9.99", "0.01", "5")]
    invoice = post(books, "customer", *gross)
    assert invoice.total == D("15.00")
    assert [(row.amount, row.tax_amount) for row in invoice.lines.order_by("id")] == [
        (D("8.32"), D("1.67")), (D("0.01"), D(0)), (D("4.17"), D("0.83"))
    ]  # fmt: skip
    note = credit_invoice(invoice, date=END, by=books.by)
    assert note.total == invoice.total
    assert boxes(books) == {}


def test_foreign_tax_is_kept_in_company_currency(books: Books) -> None:
    books.rate("USD", date(2026, 3, 1), "0.9137")
    partner = books.partner(currency=make_currency("USD"))
    invoice = post(books, "customer", line(books, "100.01", "STD"), partner=partner)
    [(_code, _side, base, tax)] = rows(invoice)
    assert (base, tax) == (D("91.38"), D("18.27"))
    assert base + tax == invoice.total_company
    assert_reconciled()


def test_a_return_freezes_boxes_and_moves_the_tax(books: Books) -> None:
    post(books, "customer", line(books, "1000", "STD"))
    post(books, "supplier", line(books, "300", "STD"))
    draft = draft_tax_return(books.company, starts_on=date(2026, 3, 1), ends_on=END, by=books.by)
    filed = file_tax_return(draft, reference="ELSTER 1", by=books.by)
    assert filed.payable == 140
    assert {row.box.code: row.amount for row in filed.lines.all() if row.amount} == {
        "1": 1000, "6": 200, "7": 60, "9": 140
    }  # fmt: skip
    assert [books.balance(code) for code in ("2100", "1150", "2120")] == [0, 0, -140]
    # what comes late is declared in the next return, once
    post(books, "customer", line(books, "50", "STD"), on=MARCH)
    second = draft_tax_return(
        books.company, starts_on=date(2026, 4, 1), ends_on=date(2026, 4, 30), by=books.by
    )
    assert file_tax_return(second, by=books.by).payable == 10
    assert_reconciled()
    for bad in (END, date(2026, 4, 30)):
        with pytest.raises(BusinessError) as refused:
            draft_tax_return(books.company, starts_on=MARCH, ends_on=bad, by=books.by)
        assert (refused.value.code, refused.value.field) == ("filed_already", "ends_on")


def test_a_return_without_movement_has_no_entry(books: Books) -> None:
    draft = draft_tax_return(books.company, starts_on=MARCH, ends_on=END, by=books.by)
    filed = file_tax_return(draft, by=books.by)
    assert (filed.payable, filed.entry, filed.number) == (0, None, "")
    other = draft_tax_return(books.company, starts_on=APRIL, ends_on=APRIL, by=books.by)
    assert cancel_tax_return(other, by=books.by).status == TaxReturn.Status.CANCELLED


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [({"tax_code": "WHT"}, "withheld_tax", "tax_code"),
     ({"withholding": "STD"}, "not_withheld", "withholding")],
)  # fmt: skip
def test_bad_taxes_of_a_line(books: Books, values: dict[str, str], code: str, field: str) -> None:
    given = {name: books.tax_codes[text] for name, text in values.items()}
    with pytest.raises(InvalidInput) as refused:
        post(books, "supplier", line(books, "1", **given))
    assert (refused.value.code, refused.value.field, refused.value.row) == (code, field, 0)
    assert Invoice.objects.count() == 0


def test_ends_before_it_begins(books: Books) -> None:
    with pytest.raises(InvalidInput) as refused:
        draft_tax_return(books.company, starts_on=END, ends_on=MARCH, by=books.by)
    assert refused.value.field == "ends_on"


def test_the_register_refuses_change(books: Books) -> None:
    post(books, "customer", line(books, "100", "STD"))
    with pytest.raises(DatabaseError), transaction.atomic():
        TaxEntry.objects.update(tax=1)


@pytest.mark.django_db(transaction=True)
def test_invoices_from_before_the_tax_ledger_get_their_rows(books: Books) -> None:
    sale = post(books, "customer", line(books, "100", "STD"), line(books, "30", "ZERO"))
    credit_invoice(sale, date=END, by=books.by)
    bill = post(books, "supplier", line(books, "40", "RED"))
    reverse_invoice(bill, date=APRIL, reason="wrong", by=books.by)
    values = ("entry_id", "date", "tax_code_id", "side", "account_id", "base", "tax")
    before = set(TaxEntry.objects.values_list(*values))
    with superuser() as owner:
        owner.execute("DELETE FROM finance_taxentry")
        with pytest.raises(AssertionError, match="tax-ledger"):
            assert_reconciled("tax-ledger")
        owner.execute(backfill.BACKFILL)
    assert set(TaxEntry.objects.values_list(*values)) == before
    assert_reconciled("tax-ledger")


@pytest.mark.django_db(transaction=True)
def test_a_filing_waits_for_those_who_post_tax(books: Books) -> None:
    """Posted, not yet committed: the return has to know of it."""
    partner = books.partner()
    draft = draft_tax_return(books.company, starts_on=MARCH, ends_on=END, by=books.by)
    written, filing = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            post(books, "customer", line(books, "100", "STD"), partner=partner)
            written.set()
            filing.wait(10)
            time.sleep(0.3)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(30)
    filing.set()
    filed = file_tax_return(draft, by=books.by)
    writer.join()
    assert filed.payable == 20


def test_life_through_the_api_and_drill_from_box_to_line(books: Books) -> None:
    post(books, "customer", line(books, "100", "STD"))
    api = ApiClient(books.by)
    span = {"starts_on": "2026-03-01", "ends_on": "2026-03-31"}
    made = api.post("/finance/tax-returns/", {"company": books.company.pk, **span})
    assert made.status_code == 201, made.body
    filed = api.post(f"/finance/tax-returns/{made.body['id']}/file/", {"reference": "R1"})
    assert (filed.body["status"], D(filed.body["payable"])) == ("filed", D(20))
    query = "?date_from=2026-03-01&date_to=2026-03-31"
    shown = api.get(f"/finance/statements/tax-boxes/{query}").body["rows"]
    due = next(row for row in shown if row["code"] == "6")
    lines = api.get(due["drill"].split("/api/v1")[1]).body["rows"]
    assert [D(row["amount"]) for row in lines] == [20, 20]
    assert lines[0]["entry"] == JournalEntry.objects.filter(journal__code="SAL").get().number

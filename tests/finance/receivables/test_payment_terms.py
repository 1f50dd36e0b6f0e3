from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.core.tables import read_table
from apps.finance.models import Invoice, Payment, Settlement, TaxEntry
from apps.finance.queries.entries import entry_of
from apps.finance.services.advances import allocate_oldest, pay_invoice, release_allocation
from apps.finance.services.credit_notes import credit_invoice
from apps.finance.services.invoices import change_invoice, post_invoice
from apps.finance.services.payments import reverse_payment
from apps.masterdata.models import PaymentTerms
from apps.masterdata.payment_days import Share, on_day_of_month, split_total
from apps.masterdata.resources import PaymentTermsResource
from apps.masterdata.services.payment_terms import change_payment_terms, create_payment_terms
from tests.factories import Books, make_currency
from tests.finance.receivables.acts import APRIL, MARCH, MAY, D, open_parts, pay, taxed, terms
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

THREE = (("30", 30), ("50", 60), ("20", 90))


def test_what_is_paid_fills_the_earliest_instalment_first(books: Books) -> None:
    customer = books.partner(payment_terms=terms(books, *THREE))
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    assert [(row.due_date, row.amount) for row in invoice.instalments.all()] == [
        (date(2026, 4, 9), 30),
        (date(2026, 5, 9), 50),
        (date(2026, 6, 8), 20),
    ]
    assert invoice.due_date == date(2026, 6, 8)
    pay(books, customer, APRIL, "40", (invoice, "40"))
    assert open_parts(books, APRIL) == [(50, 40), (20, 20)]
    credit_invoice(books.posted_invoice("customer", customer, MARCH, "1"), date=MARCH, by=books.by)
    assert_reconciled()


def test_instalments_sum_to_the_invoice_in_both_currencies(books: Books) -> None:
    customer = books.partner(
        currency=make_currency("USD"),
        payment_terms=terms(books, ("33.333", 10), ("33.333", 20), ("33.334", 30)),
    )
    books.rate("USD", date(2026, 1, 1), "0.333333")
    invoice = books.posted_invoice("customer", customer, MARCH, "100.01")
    assert sum(row.amount for row in invoice.instalments.all()) == D("100.01")
    from apps.finance.queries.ageing import open_instalments

    for _part in range(3):
        found = open_instalments(books.company, kind="customer", at=APRIL)
        assert sum(item.open_company for item in found) == books.balance("1100")
        pay(books, customer, APRIL, "7.77", (invoice, "7.77"), account=books.account("1020"))
    assert_reconciled()


@pytest.mark.parametrize(
    ("earliest", "day", "due"),
    [
        (date(2026, 4, 9), 31, date(2026, 4, 30)),
        (date(2026, 4, 9), 10, date(2026, 4, 10)),
        (date(2026, 4, 11), 10, date(2026, 5, 10)),
        (date(2026, 12, 16), 15, date(2027, 1, 15)),
        (date(2026, 1, 30), 30, date(2026, 1, 30)),
        (date(2028, 2, 1), 31, date(2028, 2, 29)),
        (date(2026, 4, 9), None, date(2026, 4, 9)),
    ],
)
def test_a_day_of_the_month(earliest: date, day: int | None, due: date) -> None:
    assert on_day_of_month(earliest, day) == due


def test_shares_of_little_money_leave_no_empty_instalment() -> None:
    shares = [Share(D(30), 30), Share(D(50), 60), Share(D(20), 90)]
    dues = split_total(D("0.01"), MARCH, shares, 2)
    assert [due.amount for due in dues] == [D("0.01")]


@pytest.mark.parametrize(
    ("instalments", "code", "field", "row"),
    [
        ([], "no_instalments", "instalments", None),
        ([("60", 1), ("30", 2)], "shares_not_100", "instalments", None),
        ([("0", 1), ("100", 2)], "not_positive", "share", 0),
        ([("50", 1), ("NaN", 2)], "not_a_number", "share", 1),
        ([("99.9999", 1), ("0.0001", 2)], "too_many_decimals", "share", 0),
        ([("100", 1, 32)], "no_such_day", "day_of_month", 0),
    ],
)
def test_wrong_terms_are_refused(
    books: Books, instalments: list[Any], code: str, field: str, row: int | None
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_payment_terms(
            company=books.company,
            code="T",
            name="T",
            instalments=[Share(D(one[0]), *one[1:]) for one in instalments],
            by=books.by,
        )
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, row)
    assert not PaymentTerms.objects.exists()


def test_terms_given_a_day_given_or_the_partners(books: Books) -> None:
    usual, other = terms(books, ("100", 14)), terms(books, ("100", 0), code="CASH")
    customer = books.partner(payment_terms=usual)
    assert books.invoice("customer", customer, MARCH, "1").due_date == date(2026, 3, 24)
    chosen = books.invoice("customer", customer, MARCH, "1", payment_terms=other)
    assert chosen.due_date == MARCH
    chosen = change_invoice(chosen, date=APRIL, by=books.by)
    assert chosen.due_date == APRIL, "the day follows the terms"
    chosen = change_invoice(chosen, due_date=MAY, by=books.by)
    assert (chosen.due_date, chosen.payment_terms) == (MAY, None)
    with pytest.raises(InvalidInput) as refusal:
        books.invoice("customer", customer, MARCH, "1", payment_terms=other, due_date=MAY)
    assert (refusal.value.code, refusal.value.field) == ("two_terms", "due_date")


def test_posted_invoices_keep_their_instalments(books: Books) -> None:
    usual = terms(books, *THREE)
    invoice = books.posted_invoice("customer", books.partner(payment_terms=usual), MARCH, "100")
    change_payment_terms(usual, instalments=[Share(D(100), 5)], by=books.by)
    assert invoice.instalments.count() == 3


def amounts(source: Any) -> dict[str, Decimal]:
    return {
        line.account.code: line.amount for line in entry_of(source).lines.select_related("account")
    }


def test_a_discount_lowers_tax_in_proportion(books: Books) -> None:
    customer = books.partner(payment_terms=terms(books, discount_percent="2", discount_days=10))
    invoice = books.posted_invoice("customer", customer, MARCH, "1000", **taxed(books))
    assert (invoice.discount_percent, invoice.discount_until) == (2, date(2026, 3, 20))
    pay(books, customer, date(2026, 3, 20), "1176", (invoice, "1176", "24"))
    taken = Settlement.objects.get()
    assert amounts(taken) == {"1100": -24, "2100": 4, "4210": 20}
    row = TaxEntry.objects.get(entry=taken.entry)
    assert (row.base, row.tax, row.side) == (-20, -4, "due")
    assert open_parts(books, APRIL) == []
    assert_reconciled()


def test_a_discount_of_a_supplier_under_reverse_charge_lowers_both_sides(books: Books) -> None:
    supplier = books.partner(payment_terms=terms(books, discount_percent="3", discount_days=10))
    bill = books.posted_invoice(
        "supplier", supplier, MARCH, "100",
        line={"tax_code": books.tax_codes["RC"], "account": books.account("6110")},
    )  # fmt: skip
    pay_invoice(bill, account=books.account("1010"), date=MARCH, take_discount=True, by=books.by)
    taken = Settlement.objects.get()
    assert amounts(taken) == {"2000": 3, "1150": D("-0.60"), "2100": D("0.60"), "5065": -3}
    assert sorted(TaxEntry.objects.filter(entry=taken.entry).values_list("side", "tax")) == [
        ("deductible", D("-0.60")),
        ("due", D("-0.60")),
    ]
    assert_reconciled()


def test_where_the_rule_says_so_the_tax_stays(books: Books) -> None:
    customer = books.partner(
        payment_terms=terms(
            books, discount_percent="2", discount_days=10, discount_corrects_tax=False
        )
    )
    invoice = books.posted_invoice("customer", customer, MARCH, "1000", **taxed(books))
    pay_invoice(invoice, account=books.account("1010"), date=MARCH, take_discount=True, by=books.by)
    assert amounts(Settlement.objects.get()) == {"1100": -24, "4210": 24}
    assert_reconciled()


@pytest.mark.parametrize(
    ("on", "part", "discount", "code"),
    [
        (date(2026, 3, 21), "1176", "24", "discount_expired"),
        (MARCH, "1175.99", "24.01", "discount_too_high"),
        (MARCH, "588", "24", "discount_too_high"),
        (MARCH, "1199", "24", "over_allocated"),
    ],
)
def test_wrong_discounts_are_refused_and_nothing_is_written(
    books: Books, on: date, part: str, discount: str, code: str
) -> None:
    customer = books.partner(payment_terms=terms(books, discount_percent="2", discount_days=10))
    invoice = books.posted_invoice("customer", customer, MARCH, "1000", **taxed(books))
    with pytest.raises(BusinessError) as refusal:
        pay(books, customer, on, part, (invoice, part, discount))
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, "allocations", 0)
    assert not Payment.objects.exists()
    assert not Settlement.objects.exists()


def test_without_terms_there_is_no_discount(books: Books) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "1000")
    with pytest.raises(BusinessError) as refusal:
        pay(books, customer, MARCH, "980", (invoice, "980", "20"))
    assert refusal.value.code == "no_discount"
    with pytest.raises(BusinessError) as other:
        pay_invoice(
            invoice, account=books.account("1010"), date=MARCH, take_discount=True, by=books.by
        )
    assert other.value.field == "take_discount"


def test_a_bounced_payment_takes_its_discount_with_it(books: Books) -> None:
    customer = books.partner(payment_terms=terms(books, discount_percent="2", discount_days=10))
    invoice = books.posted_invoice("customer", customer, MARCH, "1000", **taxed(books))
    payment = pay(books, customer, MARCH, "1176", (invoice, "1176", "24"))
    reverse_payment(payment, date=APRIL, reason="bounced", by=books.by)
    assert (books.balance("1100"), books.balance("2100"), books.balance("4210")) == (1200, -200, 0)
    assert sum(TaxEntry.objects.values_list("tax", flat=True)) == 200
    assert open_parts(books, APRIL) == [(1200, 1200)]
    assert open_parts(books, MARCH) == [], "the list of that day stays what it was"
    assert_reconciled()


def test_an_allocation_is_taken_back_with_its_discount(books: Books) -> None:
    customer = books.partner(
        currency=make_currency("USD"),
        payment_terms=terms(books, discount_percent="2", discount_days=60),
    )
    books.rate("USD", MARCH, "0.9")
    books.rate("USD", APRIL, "0.8")
    first, second = (
        books.posted_invoice("customer", customer, MARCH, price) for price in ("100", "50")
    )
    usd = books.account("1020")
    payment = pay(
        books, customer, APRIL, "147", (first, "98", "2"), (second, "49", "1"), account=usd
    )
    release_allocation(payment, invoice=first, date=MAY, reason="wrong one", by=books.by)
    assert open_parts(books, MAY) == [(100, 100), (-147, -98)]
    assert open_parts(books, APRIL) == []
    assert books.balance("1100") == D("90") - D("78.40")
    assert_reconciled()
    with pytest.raises(BusinessError) as refusal:
        release_allocation(payment, invoice=first, date=MAY, reason="again", by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("not_allocated", "invoice")
    allocate_oldest(payment, date=MAY, by=books.by)
    assert open_parts(books, MAY) == [(100, 2)]
    reverse_payment(payment, date=MAY, reason="bounced", by=books.by)
    assert books.balance("1100") == 135
    assert_reconciled()


def test_money_on_account_settles_the_oldest_first(books: Books) -> None:
    customer = books.partner()
    payment = pay(books, customer, MARCH, "120")
    for on in (APRIL, MARCH, MAY):
        books.posted_invoice("customer", customer, on, "50")
    allocate_oldest(payment, date=MAY, by=books.by)
    found = Invoice.objects.order_by("date")
    from apps.finance.queries.open_items import allocated_amounts

    settled = allocated_amounts([row.pk for row in found])
    assert [settled[row.pk].amount for row in found] == [50, 50, 20]
    with pytest.raises(BusinessError) as refusal:
        allocate_oldest(payment, date=MAY, by=books.by)
    assert refusal.value.code == "nothing_open"


def test_terms_through_the_api(books: Books, api: ApiClient) -> None:
    body = {
        "company": books.company.code,
        "code": "3X",
        "name": "Three parts",
        "discount_percent": "2",
        "discount_days": 10,
        "instalments": [{"share": "50", "days": 30}, {"share": "50", "day_of_month": 31}],
    }
    made = api.post("/masterdata/payment-terms/", body)
    assert made.status_code == 201, made.content
    wrong = api.post("/masterdata/payment-terms/", {**body, "code": "W", "instalments": [
        {"share": "50"}]})  # fmt: skip
    assert wrong.status_code == 422
    assert wrong.body["errors"][0]["attr"] == "instalments"
    partner = books.partner(payment_terms=PaymentTerms.objects.get())
    draft = books.invoice("customer", partner, MARCH, "100")
    post_invoice(draft, by=books.by)
    shown = api.get(f"/finance/invoices/{draft.pk}/").body
    assert [row["due_date"] for row in shown["instalments"]] == ["2026-03-31", "2026-04-09"]
    assert (shown["discount_until"], shown["payment_terms"]) == ("2026-03-20", made.body["id"])


def test_terms_come_and_go_as_a_table(books: Books, api: ApiClient) -> None:
    head = "code,name,discount_percent,discount_days,share,days,day_of_month"
    table = f"{head}\nT3,Three,2,10,50,30,\nT3,Three,2,10,50,60,31\nT1,One,0,0,100,14,\n"
    resource = PaymentTermsResource()
    report = resource.run_import(
        read_table("terms.csv", table.encode()), company=books.company, by=books.by
    )
    assert not report.errors
    three = PaymentTerms.objects.get(code="T3")
    assert [(row.share, row.day_of_month) for row in three.instalments.all()] == [
        (50, None),
        (50, 31),
    ]
    content, _kind = resource.export(PaymentTerms.objects.all(), "csv")
    assert len(content.decode("utf-8-sig").strip().splitlines()) == 4
    wrong = f"{head}\nT9,Nine,0,0,60,30,\n"
    refused = resource.run_import(
        read_table("terms.csv", wrong.encode()), company=books.company, by=books.by
    )
    assert refused.errors
    assert not PaymentTerms.objects.filter(code="T9").exists()

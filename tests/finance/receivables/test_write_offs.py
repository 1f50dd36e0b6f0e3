"""Small rests written off with the payment that leaves them, of invoices and of payments."""

from __future__ import annotations

from copy import copy
from decimal import Decimal

import pytest
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import (
    Invoice,
    JournalEntry,
    JournalLine,
    Payment,
    PaymentAllocation,
    Settlement,
)
from apps.finance.services.advances import allocate_oldest, pay_invoice, release_allocation
from apps.finance.services.chart import set_posting_rule
from apps.finance.services.payments import allocate_payment, post_payment, reverse_payment
from apps.finance.services.policies import create_policy
from apps.finance.services.settlement import Allocation
from apps.finance.services.settlements import reverse_settlement
from apps.finance.services.write_offs import write_off_payment_rest
from tests.factories import Books, make_currency
from tests.finance.receivables.acts import APRIL, MARCH, MAY, D, open_parts, terms
from tests.support.faces import ApiClient, make_member
from tests.support.reconciled import assert_reconciled


def off(invoice: object, amount: str, rest: str) -> Allocation:
    return Allocation(invoice, D(amount), write_off=D(rest))  # type: ignore[arg-type]


def short(books: Books, paid: str = "97.50", rest: str = "2.50", **values: object) -> Payment:
    """An invoice of 100, paid by ``paid`` in April, ``rest`` written off with it."""
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    return pay_with(books, customer, paid, [off(invoice, paid, rest)], **values)


def pay_with(
    books: Books, partner: object, amount: str, parts: list[Allocation], **values: object
) -> Payment:
    values = {"direction": "in", "reason": "bank charges", **values}
    return post_payment(
        books.company,
        partner=partner,
        account=books.account("1010"),
        date=APRIL,
        amount=D(amount),
        allocations=parts,
        by=books.by,
        **values,
    )


def test_what_a_payment_leaves_over_is_written_off_with_it(books: Books) -> None:
    payment = short(books)
    assert [books.balance(code) for code in ("1010", "1100", "7310")] == [
        D("97.50"), 0, D("2.50"),
    ]  # fmt: skip
    settlement = payment.settlements.get()
    assert (settlement.kind, settlement.date, settlement.reference) == (
        "write_off", APRIL, "bank charges",
    )  # fmt: skip
    assert open_parts(books, APRIL) == []
    assert_reconciled()
    reverse_payment(payment, date=MAY, reason="bounced", by=books.by)
    assert [books.balance(code) for code in ("1010", "1100", "7310")] == [0, 100, 0]
    assert open_parts(books, APRIL) == []
    assert open_parts(books, MAY) == [(100, 100)]
    assert_reconciled()


def test_an_overpayment_is_kept_and_goes_back_with_its_payment(books: Books) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    payment = pay_with(
        books, customer, "101.20", [off(invoice, "100", "0")], write_off_overpayment=True
    )
    assert [books.balance(code) for code in ("1010", "1100", "7310")] == [
        D("101.20"), 0, D("-1.20"),
    ]  # fmt: skip
    assert open_parts(books, APRIL) == []
    assert_reconciled()
    with pytest.raises(BusinessError) as empty:
        allocate_oldest(payment, date=APRIL, by=books.by)
    assert empty.value.code == "nothing_open"
    reverse_settlement(payment.settlements.get(), date=MAY, reason="wants it back", by=books.by)
    assert open_parts(books, APRIL) == []
    assert open_parts(books, MAY) == [(D("-101.20"), D("-1.20"))]
    assert_reconciled()
    write_off_payment_rest(payment, date=MAY, reason="never asked", by=books.by)
    assert open_parts(books, MAY) == []
    reverse_payment(payment, date=MAY, reason="bounced", by=books.by)
    assert [books.balance(code) for code in ("1010", "1100", "7310")] == [0, 100, 0]
    assert_reconciled()


def test_both_sides_of_a_supplier(books: Books) -> None:
    supplier = books.partner()
    bill = books.posted_invoice("supplier", supplier, MARCH, "100")
    pay_with(books, supplier, "99", [off(bill, "99", "1")], direction="out")
    assert [books.balance(code) for code in ("2000", "7310")] == [0, -1]
    pay_with(books, supplier, "3", [], direction="out", write_off_overpayment=True)
    assert [books.balance(code) for code in ("2000", "7310")] == [0, 2]
    assert_reconciled()


def test_a_rest_in_another_currency_goes_at_its_carrying_amount(books: Books) -> None:
    for day, rate in ((MARCH, "0.9"), (APRIL, "0.8")):
        books.rate("USD", day, rate)
    customer = books.partner(currency=make_currency("USD"))
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    pay_with(books, customer, "98", [off(invoice, "98", "2")])
    # 98 x (0.9 - 0.8) lost on the rate, 2 x 0.9 given up
    assert [books.balance(c) for c in ("1010", "1100", "7200", "7310")] == [
        D("78.40"), 0, D("9.80"), D("1.80"),
    ]  # fmt: skip
    pay_with(books, customer, "2", [], write_off_overpayment=True)
    assert [books.balance(c) for c in ("1100", "7310")] == [0, D("0.20")]
    assert_reconciled()


def test_a_discount_and_a_rest_go_together(books: Books) -> None:
    customer = books.partner(payment_terms=terms(books, discount_percent="2", discount_days=60))
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    part = Allocation(invoice, D("97.60"), D("1.99"), D("0.41"))
    pay_with(books, customer, "97.60", [part])
    assert (books.balance("1100"), books.balance("7310")) == (0, D("0.41"))
    assert open_parts(books, APRIL) == []
    assert_reconciled()


def test_released_invoices_take_their_write_off_back(books: Books) -> None:
    payment = short(books)
    invoice = payment.allocations.get().invoice
    assert invoice is not None
    release_allocation(payment, invoice=invoice, date=MAY, reason="not his", by=books.by)
    assert sorted(open_parts(books, MAY)) == [(D("-97.50"), D("-97.50")), (100, 100)]
    allocate_payment(
        payment,
        allocations=[off(invoice, "96.50", "3.50")],
        date=MAY,
        write_off_overpayment=True,
        reason="after all",
        by=books.by,
    )
    assert open_parts(books, MAY) == []
    assert books.balance("7310") == D("2.50")
    assert_reconciled()


def test_the_account_is_the_posting_rules(books: Books) -> None:
    other = copy(books.account("7310"))
    other.pk, other.code = None, "7311"
    other.save_by(books.by)
    set_posting_rule(books.company, role="write_off", account=other, by=books.by)
    short(books)
    assert books.balance("7310") == 0
    assert [line.amount for line in JournalLine.objects.filter(account=other)] == [D("2.50")]


@pytest.mark.parametrize(
    ("paid", "rest", "values", "code", "field", "row"),
    [
        ("94.99", "5.01", {}, "over_limit", "allocations", 0),
        ("97", "3.01", {}, "over_allocated", "allocations", 0),
        ("97", "3", {"reason": " "}, "reason_required", "reason", None),
        ("97", "2.999", {}, "too_many_decimals", "allocations", 0),
        ("97", "-3", {}, "not_positive", "allocations", 0),
    ],
)
def test_a_wrong_write_off_leaves_nothing(
    books: Books, paid: str, rest: str, values: dict, code: str, field: str, row: int | None
) -> None:
    before = JournalEntry.objects.count()
    with pytest.raises((BusinessError, InvalidInput)) as refusal:
        short(books, paid, rest, **values)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, row)
    assert JournalEntry.objects.count() == before + 1, "the invoice alone"
    assert not (Payment.objects.exists() or Settlement.objects.exists())


def test_the_limit_is_of_the_document_not_of_the_act(books: Books) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    pay_with(books, customer, "90", [off(invoice, "90", "4")])
    with pytest.raises(BusinessError) as refusal:
        pay_with(books, customer, "4", [off(invoice, "4", "2")])
    assert (refusal.value.code, refusal.value.row) == ("over_limit", 0)
    create_policy(company=books.company, valid_from=MARCH, write_off_limit=D(6), by=books.by)
    pay_with(books, customer, "4", [off(invoice, "4", "2")])
    assert open_parts(books, APRIL) == []
    with pytest.raises(BusinessError) as over:
        pay_with(books, customer, "6.01", [], write_off_overpayment=True)
    assert (over.value.code, over.value.field) == ("over_limit", "amount")
    assert Payment.objects.count() == 2
    assert not PaymentAllocation.objects.filter(invoice=None).exists()


@pytest.mark.parametrize(
    ("amount", "does_write_off", "left", "kept"),
    [
        ("98", True, [], Decimal(2)),
        ("98", False, [(100, 2)], Decimal(0)),
        ("103", True, [], Decimal(-3)),
        ("103", False, [(-103, -3)], Decimal(0)),
        (None, True, [], Decimal(0)),
    ],
)
def test_an_invoice_is_paid_by_what_came(
    books: Books, amount: str | None, does_write_off: bool, left: list, kept: Decimal
) -> None:
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "100")
    pay_invoice(
        invoice,
        account=books.account("1010"),
        date=APRIL,
        amount=None if amount is None else D(amount),
        write_off_rest=does_write_off,
        reason="small",
        by=books.by,
    )
    assert open_parts(books, APRIL) == left
    assert books.balance("7310") == kept
    assert_reconciled()


def test_write_offs_through_the_api(books: Books, api: ApiClient) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    common = {
        "company": books.company.code,
        "direction": "in",
        "partner": customer.code,
        "account": "1010",
        "date": str(APRIL),
    }
    part = {"invoice": invoice.pk, "amount": "98", "write_off": "2"}
    body = {**common, "amount": "99", "allocations": [part], "write_off_reason": "charges"}
    made = api.post("/finance/payments/", {**body, "write_off_overpayment": True})
    assert made.status_code == 201, made.content
    ours, kept = made.body["allocations"]
    assert (ours["invoice"], ours["settlement"], ours["amount"]) == (invoice.pk, None, "98.0000")
    assert (kept["invoice"], kept["amount"]) == (None, "1.0000")
    assert Settlement.objects.filter(payment=made.body["id"]).count() == 2
    nameless = api.post(
        "/finance/payments/",
        {**common, "amount": "1", "allocations": [{"invoice": None, "amount": "1"}]},
    )
    assert nameless.status_code == 422, nameless.content
    advance = api.post("/finance/payments/", {**common, "amount": "1"})
    path = f"/finance/payments/{advance.body['id']}/write-off-rest/"
    given = {"date": str(APRIL), "reason": "never asked"}
    assert api.post(path, given).status_code == 200
    again = api.post(path, given)
    assert (again.status_code, again.body["errors"][0]["code"]) == (409, "nothing_on_account")
    assert_reconciled()


def test_who_may_not_write_off_does_not_with_a_payment(books: Books) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    clerk = make_member(
        "clerk",
        books.company,
        permissions=("finance.add_payment", "finance.view_payment", "finance.view_invoice"),
    )
    api = ApiClient(clerk)
    body = {
        "company": books.company.code,
        "direction": "in",
        "partner": customer.pk,
        "account": books.account("1010").pk,
        "date": str(APRIL),
        "amount": "98",
        "write_off_reason": "charges",
        "allocations": [{"invoice": invoice.pk, "amount": "98", "write_off": "2"}],
    }
    assert api.post("/finance/payments/", body).status_code == 403
    assert not Payment.objects.exists()


def form_of(books: Books, invoice: Invoice, **more: str) -> dict[str, object]:
    return {
        "direction": "in", "partner": invoice.partner_id, "account": books.account("1010").pk,
        "date": str(APRIL), "amount": "99", "currency": "EUR", "reason": "charges",
        "allocations-TOTAL_FORMS": 1, "allocations-INITIAL_FORMS": 0,
        "allocations-MIN_NUM_FORMS": 0, "allocations-MAX_NUM_FORMS": 1000,
        "allocations-0-invoice": invoice.pk, "allocations-0-amount": "98", **more,
    }  # fmt: skip


def test_write_offs_in_the_back_office(books: Books) -> None:
    desk = Client()
    desk.force_login(books.by, "apps.core.backends.PermissionBackend")
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "100")
    page = desk.get("/admin/finance/payment/add/").content.decode()
    for name in ("write_off_overpayment", "reason", "allocations-0-write_off"):
        assert f'name="{name}"' in page
    both = {"allocations-0-write_off": "2", "write_off_overpayment": "on"}
    made = desk.post("/admin/finance/payment/add/", form_of(books, invoice, **both))
    assert made.status_code == 302, made.content.decode()[-3000:]
    payment = Payment.objects.get()
    assert sorted(row.amount for row in payment.allocations.all()) == [1, 98]
    shown = desk.get(f"/admin/finance/payment/{payment.pk}/change/").content.decode()
    for settlement in payment.settlements.all():
        assert f"/admin/finance/settlement/{settlement.pk}/change/" in shown
    assert open_parts(books, APRIL) == []
    assert_reconciled()


def test_the_back_office_asks_who_may_write_off(books: Books) -> None:
    clerk = make_member(
        "clerk",
        books.company,
        permissions=(
            "finance.add_payment",
            "finance.view_payment",
            "finance.add_paymentallocation",
            "finance.view_invoice",
        ),
    )
    desk = Client()
    desk.force_login(clerk, "apps.core.backends.PermissionBackend")
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "100")
    page = desk.get("/admin/finance/payment/add/").content.decode()
    assert "write_off" not in page
    for more in ({"allocations-0-write_off": "2"}, {"write_off_overpayment": "on"}):
        refused = desk.post("/admin/finance/payment/add/", form_of(books, invoice, **more))
        assert refused.status_code == 403
    assert not Payment.objects.exists()

from __future__ import annotations

from datetime import date

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import Settlement
from apps.finance.services.invoices import reverse_invoice
from apps.finance.services.policies import change_policy, create_policy
from apps.finance.services.settlement import Allocation
from apps.finance.services.settlements import net_invoices, reverse_settlement
from apps.finance.services.write_offs import write_off, write_off_rest
from tests.factories import Books, make_books, make_currency
from tests.finance.receivables.acts import APRIL, MARCH, MAY, D, open_parts, pay
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled


def test_netting_settles_as_much_as_both_sides_have(books: Books) -> None:
    partner = books.partner()
    for price in ("70", "50"):
        books.posted_invoice("customer", partner, MARCH, price)
    books.posted_invoice("supplier", partner, MARCH, "100")
    done = net_invoices(books.company, partner=partner, date=APRIL, by=books.by)
    assert (books.balance("1100"), books.balance("2000")) == (20, 0)
    assert open_parts(books, APRIL) == [(50, 20)]
    assert open_parts(books, APRIL, "supplier") == []
    assert_reconciled()
    reverse_settlement(done, date=MAY, reason="not agreed", by=books.by)
    assert (books.balance("1100"), books.balance("2000")) == (120, -100)
    assert open_parts(books, APRIL) == [(50, 20)], "the list of that day stays what it was"
    assert_reconciled()


def test_netting_books_the_exchange_difference(books: Books) -> None:
    partner = books.partner(currency=make_currency("USD"))
    books.rate("USD", MARCH, "0.9")
    books.rate("USD", APRIL, "0.8")
    books.posted_invoice("customer", partner, MARCH, "100")
    books.posted_invoice("supplier", partner, APRIL, "100")
    net_invoices(books.company, partner=partner, date=APRIL, by=books.by)
    assert (books.balance("1100"), books.balance("2000"), books.balance("7200")) == (0, 0, 10)
    assert_reconciled()


def test_wrong_nettings_are_refused(books: Books) -> None:
    partner = books.partner()
    invoice = books.posted_invoice("customer", partner, MARCH, "100")
    with pytest.raises(BusinessError) as nothing:
        net_invoices(books.company, partner=partner, date=APRIL, by=books.by)
    assert (nothing.value.code, nothing.value.field) == ("nothing_to_net", "partner")
    bill = books.posted_invoice("supplier", partner, MARCH, "60")
    other = books.posted_invoice("supplier", books.partner(), MARCH, "60")
    for parts, code in (
        ([(invoice, "60"), (bill, "59")], "unequal_netting"),
        ([(invoice, "61"), (bill, "61")], "over_allocated"),
        ([(invoice, "60"), (other, "60")], "wrong_partner"),
        ([(invoice, "30"), (invoice, "30"), (bill, "60")], "named_twice"),
        ([(invoice, "-1"), (bill, "-1")], "not_positive"),
    ):
        with pytest.raises(BusinessError) as refusal:
            net_invoices(
                books.company,
                partner=partner,
                date=APRIL,
                allocations=[Allocation(one, D(amount)) for one, amount in parts],
                by=books.by,
            )
        assert (refusal.value.code, refusal.value.field) == (code, "allocations")
    foreign = make_books("OTHER", by=books.by)
    with pytest.raises(InvalidInput) as elsewhere:
        net_invoices(foreign.company, partner=partner, date=APRIL, by=books.by)
    assert elsewhere.value.code == "other_company"
    assert not Settlement.objects.exists()


def test_a_small_remainder_is_written_off_and_comes_back(books: Books) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    pay(books, customer, APRIL, "99.50", (invoice, "99.50"))
    done = write_off_rest(invoice, date=APRIL, reason="bank charges", by=books.by)
    assert (books.balance("1100"), books.balance("7310")) == (0, D("0.50"))
    with pytest.raises(BusinessError) as refusal:
        reverse_invoice(invoice, date=APRIL, reason="wrong", by=books.by)
    assert refusal.value.code == "has_payments"
    with pytest.raises(InvalidInput) as early:
        reverse_settlement(done, date=MARCH, reason="wrong", by=books.by)
    assert (early.value.code, early.value.field) == ("before_settlement", "date")
    reverse_settlement(done, date=MAY, reason="it was paid", by=books.by)
    assert open_parts(books, MAY) == [(100, D("0.50"))]
    assert_reconciled()


def test_a_suppliers_remainder_is_income(books: Books) -> None:
    supplier = books.partner()
    bill = books.posted_invoice("supplier", supplier, MARCH, "100")
    pay(books, supplier, APRIL, "99", (bill, "99"), direction="out")
    write_off_rest(bill, date=APRIL, reason="rounding", by=books.by)
    assert (books.balance("2000"), books.balance("7310")) == (0, -1)
    assert_reconciled()


def test_the_limit_is_the_companys(books: Books) -> None:
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "5.01")
    with pytest.raises(BusinessError) as refusal:
        write_off_rest(invoice, date=APRIL, reason="small", by=books.by)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "over_limit",
        "allocations",
        0,
    )
    policy = create_policy(
        company=books.company, valid_from=MARCH, write_off_limit=D(10), by=books.by
    )
    write_off_rest(invoice, date=APRIL, reason="small", by=books.by)
    for days in ("", "30,30", "60,30", "0,30", "x", "1,2,3,4,5,6,7,8,9", "99999"):
        with pytest.raises(InvalidInput) as wrong:
            change_policy(policy, ageing_days=days, by=books.by)
        assert (wrong.value.code, wrong.value.field) == ("bad_buckets", "ageing_days")


@pytest.mark.parametrize(("reason", "code"), [("", "reason_required"), ("why", "no_invoices")])
def test_a_write_off_says_what_and_why(books: Books, reason: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        write_off(
            books.company,
            partner=books.partner(),
            date=MARCH,
            allocations=[],
            reason=reason,
            by=books.by,
        )
    assert refusal.value.code == code


def test_settlements_through_the_api(books: Books, api: ApiClient) -> None:
    partner = books.partner()
    invoice = books.posted_invoice("customer", partner, MARCH, "100")
    books.posted_invoice("supplier", partner, MARCH, "97")
    common = {"company": books.company.code, "partner": partner.code, "date": str(APRIL)}
    net = api.post("/finance/settlements/net/", common)
    assert (net.status_code, net.body["kind"]) == (201, "netting"), net.content
    part = {"invoice": invoice.pk, "amount": "3"}
    off = api.post(
        "/finance/settlements/write-off/", {**common, "reason": "small", "allocations": [part]}
    )
    assert off.status_code == 201, off.content
    assert off.body["lines"][0]["amount"] == "3.0000"
    again = api.post(
        "/finance/settlements/write-off/", {**common, "reason": "small", "allocations": [part]}
    )
    assert (again.status_code, again.body["errors"][0]["code"]) == (409, "over_allocated")
    back = api.post(
        f"/finance/settlements/{off.body['id']}/reverse/", {"date": str(MAY), "reason": "wrong"}
    )
    assert (back.status_code, back.body["status"]) == (200, "reversed")
    assert open_parts(books, date(2026, 12, 31)) == [(100, 3)]

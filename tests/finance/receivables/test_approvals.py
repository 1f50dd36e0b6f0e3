from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.finance.models import ApprovalLimit, Invoice
from apps.finance.services.approvals import approve_bill, change_limit, create_limit
from apps.finance.services.invoices import change_invoice, post_invoice
from tests.factories import Books, make_user
from tests.finance.receivables.acts import APRIL, MARCH, D
from tests.support.faces import ApiClient


@pytest.fixture
def boss(books: Books) -> User:
    return make_user("boss", company=books.company)


def bill(books: Books, price: str = "100") -> Invoice:
    return books.invoice("supplier", books.partner(), MARCH, price)


def limit(books: Books, amount: str, document: str = "bill", **holder: object) -> ApprovalLimit:
    return create_limit(
        company=books.company, document=document, amount=D(amount), by=books.by, **holder
    )


def test_without_limits_bills_need_no_approval(books: Books) -> None:
    assert post_invoice(bill(books), by=books.by).status == "posted"


def test_a_second_person_approves_within_the_limit(books: Books, boss: User) -> None:
    limit(books, "100", user=boss)
    own = bill(books)
    with pytest.raises(BusinessError) as unapproved:
        post_invoice(own, by=books.by)
    assert (unapproved.value.code, unapproved.value.field) == ("approval_required", "approved_by")
    with pytest.raises(BusinessError) as maker:
        approve_bill(own, by=books.by)
    assert (maker.value.code, maker.value.field) == ("same_person", "approved_by")
    approved = approve_bill(own, by=boss)
    assert approved.approved_by == boss
    changed = change_invoice(approved, reference="X", by=books.by)
    assert changed.approved_by is None, "a change takes the approval back"
    approve_bill(changed, by=boss)
    assert post_invoice(changed, by=books.by).status == "posted"
    with pytest.raises(BusinessError) as over:
        approve_bill(bill(books, "100.01"), by=boss)
    assert (over.value.code, over.value.field) == ("over_limit", "approved_by")


def test_who_changed_it_is_a_maker_too(books: Books, boss: User) -> None:
    limit(books, "100", user=boss)
    changed = change_invoice(bill(books), date=APRIL, by=boss)
    with pytest.raises(BusinessError) as refusal:
        approve_bill(changed, by=boss)
    assert refusal.value.code == "same_person"


def test_the_highest_limit_of_person_or_role_counts(books: Books, boss: User) -> None:
    heads = Group.objects.create(name="heads")
    boss.groups.add(heads)
    limit(books, "10", user=boss)
    limit(books, "200", role=heads)
    approve_bill(bill(books, "200"), by=boss)
    other = make_user("other", company=books.company)
    with pytest.raises(BusinessError) as refusal:
        approve_bill(bill(books, "1"), by=other)
    assert refusal.value.code == "over_limit"


def test_foreign_bills_are_measured_in_company_currency(books: Books, boss: User) -> None:
    from tests.factories import make_currency

    books.rate("USD", MARCH, "2")
    limit(books, "199", user=boss)
    own = books.invoice("supplier", books.partner(currency=make_currency("USD")), MARCH, "100")
    with pytest.raises(BusinessError) as refusal:
        approve_bill(own, by=boss)
    assert refusal.value.code == "over_limit"


def test_the_database_knows_maker_and_approver(books: Books) -> None:
    own = bill(books)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=own.pk).update(approved_by=books.by)


def test_customers_invoices_are_not_approved(books: Books, boss: User) -> None:
    invoice = books.invoice("customer", books.partner(), MARCH, "1")
    with pytest.raises(InvalidInput) as refusal:
        approve_bill(invoice, by=boss)
    assert (refusal.value.code, refusal.value.field) == ("no_bill", "kind")


def test_nobody_sets_his_own_limit(books: Books, boss: User) -> None:
    heads = Group.objects.create(name="heads of nothing")
    boss.groups.add(heads)
    own, of_role = limit(books, "100", user=boss), limit(books, "100", role=heads)
    values = {"company": books.company, "document": "bill", "amount": D(10**6), "by": boss}
    for field, act in (
        ("user", lambda: create_limit(user=boss, **values)),
        ("role", lambda: create_limit(role=heads, **values)),
        ("user", lambda: change_limit(own, amount=D(10**6), by=boss)),
        ("role", lambda: change_limit(of_role, amount=D(10**6), by=boss)),
        ("user", lambda: change_limit(own, user=books.by, by=boss)),
    ):
        with pytest.raises(BusinessError) as refusal:
            act()
        assert (refusal.value.code, refusal.value.field) == ("own_limit", field)
    assert list(ApprovalLimit.objects.order_by("pk").values_list("amount", flat=True)) == [100, 100]


def test_a_limit_is_of_a_person_or_a_role(books: Books, boss: User) -> None:
    for holder in ({}, {"user": boss, "role": Group.objects.create(name="x")}):
        with pytest.raises(InvalidInput) as refusal:
            limit(books, "1", **holder)
        assert (refusal.value.code, refusal.value.field) == ("person_or_role", "user")
    own = limit(books, "1", user=boss)
    with pytest.raises(InvalidInput):
        change_limit(own, user=None, by=books.by)
    assert change_limit(own, amount=D(5), by=books.by).amount == 5


def test_a_bill_is_entered_once(books: Books) -> None:
    supplier = books.partner()
    books.posted_invoice("supplier", supplier, MARCH, "1", reference="R-1")
    again = books.invoice("supplier", supplier, APRIL, "2", reference="R-1")
    with pytest.raises(BusinessError) as refusal:
        post_invoice(again, by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("entered_before", "reference")


def test_through_the_api(books: Books, boss: User, api: ApiClient) -> None:
    body = {"company": books.company.code, "document": "bill", "user": boss.pk, "amount": "500"}
    made = api.post("/finance/approval-limits/", body)
    assert made.status_code == 201, made.content
    own = bill(books)
    mine = api.post(f"/finance/invoices/{own.pk}/approve/")
    assert (mine.status_code, mine.body["errors"][0]["code"]) == (409, "same_person")
    theirs = ApiClient(boss).post(f"/finance/invoices/{own.pk}/approve/")
    assert (theirs.status_code, theirs.body["approved_by"]) == (200, boss.pk), theirs.content

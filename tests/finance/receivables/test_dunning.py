from __future__ import annotations

from datetime import date, timedelta

import pypdfium2
import pytest
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.dunning_letters import dunning_letters_pdf
from apps.finance.models import DunningLine, DunningRun, DunningTerms, Invoice
from apps.finance.services.dunning import (
    cancel_dunning,
    confirm_dunning,
    dispute_invoice,
    exclude_lines,
    propose_dunning,
    settle_dispute,
)
from apps.finance.services.dunning_terms import Level, change_dunning_terms, create_dunning_terms
from tests.factories import Books
from tests.finance.receivables.acts import MARCH, D, pay, terms
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

DUE = MARCH + timedelta(days=30)
LEVELS = [
    Level(7, "A friendly word."),
    Level(21, "A second word.", D(5)),
    Level(35, "The last word.", D(15)),
]


@pytest.fixture
def usual(books: Books) -> DunningTerms:
    return create_dunning_terms(
        company=books.company, code="DUN", name="Usual", levels=LEVELS, by=books.by
    )


def run_on(books: Books, usual: DunningTerms, days: int, *, fees: bool = False) -> DunningRun:
    run = propose_dunning(
        books.company, terms=usual, date=DUE + timedelta(days=days), posts_fees=fees, by=books.by
    )
    return confirm_dunning(run, by=books.by)


def levels_of(run: DunningRun) -> list[int]:
    return list(run.lines.filter(is_live=True).order_by("pk").values_list("level", flat=True))


def test_three_levels_none_passed_over_none_twice(books: Books, usual: DunningTerms) -> None:
    books.posted_invoice("customer", books.partner(), MARCH, "100")
    for early in (0, 6):
        with pytest.raises(BusinessError) as refusal:
            run_on(books, usual, early)
        assert (refusal.value.code, refusal.value.field) == ("nothing_overdue", "date")
    assert levels_of(run_on(books, usual, 40)) == [1], "long overdue, but never reminded yet"
    for days in (40, 53):
        with pytest.raises(BusinessError):
            run_on(books, usual, days)
    assert levels_of(run_on(books, usual, 54)) == [2]
    assert levels_of(run_on(books, usual, 68)) == [3]
    with pytest.raises(BusinessError) as done:
        run_on(books, usual, 200)
    assert done.value.code == "nothing_overdue"
    assert DunningRun.objects.count() == 3


def test_instalments_are_reminded_of_one_by_one(books: Books, usual: DunningTerms) -> None:
    customer = books.partner(payment_terms=terms(books, ("50", 30), ("50", 60)))
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    pay(books, customer, DUE, "20", (invoice, "20"))
    run = run_on(books, usual, 10)
    assert [(line.due_date, line.amount) for line in run.lines.all()] == [(DUE, D(30))]
    later = run_on(books, usual, 40)
    found = later.lines.order_by("due_date").values_list("level", "amount")
    assert list(found) == [(2, D(30)), (1, D(50))]


def test_disputed_paid_and_settled_accounts_are_left_alone(
    books: Books, usual: DunningTerms
) -> None:
    disputed = books.posted_invoice("customer", books.partner(), MARCH, "100")
    dispute_invoice(disputed, reason="wrong price", by=books.by)
    in_credit = books.partner()
    books.posted_invoice("customer", in_credit, MARCH, "100")
    pay(books, in_credit, MARCH, "100")
    with pytest.raises(BusinessError):
        propose_dunning(books.company, terms=usual, date=DUE + timedelta(10), by=books.by)
    settle_dispute(disputed, reason="agreed", by=books.by)
    with pytest.raises(BusinessError) as again:
        settle_dispute(disputed, reason="agreed", by=books.by)
    assert (again.value.code, again.value.field) == ("not_disputed", "dispute")
    run = propose_dunning(books.company, terms=usual, date=DUE + timedelta(10), by=books.by)
    assert [line.invoice_id for line in run.lines.all()] == [disputed.pk]
    pay(books, disputed.partner, DUE, "100", (disputed, "100"))
    with pytest.raises(BusinessError) as refusal:
        confirm_dunning(run, by=books.by)
    assert refusal.value.code == "nothing_overdue"
    run.refresh_from_db()
    assert run.status == "proposed"


def test_what_is_left_out_or_given_up_comes_again(books: Books, usual: DunningTerms) -> None:
    for price in ("100", "50"):
        books.posted_invoice("customer", books.partner(), MARCH, price)
    on = DUE + timedelta(10)
    run = propose_dunning(books.company, terms=usual, date=on, by=books.by)
    with pytest.raises(BusinessError) as twice:
        propose_dunning(books.company, terms=usual, date=on, by=books.by)
    assert twice.value.code == "nothing_overdue"
    first = run.lines.order_by("pk")[0]
    exclude_lines(run, lines=[first], reason="called", by=books.by)
    confirm_dunning(run, by=books.by)
    second = propose_dunning(books.company, terms=usual, date=on, by=books.by)
    assert [line.invoice_id for line in second.lines.all()] == [first.invoice_id]
    with pytest.raises(InvalidInput) as foreign:
        exclude_lines(second, lines=[first], by=books.by)
    assert (foreign.value.code, foreign.value.field) == ("wrong_line", "lines")
    cancel_dunning(second, reason="by telephone", by=books.by)
    third = propose_dunning(books.company, terms=usual, date=on, by=books.by)
    assert levels_of(third) == [1]


def test_fees_are_invoiced_once_per_customer(books: Books, usual: DunningTerms) -> None:
    customer = books.partner()
    for price in ("100", "50"):
        books.posted_invoice("customer", customer, MARCH, price)
    run_on(books, usual, 10, fees=True)
    assert books.balance("4905") == 0, "the first level is free"
    run = run_on(books, usual, 30, fees=True)
    assert books.balance("4905") == -5
    [fee] = {line.fee_invoice_id for line in run.lines.all()}
    assert Invoice.objects.get(pk=fee).total == 5
    text = "\n".join(
        page.get_textpage().get_text_range()
        for page in pypdfium2.PdfDocument(dunning_letters_pdf(run))
    )
    for part in ("A second word.", "100.00", "150.00", "5.00"):
        assert part in text
    assert_reconciled()


@pytest.mark.parametrize(
    ("levels", "code", "field", "row"),
    [
        ([], "no_levels", "levels", None),
        ([Level(n, "x") for n in range(1, 5)], "no_levels", "levels", None),
        ([Level(7, "x"), Level(7, "y")], "days_not_ascending", "days_overdue", 1),
        ([Level(7, " ")], "required", "text", 0),
        ([Level(7, "x", D(-1))], "negative", "fee", 0),
        ([Level(7, "x", D("NaN"))], "not_a_number", "fee", 0),
    ],
)
def test_wrong_levels_are_refused(
    books: Books, levels: list[Level], code: str, field: str, row: int | None
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_dunning_terms(company=books.company, code="D", name="D", levels=levels, by=books.by)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, row)
    assert not DunningTerms.objects.exists()


def test_a_life_through_the_api(books: Books, api: ApiClient) -> None:
    made = api.post("/finance/dunning-terms/", {
        "company": books.company.code, "code": "D", "name": "D",
        "levels": [{"days_overdue": 5, "text": "Please pay.", "fee": "0"}],
    })  # fmt: skip
    assert made.status_code == 201, made.content
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "100")
    held = api.post(f"/finance/invoices/{invoice.pk}/dispute/", {"reason": "price"})
    assert held.body["dispute"] == "price"
    api.post(f"/finance/invoices/{invoice.pk}/settle-dispute/", {"reason": "agreed"})
    on = str(DUE + timedelta(10))
    body = {"company": books.company.code, "terms": made.body["id"], "date": on}
    run = api.post("/finance/dunning-runs/propose/", body)
    assert run.status_code == 201, run.content
    path = f"/finance/dunning-runs/{run.body['id']}"
    line = run.body["lines"][0]["id"]
    out = api.post(f"{path}/exclude/", {"lines": [{"line": line}], "reason": "called"})
    assert out.body["lines"][0]["is_live"] is False
    assert api.get(f"{path}/pdf/").status_code == 409
    assert api.post(f"{path}/cancel/", {}).body["status"] == "cancelled"
    again = api.post("/finance/dunning-runs/propose/", body)
    path = f"/finance/dunning-runs/{again.body['id']}"
    assert api.post(f"{path}/confirm/").body["status"] == "confirmed"
    assert api.get(f"{path}/pdf/").content[:4] == b"%PDF"
    assert DunningLine.objects.filter(is_live=True).count() == 1


def test_the_letters_are_offered_in_the_back_office(books: Books, usual: DunningTerms) -> None:
    books.posted_invoice("customer", books.partner(), date(2026, 1, 2), "100")
    run = run_on(books, usual, 10)
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    page = client.get(f"/admin/finance/dunningrun/{run.pk}/change/")
    assert page.status_code == 200
    letters = client.get(f"/admin/finance/dunningrun/{run.pk}/print/letters/")
    assert letters.content[:4] == b"%PDF"
    changed = change_dunning_terms(usual, levels=LEVELS[:1], by=books.by)
    assert changed.levels.count() == 1

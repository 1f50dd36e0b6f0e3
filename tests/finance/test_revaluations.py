from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import reconcile
from apps.finance.models import CurrencyRevaluation, Invoice, JournalEntry, RevaluationLine
from apps.finance.queries.open_items import open_items
from apps.finance.queries.revaluations import exposures
from apps.finance.services.credit_notes import credit_invoice
from apps.finance.services.invoices import reverse_invoice
from apps.finance.services.payments import Allocation, post_payment, reverse_payment
from apps.finance.services.revaluations import revalue_currencies, reverse_revaluation
from tests.factories import Books, make_currency
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

D = Decimal
MARCH, END, NEXT, APRIL = date(2026, 3, 10), date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 10)


@pytest.fixture
def dollars(books: Books) -> Any:
    """A customer and supplier in dollars; the dollar is worth 0.90, 0.95 at the end of March."""
    partner = books.partner(currency=make_currency("USD"))
    for on, rate in ((date(2026, 3, 1), "0.90"), (END, "0.95"), (APRIL, "0.97")):
        books.rate("USD", on, rate)
    return partner


def pay(books: Books, invoice: Invoice, amount: str, on: date) -> Any:
    way = "out" if invoice.kind == "supplier" else "in"
    return post_payment(
        books.company, direction=way, partner=invoice.partner, account=books.account("1020"),
        date=on, amount=D(amount), allocations=[Allocation(invoice, D(amount))], by=books.by,
    )  # fmt: skip


def test_receivables_payables_credits_and_cash_are_revalued(books: Books, dollars: Any) -> None:
    invoice = books.posted_invoice("customer", dollars, MARCH, "1000")
    books.posted_invoice("supplier", dollars, MARCH, "300")
    pay(books, invoice, "400", date(2026, 3, 20))
    note = credit_invoice(books.posted_invoice("customer", dollars, MARCH, "50"), date=MARCH,
                          by=books.by)  # fmt: skip
    assert note.total == 50
    found = {one.name: one.difference for one in exposures(books.company, at=END)}
    assert sorted(found.values()) == [D("-15.00"), D("20.00"), D("30.00")]
    revaluation = revalue_currencies(books.company, date=END, by=books.by)
    # 600 open and 400 in the bank gain five cents each, 300 owed lose as much
    assert books.balance("7210") == D("-35.00")
    assert books.balance("1020") == D("380.00")
    assert revaluation.lines.count() == 3
    assert revaluation.number.startswith("GEN-2026-")
    assert_reconciled()
    with pytest.raises(BusinessError) as refused:
        revalue_currencies(books.company, date=END, by=books.by)
    assert (refused.value.code, refused.value.field) == ("nothing_to_revalue", "date")


def test_money_on_account_keeps_its_rate(books: Books, dollars: Any) -> None:
    """An advance is non-monetary (IAS 21.16): only the bank is revalued."""
    post_payment(
        books.company, direction="in", partner=dollars, account=books.account("1020"),
        date=MARCH, amount=D(100), by=books.by,
    )  # fmt: skip
    revalue_currencies(books.company, date=END, by=books.by)
    assert books.balance("1100") == D("-90.00")
    assert books.balance("1020") == D("95.00")


def test_parts_take_the_revalued_carrying_amount_to_the_cent(books: Books, dollars: Any) -> None:
    invoice = books.posted_invoice("customer", dollars, MARCH, "100.01")
    revalue_currencies(books.company, date=END, by=books.by)
    for part in ("33.33", "33.33", "33.35"):
        pay(books, invoice, part, APRIL)
    assert books.balance("1100") == 0
    assert open_items(books.company, kind="customer", at=APRIL) == []
    assert_reconciled()


def test_payments_of_the_next_month_do_not_hinder_a_late_month_end(
    books: Books, dollars: Any
) -> None:
    """March is revalued when April's money is in: with a reversal both fit."""
    invoice = books.posted_invoice("customer", dollars, MARCH, "100")
    pay(books, invoice, "100", APRIL)
    with pytest.raises(BusinessError) as refused:
        revalue_currencies(books.company, date=END, by=books.by)
    assert refused.value.code == "settled_since"
    assert RevaluationLine.objects.count() == 0
    revalue_currencies(books.company, date=END, reverses_on=NEXT, by=books.by)
    assert books.balance("7210", END) == D("-5.00")
    assert books.balance("7210") == 0
    assert sum(i.open_company for i in open_items(books.company, kind="customer", at=END)) == 95
    assert_reconciled()


def test_no_settlement_before_a_revaluation(books: Books, dollars: Any) -> None:
    invoice = books.posted_invoice("customer", dollars, MARCH, "100")
    revalue_currencies(books.company, date=END, reverses_on=NEXT, by=books.by)
    before = JournalEntry.objects.count()
    with pytest.raises(BusinessError) as refused:
        pay(books, invoice, "100", END)
    assert (refused.value.code, refused.value.field) == ("revalued_later", "date")
    assert JournalEntry.objects.count() == before
    pay(books, invoice, "100", NEXT)


def test_a_revaluation_is_reversed_while_nothing_was_settled(books: Books, dollars: Any) -> None:
    invoice = books.posted_invoice("customer", dollars, MARCH, "100")
    first = revalue_currencies(books.company, date=END, by=books.by)
    payment = pay(books, invoice, "40", APRIL)
    with pytest.raises(BusinessError, match="settled"):
        reverse_revaluation(first, date=APRIL, reason="wrong rate", by=books.by)
    reverse_payment(payment, date=APRIL, reason="bounced", by=books.by)
    first = reverse_revaluation(first, date=APRIL, reason="wrong rate", by=books.by)
    assert first.status == CurrencyRevaluation.Status.REVERSED
    assert books.balance("7210") == 0
    assert books.balance("1100") == D("90.00")
    assert_reconciled()


def test_reversing_an_invoice_takes_its_revaluation_along(books: Books, dollars: Any) -> None:
    invoice = books.posted_invoice("customer", dollars, MARCH, "100")
    revalue_currencies(books.company, date=END, by=books.by)
    with pytest.raises(BusinessError, match="revalued"):
        reverse_invoice(invoice, date=MARCH, reason="wrong", by=books.by)
    reverse_invoice(invoice, date=APRIL, reason="wrong", by=books.by)
    assert books.balance("7210") == books.balance("1100") == 0
    assert_reconciled()


@pytest.mark.parametrize(
    ("call", "code", "field"),
    [
        (lambda b: revalue_currencies(b.company, date=END, reverses_on=END, by=b.by),
         "reverses_too_early", "reverses_on"),
        (lambda b: revalue_currencies(b.company, date=END, rates={"USD": D(-1)}, by=b.by),
         "not_positive", "rates"),
    ],
)  # fmt: skip
def test_bad_input(
    books: Books, dollars: Any, call: Callable[[Books], Any], code: str, field: str
) -> None:
    books.posted_invoice("customer", dollars, MARCH, "100")
    with pytest.raises(InvalidInput) as refused:
        call(books)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert CurrencyRevaluation.objects.count() == 0


def test_register_refuses_change_and_reconcile_sees_what_is_wrong(
    books: Books, dollars: Any
) -> None:
    books.posted_invoice("customer", dollars, MARCH, "100")
    revaluation = revalue_currencies(books.company, date=END, by=books.by)
    with pytest.raises(DatabaseError), transaction.atomic():
        RevaluationLine.objects.update(difference=1)
    line = revaluation.lines.get()
    line.pk, line.invoice = None, None
    line.save()
    [finding] = reconcile(["revaluations-and-entries"])
    assert not finding.is_clean


def test_life_through_the_api(books: Books, dollars: Any) -> None:
    books.posted_invoice("customer", dollars, MARCH, "100")
    api = ApiClient(books.by)
    place = "/finance/currency-revaluations/"
    made = api.post(place, {"company": books.company.pk, "date": "2026-03-31"})
    assert made.status_code == 201, made.content
    assert D(made.body["lines"][0]["difference"]) == 5
    undone = api.post(
        f"{place}{made.body['id']}/reverse/", {"date": "2026-04-10", "reason": "wrong rate"}
    )
    assert undone.body["status"] == "reversed"


STEP = st.sampled_from(["bill", "sell", "pay", "revalue", "month_end", "reverse"])


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(STEP, st.integers(1, 99)), min_size=3, max_size=9))
def test_any_sequence_keeps_every_invariant(
    books: Books, dollars: Any, steps: list[tuple[str, int]]
) -> None:
    with transaction.atomic():
        _play(books, dollars, steps)
        assert_reconciled()
        transaction.set_rollback(True)
    connection.needs_rollback = False


def _play(books: Books, partner: Any, steps: list[tuple[str, int]]) -> None:
    day = MARCH
    for turn, (step, number) in enumerate(steps):
        day = date.fromordinal(MARCH.toordinal() + 5 * turn)
        open_ = [
            invoice
            for kind in ("customer", "supplier")
            for invoice in Invoice.objects.filter(
                pk__in=[i.id for i in open_items(books.company, kind=kind, at=day)]
            )
        ]
        try:
            if step in ("bill", "sell"):
                kind = "supplier" if step == "bill" else "customer"
                books.posted_invoice(kind, partner, day, f"{number}.{number:02d}")
            elif step == "pay" and open_:
                invoice = open_[number % len(open_)]
                pay(books, invoice, str(min(D(number), invoice.total)), day)
            elif step == "reverse" and open_:
                reverse_invoice(open_[number % len(open_)], date=day, reason="x", by=books.by)
            elif step in ("revalue", "month_end"):
                ends = date.fromordinal(day.toordinal() + 1) if step == "month_end" else None
                rates = {"USD": D(number) / 50}
                revalue_currencies(
                    books.company, date=day, reverses_on=ends, rates=rates, by=books.by
                )
        except BusinessError as refused:
            assert refused.code in {"nothing_to_revalue", "over_allocated", "has_payments",
                                    "settled_since", "revalued_later"}  # fmt: skip

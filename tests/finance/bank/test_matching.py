"""Bank lines and the ledger: matched once, within both, and undone without a trace lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core.errors import BusinessError
from apps.core.reconcile import reconcile
from apps.finance.models import BankLine, BankMatch, JournalLine, MatchRule, Payment
from apps.finance.queries.bank import reconciliation
from apps.finance.queries.bank_suggestions import suggest_matches
from apps.finance.queries.open_items import open_items
from apps.finance.services.bank_accounts import create_match_rule
from apps.finance.services.bank_automatching import match_automatically
from apps.finance.services.bank_matching import (
    ignore_line,
    match_line,
    post_line,
    tie_line,
    unmatch_line,
)
from apps.finance.services.payments import Allocation, post_payment, reverse_payment
from apps.masterdata.services.partner_banks import create_partner_bank_account
from tests.factories import Books, make_books, make_currency
from tests.finance.bank.files import OTHER_IBAN, bank_account, camt, entry, imported, lines_of
from tests.support.connections import superuser

D = Decimal
MARCH, APRIL, MAY = date(2026, 3, 10), date(2026, 4, 10), date(2026, 5, 10)


@pytest.fixture
def bank(books: Books) -> Any:
    return bank_account(books)


def one_line(books: Books, amount: str, text: str = "", **said: str) -> BankLine:
    imported(books, camt(entry(amount, text, **said)))
    return lines_of(books)[-1]


def assert_reconciled(bank: Any, at: date = MAY) -> None:
    assert reconciliation(bank, at).difference == 0


def test_a_match_makes_the_payment_and_settles_the_invoice(books: Books, bank: Any) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "119")
    line = one_line(books, "119.00", f"Invoice {invoice.number}")
    match = match_line(line, invoices=[Allocation(invoice, D(119))], by=books.by)
    line.refresh_from_db()
    assert (line.state, line.matched_amount) == ("matched", D(119))
    assert match.payment is not None and match.payment.date == APRIL
    assert open_items(books.company, kind="customer", at=APRIL) == []
    assert books.balance("1010") == 119
    found = reconciliation(bank, APRIL)
    assert (found.bank_balance, found.ledger_balance, found.difference) == (D(119), D(119), D(0))
    assert not found.not_in_ledger and not found.not_on_statement


def test_one_line_is_split_over_several_and_several_pay_one(books: Books, bank: Any) -> None:
    customer = books.partner()
    first, second = (books.posted_invoice("customer", customer, MARCH, p) for p in ("60", "100"))
    imported(books, camt(entry("100.00", "A"), entry("60.00", "B")))
    big, small = lines_of(books)
    match_line(big, invoices=[Allocation(first, D(60))], amount=D(60), by=books.by)
    big.refresh_from_db()
    assert (big.state, big.remaining) == ("open", D(40))
    match_line(big, invoices=[Allocation(second, D(40))], by=books.by)
    match_line(small, invoices=[Allocation(second, D(60))], by=books.by)
    assert open_items(books.company, kind="customer", at=APRIL) == []
    assert_reconciled(bank)


def test_no_more_than_the_line_is_matched(books: Books, bank: Any) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "200")
    line = one_line(books, "100.00")
    with pytest.raises(BusinessError) as refusal:
        match_line(
            line, invoices=[Allocation(invoice, D("100.01"))], amount=D("100.01"), by=books.by
        )
    assert (refusal.value.code, refusal.value.field) == ("over_matched", "amount")
    assert not Payment.objects.exists() and not BankMatch.objects.exists()


def test_a_posted_payment_is_tied_not_paid_twice(books: Books, bank: Any) -> None:
    partner = books.partner()
    payment = post_payment(
        books.company, direction="out", partner=partner, account=books.account("1010"),
        date=APRIL, amount=D(80), by=books.by,
    )  # fmt: skip
    line = one_line(books, "-80.00", payment.number)
    [best] = [s for s in suggest_matches(bank, [line])[line.pk] if s.score == 100]
    assert best.kind == "ledger"
    posted = JournalLine.objects.filter(pk__in=best.ids)
    [match] = tie_line(line, journal_lines=list(posted), by=books.by)
    assert match.payment_id == payment.pk
    assert Payment.objects.count() == 1
    assert_reconciled(bank)
    with pytest.raises(BusinessError) as refusal:
        tie_line(line, journal_lines=list(posted), by=books.by)
    assert refusal.value.code == "not_open"


def test_a_ledger_line_is_used_once(books: Books, bank: Any) -> None:
    payment = post_payment(
        books.company, direction="in", partner=books.partner(), account=books.account("1010"),
        date=APRIL, amount=D(50), by=books.by,
    )  # fmt: skip
    [posted] = payment.entry.lines.filter(account=bank.account)
    imported(books, camt(entry("50.00", "A"), entry("50.00", "B")))
    first, second = lines_of(books)
    tie_line(first, journal_lines=[posted], by=books.by)
    with pytest.raises(BusinessError) as refusal:
        tie_line(second, journal_lines=[posted], by=books.by)
    assert (refusal.value.code, refusal.value.row) == ("over_matched", 0)


def test_a_payment_on_a_bank_line_is_not_reversed_behind_it(books: Books, bank: Any) -> None:
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "10")
    line = one_line(books, "10.00")
    match = match_line(line, invoices=[Allocation(invoice, D(10))], by=books.by)
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        reverse_payment(match.payment, date=APRIL, reason="wrong", by=books.by)
    assert refusal.value.__cause__.diag.constraint_name == "finance_matched_to_bank"


def test_unmatching_reverses_and_keeps_the_trace(books: Books, bank: Any) -> None:
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "10")
    line = one_line(books, "10.00")
    match_line(line, invoices=[Allocation(invoice, D(10))], by=books.by)
    unmatch_line(line, reason="wrong customer", by=books.by)
    line.refresh_from_db()
    assert (line.state, line.matched_amount) == ("open", 0)
    assert [m.is_live for m in BankMatch.objects.all()] == [False]
    assert Payment.objects.get().status == "reversed"
    [item] = open_items(books.company, kind="customer", at=APRIL)
    assert item.open == 10
    assert_reconciled(bank)
    match_line(line, invoices=[Allocation(invoice, D(10))], by=books.by)
    assert_reconciled(bank)


def test_fees_are_posted_and_taken_back(books: Books, bank: Any) -> None:
    line = one_line(books, "-4.90", "Fees")
    post_line(line, account=books.account("6110"), by=books.by)
    assert (books.balance("6110"), books.balance("1010")) == (D("4.90"), D("-4.90"))
    assert_reconciled(bank)
    line.refresh_from_db()
    unmatch_line(line, reason="other account", by=books.by)
    assert (books.balance("6110"), books.balance("1010")) == (0, 0)
    assert_reconciled(bank)
    line.refresh_from_db()
    post_line(line, account=books.account("6110"), by=books.by)
    assert books.balance("6110") == D("4.90")


def test_control_accounts_take_no_bank_line(books: Books, bank: Any) -> None:
    line = one_line(books, "-4.90", "Fees")
    with pytest.raises(BusinessError) as refusal:
        post_line(line, account=books.account("2000"), by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("control_account", "account")
    assert not BankMatch.objects.exists()


def test_ignoring_needs_a_reason_and_stays_an_item(books: Books, bank: Any) -> None:
    line = one_line(books, "5.00")
    with pytest.raises(BusinessError) as refusal:
        ignore_line(line, reason=" ", by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("reason_required", "reason")
    ignore_line(line, reason="bank's test", by=books.by)
    found = reconciliation(bank, APRIL)
    assert [item.state for item in found.not_in_ledger] == ["ignored"]
    assert found.difference == 0
    line.refresh_from_db()
    unmatch_line(line, reason="not a test", by=books.by)
    line.refresh_from_db()
    assert line.state == "open"


def test_an_invoice_in_dollars_is_paid_at_the_banks_rate(books: Books, bank: Any) -> None:
    partner = books.partner(currency=make_currency("USD"))
    books.rate("USD", date(2026, 3, 1), "0.90")
    invoice = books.posted_invoice("supplier", partner, MARCH, "100")
    line = one_line(books, "-93.50", "card")
    match_line(line, invoices=[Allocation(invoice, D(100))], by=books.by)
    assert books.balance("1010") == D("-93.50")
    assert books.balance("2000") == 0
    assert books.balance("7200") == D("3.50")
    assert_reconciled(bank)


def test_suggestions_are_ranked_with_their_reasons(books: Books, bank: Any) -> None:
    meyer = books.partner("MEYER")
    other = books.partner("HUBER")
    create_partner_bank_account(company=books.company, partner=meyer, iban=OTHER_IBAN, by=books.by)
    first = books.posted_invoice("customer", meyer, MARCH, "119")
    second = books.posted_invoice("customer", other, MARCH, "77")
    imported(
        books,
        camt(
            entry("119.00", f"pays {first.number}"),
            entry("119.00", "no number", iban=OTHER_IBAN),
            entry("77.00", "thanks", name="Huber Incorp"),
            entry("12.34", "nothing like it"),
        ),
    )
    by_number, by_iban, by_name, unknown = lines_of(books)
    found = suggest_matches(bank, [by_number, by_iban, by_name, unknown])
    tops = [(found[line.pk][0].score, found[line.pk][0].ids) for line in (by_number, by_iban)]
    assert tops == [(100, (first.pk,)), (85, (first.pk,))]
    assert found[by_name.pk][0].ids == (second.pk,)
    assert 60 <= found[by_name.pk][0].score <= 80
    assert all(one.reason for one in found[by_name.pk])
    assert found[unknown.pk] == []


def test_suggestions_cost_the_same_for_many_lines(
    books: Books, bank: Any, django_assert_num_queries: Any
) -> None:
    imported(books, camt(*(entry("1.00", f"T{n}") for n in range(30))))
    lines = lines_of(books)
    with django_assert_num_queries(6):
        suggest_matches(bank, lines[:1])
    with django_assert_num_queries(6):
        suggest_matches(bank, lines)


def test_rules_and_sure_suggestions_act_by_themselves(books: Books, bank: Any) -> None:
    create_match_rule(
        company=books.company, code="FEES", name="Fees", text_contains="fee", sign="out",
        most=D(10), action="post", account=books.account("6110"), is_automatic=True, by=books.by,
    )  # fmt: skip
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "119")
    imported(
        books,
        camt(
            entry("-4.90", "Fee April"),
            entry("-40.90", "Fee of a lawyer"),
            entry("119.00", invoice.number),
        ),
    )
    found = match_automatically(bank, by=books.by)
    assert (found.posted, found.matched, found.left) == (1, 1, 1)
    assert [line.state for line in lines_of(books)] == ["matched", "open", "matched"]
    assert books.balance("6110") == D("4.90")
    assert_reconciled(bank)


def test_a_rule_finds_the_invoice_by_its_reference(books: Books, bank: Any) -> None:
    invoice = books.posted_invoice("supplier", books.partner(), MARCH, "50", reference="ACME-1234")
    create_match_rule(
        company=books.company, code="ACME", name="Acme", text_contains="acme", action="find",
        reference_pattern="NO:([A-Z0-9-]+)", by=books.by,
    )  # fmt: skip
    line = one_line(books, "-50.00", "acme no NO:ACME-1234")
    best = suggest_matches(bank, [line])[line.pk][0]
    assert (best.kind, best.ids) == ("invoice", (invoice.pk,))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"action": "post"}, "account"),
        ({"action": "find", "reference_pattern": "(a+)+"}, "reference_pattern"),
        ({"action": "find", "reference_pattern": "["}, "reference_pattern"),
        ({"action": "find", "reference_pattern": "a", "least": D(5), "most": D(1)},
         "reference_pattern"),
    ],
)  # fmt: skip
def test_rules_that_can_not_work_are_refused(
    books: Books, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(BusinessError) as refusal:
        create_match_rule(company=books.company, code="X", name="X", by=books.by, **values)
    assert refusal.value.field == field
    assert not MatchRule.objects.exists()


def test_of_two_people_with_one_line_one_wins(transactional_db: None) -> None:
    books = make_books()
    bank_account(books)
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "100")
    line = one_line(books, "100.00")
    barrier = threading.Barrier(2)

    def act(_n: int) -> str:
        try:
            barrier.wait(10)
            mine = BankLine.objects.select_related("bank_account", "company").get(pk=line.pk)
            match_line(mine, invoices=[Allocation(invoice, D(100))], by=books.by)
            return "won"
        except BusinessError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(act, range(2))) == ["not_open", "won"]
    assert BankMatch.objects.count() == 1 and Payment.objects.count() == 1


def test_the_database_refuses_matches_beyond_the_line(books: Books, bank: Any) -> None:
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "10")
    line = one_line(books, "10.00")
    match = match_line(line, invoices=[Allocation(invoice, D(10))], by=books.by)
    with pytest.raises(DatabaseError, match="matched for"), transaction.atomic():
        BankMatch.objects.filter(pk=match.pk).update(amount=D(9))
        connection.check_constraints()


def test_rules_are_no_part_of_another_company(books: Books, bank: Any) -> None:
    line = one_line(books, "-4.90", "Fees")
    assert MatchRule.objects.count() == 0
    assert suggest_matches(bank, [line])[line.pk] == []
    assert all(found.is_clean for found in reconcile())


BREAKS = {
    "bank-matches-within-ledger": [
        "UPDATE finance_bankmatch SET amount = amount * 2",
        "UPDATE finance_bankmatch SET amount = -amount",
        "UPDATE finance_journalline l SET account_id = a.id FROM finance_account a"
        " WHERE a.company_id = l.company_id AND a.code = '1100'",
    ],
    "bank-matches-not-reversed": [
        "UPDATE finance_journalentry r SET reverses_id = l.entry_id"
        " FROM finance_bankmatch m JOIN finance_journalline l ON l.id = m.journal_line_id"
        " WHERE r.id = (SELECT max(id) FROM finance_journalentry)",
    ],
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize(
    ("code", "change"), [(code, change) for code, changes in BREAKS.items() for change in changes]
)
def test_a_broken_match_is_found(books: Books, bank: Any, code: str, change: str) -> None:
    """The breaks are made by a superuser with triggers off: nobody else can."""
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "119")
    line = one_line(books, "119.00", f"Invoice {invoice.number}")
    match_line(line, invoices=[Allocation(invoice, D(119))], by=books.by)
    books.post(MARCH, ("6100", "5"), ("1010", "-5"))
    assert all(finding.is_clean for finding in reconcile())
    with superuser() as tamperer:
        tamperer.execute(change)
    [finding] = reconcile([code])
    assert finding.offences, f"{code} sees nothing"

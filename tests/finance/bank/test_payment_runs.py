"""Payment runs: proposed, approved by another, sent, executed, found on the statement."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from lxml import etree

from apps.core.errors import BusinessError, InvalidTransition
from apps.core.reconcile import reconcile
from apps.finance.models import JournalLine, Payment, PaymentRun, PaymentRunLine
from apps.finance.queries.bank import reconciliation
from apps.finance.queries.bank_suggestions import suggest_matches
from apps.finance.queries.open_items import open_items
from apps.finance.services.bank_matching import tie_line
from apps.finance.services.payment_runs import (
    Bill,
    approve_payment_run,
    cancel_payment_run,
    draft_payment_run,
    execute_payment_run,
    export_payment_run,
    is_new_account,
    propose_payment_run,
)
from apps.masterdata.models import Partner, PartnerBankAccount
from apps.masterdata.services.partner_banks import (
    create_partner_bank_account,
    update_partner_bank_account,
)
from tests.factories import Books, make_user
from tests.finance.bank.files import OTHER_IBAN, bank_account, camt, entry, imported, lines_of

D = Decimal
MARCH, APRIL = date(2026, 3, 10), date(2026, 4, 10)


@pytest.fixture
def bank(books: Books) -> Any:
    return bank_account(books)


def supplier(books: Books, code: str = "SUP", iban: str = OTHER_IBAN) -> Partner:
    partner = books.partner(code)
    create_partner_bank_account(company=books.company, partner=partner, iban=iban, by=books.by)
    return partner


def proposed(books: Books, bank: Any) -> PaymentRun:
    return propose_payment_run(bank, date=APRIL, due_until=APRIL, by=books.by)


def exported(books: Books, bank: Any) -> PaymentRun:
    run = approve_payment_run(proposed(books, bank), by=make_user(company=books.company))
    return export_payment_run(run, by=books.by)


def test_due_bills_are_proposed_and_others_not(books: Books, bank: Any) -> None:
    partner = supplier(books)
    due = books.posted_invoice("supplier", partner, MARCH, "100", reference="A-1")
    books.posted_invoice("supplier", partner, date(2026, 4, 5), "70")  # due in May
    books.posted_invoice("supplier", books.partner("NOBANK"), MARCH, "30")
    run = proposed(books, bank)
    assert [(line.invoice_id, line.amount) for line in run.lines.all()] == [(due.pk, D(100))]
    assert run.total == D(100)
    with pytest.raises(BusinessError) as refusal:
        proposed(books, bank)
    assert (refusal.value.code, refusal.value.field) == ("nothing_due", "due_until")


def test_one_bill_is_in_one_live_run(books: Books, bank: Any) -> None:
    bill = books.posted_invoice("supplier", supplier(books), MARCH, "100")
    run = proposed(books, bank)
    with pytest.raises(BusinessError) as refusal:
        draft_payment_run(bank, date=APRIL, bills=[Bill(bill)], by=books.by)
    assert (refusal.value.code, refusal.value.row) == ("in_other_run", 0)
    [line] = run.lines.all()
    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentRunLine.objects.create(
            company=books.company, run=run, invoice=bill, amount=D(1),
            partner_account=line.partner_account, iban=line.iban,
        )  # fmt: skip
    cancel_payment_run(run, by=books.by)
    draft_payment_run(bank, date=APRIL, bills=[Bill(bill)], by=books.by)


def test_who_made_it_does_not_approve_it(books: Books, bank: Any) -> None:
    books.posted_invoice("supplier", supplier(books), MARCH, "100")
    run = proposed(books, bank)
    with pytest.raises(BusinessError) as refusal:
        approve_payment_run(run, by=books.by)
    assert refusal.value.code == "same_person"
    with pytest.raises(BusinessError):
        export_payment_run(run, by=books.by)
    with pytest.raises(BusinessError):
        execute_payment_run(run, by=books.by)
    assert not Payment.objects.exists()


def test_the_file_is_valid_and_says_what_is_paid(books: Books, bank: Any) -> None:
    books.posted_invoice("supplier", supplier(books), MARCH, "100.05", reference="A-1")
    run = exported(books, bank)
    with run.file.open("rb") as file:  # validated against the schema when it was written
        root = etree.fromstring(file.read())
    assert etree.QName(root).namespace.endswith("pain.001.001.09")
    said = {etree.QName(node).localname: node.text for node in root.iter() if node.text}
    assert (said["InstdAmt"], said["CtrlSum"], said["Dt"]) == ("100.05", "100.05", "2026-04-10")
    ibans = [node.text for node in root.iter("{*}IBAN")]
    assert set(ibans) == {bank.number, OTHER_IBAN}
    assert said["Ustrd"] == f"{run.number} A-1"


def test_a_changed_account_stops_the_file(books: Books, bank: Any) -> None:
    books.posted_invoice("supplier", supplier(books), MARCH, "100")
    run = approve_payment_run(proposed(books, bank), by=make_user(company=books.company))
    account = PartnerBankAccount.objects.get()
    update_partner_bank_account(account, iban="FR1420041010050500013M02606", by=books.by)
    with pytest.raises(BusinessError) as refusal:
        export_payment_run(run, by=books.by)
    assert (refusal.value.code, refusal.value.row) == ("account_changed", 0)
    run.refresh_from_db()
    assert (run.status, bool(run.file)) == ("approved", False)


def test_a_new_number_is_warned_of_for_a_month(books: Books, bank: Any) -> None:
    books.posted_invoice("supplier", supplier(books), MARCH, "100")
    [line] = proposed(books, bank).lines.select_related("partner_account")
    assert is_new_account(line)
    line.partner_account.account_changed_at = timezone.now() - timedelta(days=31)
    assert not is_new_account(line)


def test_execution_pays_and_the_statement_matches_the_batch(books: Books, bank: Any) -> None:
    partner = supplier(books)
    for price, reference in (("100", "A-1"), ("50", "A-2")):
        books.posted_invoice("supplier", partner, MARCH, price, reference=reference)
    run = execute_payment_run(exported(books, bank), by=books.by)
    assert run.status == "done"
    assert open_items(books.company, kind="supplier", at=APRIL) == []
    assert books.balance("1010") == -150
    imported(books, camt(entry("-150.00", f"Batch {run.number}")))
    [line] = lines_of(books)
    best = suggest_matches(bank, [line])[line.pk][0]
    assert (best.kind, best.score, best.amount) == ("run", 99, D(-150))
    posted = list(JournalLine.objects.filter(pk__in=best.ids).order_by("pk"))
    assert len(tie_line(line, journal_lines=posted, by=books.by)) == 2
    found = reconciliation(bank, APRIL)
    assert (found.difference, list(found.not_on_statement)) == (0, [])
    with pytest.raises(InvalidTransition):
        cancel_payment_run(run, by=books.by)
    assert all(finding.is_clean for finding in reconcile())


@pytest.mark.parametrize("kind", ["customer", "draft"])
def test_only_posted_bills_are_paid(books: Books, bank: Any, kind: str) -> None:
    partner = supplier(books)
    bill = (
        books.posted_invoice("customer", partner, MARCH, "10")
        if kind == "customer"
        else books.invoice("supplier", partner, MARCH, "10")
    )
    with pytest.raises(BusinessError) as refusal:
        draft_payment_run(bank, date=APRIL, bills=[Bill(bill, D(10))], by=books.by)
    assert refusal.value.row == 0
    assert not PaymentRun.objects.exists()


def test_a_wrong_iban_is_refused(books: Books) -> None:
    with pytest.raises(BusinessError) as refusal:
        supplier(books, iban="DE00370400440532013000")
    assert (refusal.value.code, refusal.value.field) == ("bad_iban", "iban")
    assert not PartnerBankAccount.objects.exists()


@pytest.mark.breaks("payment-runs", "bank-lines-matched", "bank-statements-add-up")
def test_invariants_find_what_is_broken_on_purpose(books: Books, bank: Any) -> None:
    books.posted_invoice("supplier", supplier(books), MARCH, "100")
    run = proposed(books, bank)
    imported(books, camt(entry("-150.00")))
    codes = ("payment-runs", "bank-lines-matched", "bank-statements-add-up")
    assert all(finding.is_clean for finding in reconcile(codes))
    PaymentRun.objects.filter(pk=run.pk).update(total=D(99))
    line = lines_of(books)[0]
    type(line).objects.filter(pk=line.pk).update(matched_amount=D(-1))
    type(line.statement).objects.filter(pk=line.statement_id).update(closing_balance=D(1))
    assert not any(finding.is_clean for finding in reconcile(codes))

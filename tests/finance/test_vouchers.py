from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition, StaleVersion
from apps.finance.models import JournalEntry, JournalVoucher, PeriodLock
from apps.finance.queries.entries import entry_of
from apps.finance.services.periods import set_period_state
from apps.finance.services.vouchers import (
    VoucherLine,
    cancel_voucher,
    change_voucher,
    draft_voucher,
    post_voucher,
    reverse_voucher,
)
from tests import factories
from tests.factories import Books
from tests.support.statements import at_most

DAY = date(2026, 3, 10)


def test_a_posted_voucher_is_numbered_and_balanced(books: Books) -> None:
    voucher = books.post(DAY, ("1010", "100.00"), ("3000", "-100.00"))
    entry = entry_of(voucher)
    assert voucher.number == entry.number == "GEN-2026-000001"
    assert voucher.status == JournalVoucher.Status.POSTED
    assert [(line.account.code, line.amount) for line in entry.lines.all()] == [
        ("1010", Decimal("100.00")),
        ("3000", Decimal("-100.00")),
    ]
    assert entry.period.number == 3


def test_a_draft_carries_no_number_and_may_be_unbalanced(books: Books) -> None:
    draft = books.draft(DAY, ("1010", "100.00"), ("3000", "-99.99"))
    assert draft.number == ""
    with pytest.raises(InvalidInput) as refusal:
        post_voucher(draft, by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("unbalanced_entry", "lines")
    assert not JournalEntry.objects.exists()
    with pytest.raises(BusinessError) as refusal:
        entry_of(draft)
    assert refusal.value.code == "not_in_the_ledger"


@pytest.mark.parametrize("code", ["1100", "1300", "1350", "2000", "2050"])
def test_control_accounts_take_no_manual_line(books: Books, code: str) -> None:
    draft = books.draft(DAY, ("1010", "100.00"), (code, "-100.00"))
    with pytest.raises(BusinessError) as refusal:
        post_voucher(draft, by=books.by)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "control_account",
        "account",
        1,
    )


def test_a_closed_period_takes_no_voucher_but_the_next_one_its_reversal(books: Books) -> None:
    voucher = books.post(DAY, ("6110", "300.00"), ("1010", "-300.00"))
    march = entry_of(voucher).period
    set_period_state(march, state=PeriodLock.State.CLOSED, by=books.by, reason="Month-end")
    with pytest.raises(BusinessError) as refusal:
        books.post(DAY, ("6110", "1.00"), ("1010", "-1.00"))
    assert (refusal.value.code, refusal.value.field) == ("period_closed", "date")
    with pytest.raises(BusinessError):
        reverse_voucher(voucher, date=DAY, reason="wrong", by=books.by)
    voucher = reverse_voucher(voucher, date=date(2026, 4, 1), reason="Wrong account", by=books.by)
    mirror = entry_of(voucher, purpose="reversal")
    assert mirror.reverses == entry_of(voucher)
    assert mirror.description == "Reversal of GEN-2026-000001: Wrong account"
    assert books.balance("6110") == 0
    assert books.balance("6110", date(2026, 3, 31)) == 300
    assert voucher.status == JournalVoucher.Status.REVERSED


def test_soft_closed_means_accountants_only(books: Books) -> None:
    clerk = factories.make_user("clerk", company=books.company, is_superuser=False)
    period = books.year.periods.get(number=3)
    set_period_state(period, state=PeriodLock.State.SOFT, by=books.by, reason="Review")
    draft = books.draft(DAY, ("6110", "1.00"), ("1010", "-1.00"))
    with pytest.raises(BusinessError) as refusal:
        post_voucher(draft, by=clerk)
    assert refusal.value.code == "period_closed"
    assert post_voucher(draft, by=books.by).number


def test_reversal_needs_a_reason_and_happens_once(books: Books) -> None:
    voucher = books.post(DAY, ("6110", "300.00"), ("1010", "-300.00"))
    with pytest.raises(InvalidInput) as refusal:
        reverse_voucher(voucher, date=DAY, reason="  ", by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("reason_required", "reason")
    reverse_voucher(voucher, date=DAY, reason="wrong", by=books.by)
    with pytest.raises(InvalidTransition):
        reverse_voucher(voucher, date=DAY, reason="wrong", by=books.by)


def test_a_draft_can_be_changed_cancelled_and_then_not_posted(books: Books) -> None:
    draft = books.draft(DAY, ("6110", "1.00"), ("1010", "-1.00"))
    lines = [
        VoucherLine(books.account("6100"), debit=Decimal(5)),
        VoucherLine(books.account("1010"), credit=Decimal(5)),
    ]
    draft = change_voucher(draft, date=DAY, lines=lines, by=books.by, version=draft.version)
    assert [line.debit for line in draft.lines.all()] == [5, 0]
    with pytest.raises(StaleVersion):
        change_voucher(draft, date=DAY, lines=lines, by=books.by, version=1)
    draft = cancel_voucher(draft, by=books.by)
    with pytest.raises(InvalidTransition):
        post_voucher(draft, by=books.by)


@pytest.mark.parametrize(
    ("debit", "credit", "code", "field"),
    [
        ("NaN", "0", "not_a_number", "debit"),
        ("Infinity", "0", "not_a_number", "debit"),
        ("1e17", "0", "too_large", "debit"),
        ("0.00001", "0", "too_many_decimals", "debit"),
        ("-1", "0", "negative", "debit"),
        ("0", "-1", "negative", "credit"),
        ("1", "1", "one_side", "debit"),
        ("0", "0", "one_side", "debit"),
    ],
)
def test_bad_amounts_are_refused_by_row(
    books: Books, debit: str, credit: str, code: str, field: str
) -> None:
    good = VoucherLine(books.account("1010"), debit=Decimal(1))
    bad = VoucherLine(books.account("3000"), debit=Decimal(debit), credit=Decimal(credit))
    with pytest.raises(InvalidInput) as refusal:
        draft_voucher(
            books.company, journal=books.journal(), date=DAY, lines=[good, bad], by=books.by
        )
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, 1)
    assert not JournalVoucher.objects.exists()


def test_another_companys_account_is_refused(books: Books) -> None:
    other = factories.make_books(by=books.by)
    line = VoucherLine(other.account("1010"), debit=Decimal(1))
    with pytest.raises(InvalidInput) as refusal:
        draft_voucher(books.company, journal=books.journal(), date=DAY, lines=[line], by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("other_company", "account")


@pytest.mark.parametrize("pairs", [1, 50])
def test_posting_takes_at_most_ten_statements_whatever_the_lines(books: Books, pairs: int) -> None:
    draft = books.draft(DAY, *[("6110", "2.00"), ("1010", "-2.00")] * pairs)
    with at_most(10):
        post_voucher(draft, by=books.by)

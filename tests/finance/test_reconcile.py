"""Every invariant finds the break it is there for, and nothing in books that are sound.

The breaks are made by a superuser with triggers off: nobody else can.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from apps.core.reconcile import invariants, reconcile
from apps.finance import reconcile as finance_invariants
from apps.finance.queries.entries import entry_of
from apps.finance.services.credit_notes import credit_invoice
from apps.finance.services.payments import Allocation, post_payment
from apps.finance.services.revaluations import revalue_currencies
from apps.finance.services.sealing import seal_ledger
from apps.masterdata.models import Partner
from tests.factories import Books, make_currency
from tests.support.connections import superuser
from tests.support.folding import fold_everything
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 2, 3)

BREAKS = {
    "ledger-balances": "UPDATE finance_journalline SET amount = amount + 1 WHERE id = {line}",
    "entries-balance": "UPDATE finance_journalline SET amount_currency = 7 WHERE id = {line}",
    "numbers-contiguous": "UPDATE finance_journalentry SET sequence_number = 99 WHERE id = {entry}",
    "numbers-and-series-agree": "UPDATE core_numbersequence SET last_number = last_number + 1",
    "lines-in-their-period": "UPDATE finance_journalline SET date = '2026-07-01' WHERE id = {line}",
    "folded-balances": "UPDATE finance_accountbalance SET debit = debit + 1 WHERE debit > 0",
    "receivables": "UPDATE finance_invoice SET total_company = 1 WHERE kind = 'customer'",
    "payables": "UPDATE finance_journalline SET partner_id = NULL WHERE account_id = {payable}",
    "allocations-within-bounds": "UPDATE finance_paymentallocation SET amount = 9999",
    "credits-within-invoices": "UPDATE finance_invoice SET total = 500 WHERE kind = 'credit_note'",
    "invoices-and-entries": "UPDATE finance_invoice SET status = 'draft' WHERE kind = 'customer'",
    "payments-and-entries": "UPDATE finance_payment SET entry_id = NULL",
    "vouchers-and-entries": "UPDATE finance_journalvoucher SET number = 'X'",
    "manual-lines": (
        "UPDATE finance_journalline SET account_id = {payable} WHERE entry_id = {voucher_entry}"
    ),
    "revaluations-and-entries": "UPDATE finance_revaluationline SET difference = 1",
    "tax-ledger": "UPDATE finance_taxentry SET tax = tax + 1",
    "seals": "UPDATE finance_journalentry SET description = 'other' WHERE id = {entry}",
}


def dollars(books: Books) -> Partner:
    for on, rate in ((DAY, "0.9"), (date(2026, 2, 28), "0.8")):
        books.rate("USD", on, rate)
    return books.partner(currency=make_currency("USD"))


@pytest.fixture
def sound(books: Books) -> dict[str, int]:
    """Some of everything, folded and sealed; the keys that the breaks are made at."""
    partner = books.partner()
    invoice = books.posted_invoice(
        "customer", partner, DAY, "100", line={"tax_code": books.tax_codes["STD"]}
    )
    books.posted_invoice("supplier", partner, DAY, "40")
    credit_invoice(books.posted_invoice("customer", partner, DAY, "30"), date=DAY, by=books.by)
    voucher = books.post(DAY, ("6100", "30"), ("1010", "-30"))
    post_payment(
        books.company,
        direction="in",
        partner=partner,
        account=books.account("1010"),
        date=DAY,
        amount=Decimal(50),
        allocations=[Allocation(invoice, Decimal(50))],
        by=books.by,
    )
    books.posted_invoice("customer", dollars(books), DAY, "10")
    revalue_currencies(books.company, date=date(2026, 2, 28), by=books.by)
    fold_everything()
    seal_ledger(books.company)
    entry = entry_of(invoice)
    return {
        "entry": entry.pk,
        "line": entry.lines.first().pk,
        "payable": books.account("2000").pk,
        "voucher_entry": entry_of(voucher).pk,
    }


def test_sound_books_have_no_offences(sound: dict[str, int]) -> None:
    assert_reconciled()


def test_every_invariant_of_finance_has_its_break() -> None:
    source = Path(finance_invariants.__file__).read_text()
    ours = {invariant.code for invariant in invariants() if f'"{invariant.code}"' in source}
    assert ours == set(BREAKS)


@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize("code", BREAKS)
def test_a_break_is_found_and_named(sound: dict[str, int], code: str) -> None:
    with superuser() as tamperer:
        tamperer.execute(BREAKS[code].format(**sound))
    [finding] = reconcile([code])
    assert finding.offences, f"{code} sees nothing"
    assert any(value is not None for value in finding.offences[0].values())

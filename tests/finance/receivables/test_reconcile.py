"""Each invariant of receivables finds the break it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.core.reconcile import invariants, reconcile
from apps.finance import receivable_invariants
from apps.finance.services.settlements import net_invoices, reverse_settlement
from apps.finance.services.write_offs import write_off_rest
from tests.factories import Books
from tests.finance.receivables.acts import APRIL, MARCH, pay, taxed, terms
from tests.support.connections import superuser
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db(transaction=True)
BREAKS = {
    "instalments": [
        "UPDATE finance_invoiceinstalment SET amount = amount - 1 WHERE upto = amount",
        "UPDATE finance_invoiceinstalment SET upto = upto + 1",
    ],
    "settlements-and-entries": [
        "UPDATE finance_settlementline SET amount_company = amount_company + 1",
        "UPDATE finance_settlement SET status = 'reversed' WHERE kind = 'netting'",
        "UPDATE finance_settlement SET entry_id = NULL WHERE kind = 'write_off'",
    ],
    "discounts-and-payments": ["UPDATE finance_payment SET status = 'reversed'"],
    "kept-overpayments": [
        "UPDATE finance_settlement SET payment_id = NULL WHERE kind = 'write_off'",
        "DELETE FROM finance_paymentallocation WHERE settlement_id IS NOT NULL AND amount < 0",
    ],
    "allocations-within-bounds": [
        "UPDATE finance_settlementline SET amount = 9999",
        "UPDATE finance_paymentallocation SET amount = 9999 WHERE amount > 0",
    ],
    "tax-ledger": ["UPDATE finance_taxentry SET tax = tax - 1 WHERE tax < 0"],
    "receivables": ["UPDATE finance_settlementline SET amount_company = amount_company + 1"],
}


@pytest.fixture
def sound(books: Books) -> None:
    customer = books.partner(
        payment_terms=terms(books, ("50", 10), ("50", 20), discount_percent="2", discount_days=10)
    )
    invoice = books.posted_invoice("customer", customer, MARCH, "100", **taxed(books))
    pay(books, customer, MARCH, "60", (invoice, "58.80", "1.20"))
    books.posted_invoice("supplier", customer, MARCH, "58")
    net_invoices(books.company, partner=customer, date=APRIL, by=books.by)
    write_off_rest(invoice, date=APRIL, reason="small", by=books.by)
    for _time in range(2):
        over = pay(books, customer, APRIL, "1", write_off_overpayment=True, reason="small")
    reverse_settlement(over.settlements.get(), date=APRIL, reason="asked for", by=books.by)


def test_sound_books_have_no_offences(sound: None) -> None:
    assert_reconciled()


def test_every_invariant_has_its_break() -> None:
    source = Path(receivable_invariants.__file__).read_text()
    ours = {invariant.code for invariant in invariants() if f'"{invariant.code}"' in source}
    assert ours <= set(BREAKS)


@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize(
    ("code", "change"), [(code, change) for code, changes in BREAKS.items() for change in changes]
)
def test_a_break_is_found(sound: None, code: str, change: str) -> None:
    with superuser() as tamperer:
        tamperer.execute(change)
    [finding] = reconcile([code])
    assert finding.offences, f"{code} sees nothing"

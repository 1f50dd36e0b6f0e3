"""Tampering takes a superuser with triggers off; the chain still names the entry."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from apps.core.reconcile import reconcile
from apps.finance.models import JournalEntry, LedgerSeal
from apps.finance.services.sealing import chain_heads, seal_ledger, verify_ledger
from tests.factories import Books
from tests.support.connections import superuser

pytestmark = pytest.mark.django_db(transaction=True)

ENTRIES = 5
TAMPERING = {
    "amount": (
        "UPDATE finance_journalline SET amount = amount * 2 WHERE entry_id = {id}",
        "content",
    ),
    "deleted": ("DELETE FROM finance_journalentry WHERE id = {id}", "missing"),
    "added line": (
        "INSERT INTO finance_journalline (company_id, entry_id, period_id, date, account_id,"
        " amount, currency_id, amount_currency, memo) SELECT company_id, entry_id, period_id, date,"
        " account_id, 1, currency_id, 1, '' FROM finance_journalline WHERE entry_id = {id} LIMIT 1",
        "content",
    ),
    "swapped numbers": (
        "UPDATE finance_journalentry SET sequence_number = sequence_number + 1000 WHERE id = {id}",
        "content",
    ),
    "cut out with its seal": (
        "DELETE FROM finance_ledgerseal WHERE entry_id = {id};"
        "DELETE FROM finance_journalentry WHERE id = {id}",
        "hole",
    ),
}


def post_some(books: Books, count: int = ENTRIES) -> list[JournalEntry]:
    for _ in range(count):
        books.post(date(2026, 2, 1), ("1010", "10"), ("3000", "-10"))
    return list(JournalEntry.objects.order_by("sequence_number"))


def test_sealing_is_complete_and_idempotent(books: Books) -> None:
    post_some(books)
    assert seal_ledger(books.company) == ENTRIES
    assert seal_ledger(books.company) == 0
    post_some(books, 2)
    assert seal_ledger(books.company) == 2
    assert verify_ledger(books.company) == []
    [head] = chain_heads(books.company)
    assert (head["journal"], head["sequence_number"]) == ("GEN", ENTRIES + 2)


@pytest.mark.parametrize("place", [0, ENTRIES // 2, ENTRIES - 2])
@pytest.mark.parametrize("kind", TAMPERING)
def test_tampering_names_the_entry(books: Books, kind: str, place: int) -> None:
    entries = post_some(books)
    seal_ledger(books.company)
    statement, fault = TAMPERING[kind]
    with superuser() as tamperer:
        for part in statement.format(id=entries[place].pk).split(";"):
            tamperer.execute(part)
    faults = verify_ledger(books.company)
    first = faults[0]
    expected = place + 1 if fault != "hole" else place + 2
    assert (first.sequence_number, first.fault) == (expected, fault)
    [finding] = reconcile(["seals"])
    assert not finding.is_clean


def test_a_changed_link_breaks_the_chain_from_there(books: Books) -> None:
    post_some(books)
    seal_ledger(books.company)
    with superuser() as tamperer:
        tamperer.execute(
            "UPDATE finance_ledgerseal SET chain_hash = sha256('x') WHERE sequence_number = 3"
        )
    assert [(f.sequence_number, f.fault) for f in verify_ledger(books.company)] == [
        (3, "chain"),
        (4, "chain"),
    ]


def test_a_cut_tail_shows_against_a_published_head(books: Books) -> None:
    entries = post_some(books)
    seal_ledger(books.company)
    published = chain_heads(books.company)
    with superuser() as tamperer:
        tamperer.execute(f"DELETE FROM finance_ledgerseal WHERE entry_id = {entries[-1].pk}")
        tamperer.execute(f"DELETE FROM finance_journalentry WHERE id = {entries[-1].pk}")
    assert verify_ledger(books.company) == []
    assert chain_heads(books.company) != published


def test_the_command_prints_heads_and_fails_by_name(books: Books) -> None:
    entries = post_some(books)
    out = StringIO()
    call_command("verify_ledger", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["ok"], report["sealed"]) == (True, ENTRIES)
    head = LedgerSeal.objects.get(sequence_number=ENTRIES)
    assert report["heads"][0]["chain_hash"] == bytes(head.chain_hash).hex()
    with superuser() as tamperer:
        tamperer.execute(
            f"UPDATE finance_journalentry SET description = 'x' WHERE id = {entries[1].pk}"
        )
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("verify_ledger", stdout=out)
    assert stop.value.code == 1
    assert f"content: {entries[1].number}" in out.getvalue()

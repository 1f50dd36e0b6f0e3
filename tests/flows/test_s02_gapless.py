"""S2: invoices under fire are numbered 1 to n, without a hole or a duplicate, and stay sealed.

Source of the need: frappe/erpnext#22582. 50 callers post 40 invoices each; a fifth of the
transactions are rolled back after the number was taken, a tenth of the drafts are deleted.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from apps.finance.models import Invoice, JournalEntry
from apps.finance.services.invoices import delete_draft, post_invoice
from apps.finance.services.sealing import seal_ledger, verify_ledger
from tests.factories import Books
from tests.support.connections import application
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.reliability, pytest.mark.slow]

CALLERS, EACH = 50, 40
THREADS = 8  # what two cores keep busy; the counts stay
DAY = date(2026, 5, 4)
LINE = {"description": "Fire", "quantity": 1, "unit_price": "10.00", "tax_code": "STD"}


class _Forced(Exception):
    """The roll-back that the test asks for."""


def test_numbers_have_no_hole_under_fire(books: Books) -> None:
    partner = books.partner("FIRE")
    caller = _closing(lambda seed: _post_many(books, partner, seed))
    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(caller, range(CALLERS)))
    posted = sum(row["posted"] for row in results)
    assert sum(sum(row.values()) for row in results) == CALLERS * EACH
    assert sum(row["rolled_back"] for row in results) > CALLERS * EACH // 10
    assert sum(row["deleted"] for row in results) > CALLERS * EACH // 20
    numbers = sorted(Invoice.objects.filter(status="posted").values_list("number", flat=True))
    assert numbers == [f"SAL-2026-{n:06d}" for n in range(1, posted + 1)]
    assert not Invoice.objects.filter(status="draft").exclude(number="").exists()
    assert seal_ledger(books.company) == JournalEntry.objects.count() == posted
    assert verify_ledger(books.company) == []
    _refuse_the_application(books)
    assert_reconciled()


def _post_many(books: Books, partner: Any, seed: int) -> dict[str, int]:
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    done = {"posted": 0, "rolled_back": 0, "deleted": 0}
    for _ in range(EACH):
        draft = books.invoice("customer", partner, DAY, "10.00")
        fate = chance.random()
        if fate < 0.1:
            delete_draft(draft, by=books.by)
            done["deleted"] += 1
        elif fate < 0.3:
            with suppress(_Forced), transaction.atomic():
                post_invoice(draft, by=books.by)
                raise _Forced
            done["rolled_back"] += 1
        else:
            post_invoice(draft, by=books.by)
            done["posted"] += 1
    return done


def _closing(act: Callable[[int], Any]) -> Callable[[int], Any]:
    """Each task ends with its thread's connection closed, so that the database can be dropped."""

    def run(seed: int) -> Any:
        try:
            return act(seed)
        finally:
            connection.close()

    return run


def _refuse_the_application(books: Books) -> None:
    """The role the application runs as can't change what is posted, whatever it sends."""
    with application() as raw:
        for statement in (
            "UPDATE finance_journalentry SET sequence_number = sequence_number + 1",
            "DELETE FROM finance_journalline",
            "TRUNCATE finance_journalentry CASCADE",
            "UPDATE core_numbersequence SET last_number = last_number - 1",
        ):
            with pytest.raises(psycopg.Error) as refusal:
                raw.execute(statement)
            raw.rollback()
            assert refusal.value.sqlstate in ("42501", "P0A01"), statement


def test_repeated_requests_post_once(books: Books) -> None:
    """The same through the API: ten callers repeat the same keys, each invoice posts once."""
    books.partner("FIRE")
    body = {"kind": "customer", "partner": "FIRE", "date": DAY.isoformat(), "lines": [LINE]}

    def call(seed: int) -> None:
        api = ApiClient(books.by)
        for number in range(5):
            draft = _until_answered(
                lambda n=number: api.post("/finance/invoices/", body, key=f"d{n}")
            )
            path = f"/finance/invoices/{draft['id']}/post/"
            _until_answered(lambda n=number, path=path: api.post(path, key=f"p{n}"))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(_closing(call), range(10)))
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"SAL-2026-{n:06d}" for n in range(1, 6)]
    assert_reconciled()


def _until_answered(send: Callable[[], Any]) -> Any:
    """409 ``request_in_flight`` means: try again."""
    for _ in range(200):
        response = send()
        if response.status_code in (200, 201):
            return response.body
        assert response.body["errors"][0]["code"] == "request_in_flight", response.body
    raise AssertionError("never answered")

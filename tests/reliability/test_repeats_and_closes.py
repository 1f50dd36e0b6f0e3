"""Repeated requests have one effect; a closed period takes nothing more. Each with its control."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from threading import Event
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.core.errors import BusinessError
from apps.core.models import IdempotencyKey
from apps.finance.models import JournalEntry, Period
from apps.finance.services.periods import set_period_state
from apps.supply_chain.models import Receipt
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.receipts import Delivered, receive
from tests.factories import Books
from tests.finance.test_ledger_guards import NAIVE_GUARD
from tests.support.connections import superuser
from tests.support.faces import ApiClient
from tests.support.races import CALLERS, errors, together
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, D, make_trade

pytestmark = [pytest.mark.reliability, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
KEYS, REPEATS = 15, 3
ROUNDS = 6
IN_MARCH = date(2026, 3, 10)


@pytest.mark.parametrize("is_naive", [False, True], ids=["key claimed", "negative control"])
def test_eight_callers_repeat_the_same_keys(books: Books, is_naive: bool) -> None:
    trade = make_trade(books)
    order = trade.ordered(OrderLine(trade.item("average"), D(10**6), D(2)))
    line = order.lines.get()
    path = f"/supply-chain/purchase-orders/{order.pk}/receive/"
    one = {"order_line": line.pk, "quantity": "1", "location": trade.stock.pk}

    def claimed(api: ApiClient, key: str) -> None:
        body = {"date": DAY.isoformat(), "delivery_note": key, "lines": [one]}
        _until_answered(lambda: api.post(path, body, key=key))

    def looked_up(api: ApiClient, key: str) -> None:
        """Check, then act: without a row that two can't both insert."""
        with transaction.atomic():
            if not Receipt.objects.filter(delivery_note=key).exists():
                came = [Delivered(line, D(1), trade.stock)]
                receive(order, lines=came, date=DAY, delivery_note=key, by=books.by)

    act = looked_up if is_naive else claimed

    def work(number: int) -> None:
        api = ApiClient(books.by)
        for repeat in range(REPEATS):
            shift = random.Random(repeat).randrange(KEYS)  # noqa: S311 - chance, no secret
            for n in range(KEYS):
                act(api, f"k{(n + shift) % KEYS}")

    results = together(work)
    assert not errors(results), errors(results)
    if is_naive:
        assert Receipt.objects.count() > KEYS, "nobody was faster: the race was none"
    else:
        assert Receipt.objects.count() == IdempotencyKey.objects.count() == KEYS
    assert_reconciled()


@pytest.mark.parametrize("is_naive", [False, True], ids=["locked", "negative control"])
def test_nothing_is_posted_after_the_close(books: Books, is_naive: bool) -> None:
    if is_naive:
        with superuser() as owner:
            owner.execute(NAIVE_GUARD)
    late = sum(_post_against_a_closer(books) for _ in range(ROUNDS))
    assert (late > 0) == is_naive, f"{late} entries committed after the close"


def _post_against_a_closer(books: Books) -> int:
    """Entries that reached March after its close had committed."""
    march = Period.objects.get(company=books.company, starts_on=date(2026, 3, 1))
    set_period_state(march, state="open", by=books.by, reason="next round")
    is_closed = Event()
    counted = []

    def work(number: int) -> int:
        if number == 0:
            is_closed.wait(0.2)
            set_period_state(march, state="closed", by=books.by, reason="month end")
            counted.append(JournalEntry.objects.filter(period=march).count())
            is_closed.set()
            return 0
        posted = 0
        while not is_closed.is_set():
            try:
                books.post(IN_MARCH, ("1010", "10"), ("3000", "-10"))
                posted += 1
            except BusinessError as error:
                assert error.code == "period_closed", error
                break
            except DatabaseError as error:  # open when it looked, closed when it wrote
                assert getattr(error.__cause__, "sqlstate", "") == "P0A02", error
                break
        return posted

    results = together(work, CALLERS)
    assert not errors(results), errors(results)
    assert sum(results), "nobody posted: the race was none"
    return JournalEntry.objects.filter(period=march).count() - counted[0]


def _until_answered(send: Callable[[], Any]) -> Any:
    for _ in range(300):
        response = send()
        if response.status_code in (200, 201):
            return response.body
        assert response.body["errors"][0]["code"] == "request_in_flight", response.body
    raise AssertionError("never answered")

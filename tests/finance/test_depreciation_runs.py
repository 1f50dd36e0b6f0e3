from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError
from apps.finance.models import AssetMovement, DepreciationRun, JournalLine, Module
from apps.finance.services.asset_values import impair_asset
from apps.finance.services.depreciation_runs import reverse_depreciation
from apps.finance.services.periods import set_period_state
from tests.factories import Books
from tests.support.assets import in_service, period_of, run, standing
from tests.support.reconciled import assert_reconciled

D = Decimal
JANUARY, MARCH = date(2026, 1, 31), date(2026, 3, 31)


def refused(code: str, field: str, books: Books, month: int) -> None:
    before = AssetMovement.objects.count()
    with pytest.raises(BusinessError) as refusal:
        run(books, month)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert AssetMovement.objects.count() == before


def test_a_run_is_one_entry_of_all_assets(books: Books) -> None:
    first, second = in_service(books), in_service(books, "6000")
    made = run(books, 1)
    assert (made.total, made.assets, made.date) == (D("300.00"), 2, JANUARY)
    assert made.entry is not None
    lines = JournalLine.objects.filter(entry=made.entry).values_list("account__code", "amount")
    assert sorted(lines) == [
        ("1790", D(-200)), ("1790", D(-100)), ("6500", D(100)), ("6500", D(200)),
    ]  # fmt: skip
    assert {standing(first).carrying, standing(second).carrying} == {D(11800), D(5900)}
    assert_reconciled()


def test_a_period_is_depreciated_once(books: Books) -> None:
    in_service(books)
    run(books, 2)
    refused("already_depreciated", "period", books, 2)
    refused("later_run", "period", books, 1)


def test_a_closed_period_is_refused(books: Books) -> None:
    in_service(books)
    set_period_state(
        period_of(books, 1), state="closed", modules=[Module.GENERAL], reason="Done", by=books.by
    )
    refused("period_closed", "period", books, 1)
    with pytest.raises(BusinessError) as refusal:
        run(books, 1, "TAX")
    assert refusal.value.code == "period_closed"


def test_a_run_is_reversed_and_runs_again(books: Books) -> None:
    asset = in_service(books)
    first, second = run(books, 1), run(books, 2)
    with pytest.raises(BusinessError) as refusal:
        reverse_depreciation(first, date=MARCH, reason="x", by=books.by)
    assert refusal.value.code == "later_movement"
    reverse_depreciation(second, date=date(2026, 2, 28), reason="Too early", by=books.by)
    assert (standing(asset).carrying, books.balance("1790")) == (D("11800.00"), -200)
    assert run(books, 2).total == D("200.00")
    assert_reconciled()


def test_a_run_that_an_event_builds_on_stays(books: Books) -> None:
    asset = in_service(books)
    made = run(books, 1)
    impair_asset(asset, date=MARCH, value=D("5000"), reason="x", by=books.by)
    with pytest.raises(BusinessError) as refusal:
        reverse_depreciation(made, date=MARCH, reason="x", by=books.by)
    assert refusal.value.code == "later_movement"


def test_the_last_month_leaves_exactly_the_residual(books: Books) -> None:
    from tests.support.assets import terms_of

    asset = in_service(books, "1000", terms_of(books, life_months=7, residual=D("100")))
    totals = [run(books, month).total for month in range(1, 8)]
    assert totals == [D("128.57")] * 6 + [D("128.58")]
    assert standing(asset).carrying == D("100.00")
    refused("nothing_due", "period", books, 8)


def test_a_run_takes_the_same_statements_for_any_number(books: Books) -> None:
    counts = []
    for month, more in ((1, 1), (2, 9)):
        for _number in range(more):
            in_service(books)
        with CaptureQueriesContext(connection) as queries:
            run(books, month)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_charge_once(books: Books) -> None:
    asset = in_service(books)
    together = threading.Barrier(2)

    def attempt(_number: int) -> str:
        together.wait()
        try:
            return run(books, 1).status
        except BusinessError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(attempt, range(2)))
    assert found == ["already_depreciated", "posted"]
    assert DepreciationRun.objects.count() == 1
    assert standing(asset).depreciation == D("200.00")

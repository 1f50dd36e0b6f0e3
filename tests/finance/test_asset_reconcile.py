"""Every invariant between assets and the ledger finds the break it is there for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from apps.core.reconcile import invariants, reconcile
from apps.finance import asset_invariants
from apps.finance.services.asset_disposals import dispose_asset, reverse_last_event
from apps.finance.services.asset_values import impair_asset
from tests.factories import Books
from tests.support.assets import in_service, run, terms_of
from tests.support.connections import superuser
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db(transaction=True)

BREAKS = {
    "assets-and-ledger": "UPDATE finance_assetmovement SET cost = cost + 1 WHERE cost > 0",
    "assets-above-residual": "UPDATE finance_assetbook SET residual = 999999",
    "asset-movements-and-entries": "UPDATE finance_assetmovement SET entry_id = NULL",
    "runs-and-movements": "UPDATE finance_depreciationrun SET total = total + 1",
}


@pytest.fixture
def sound(books: Books) -> None:
    macrs = terms_of(books, "macrs", book="TAX", convention="half_year", life_months=60)
    asset = in_service(books, "12000", terms_of(books, residual=Decimal(600)), macrs)
    gone = in_service(books, "5000", terms_of(books), macrs)
    run(books, 1), run(books, 1, "TAX"), run(books, 2)
    impair_asset(asset, date=date(2026, 3, 31), value=Decimal(6000), reason="x", by=books.by)
    gone = dispose_asset(gone, date=date(2026, 3, 31), reason="x", by=books.by)
    gone = reverse_last_event(gone, date=date(2026, 4, 1), reason="x", by=books.by)
    dispose_asset(gone, date=date(2026, 4, 30), proceeds=Decimal(10), reason="x", by=books.by)


def test_sound_books_have_no_offences(sound: None) -> None:
    assert_reconciled()


def test_every_invariant_of_assets_has_its_break() -> None:
    source = Path(asset_invariants.__file__).read_text()
    assert {i.code for i in invariants() if f'"{i.code}"' in source} == set(BREAKS)


@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize("code", BREAKS)
def test_a_break_is_found_and_named(sound: None, code: str) -> None:
    with superuser() as tamperer:
        tamperer.execute(BREAKS[code])
    [finding] = reconcile([code])
    assert finding.offences, f"{code} sees nothing"

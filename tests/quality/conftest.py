from __future__ import annotations

import pytest

from tests.factories import Books
from tests.quality.plant import Laboratory, make_laboratory
from tests.support.trade import Trade, make_trade


@pytest.fixture
def trade(books: Books) -> Trade:
    return make_trade(books)


@pytest.fixture
def lab(trade: Trade) -> Laboratory:
    return make_laboratory(trade)

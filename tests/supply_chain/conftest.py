from __future__ import annotations

import pytest

from tests.factories import Books
from tests.support.trade import Trade, make_trade


@pytest.fixture
def trade(books: Books) -> Trade:
    return make_trade(books)

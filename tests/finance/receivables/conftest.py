from __future__ import annotations

import pytest

from tests.factories import Books
from tests.support.faces import ApiClient


@pytest.fixture
def api(books: Books) -> ApiClient:
    return ApiClient(books.by)

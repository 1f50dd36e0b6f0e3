"""Fixtures that every app's tests share."""

from __future__ import annotations

import pytest

from apps.core.models import Company, User
from tests import factories


@pytest.fixture
def by(db: None) -> User:
    """A user who may do everything."""
    return factories.make_user("tester")


@pytest.fixture
def books(by: User) -> factories.Books:
    """A company with the standard chart, and the year 2026 open."""
    return factories.make_books("ACME", by=by)


@pytest.fixture
def company(books: factories.Books) -> Company:
    return books.company

"""A plant on one day: books, a factory, a machine, trade. Every figure is worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import User
from apps.masterdata.models import Item
from apps.reporting.measures import measures
from apps.reporting.queries.readings import Reading, read_measures
from apps.reporting.queries.scope import Asked, asked_by
from tests.execution.conftest import Factory, factory, floor
from tests.factories import Books
from tests.support.trade import Trade, make_trade

__all__ = ["factory", "floor"]

DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)


@pytest.fixture
def trade(books: Books) -> Trade:
    return make_trade(books)


def at_noon(user: User, today: date = DAY) -> Asked:
    return asked_by(user, today=today, now=NOW)


def read(user: User, code: str, today: date = DAY) -> Reading:
    [reading] = read_measures([measures()[code]], at_noon(user, today))
    return reading


def makeable(factory: Factory, code: str) -> Item:
    """An item made of one part, of which there are plenty."""
    made = factory.made(code)
    factory.bom(made, (factory.stocked(factory.item(), "1000", "1"), "1"))
    return made


@pytest.fixture
def value(by: User) -> Callable[..., Any]:
    """The value of a measure at ``DAY``: a number, or money of EUR."""

    def of(code: str, user: User | None = None, today: date = DAY) -> Decimal | None:
        values = read(user or by, code, today).values
        return values.get("EUR", values.get(None))

    return of

"""Figures of maintenance against a small workshop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.maintenance.models import Asset
from apps.maintenance.services.breakdowns import end_downtime, open_breakdown
from apps.maintenance.services.orders import cancel_order, create_order
from apps.maintenance.services.requests import approve_request, create_request
from apps.reporting.measures import worklists
from apps.reporting.queries.readings import read_worklists
from tests.factories import Books
from tests.reporting.conftest import DAY, at_noon

Value = Callable[..., Any]


@pytest.fixture
def asset(books: Books) -> Asset:
    return Asset(company=books.company, code="PRESS", name="Press", site=books.site).save_by(
        books.by
    )


def test_orders_by_what_they_wait_for(books: Books, asset: Asset, value: Value) -> None:
    due = {"late": DAY - timedelta(days=1), "today": DAY, "never": None}
    orders = {
        title: create_order(books.company, asset=asset, title=title, due_on=day, by=books.by)
        for title, day in due.items()
    }
    assert value("maintenance_open") == 3
    assert value("maintenance_overdue") == 1
    [found] = read_worklists([worklists()["maintenance_next"]], at_noon(books.by))
    assert [row.title.split()[-1] for row in found.entries] == ["late", "today", "never"]
    cancel_order(orders["late"], reason="not needed", by=books.by)
    assert (value("maintenance_open"), value("maintenance_overdue")) == (2, 0)


def test_what_stands_still(books: Books, asset: Asset, value: Value) -> None:
    assert value("assets_down") == 0
    order = open_breakdown(asset, title="Smoke", by=books.by)
    assert value("assets_down") == 1
    end_downtime(order, by=books.by)
    assert value("assets_down") == 0


def test_requests_wait_until_somebody_decides(books: Books, asset: Asset, value: Value) -> None:
    request = create_request(books.company, asset=asset, title="Leaks", by=books.by)
    assert value("maintenance_requests_new") == 1
    approve_request(request, by=books.by)
    assert value("maintenance_requests_new") == 0

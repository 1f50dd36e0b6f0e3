"""Tables of days: made once, however many make them at the same time."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.integration.services.reading_days import drop_days, make_days
from tests.support.races import errors, together

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = [date(2026, 3, 10), date(2026, 3, 11)]


def tables() -> list[str]:
    statement = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
    return sorted(name for (name,) in fetch_all(statement, ["integration_tagreading"]))


def test_two_who_make_a_day_at_the_same_time_make_it_once() -> None:
    """Both have looked, and found none, before either has made it."""
    both_looked = threading.Barrier(2)

    def make(_number: int) -> None:
        with unit_of_work():
            fetch_all("SELECT to_regclass('integration_tagreading_20260310')")
            both_looked.wait(10)
            make_days(DAYS)

    assert errors(together(make, 2)) == []
    assert tables() == ["integration_tagreading_20260310", "integration_tagreading_20260311"]
    assert len(drop_days(before=date(2026, 3, 11))) == 2
    assert tables() == ["integration_tagreading_20260311"]

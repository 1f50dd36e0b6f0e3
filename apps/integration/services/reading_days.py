"""Readings lie in a table per day: made when a day is first told of, dropped when it is old.

``integration_tagreading`` holds what each signal said, once per time; ``integration_tagminute``
what a measurement came to in each minute. Both are partitioned by UTC day and hold no keys but
their own: a reading is written under the lock of its signal's state (ADR 0045). The database makes
and drops the tables itself, as their owner: the suite's own role may not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date as Date
from datetime import timedelta

from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work

#: So many days are made ahead, so that midnight finds its table.
AHEAD = 7
_MISSING = """
SELECT d.day FROM unnest(%s::date[]) AS d(day)
 WHERE to_regclass('integration_tagreading' || to_char(d.day, '_YYYYMMDD')) IS NULL ORDER BY 1
"""
_MAKE = "SELECT integration_make_day(day) FROM unnest(%s::date[]) AS d(day)"
_DROP = "SELECT * FROM integration_drop_days(%s)"


def make_days(days: Iterable[Date]) -> list[Date]:
    """Make the tables of the days that have none; which ones. One statement when all are there."""
    missing = [day for (day,) in fetch_all(_MISSING, [sorted(set(days))])]
    if missing:
        fetch_all(_MAKE, [missing])
    return missing


def make_days_ahead(today: Date) -> list[Date]:
    """The tables of today and the coming week."""
    return make_days(today + timedelta(days=n) for n in range(AHEAD + 1))


def drop_days(*, before: Date) -> list[str]:
    """Drop the tables of days before ``before``; which ones. Dropping asks no row."""
    with unit_of_work():
        return [table for (table,) in fetch_all(_DROP, [before])]

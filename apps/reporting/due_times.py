"""When a schedule is due: local time of day, daily, on a weekday or on a day of the month."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, time, timedelta
from datetime import date as Date
from zoneinfo import ZoneInfo


def next_due(
    *,
    frequency: str,
    at: time,
    weekday: int | None,
    day: int | None,
    zone: ZoneInfo,
    after: datetime,
) -> datetime:
    """The first due moment later than ``after``, in UTC.

    A time that the clock leaps over is due as long after midnight as ever; one that comes twice
    is due the first time. A day that the month lacks is its last.
    """
    today = after.astimezone(zone).date()
    for offset in range(-1, 64):
        on = today + timedelta(days=offset)
        if not _is_day(on, frequency, weekday, day):
            continue
        moment = datetime.combine(on, at, zone).astimezone(UTC)
        if moment > after:
            return moment
    raise ValueError("a day of each kind comes within two months")


def _is_day(on: Date, frequency: str, weekday: int | None, day: int | None) -> bool:
    if frequency == "weekly":
        return on.weekday() == weekday
    if frequency == "monthly":
        last = calendar.monthrange(on.year, on.month)[1]
        return on.day == min(day or 1, last)
    return True

"""Quarters of an hour, in which counts are summed: plain arithmetic on instants (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

QUARTER = timedelta(minutes=15)


def quarter_of(moment: datetime) -> datetime:
    """The quarter that holds ``moment``: when it begins."""
    at = moment.astimezone(UTC)
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


def whole_quarters(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """First and end of the whole quarters inside a span; both ``until`` when there are none.

    What lies before the first and after the end are the edges.
    """
    last = quarter_of(until)
    first = quarter_of(since)
    if first < since:
        first += QUARTER
    return (first, last) if first < last else (until, until)

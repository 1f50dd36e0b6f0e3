"""The working time of a site as one line."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.masterdata.shift_spans import SiteCalendar
from apps.planning.engine.scheduling.axis import Axis, Stretch


def shift_axis(calendar: SiteCalendar, starts_at: datetime, days: int) -> Axis:
    """The shifts of a site from a moment on; where two overlap the time counts once."""
    stretches: list[Stretch] = []
    reached = starts_at
    for span in calendar.spans(starts_at, starts_at + timedelta(days=days)):
        first = max(span.starts_at, reached)
        if first >= span.ends_at:
            continue
        whole = (span.ends_at - span.starts_at).total_seconds()
        share = (span.ends_at - first).total_seconds() / whole
        seconds = int((whole - span.break_minutes * 60) * share)
        stretches.append(Stretch(first, span.ends_at, max(seconds, 0)))
        reached = span.ends_at
    return Axis(stretches)

"""The story's own time: what the demo plays, it plays as if it were then.

Documents, history and machine events carry the moment at which they would have been written.
Only the process that loads the demo sees this clock, and only while it plays.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone


class Clock:
    """Stands still until it is set."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def set(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@contextmanager
def story_time(start: datetime) -> Iterator[Clock]:
    """Let ``timezone.now()`` be the story's time inside the block."""
    clock = Clock(start)
    real = timezone.now
    timezone.now = clock.now
    try:
        yield clock
    finally:
        timezone.now = real

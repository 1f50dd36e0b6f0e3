"""When something on the floor happened, as people and devices say it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput

CLOCK_TOLERANCE = timedelta(minutes=5)


def moment_of(at: datetime | None) -> datetime:
    """``at``, or now. Raises ``InvalidInput`` for a time without zone, or still to come."""
    now = timezone.now()
    if at is None:
        return now
    if at.tzinfo is None:
        raise InvalidInput("naive_time", _("Give the time with its zone."), field="at")
    if at > now + CLOCK_TOLERANCE:
        raise InvalidInput("in_the_future", _("This is still to come."), field="at")
    return at

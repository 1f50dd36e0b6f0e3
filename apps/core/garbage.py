"""How often Python looks for cycles in what it holds. No Django: processes for PDFs use it too."""

from __future__ import annotations

import gc

#: Python's own 700 makes a report of some thousand rows look through all of Django many times:
#: up to a third of its time, to find nothing. So many new objects are a few megabytes.
NEW_OBJECTS = 50_000


def collect_rarely() -> None:
    """For this process: what is only referred to by itself waits longer before it is freed."""
    gc.set_threshold(NEW_OBJECTS, 10, 10)

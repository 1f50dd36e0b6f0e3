"""The lock of a machine's timeline. Taken before any document, machines in sorted order."""

from __future__ import annotations

from collections.abc import Iterable

from apps.core.sql import fetch_all

# Not FOR UPDATE: rows that refer to the machine are written meanwhile.
_LOCK = "SELECT id FROM masterdata_machine WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


def lock_machines(machine_ids: Iterable[int]) -> None:
    """Hold the timelines of these machines until commit."""
    fetch_all(_LOCK, [sorted(set(machine_ids))])

"""Tells whoever watches the floor that something happened on a machine: ids only, at commit."""

from __future__ import annotations

from collections.abc import Iterable

from apps.core.sql import execute

CHANNEL = "floor"
#: A notification holds 8,000 bytes.
_IDS_PER_NOTE = 400


def tell_floor(company_id: int, machine_ids: Iterable[int]) -> None:
    """NOTIFY listeners of ``CHANNEL``: ``<company>:<machine>,<machine>…``."""
    wanted = sorted(set(machine_ids))
    notes = [
        f"{company_id}:{','.join(map(str, wanted[start : start + _IDS_PER_NOTE]))}"
        for start in range(0, len(wanted), _IDS_PER_NOTE)
    ]
    if notes:
        execute("SELECT pg_notify(%s, note) FROM unnest(%s::text[]) AS n(note)", [CHANNEL, notes])

"""What a process remembers of the signals of a connection from one batch to the next.

A batch begins by leaving a stamp of its own on the connection's row, under its lock. When it finds
the stamp that is remembered, nobody else has taken a batch meanwhile, nor was ours rolled back; and
when the versions of signals, machines and reasons are as they were, they mean what they meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from secrets import randbits

from apps.core.sql import fetch_all
from apps.integration.models import MachineConnection
from apps.integration.services.tag_log import Tag, tags_of

MOST_CONNECTIONS = 100
_BEGIN = """
WITH found AS (
  SELECT batches FROM integration_connectionstate
   WHERE connection_id = %(connection)s FOR UPDATE)
INSERT INTO integration_connectionstate AS s
       (company_id, connection_id, is_online, changed_at, last_heard_at, detail, instance_id,
        session, sealed_password, batches)
VALUES (%(company)s, %(connection)s, true, %(now)s, %(now)s, '', '', '[]', '', %(stamp)s)
ON CONFLICT (connection_id) DO UPDATE SET last_heard_at = %(now)s, batches = %(stamp)s
RETURNING (SELECT batches FROM found)
"""
_MEANING = """
SELECT (SELECT (count(*), sum(t.version))::text FROM integration_machinetag t
         WHERE t.connection_id = %(connection)s),
       (SELECT (count(*), sum(m.version))::text FROM masterdata_machine m
         WHERE m.company_id = %(company)s),
       (SELECT (count(*), sum(r.version))::text FROM masterdata_reasoncode r
         WHERE r.company_id = %(company)s)
"""


@dataclass(slots=True)
class Remembered:
    """Signals by path (None: there is none), good while the batch that left ``stamp`` is last."""

    stamp: int
    meaning: tuple[str, ...]
    tags: dict[str, Tag | None] = field(default_factory=dict)


_memory: dict[int, Remembered] = {}


def begin_batch(connection: MachineConnection, *, now: datetime) -> Remembered:
    """Lock the connection until commit; what is remembered of its signals."""
    stamp = randbits(62)
    asked = {"company": connection.company_id, "connection": connection.pk, "now": now}
    [[last]] = fetch_all(_BEGIN, asked | {"stamp": stamp})
    [meaning] = fetch_all(_MEANING, asked)
    found = _memory.pop(connection.pk, None)
    if found is None or (found.stamp, found.meaning) != (last, meaning):
        found = Remembered(stamp, meaning)
    found.stamp = stamp
    return found


def recall_tags(
    connection: MachineConnection, known: Remembered, paths: Iterable[str], *, oldest: datetime
) -> dict[str, Tag | None]:
    """The signals of ``paths``; those not remembered are read. None for one that is not ours."""
    missing = [path for path in paths if path not in known.tags]
    if missing:
        read = tags_of(connection, missing)
        known.tags |= {path: read.get(path) for path in missing}
    found = {path: known.tags[path] for path in paths}
    for tag in found.values():
        if tag is not None:
            tag.begin(oldest)
    return found


def remember(connection: MachineConnection, known: Remembered) -> None:
    """Keep what the next batch begins with: all but names that are not ours."""
    known.tags = {path: tag for path, tag in known.tags.items() if tag is not None}
    while len(_memory) >= MOST_CONNECTIONS:
        del _memory[next(iter(_memory))]
    _memory[connection.pk] = known

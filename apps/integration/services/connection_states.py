"""Whether a connection stands, and where an agent's buffer is read on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.core.sql import execute, fetch_all
from apps.core.transactions import unit_of_work
from apps.integration.models import MachineConnection, MachineTag
from apps.integration.protocols.mtconnect import Streams
from apps.integration.protocols.readings import Reading, Refused
from apps.integration.services.readings import Taken, take_readings

_STATE = """
INSERT INTO integration_connectionstate AS s
       (company_id, connection_id, is_online, changed_at, detail, instance_id, session,
        sealed_password)
VALUES (%(company)s, %(connection)s, %(online)s, %(now)s, %(detail)s, '', '[]', '')
ON CONFLICT (connection_id) DO UPDATE
   SET changed_at = CASE WHEN s.is_online = %(online)s THEN s.changed_at ELSE %(now)s END,
       is_online = %(online)s, detail = %(detail)s
"""
_POSITION = """
UPDATE integration_connectionstate SET instance_id = %s, next_sequence = %s
 WHERE connection_id = %s
"""
_READ_POSITION = """
SELECT instance_id, next_sequence FROM integration_connectionstate WHERE connection_id = %s
"""
_READ_SESSION = """
SELECT session::text FROM integration_connectionstate WHERE connection_id = %s
"""
_SESSION = "UPDATE integration_connectionstate SET session = %s::jsonb WHERE connection_id = %s"
_STATE_TAGS = """
SELECT path FROM integration_machinetag WHERE connection_id = %s AND role = %s
"""

_PATHS = """
SELECT path FROM integration_machinetag WHERE connection_id = %s AND role <> %s ORDER BY path
"""
_WRITABLE = "SELECT path FROM integration_machinetag WHERE connection_id = %s AND is_writable"
_LAST_HEARD = """
SELECT last_heard_at FROM integration_connectionstate WHERE connection_id = %s
"""


def session_of(connection: MachineConnection) -> list[Any]:
    """What the last listener knew of the nodes behind a broker."""
    rows = fetch_all(_READ_SESSION, [connection.pk])
    return list(json.loads(rows[0][0])) if rows else []


def keep_session(connection: MachineConnection, session: Sequence[Any]) -> None:
    """Remember it with what was taken: a listener that is killed goes on from there."""
    execute(_SESSION, [json.dumps(session), connection.pk])


def note_state(
    connection: MachineConnection, *, is_online: bool, detail: str = "", now: datetime | None = None
) -> None:
    """Say that a connection stands or was lost, and why."""
    execute(
        _STATE,
        {
            "company": connection.company_id,
            "connection": connection.pk,
            "online": is_online,
            "now": now or timezone.now(),
            "detail": detail[:300],
        },
    )


def silence(connection: MachineConnection, below: Iterable[str], *, now: datetime) -> Taken:
    """Nobody hears these any more: the states of their machines are not known, that is off."""
    prefixes = tuple(f"{path}/" for path in below)
    return _silence(
        connection, [p for p in _state_paths(connection) if p.startswith(prefixes)], now
    )


def silence_all(connection: MachineConnection, *, now: datetime) -> Taken:
    """The whole connection is lost: nobody hears any of its machines."""
    return _silence(connection, _state_paths(connection), now)


def _state_paths(connection: MachineConnection) -> list[str]:
    return [path for (path,) in fetch_all(_STATE_TAGS, [connection.pk, MachineTag.Role.STATE])]


def _silence(connection: MachineConnection, paths: Sequence[str], now: datetime) -> Taken:
    lost = [Reading(path, None, now, False) for path in paths]
    return take_readings(connection, lost, now=now) if lost else Taken()


def paths_of(connection: MachineConnection) -> list[str]:
    """The signals of a connection that mean something."""
    return [path for (path,) in fetch_all(_PATHS, [connection.pk, MachineTag.Role.IGNORED])]


def writable_paths(connection: MachineConnection) -> list[str]:
    return [path for (path,) in fetch_all(_WRITABLE, [connection.pk])]


def last_heard(connection: MachineConnection) -> datetime | None:
    """When something was last said by this connection; None where nothing ever was."""
    rows = fetch_all(_LAST_HEARD, [connection.pk])
    return rows[0][0] if rows else None


def position_of(connection: MachineConnection) -> tuple[str, int | None]:
    """The agent's instance and the sequence to go on with; None where it was never read."""
    rows = fetch_all(_READ_POSITION, [connection.pk])
    return (rows[0][0], rows[0][1]) if rows else ("", None)


def take_streams(
    connection: MachineConnection, streams: Streams, *, asked: int | None, now: datetime
) -> Taken:
    """Take what an agent said and remember where to go on, in one transaction.

    ``asked`` is the sequence that was asked for: what lies between it and the first one that the
    agent still had is lost, and that is noted.
    """
    said: list[Reading | Refused] = list(streams.readings)
    if asked is not None and streams.first_sequence > asked:
        told = f"{asked} to {streams.first_sequence - 1}"
        said.append(Refused("", "lost_observations", told, ""))
    with unit_of_work():
        taken = take_readings(connection, said, now=now)
        execute(_POSITION, [streams.instance_id[:60], streams.next_sequence, connection.pk])
    return taken

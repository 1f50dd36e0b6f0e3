"""Polling an MTConnect agent: from where the last reading was committed, after any restart."""

from __future__ import annotations

import threading

import httpx
from django.utils import timezone

from apps.integration.models import MachineConnection
from apps.integration.protocols.mtconnect import LARGEST, DocumentError, Streams, read_streams
from apps.integration.services.connection_states import (
    note_state,
    position_of,
    take_streams,
)
from apps.integration.services.machine_connections import password_of

COUNT = 1000
#: Seconds between polls, of a request, and between attempts after a failure.
PAUSE, TIMEOUT, AFTER_FAILURE = 1.0, 10.0, 5.0


class MtconnectListener:
    """One agent. ``run`` returns when ``stop`` is set."""

    def __init__(self, connection: MachineConnection, stop: threading.Event) -> None:
        self.connection, self.stop = connection, stop
        name = connection.username
        self.client = httpx.Client(
            base_url=self.connection.address.rstrip("/"),
            timeout=TIMEOUT,
            follow_redirects=False,
            auth=(name, password_of(connection)) if name else None,
        )

    def run(self) -> None:
        with self.client:
            while not self.stop.is_set():
                try:
                    is_more = self.poll()
                except (httpx.HTTPError, DocumentError) as error:
                    note_state(self.connection, is_online=False, detail=str(error) or repr(error))
                    self.stop.wait(AFTER_FAILURE)
                    continue
                if not is_more:
                    self.stop.wait(PAUSE)
        note_state(self.connection, is_online=False, detail="stopped")

    def poll(self) -> bool:
        """Read once and commit it; whether the agent has more already.

        Raises ``httpx.HTTPError`` when it does not answer, ``DocumentError`` for no document.
        """
        now = timezone.now()
        instance, sequence = position_of(self.connection)
        streams = self._read("current") if sequence is None else self._sample(sequence)
        if sequence is not None and streams.instance_id != instance:
            # another buffer: what stands now, and on from there
            streams, sequence = self._read("current"), None
        note_state(self.connection, is_online=True, now=now)
        take_streams(self.connection, streams, asked=sequence, now=now)
        return sequence is not None and len(streams.readings) >= COUNT

    def _sample(self, sequence: int) -> Streams:
        try:
            return self._read("sample", {"from": str(sequence), "count": str(COUNT)})
        except DocumentError as error:
            if not str(error).startswith("OUT_OF_RANGE"):
                raise
        # what was asked for is gone: what stands now says where the buffer begins
        return self._read("current")

    def _read(self, what: str, asked: dict[str, str] | None = None) -> Streams:
        device = self.connection.topic.strip("/")
        path = f"/{device}/{what}" if device else f"/{what}"
        with self.client.stream("GET", path, params=asked or {}) as answer:
            if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                answer.raise_for_status()
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise DocumentError(f"larger than {LARGEST:,} bytes")
        return read_streams(body)

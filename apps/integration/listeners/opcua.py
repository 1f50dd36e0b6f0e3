"""Subscribing to an OPC UA server: each change of the nodes that have a meaning, once.

The server's first message of a node says what stands now: that is told as of the server's clock at
connecting, and with its own time when it changed while nobody listened. What has changed since the
last look but could not be committed is not asked for again: totals of counters say it anyway.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from queue import Empty

import structlog
from asyncua import ua
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.execution.services.event_rows import CLOCK_TOLERANCE
from apps.integration.listeners.opcua_session import Loop, SecurityError, Session
from apps.integration.listeners.writing import Refusal, Unanswered, Writer
from apps.integration.models import MachineConnection
from apps.integration.protocols.opcua import reading_of
from apps.integration.protocols.readings import Reading, Refused, is_same
from apps.integration.services.connection_states import (
    last_heard,
    note_state,
    paths_of,
    silence_all,
)
from apps.integration.services.machine_connections import password_of
from apps.integration.services.readings import take_readings
from apps.integration.services.tag_writes import Asked
from apps.integration.tag_rules import as_text

log = structlog.get_logger(__name__)
MOST_VALUES = 2000
#: Seconds: to wait for a value and for more, between looks at the signals, to the next attempt.
WAIT, GATHER, BETWEEN_LOOKS, FIRST_PAUSE, LONGEST_PAUSE = 0.2, 0.05, 5.0, 1.0, 30.0
#: After so many looks the nodes that the server did not have are asked for again.
LOOKS_BETWEEN_RETRIES = 6
_NONE = timedelta(0)


class OpcuaListener:
    """One server. ``run`` returns when ``stop`` is set."""

    def __init__(self, connection: MachineConnection, stop: threading.Event) -> None:
        self.connection, self.stop = connection, stop
        self.pause = FIRST_PAUSE
        #: By how much the server's clock is ahead of ours; what stands since when is told in it.
        self.ahead = _NONE
        self.is_silent = False

    def run(self) -> None:
        with Loop() as loop:
            while not self.stop.is_set():
                try:
                    why = self._converse(loop)
                except (OSError, ValueError, SecurityError, ua.UaError) as error:
                    why = str(error) or type(error).__name__
                if self.stop.is_set():
                    break
                self._lose(why)
                self.stop.wait(self.pause)
                self.pause = min(self.pause * 2, LONGEST_PAUSE)
        note_state(self.connection, is_online=False, detail="stopped")

    def _lose(self, why: str) -> None:
        note_state(self.connection, is_online=False, detail=why)
        if not self.is_silent:
            self.is_silent = True
            silence_all(self.connection, now=timezone.now() + self.ahead)

    def _converse(self, loop: Loop) -> str:
        """A session from beginning to end; why it ended."""
        session = Session(
            self.connection.address,
            username=self.connection.username,
            password=password_of(self.connection),
            fingerprint=self.connection.topic,
            folder=settings.OPCUA_DIR,
        )
        try:
            clock = loop.run(session.open())
            conversation = _Conversation(self.connection, session, loop, clock)
            self.ahead, self.is_silent, self.pause = conversation.ahead, False, FIRST_PAUSE
            writer = Writer(self.connection, conversation.write)
            while not self.stop.is_set() and not session.is_lost.is_set():
                conversation.look()
                conversation.take()
                writer.deliver()
            conversation.take()  # what came before the end
            return session.why_lost
        finally:
            loop.run(session.close())


class _Conversation:
    """What is said in one session, and what is listened for."""

    def __init__(
        self,
        connection: MachineConnection,
        session: Session,
        loop: Loop,
        clock: datetime | None,
    ) -> None:
        self.connection, self.session, self.loop = connection, session, loop
        now = timezone.now()
        self.ahead = (clock or now) - now
        if self.ahead > CLOCK_TOLERANCE:
            self.ahead = _NONE  # what it says is quarantined; what we say about it is not
        self.stands_at = now + self.ahead
        self.heard_until = last_heard(connection)
        self.paths = frozenset[str]()
        self.next_look, self.looks = 0.0, 0
        self.missing: dict[str, str] = {}

    def look(self) -> None:
        """Follow signals that were added, changed or taken away; note how it stands."""
        if time.monotonic() < self.next_look:
            return
        self.next_look = time.monotonic() + BETWEEN_LOOKS
        paths = frozenset(paths_of(self.connection))
        is_first = self.looks == 0
        is_retry = bool(self.missing) and self.looks % LOOKS_BETWEEN_RETRIES == 0
        self.looks += 1
        if paths != self.paths or is_retry:
            self.paths = paths
            self.missing = self.loop.run(self.session.follow(paths))
        elif not is_first:
            return
        note_state(self.connection, is_online=True, detail=self._detail())

    def _detail(self) -> str:
        told = "" if self.session.is_encrypted else "not encrypted"
        if self.missing:
            names = ", ".join(f"{path} ({why})" for path, why in sorted(self.missing.items()))
            told = f"{len(self.missing)} unknown: {names}" + (f"; {told}" if told else "")
        return told

    def take(self) -> None:
        said = self._gather()
        if said:
            take_readings(self.connection, said)

    def write(self, write: Asked) -> str:
        """Write a value and read it back. Raises ``Refusal`` and ``Unanswered``."""
        try:
            said = self.loop.run(self.session.write(write.path, write.value))
        except (ua.UaStatusCodeError, ValueError) as refusal:
            raise Refusal(_name_of(refusal)) from refusal
        except (OSError, ua.UaError) as loss:
            told = _("No answer: {why}").format(why=str(loss) or type(loss).__name__)
            raise Unanswered(told) from loss
        if not is_same(said, write.value):
            told = _("It was taken, but the machine says {value}.").format(value=as_text(said))
            raise Refusal(told)
        return _("The machine says {value}.").format(value=as_text(said))

    def _gather(self) -> list[Reading | Refused]:
        said: list[Reading | Refused] = []
        wait = WAIT
        while len(said) < MOST_VALUES:
            try:
                path, value, is_first = self.session.values.get(timeout=wait)
            except Empty:
                break
            wait = GATHER if wait == WAIT else 0.001
            for one in reading_of(path, value, now=timezone.now() + self.ahead):
                said += self._standing(one) if is_first and isinstance(one, Reading) else [one]
        return said

    def _standing(self, first: Reading) -> list[Reading]:
        """What stands now, and since when if that was not heard."""
        if first.at >= self.stands_at:
            return [first]
        now = first._replace(at=self.stands_at)
        is_news = self.heard_until is not None and first.at > self.heard_until
        return [first, now] if is_news else [now]


def _name_of(error: Exception) -> str:
    if isinstance(error, ua.UaStatusCodeError):
        return ua.StatusCode(ua.UInt32(error.code)).name
    return str(error)

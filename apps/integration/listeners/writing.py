"""Values on their way to the machines of one connection, sent by whoever holds it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from apps.integration.models import MachineConnection, TagWrite
from apps.integration.protocols.readings import Reading
from apps.integration.services.tag_writes import (
    Asked,
    answer_write,
    confirm_writes,
    expire_writes,
    open_writes,
    take_writes,
)

log = structlog.get_logger(__name__)
Status = TagWrite.Status
#: Seconds between looks for values to send, and between looks for those that nobody answered.
BETWEEN_LOOKS, BETWEEN_EXPIRIES = 1.0, 5.0


class Refusal(Exception):
    """The value was not sent, or the machine did not take it, and why."""


class Unanswered(Exception):
    """It is not known whether the machine took it."""


class Writer:
    """``send`` sends a value: returns what the machine answered, ``None`` when that comes later.

    It raises ``Refusal``, or ``Unanswered`` for a value that may have arrived or not.
    """

    def __init__(self, connection: MachineConnection, send: Callable[[Asked], str | None]) -> None:
        self.connection, self.send = connection, send
        self.waiting = {one.id: one for one in open_writes(connection)}
        self.next_look = self.next_expiry = 0.0

    @property
    def since(self) -> datetime | None:
        """When the first of those was sent that are not answered yet."""
        return min((one.sent_at for one in self.waiting.values()), default=None)

    def deliver(self) -> None:
        """Send what is asked, now and then."""
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + BETWEEN_LOOKS
        if now >= self.next_expiry:
            self.next_expiry = now + BETWEEN_EXPIRIES
            if expire_writes():
                self.waiting = {one.id: one for one in open_writes(self.connection)}
        for write in take_writes(self.connection):
            self._send(write)

    def heard(self, said: Iterable[object]) -> None:
        """What came in since: it may say what was written."""
        if self.waiting:
            readings = [one for one in said if isinstance(one, Reading)]
            for done in confirm_writes(self.connection, self.waiting.values(), readings):
                del self.waiting[done]

    def _send(self, write: Asked) -> None:
        try:
            answer = self.send(write)
        except Refusal as refusal:
            self._answer(write, Status.REFUSED, str(refusal))
        except Unanswered as silence:
            self._answer(write, Status.TIMED_OUT, str(silence))
        else:
            if answer is None:
                self.waiting[write.id] = write
            else:
                self._answer(write, Status.ACKNOWLEDGED, answer)

    def _answer(self, write: Asked, status: str, answer: str) -> None:
        log.info("value_written", connection=self.connection.code, path=write.path, status=status)
        answer_write(self.connection, write, status=status, answer=answer)

"""Listening at an MQTT broker: each message is acknowledged when what it said is committed.

The session is kept by the broker, so what comes while nobody listens waits there; a message that
was not acknowledged comes again, and is known by its tag and time. A batch is one transaction.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import structlog
from django.utils import timezone
from django.utils.translation import gettext as _
from paho.mqtt.enums import CallbackAPIVersion

from apps.core.transactions import unit_of_work
from apps.integration.listeners.writing import Refusal, Writer
from apps.integration.models import MachineConnection
from apps.integration.protocols.plain_json import SET, read_message, set_message
from apps.integration.protocols.readings import Reading, Refused
from apps.integration.protocols.sparkplug_host import Command, Host, News
from apps.integration.services.connection_states import (
    keep_session,
    note_state,
    session_of,
    silence,
    writable_paths,
)
from apps.integration.services.machine_connections import password_of
from apps.integration.services.readings import take_readings
from apps.integration.services.tag_writes import Asked

log = structlog.get_logger(__name__)
PORTS = {"mqtt": 1883, "mqtts": 8883}
SPARKPLUG_TOPIC = "spBv1.0/#"
MOST_MESSAGES = 500
#: Seconds: how long a batch waits for more, keep-alive, between attempts to connect.
GATHER, KEEP_ALIVE, FIRST_PAUSE, LONGEST_PAUSE = 0.05, 30, 1, 30
QOS = 1
_IN_FLIGHT = 2000


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    mid: int
    qos: int
    at: datetime
    is_repeat: bool
    #: The connection to the broker that it came by: numbers of messages are of that alone.
    made: int


class MqttListener:
    """One connection. ``run`` returns when ``stop`` is set."""

    def __init__(self, connection: MachineConnection, stop: threading.Event) -> None:
        self.connection, self.stop = connection, stop
        self.host = Host() if connection.protocol == MachineConnection.Protocol.SPARKPLUG else None
        self.messages: queue.Queue[Message] = queue.Queue(maxsize=_IN_FLIGHT)
        self.changes: queue.Queue[tuple[bool, str]] = queue.Queue()
        self.made = 0
        #: Topics on which we tell devices what to do: ours come back to us where # is listened to.
        self.told: set[str] = set()
        self.client = self._client()

    def run(self) -> None:
        address = urlsplit(self.connection.address)
        self.client.connect_async(
            address.hostname or "", address.port or PORTS[address.scheme], KEEP_ALIVE
        )
        if self.host is not None:
            self.host.restore(session_of(self.connection))
        writer = Writer(self.connection, self._write)
        self.told = {path + SET for path in writable_paths(self.connection)}
        self.client.loop_start()
        try:
            while not self.stop.is_set():
                self._note_changes()
                writer.deliver()
                batch = self._gather()
                if batch:
                    writer.heard(self._take(batch, since=writer.since))
        finally:
            self.client.disconnect()
            self.client.loop_stop()
            note_state(self.connection, is_online=False, detail="stopped")

    def _client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"mes-erp-{self.connection.company_id}-{self.connection.pk}",
            clean_session=False,
            manual_ack=True,
        )
        client.max_inflight_messages_set(_IN_FLIGHT)
        client.reconnect_delay_set(FIRST_PAUSE, LONGEST_PAUSE)
        if self.connection.address.startswith("mqtts:"):
            client.tls_set()
        if self.connection.username:
            client.username_pw_set(self.connection.username, password_of(self.connection) or None)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        return client

    def _connected(
        self, client: paho.Client, _data: Any, flags: Any, code: Any, _properties: Any
    ) -> None:
        if code.is_failure:
            self.changes.put((False, str(code)))
            return
        if self.host is not None and not flags.session_present:
            self.host.forget()
        self.made += 1
        client.subscribe(self.connection.topic or SPARKPLUG_TOPIC, QOS)
        self.changes.put((True, ""))

    def _disconnected(
        self, _client: paho.Client, _data: Any, _flags: Any, code: Any, _properties: Any
    ) -> None:
        self.changes.put((False, str(code)))

    def _received(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        """Called by the client's own thread; waits while the queue is full, as the broker then."""
        own = Message(
            message.topic,
            bytes(message.payload),
            message.mid,
            message.qos,
            timezone.now(),
            message.dup,
            self.made,
        )
        while not self.stop.is_set():
            try:
                self.messages.put(own, timeout=1)
                return
            except queue.Full:
                continue

    def _note_changes(self) -> None:
        while not self.changes.empty():
            is_online, detail = self.changes.get_nowait()
            note_state(self.connection, is_online=is_online, detail=detail)

    def _gather(self) -> list[Message]:
        try:
            batch = [self.messages.get(timeout=0.2)]
        except queue.Empty:
            return []
        while len(batch) < MOST_MESSAGES:
            try:
                batch.append(self.messages.get(timeout=GATHER if len(batch) == 1 else 0))
            except queue.Empty:
                break
        return batch

    def _take(
        self, batch: Sequence[Message], *, since: datetime | None = None
    ) -> list[Reading | Refused]:
        """Commit what a batch said, and acknowledge it; what came in after ``since``."""
        said: list[Reading | Refused] = []
        heard: list[Reading | Refused] = []
        commands: list[Command] = []
        with unit_of_work():
            for message in batch:
                own = self._read(message, said, commands)
                if since is not None and message.at >= since:
                    heard += own
            if said:
                take_readings(self.connection, said)
            if self.host is not None:
                keep_session(self.connection, self.host.state())
        for message in batch:
            if message.made == self.made:  # else the broker sends it again, and it is known
                self.client.ack(message.mid, message.qos)
        for command in commands:
            self.client.publish(command.topic, command.payload, qos=0)
        return heard

    def _write(self, write: Asked) -> None:
        """Tell a machine, once: what can't go out now is not kept to go out later."""
        now = timezone.now()
        if self.host is not None:
            command = self.host.write(write.path, write.value, now=now)
            if command is None:
                raise Refusal(_("No node that is online names this signal."))
        elif {"+", "#"} & set(write.path):
            raise Refusal(_("This signal is no topic."))
        else:
            body = set_message(write.value, number=write.id, at=now)
            command = Command(write.path + SET, body)
            self.told.add(command.topic)
        sent = self.client.publish(command.topic, command.payload, qos=0)
        if sent.rc != paho.MQTT_ERR_SUCCESS:
            raise Refusal(_("The broker is not connected."))

    def _read(
        self, message: Message, said: list[Reading | Refused], commands: list[Command]
    ) -> list[Reading | Refused]:
        """Add what a message says to ``said``; all that was added, also what is taken already."""
        if self.host is None:
            if message.topic in self.told:
                return []
            own = read_message(message.topic, message.payload, now=message.at)
            said += own
            return own
        heard: list[Reading | Refused] = []
        outcomes = self.host.receive(
            message.topic, message.payload, now=message.at, is_repeat=message.is_repeat
        )
        for outcome in outcomes:
            if isinstance(outcome, Command):
                commands.append(outcome)
            elif not isinstance(outcome, News):
                said.append(outcome)
                heard.append(outcome)
            elif not outcome.is_online:
                # what was said before the silence comes first
                take_readings(self.connection, said)
                said.clear()
                silence(self.connection, [outcome.path], now=outcome.at)
        return heard

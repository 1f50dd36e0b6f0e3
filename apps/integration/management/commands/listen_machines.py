"""Listens to machines: every active connection, until it is stopped."""

from __future__ import annotations

import signal
import threading
import typing
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, connections

from apps.integration.models import MachineConnection

log = structlog.get_logger(__name__)
Protocol = MachineConnection.Protocol
AFTER_FAILURE, BETWEEN_LOOKS = 5.0, 5.0


class Listener(typing.Protocol):
    def run(self) -> None: ...


class Command(BaseCommand):
    help = (
        "Listens to machines by every active connection (MQTT, MTConnect, OPC UA) until SIGTERM or"
        " Ctrl-C. Connections that are added, changed or retired meanwhile are followed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("connection", nargs="*", help="codes of connections; default: all")

    def handle(self, *, connection: list[str], **options: Any) -> None:
        if find_spec("paho") is None or find_spec("asyncua") is None:
            raise CommandError("Install requirements/machine.txt.")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        listen(connection, stop, say=self.stdout.write)


def listen(codes: list[str], stop: threading.Event, *, say: Callable[[str], Any]) -> None:
    """A thread for each connection, begun anew when its row changes; ends with ``stop``."""
    running: dict[int, tuple[int, threading.Event, threading.Thread]] = {}
    while not stop.is_set():
        wanted = {row.pk: row for row in _active(codes)}
        for key in list(running):
            version, own_stop, thread = running[key]
            if key in wanted and wanted[key].version == version and thread.is_alive():
                continue
            own_stop.set()
            thread.join()
            del running[key]
        for key, row in wanted.items():
            if key not in running:
                own_stop = threading.Event()
                thread = threading.Thread(target=_listen, args=(row, own_stop), daemon=True)
                thread.start()
                running[key] = (row.version, own_stop, thread)
                say(f"listening: {row.code} {row.get_protocol_display()} {row.address}")
        stop.wait(BETWEEN_LOOKS)
    for _version, own_stop, thread in running.values():
        own_stop.set()
        thread.join()


def _active(codes: list[str]) -> list[MachineConnection]:
    try:
        rows = MachineConnection.objects.filter(is_active=True).exclude(protocol=Protocol.HTTP_JSON)
        rows = rows.filter(code__in=codes) if codes else rows
        return list(rows.select_related("company", "account__user"))
    except (DatabaseError, InterfaceError):
        log.warning("database_lost")
        connections.close_all()
        return []


def _listen(row: MachineConnection, stop: threading.Event) -> None:
    """Listen until told to stop; a failure is waited out and begun anew."""
    try:
        while not stop.is_set():
            try:
                _listener(row)(row, stop).run()
            except Exception:
                log.exception("listener_failed", connection=row.code)
                connections.close_all()
                stop.wait(AFTER_FAILURE)
    finally:
        connections.close_all()


def _listener(row: MachineConnection) -> Callable[[MachineConnection, threading.Event], Listener]:
    """The class that speaks its protocol; loaded when it is needed, as each takes its time."""
    if row.protocol == Protocol.MTCONNECT:
        from apps.integration.listeners.mtconnect import MtconnectListener

        return MtconnectListener
    if row.protocol == Protocol.OPCUA:
        from apps.integration.listeners.opcua import OpcuaListener

        return OpcuaListener
    from apps.integration.listeners.mqtt import MqttListener

    return MqttListener

"""Which of the demo's machines speak a real protocol, and at which ports of this machine."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from django.db import connections

from apps.core.models import User
from apps.integration.models import MachineConnection, MachineTag
from apps.integration.services.machine_connections import update_machine_connection
from apps.integration.simulators.floor import LOOPBACK, MQTT_PORT
from mes_erp.demo import broker
from mes_erp.demo.prepare import read_notes, write_notes

Protocol = MachineConnection.Protocol
BY_MQTT = (Protocol.SPARKPLUG, Protocol.MQTT_JSON)
TRIES = 200


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Connections with devices of ours, the machines behind them, and the broker's port."""

    codes: tuple[str, ...]
    machines: tuple[str, ...]
    addresses: tuple[str, ...]
    broker_port: int | None


def arrange() -> Arrangement:
    """Give each connection on this machine a port that is free; those that can be had."""
    try:
        return _arrange()
    finally:
        connections.close_all()


def _arrange() -> Arrangement:
    rows = [
        row
        for row in MachineConnection.objects.filter(is_active=True).order_by("pk")
        if urlsplit(row.address).hostname in LOOPBACK
        and (row.protocol not in BY_MQTT or broker.is_here())
    ]
    ports = _settle(rows)
    if ports and read_notes().get("ports") != ports:
        write_notes(ports=ports)
    tags = MachineTag.objects.filter(connection__in=rows, machine__isnull=False)
    machines = tags.order_by("machine__code").values_list("machine__code", flat=True).distinct()
    by_mqtt = [row for row in rows if row.protocol in BY_MQTT]
    return Arrangement(
        codes=tuple(row.code for row in rows),
        machines=tuple(machines),
        addresses=tuple(dict.fromkeys(row.address for row in rows)),
        broker_port=_port(by_mqtt[0].address) if by_mqtt else None,
    )


def _settle(rows: Sequence[MachineConnection]) -> dict[str, int]:
    """Change addresses whose port is taken; the port of each connection."""
    by = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    settled: dict[int, int] = {}
    result = {}
    for row in rows:
        wanted = _port(row.address)
        if wanted not in settled:
            settled[wanted] = _free(wanted, without=set(settled.values()))
        port = settled[wanted]
        if port != wanted and by is not None:
            parts = urlsplit(row.address)
            address = urlunsplit(parts._replace(netloc=f"{parts.hostname}:{port}"))
            changed = update_machine_connection(row, address=address, by=by)
            row.address = changed.address
        result[row.code] = port
    return result


def _free(first: int, *, without: set[int]) -> int:
    for port in range(first, first + TRIES):
        if port in without:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((broker.LOOPBACK, port))
            return port
    return first


def _port(address: str) -> int:
    return urlsplit(address).port or MQTT_PORT

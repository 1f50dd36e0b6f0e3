"""Simulated machines behind real endpoints: each connection's own protocol, at its own address."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from apps.execution.queries.machine_work import work_of
from apps.execution.simulation import SimulatedMachine, Work
from apps.integration.models import MachineConnection, MachineTag
from apps.integration.simulators.devices import Devices, Endpoint, Signal
from apps.integration.tag_rules import read_states
from apps.masterdata.models import Machine, ReasonCode

Protocol = MachineConnection.Protocol
#: Simulated machines speak on this machine alone: never into a real plant.
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MQTT_PORT = 1883


class Line:
    """The simulated machines of one connection, and the endpoint by which they speak."""

    def __init__(
        self,
        connection: MachineConnection,
        tags: Sequence[MachineTag],
        *,
        now: datetime,
        seed: str,
        pace: float,
    ) -> None:
        self.connection = connection
        found = {tag.machine.pk: tag.machine for tag in tags if tag.machine is not None}
        self.machines: list[Machine] = [found[key] for key in sorted(found)]
        self.devices = Devices([signal_of(tag) for tag in tags], now=now)
        stops, scraps = _reasons(connection)
        run = f"dev{seed}-{uuid.uuid4().hex[:8]}"
        self.simulated = {
            machine.pk: SimulatedMachine(
                machine.code, seed, run, stop_reasons=stops, scrap_reasons=scraps, pace=pace
            )
            for machine in self.machines
        }
        #: What each told of its operation, and what was left when that began.
        self.told: dict[int, tuple[int, float, float]] = {}
        self.endpoint = endpoint_of(connection, self.devices)

    def advance(self, now: datetime) -> None:
        """Live on up to ``now`` and say what happened."""
        work = work_of(self.machines)
        events: list[dict[str, Any]] = []
        for machine in self.machines:
            own = self._unsaid(machine.pk, work.get(machine.pk))
            made = self.simulated[machine.pk].advance(now, own)
            self._note(machine.pk, made)
            events += made
        self.endpoint.say(self.devices.advance(events, now))

    def switch_off(self, now: datetime) -> None:
        events = [e for one in self.simulated.values() for e in one.stop(now)]
        self.endpoint.say(self.devices.advance(events, now))

    def _unsaid(self, machine: int, work: Work | None) -> Work | None:
        """Less what was said and is not in the books yet."""
        if work is None:
            self.told.pop(machine, None)
            return None
        operation, began, told = self.told.get(machine, (0, 0.0, 0.0))
        if operation != work.operation:
            began, told = work.left, 0.0
        self.told[machine] = (work.operation, began, told)
        left = min(work.left, began - told)
        return Work(work.operation, left, work.cycle_seconds, work.setup_minutes)

    def _note(self, machine: int, events: Iterable[dict[str, Any]]) -> None:
        if machine in self.told:
            operation, began, told = self.told[machine]
            for event in events:
                told += event.get("quantity_good", 0) + event.get("quantity_scrap", 0)
            self.told[machine] = (operation, began, told)


def lines(
    codes: Sequence[str],
    *,
    now: datetime,
    seed: str,
    pace: float,
    say: Callable[[str], Any],
) -> list[Line]:
    """A line for each active connection (of these codes) whose address is this machine's."""
    rows = MachineConnection.objects.filter(is_active=True).exclude(protocol=Protocol.HTTP_JSON)
    rows = rows.filter(code__in=codes) if codes else rows
    result = []
    for connection in rows.order_by("pk"):
        if urlsplit(connection.address).hostname not in LOOPBACK:
            say(f"{connection.code}: {connection.address} is not this machine, left alone")
            continue
        tags = list(
            MachineTag.objects.filter(connection=connection, machine__is_active=True)
            .select_related("machine")
            .order_by("path")
        )
        if tags:
            result.append(Line(connection, tags, now=now, seed=seed, pace=pace))
            say(f"{connection.code}: {len(tags)} signals at {connection.address}")
    return result


def signal_of(tag: MachineTag) -> Signal:
    assert tag.machine is not None  # noqa: S101 - filtered by the caller
    return Signal(
        path=tag.path,
        machine=tag.machine.code,
        role=tag.role,
        states=read_states(tag.states),
        per_count=tag.per_count,
        rolls_over_at=tag.rolls_over_at,
        is_writable=tag.is_writable,
        kind=tag.written_as,
        lowest=tag.lowest,
    )


def endpoint_of(connection: MachineConnection, devices: Devices) -> Endpoint:
    """The device's side of the connection's protocol; loaded when it is needed."""
    address = urlsplit(connection.address)
    host, port = address.hostname or "", address.port or MQTT_PORT
    if connection.protocol == Protocol.SPARKPLUG:
        from apps.integration.simulators.sparkplug import SparkplugDevice

        return SparkplugDevice(devices, host, port)
    if connection.protocol == Protocol.MQTT_JSON:
        from apps.integration.simulators.plain_json import PlainJsonDevice

        return PlainJsonDevice(devices, host, port)
    if connection.protocol == Protocol.OPCUA:
        from apps.integration.simulators.opcua import OpcuaDevice

        return OpcuaDevice(devices, connection.address)
    from apps.integration.simulators.mtconnect import MtconnectDevice

    return MtconnectDevice(devices, host, port)


def _reasons(connection: MachineConnection) -> tuple[list[str], list[str]]:
    rows = ReasonCode.objects.filter(company_id=connection.company_id, is_active=True)
    rows = rows.order_by("code")
    stops = [row.code for row in rows if row.kind == "downtime" and not row.is_planned]
    return stops, [row.code for row in rows if row.kind == "scrap"]

"""Devices of all four protocols beside a listener: what they say reaches the books, and only so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from apps.execution.models import MachineInterval, ProductionReport
from apps.execution.services.dispatch import start_operation
from apps.integration.management.commands import listen_machines, simulate_devices
from apps.integration.models import ConnectionState, MachineConnection, MachineTag, TagWrite
from apps.integration.protocols.mtconnect import read_devices, read_streams
from apps.integration.protocols.shdr import read_time
from apps.integration.services.machine_connections import (
    create_machine_connection,
    create_machine_tag,
)
from apps.integration.services.service_accounts import create_service_account
from apps.integration.services.tag_writes import ask_tag_write
from apps.integration.simulators.devices import Change, Devices, Signal, word_for
from apps.integration.simulators.mtconnect import MtconnectDevice
from apps.integration.tag_rules import read_states
from mes_erp import bootstrap
from tests import factories
from tests.execution.conftest import Factory, make_factory
from tests.execution.machines import Shopfloor, make_shopfloor
from tests.execution.test_dispatch import make_order
from tests.integration.broker import Broker, free_port
from tests.integration.test_listeners import until
from tests.support.reconciled import assert_reconciled

needs_broker = pytest.mark.skipif(not bootstrap.broker(), reason="no mosquitto on this machine")
STATES = "RUN=running\nSET=setup\nWAIT=idle\nDOWN=off\nALARM-JAM=stopped:JAM\n*=stopped"
PATHS = {
    "sparkplug": "Plant/Line/{machine}/{signal}",
    "mqtt_json": "plant/{machine}/{signal}",
    "opcua": "ns=2;s={machine}.{signal}",
    "mtconnect": "{machine}/{signal}",
}


def connect(floor: Shopfloor, account: Any, protocol: str, address: str) -> MachineConnection:
    by = floor.books.by
    connection = create_machine_connection(
        company=floor.books.company, code=protocol, name=protocol, protocol=protocol,
        address=address, topic="plant/#" if protocol == "mqtt_json" else "", account=account, by=by,
    )  # fmt: skip
    machine = floor.machine(f"M-{protocol}".replace("_", "-"))
    roles: dict[str, dict[str, Any]] = {
        "state": {"states": STATES}, "good": {}, "scrap": {}, "speed": {"role": "ignored"},
    }  # fmt: skip
    for name, more in roles.items():
        if name == "speed":
            if protocol == "mtconnect":
                continue
            more |= {"is_writable": True, "written_as": "number"}
        create_machine_tag(
            **{"role": name} | more, company=connection.company, connection=connection,
            path=PATHS[protocol].format(machine=machine.code, signal=name), machine=machine, by=by,
        )  # fmt: skip
    return connection


@contextmanager
def running(target: Any, *args: Any, **values: Any) -> Iterator[list[str]]:
    stop, said = threading.Event(), list[str]()

    def run() -> None:
        try:
            target(*args, stop, say=said.append, **values)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield said
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


@needs_broker
@pytest.mark.django_db(transaction=True)
def test_four_protocols_reach_the_books(tmp_path: Path, settings: Any) -> None:
    settings.OPCUA_DIR = tmp_path / "own"
    factory: Factory = make_factory(factories.make_books("NORTH", by=factories.make_user("boss")))
    floor = make_shopfloor(factory.books)
    floor.reason("JAM")
    floor.reason("BURR", "scrap")
    by = floor.books.by
    account = create_service_account(floor.books.company, code="floor", roles=("operator",), by=by)
    with Broker(tmp_path) as broker:
        addresses = {
            "sparkplug": broker.address,
            "mqtt_json": broker.address,
            "opcua": f"opc.tcp://127.0.0.1:{free_port()}/demo",
            "mtconnect": f"http://127.0.0.1:{free_port()}",
        }
        made = [connect(floor, account, name, address) for name, address in addresses.items()]
        elsewhere = create_machine_connection(
            company=floor.books.company, code="REAL", name="Real", protocol="mtconnect",
            address="http://192.0.2.1:5000", account=account, by=by,
        )  # fmt: skip
        codes = [one.code for one in made]
        for number, connection in enumerate(made):
            operation = make_order(factory, floor, quantity="5000", code=f"P{number}")
            operation.setup_minutes = Decimal(0)
            operation.save()
            machine = connection.tags.first().machine  # type: ignore[union-attr]
            start_operation(
                operation, machine=machine, at=timezone.now() - timedelta(minutes=30), by=by
            )
        with running(listen_machines.listen, codes):
            pace = {"pace": 60.0, "every": 0.3}
            with running(simulate_devices.simulate, [*codes, elsewhere.code], **pace) as said:
                until(lambda: ConnectionState.objects.filter(is_online=True).count() == 4)
                until(lambda: len(made_by_machine()) == 4, seconds=40)
                for connection in made[:3]:
                    tag = connection.tags.get(is_writable=True)
                    ask_tag_write(tag, value="42.5", why="Slower", by=by)
                until(lambda: statuses() == {"acknowledged"})
            # switched off and said so, by each protocol
            until(lambda: open_states() == {"off"}, seconds=30)
    assert "REAL: http://192.0.2.1:5000 is not this machine, left alone" in said
    assert made_by_machine().keys() == {
        "M-sparkplug", "M-mqtt-json", "M-opcua", "M-mtconnect",
    }  # fmt: skip
    assert_reconciled()


def made_by_machine() -> dict[str, Decimal]:
    rows = ProductionReport.objects.values_list("machine__code", "quantity_good")
    found: dict[str, Decimal] = {}
    for code, quantity in rows:
        found[code] = found.get(code, Decimal(0)) + quantity
    return found


def statuses() -> set[str]:
    return set(TagWrite.objects.values_list("status", flat=True))


def open_states() -> set[str]:
    return set(MachineInterval.objects.filter(ends_at=None).values_list("state", flat=True))


NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)


def devices() -> Devices:
    roles = MachineTag.Role
    return Devices(
        [
            Signal("d/state", "M1", roles.STATE, states=read_states(STATES)),
            Signal("d/good", "M1", roles.GOOD, per_count=Decimal(2), rolls_over_at=Decimal(10)),
            Signal("d/scrap", "M1", roles.SCRAP),
            Signal("d/speed", "M1", roles.IGNORED, is_writable=True, kind="number"),
        ],
        now=NOW,
    )


def event(seconds: float, **body: Any) -> dict[str, Any]:
    at = (NOW + timedelta(seconds=seconds)).isoformat()
    return {"machine": "M1", "occurred_at": at} | body


def test_a_controller_says_totals_and_its_own_words() -> None:
    own = devices()
    assert {one.value for one in own.standing()} == {"DOWN", 0}
    told = own.advance(
        [
            event(1, state="running"),
            event(2, quantity_good=5, quantity_scrap=1),
            event(3, state="stopped", reason="JAM"),
            event(3, state="running"),
            event(4, quantity_good=20, quantity_scrap=0),
            event(5, state="off") | {"machine": "M2"},
        ],
        NOW + timedelta(seconds=5),
    )
    assert [(one.path, one.value) for one in told] == [
        ("d/state", "RUN"), ("d/good", 2), ("d/scrap", 1), ("d/state", "ALARM-JAM"),
        ("d/state", "RUN"), ("d/good", 2),
    ][:5]  # fmt: skip
    # no signal says two things at one time
    assert len({(one.path, one.at) for one in told}) == len(told)
    later = own.advance([event(5, state="idle")], NOW + timedelta(seconds=6))
    assert later[0].value == "WAIT"
    assert later[0].at > max(one.at for one in told)


def test_a_controller_does_what_it_may() -> None:
    own = devices()
    assert [one.value for one in own.write("d/speed", 7.5)] == [7.5]
    assert own.values["d/speed"] == 7.5
    assert own.write("d/good", 99) == []
    assert own.write("d/none", 1) == []
    assert word_for(read_states("A=running"), "stopped", "JAM") == "stopped"


def test_an_agent_has_a_probe_and_a_buffer() -> None:
    agent = MtconnectDevice(devices(), "127.0.0.1", 0)
    [device] = read_devices(agent.answer("/probe"))
    assert device.name == "d"
    assert {item.id for item in device.items} == {"state", "good", "scrap", "speed"}
    at = NOW + timedelta(seconds=1)
    agent.say([Change("d/good", n, at + timedelta(seconds=n)) for n in range(1, 4)])
    now = read_streams(agent.answer("/d/current"))
    assert [(one.path, one.value) for one in now.readings] == [("d/good", "3")]
    assert now.readings[0].at == read_time("2026-03-10T08:00:04Z")
    part = read_streams(agent.answer("/sample?from=2&count=2"))
    assert [one.value for one in part.readings] == ["2", "3"]
    assert part.next_sequence == now.next_sequence == 4
    for path, code in (
        ("/sample?from=99", "OUT_OF_RANGE"),
        ("/sample?from=x", "INVALID_REQUEST"),
        ("/other/current", "NO_DEVICE"),
        ("/assets", "INVALID_REQUEST"),
    ):
        assert code.encode() in agent.answer(path)

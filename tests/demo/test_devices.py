"""The demo's machines that speak for themselves: which, at which ports, by which broker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from apps.integration.models import MachineConnection, ServiceAccount
from apps.integration.services.machine_connections import (
    create_machine_connection,
    create_machine_tag,
)
from apps.integration.services.service_accounts import create_service_account
from mes_erp.bootstrap import ROOT
from mes_erp.demo import broker, devices
from mes_erp.demo.play.connecting import read_connections
from mes_erp.demo.supervisor import Child
from mes_erp.management.commands.demo import connect_devices
from tests import factories
from tests.execution.machines import Shopfloor, make_shopfloor
from tests.integration.broker import free_port

needs_broker = pytest.mark.skipif(not broker.is_here(), reason="no broker on this machine")


@pytest.fixture
def floor(monkeypatch: pytest.MonkeyPatch) -> Shopfloor:
    monkeypatch.setattr(devices, "read_notes", dict)
    monkeypatch.setattr(devices, "write_notes", lambda **_: None)
    by = factories.make_user("boss")
    by.is_superuser = True
    by.save()
    return make_shopfloor(factories.make_books("NORTH", by=by))


def connect(floor: Shopfloor, protocol: str, address: str, *machines: str) -> MachineConnection:
    by, company = floor.books.by, floor.books.company
    account = ServiceAccount.objects.first() or create_service_account(
        company, code="floor", roles=("operator",), by=by
    )
    number = MachineConnection.objects.count()
    connection = create_machine_connection(
        company=company, code=f"C{number}", name="C", protocol=protocol, address=address,
        account=account, by=by,
    )  # fmt: skip
    for code in machines:
        create_machine_tag(
            company=company, connection=connection, path=f"{code}/G/N/good", role="good",
            machine=floor.machine(code), by=by,
        )  # fmt: skip
    return connection


@needs_broker
@pytest.mark.django_db(transaction=True)
def test_a_port_that_is_taken_is_exchanged(floor: Shopfloor) -> None:
    """Both MQTT connections go on to one broker; what is elsewhere is left alone."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        first = connect(floor, "sparkplug", f"mqtt://127.0.0.1:{port}", "M1", "M2")
        second = connect(floor, "mqtt_json", f"mqtt://127.0.0.1:{port}", "M3")
        free = free_port()
        agent = connect(floor, "mtconnect", f"http://127.0.0.1:{free}", "M4")
        far = connect(floor, "mtconnect", "http://192.0.2.1:5000", "M5")
        found = devices.arrange()
    for row in (first, second, agent, far):
        row.refresh_from_db()
    assert first.address == second.address == f"mqtt://127.0.0.1:{found.broker_port}"
    assert found.broker_port not in (None, port)
    assert agent.address == f"http://127.0.0.1:{free}"
    assert far.address == "http://192.0.2.1:5000"
    assert found.codes == ("C0", "C1", "C2")
    assert found.machines == ("M1", "M2", "M3", "M4")
    again = devices.arrange()
    assert (again.codes, again.broker_port) == (found.codes, found.broker_port)


@pytest.mark.django_db(transaction=True)
def test_no_machine_is_driven_twice(floor: Shopfloor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a broker its machines go on as the others do."""
    port = free_port()
    connect(floor, "sparkplug", "mqtt://127.0.0.1:18830", "M1")
    connect(floor, "mtconnect", f"http://127.0.0.1:{port}", "M2")
    monkeypatch.setattr(broker, "is_here", lambda: False)
    children = [Child(name, ["run"]) for name in ("machines", "broker", "listener", "devices")]
    assert str(port) in connect_devices(children)
    commands = {child.name: list(child.command) for child in children}
    assert commands == {
        "machines": ["run", "--except", "M2"],
        "listener": ["run", "C1"],
        "devices": ["run", "C1"],
    }
    MachineConnection.objects.update(is_active=False)
    children = [Child(name, ["run"]) for name in ("machines", "broker", "listener", "devices")]
    connect_devices(children)
    assert [(child.name, list(child.command)) for child in children] == [("machines", ["run"])]


def test_the_demo_knows_each_protocol_and_no_machine_twice() -> None:
    story = read_connections()
    protocols = {row["protocol"] for row in story["connections"]}
    assert protocols == {"sparkplug", "mqtt_json", "opcua", "mtconnect"}
    machines = [machine for row in story["connections"] for machine in row["machines"]]
    assert len(set(machines)) == len(machines) == 8
    assert all(len(set(row["states"].values())) == 5 for row in story["connections"])


@needs_broker
def test_the_broker_serves_and_ends_when_asked() -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "mes_erp.demo.broker"],
        cwd=ROOT,
        env=os.environ | {broker.PORT: str(port)},
    )
    try:
        heard = list[Any]()
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.on_message = lambda _client, _data, message: heard.append(message.payload)
        client.on_connect = lambda own, *_: own.subscribe("a/#", 1)
        until = time.monotonic() + 15
        while time.monotonic() < until:
            with suppress(OSError):
                client.connect("127.0.0.1", port)
                break
            time.sleep(0.05)
        client.loop_start()
        while not heard and time.monotonic() < until:
            client.publish("a/b", b"x", qos=1)
            time.sleep(0.05)
        assert heard[0] == b"x"
        client.disconnect()
        client.loop_stop()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in (0, -signal.SIGTERM)

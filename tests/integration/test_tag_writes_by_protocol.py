"""Values written to a real OPC UA server and through a real broker: taken, refused, unanswered."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncua
import pytest

from apps.integration.listeners.opcua import OpcuaListener
from apps.integration.models import MachineConnection, MachineTag, QuarantinedReading, TagWrite
from apps.integration.protocols.sparkplug_payloads import DOUBLE, Metric, decode
from apps.integration.services import tag_writes
from apps.integration.services.machine_connections import create_machine_tag
from apps.integration.services.tag_writes import ask_tag_write, expire_writes
from mes_erp import bootstrap
from tests.execution.machines import Shopfloor
from tests.integration.broker import Broker
from tests.integration.opcua_server import OpcuaServer
from tests.integration.test_listeners import (
    Device,
    Node,
    connect,
    is_online,
    listening,
    shopfloor,
    until,
)

__all__ = ["shopfloor"]
pytestmark = pytest.mark.django_db(transaction=True)
needs_broker = pytest.mark.skipif(not bootstrap.broker(), reason="no mosquitto on this machine")
ua: Any = asyncua.ua


def writable(
    connection: MachineConnection, shopfloor: Shopfloor, path: str, kind: str = "number"
) -> MachineTag:
    return create_machine_tag(
        company=connection.company, connection=connection, path=path, role="ignored",
        machine=connection.tags.get(role="good").machine, is_writable=True,
        written_as=kind, by=shopfloor.books.by,
    )  # fmt: skip


def ask(tag: MachineTag, shopfloor: Shopfloor, value: str) -> TagWrite:
    return ask_tag_write(tag, value=value, why="Batch 7", by=shopfloor.books.by)


def comes_to(row: TagWrite, status: str, answer: str) -> None:
    def holds() -> bool:
        row.refresh_from_db()
        return row.status not in TagWrite.OPEN

    until(holds)
    assert (row.status, row.answer) == (status, answer)


@pytest.fixture
def server(settings: Any, tmp_path: Path) -> Iterator[OpcuaServer]:
    settings.OPCUA_DIR = tmp_path
    with OpcuaServer() as running:
        yield running


def test_an_opc_ua_server_takes_and_refuses(shopfloor: Shopfloor, server: OpcuaServer) -> None:
    connection = connect(shopfloor, "opcua", server.address, "ns=2;s=m")
    for name, value in (("speed", 20.0), ("recipe", "A"), ("lamp", False), ("count", 1)):
        server.loop.run(server.add(name, value))
        server.loop.run(server.nodes[name].set_writable())
    server.loop.run(server.add("fixed", 1.0))
    server.loop.run(server.add("stubborn", 1.0))
    stubborn = server.nodes["stubborn"]
    server.loop.run(stubborn.set_writable())
    server.server.set_attribute_value_setter(stubborn.nodeid, lambda *_: None)
    kinds = {"recipe": "text", "lamp": "truth", "count": "whole"}
    names = ("speed", "recipe", "lamp", "count", "fixed", "stubborn", "missing")
    tags = {
        name: writable(connection, shopfloor, f"ns=2;s=m/{name}", kinds.get(name, "number"))
        for name in names
    }
    with listening(connection, OpcuaListener):
        until(is_online)
        for name, value, said in (
            ("speed", "42.5", 42.5), ("recipe", "B 7", "B 7"), ("lamp", "true", True),
            ("count", "7", 7),
        ):  # fmt: skip
            comes_to(
                ask(tags[name], shopfloor, value), "acknowledged", f"The machine says {value}."
            )
            assert server.value(name) == said
        comes_to(ask(tags["fixed"], shopfloor, "2"), "refused", "BadUserAccessDenied")
        comes_to(ask(tags["missing"], shopfloor, "2"), "refused", "BadNodeIdUnknown")
        told = "It was taken, but the machine says 1."
        comes_to(ask(tags["stubborn"], shopfloor, "2"), "refused", told)
        server.put("count", 1)
        wide = ask(tags["count"], shopfloor, str(2**40))
        comes_to(wide, "refused", "the node takes Int32")
        assert server.value("count") == 1
    assert server.value("fixed") == 1.0
    assert not QuarantinedReading.objects.exists()


def test_what_no_server_took_is_not_sent_when_it_is_back(
    shopfloor: Shopfloor, server: OpcuaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.integration.listeners.opcua.FIRST_PAUSE", 0.2)
    connection = connect(shopfloor, "opcua", server.address, "ns=2;s=m")
    server.loop.run(server.add("speed", 20.0))
    server.loop.run(server.nodes["speed"].set_writable())
    tag = writable(connection, shopfloor, "ns=2;s=m/speed")
    monkeypatch.setattr(tag_writes, "TIME_OUT", timedelta(seconds=1))
    with listening(connection, OpcuaListener):
        until(is_online)
        server.stop()
        until(lambda: not is_online())
        row = ask(tag, shopfloor, "42")
        time.sleep(1.1)
        server.start(speed=20.0)
        until(is_online)
        comes_to(row, "timed_out", "Nobody sent it in time.")
        assert server.value("speed") == 20.0


class Oven:
    """Does what it is told on ``<signal>/set`` and says so, or keeps still."""

    def __init__(self, broker: Broker, signal: str, *, answers: bool = True) -> None:
        self.device, self.signal, self.answers = Device(broker), signal, answers
        self.told = list[dict[str, Any]]()
        self.device.client.on_message = self._told
        self.device.client.subscribe(f"{signal}/set", 1)

    def _told(self, _client: Any, _data: Any, message: Any) -> None:
        self.told.append(json.loads(message.payload))
        if self.answers:
            body = json.dumps({"value": self.told[-1]["value"]})
            self.device.client.publish(self.signal, body, qos=1)


@needs_broker
def test_a_device_is_told_by_its_topic(
    shopfloor: Shopfloor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Broker(tmp_path) as broker:
        connection = connect(shopfloor, "mqtt_json", broker.address, "plant/m1", topic="plant/#")
        warm = writable(connection, shopfloor, "plant/m1/warm")
        mute = writable(connection, shopfloor, "plant/m1/mute", "text")
        odd = writable(connection, shopfloor, "plant/+/x")
        oven = Oven(broker, "plant/m1/warm")
        silent = Oven(broker, "plant/m1/mute", answers=False)
        with listening(connection):
            until(is_online)
            row = ask(warm, shopfloor, "180")
            comes_to(row, "acknowledged", "The machine says 180.")
            assert [(one["value"], one["id"]) for one in oven.told] == [(180.0, row.pk)]
            comes_to(ask(odd, shopfloor, "1"), "refused", "This signal is no topic.")
            monkeypatch.setattr(tag_writes, "TIME_OUT", timedelta(seconds=1))
            late = ask(mute, shopfloor, "hello")
            until(lambda: len(silent.told) == 1)
            time.sleep(1)
            expire_writes()
            comes_to(late, "timed_out", "No answer in time.")
            broker.stop()
            until(lambda: not is_online())
            gone = ask(warm, shopfloor, "200")
            comes_to(gone, "refused", "The broker is not connected.")
            broker.start()
            until(is_online)
            time.sleep(0.5)
        assert len(oven.told) == 1
        assert len(silent.told) == 1
    # what we told devices came back to us by the wildcard, and is no reading
    assert not QuarantinedReading.objects.exists()


class Furnace(Node):
    """An edge node whose device has a set point that commands change."""

    ALIASES = Node.ALIASES | {"set-point": 4}

    def __init__(self, broker: Broker) -> None:
        self.commands = list[tuple[str, Any]]()
        super().__init__(broker, bd_seq=1)
        self.device.client.subscribe("spBv1.0/G/DCMD/N/#", 1)
        self.lock = threading.Lock()

    def _asked(self, *args: Any) -> None:
        message = args[2]
        if "/DCMD/" not in message.topic:
            super()._asked()
            return
        [metric] = decode(message.payload).metrics
        self.commands.append((message.topic, (metric.name, metric.alias, metric.value)))
        threading.Thread(target=self.set_point, args=[metric.value]).start()

    def set_point(self, value: float) -> None:
        with self.lock:
            self._say("DDATA", Metric("", 4, self._now(), DOUBLE, value))

    def born(self, *, good: int = 0) -> None:
        super().born(good=good)
        self.seq = 0
        self._say("NBIRTH", self.bd_seq)
        self._say("DBIRTH", Metric("set-point", 4, self._now(), DOUBLE, 20.0))


@needs_broker
def test_a_sparkplug_device_is_commanded_by_its_alias(shopfloor: Shopfloor, tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        connection = connect(shopfloor, "sparkplug", broker.address, "G/N/M1")
        tag = writable(connection, shopfloor, "G/N/M1/set-point")
        node = Furnace(broker)
        with listening(connection):
            until(is_online)
            told = "No node that is online names this signal."
            comes_to(ask(tag, shopfloor, "40"), "refused", told)
            node.born()
            time.sleep(0.5)
            comes_to(ask(tag, shopfloor, "42.5"), "acknowledged", "The machine says 42.5.")
            assert node.commands == [("spBv1.0/G/DCMD/N/M1", ("", 4, 42.5))]
            node.device.leave()
        assert len(node.commands) == 1

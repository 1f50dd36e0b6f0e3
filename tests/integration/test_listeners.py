"""Listeners against a real broker and a real HTTP agent: cut, killed, restarted, nothing lost."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import paho.mqtt.client as paho
import pytest
from django.db.models import Sum
from django.utils import timezone
from paho.mqtt.enums import CallbackAPIVersion

from apps.execution.models import MachineEvent, MachineInterval
from apps.integration.listeners.mqtt import MqttListener
from apps.integration.listeners.mtconnect import MtconnectListener
from apps.integration.management.commands.listen_machines import listen
from apps.integration.models import ConnectionState, MachineConnection, QuarantinedReading
from apps.integration.protocols.sparkplug_payloads import INT32, STRING, UINT64, Metric, encode
from apps.integration.services.machine_connections import (
    create_machine_connection,
    create_machine_tag,
)
from apps.integration.services.service_accounts import create_service_account
from mes_erp import bootstrap
from tests import factories
from tests.execution.machines import Shopfloor, make_shopfloor
from tests.integration.broker import Broker

pytestmark = pytest.mark.django_db(transaction=True)
needs_broker = pytest.mark.skipif(not bootstrap.broker(), reason="no mosquitto on this machine")
STATES = "ACTIVE=running\nREADY=idle\n*=stopped"


@pytest.fixture
def shopfloor() -> Shopfloor:
    by = factories.make_user("founder")
    return make_shopfloor(factories.make_books("NORTH", by=by))


def connect(shopfloor: Shopfloor, protocol: str, address: str, prefix: str, **values: Any) -> Any:
    """A connection with a machine whose state, good and scrap are below ``prefix``."""
    books = shopfloor.books
    account = create_service_account(books.company, code="floor", roles=("operator",), by=books.by)
    connection = create_machine_connection(
        company=books.company, code="C", name="C", protocol=protocol, address=address,
        account=account, by=books.by, **values,
    )  # fmt: skip
    machine = shopfloor.machine()
    for name, more in (("state", {"states": STATES}), ("good", {}), ("scrap", {})):
        create_machine_tag(
            company=books.company, connection=connection, path=f"{prefix}/{name}", role=name,
            machine=machine, by=books.by, **more,
        )  # fmt: skip
    return connection


@contextmanager
def listening(connection: MachineConnection, make: Any = MqttListener) -> Iterator[threading.Event]:
    stop = threading.Event()

    def run() -> None:
        from django.db import connections

        try:
            make(connection, stop).run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def until(holds: Callable[[], bool], *, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def pieces() -> Decimal:
    found = MachineEvent.objects.aggregate(sum=Sum("quantity_good"))["sum"]
    return Decimal(found or 0)


def is_online() -> bool:
    return ConnectionState.objects.filter(is_online=True).exists()


class Device:
    """Something that publishes, and waits for the broker's acknowledgement of each message."""

    def __init__(self, broker: Broker, will: tuple[str, bytes] | None = None) -> None:
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        if will:
            self.client.will_set(*will, qos=1)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()

    def say(self, topic: str, payload: bytes) -> None:
        self.client.publish(topic, payload, qos=1).wait_for_publish(10)

    def value(self, topic: str, value: Any, at: datetime) -> None:
        self.say(topic, json.dumps({"value": value, "at": at.isoformat()}).encode())

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def die(self) -> None:
        """Without a word: the broker tells its will."""
        self.client.loop_stop()
        self.client.socket().close()


@needs_broker
def test_plain_json_survives_a_cut_broker_and_a_killed_listener(
    shopfloor: Shopfloor, tmp_path: Path
) -> None:
    """Counts come while nobody listens and while the broker is away; each counts once."""
    began = timezone.now() - timedelta(hours=1)
    with Broker(tmp_path) as broker:
        connection = connect(shopfloor, "mqtt_json", broker.address, "plant/m1", topic="plant/#")
        with listening(connection):
            until(is_online)
            device = Device(broker)
            device.value("plant/m1/state", "ACTIVE", began)
            for n in range(50):
                device.value("plant/m1/good", n, began + timedelta(seconds=n))
            until(lambda: pieces() == 49)
        for n in range(50, 100):
            device.value("plant/m1/good", n, began + timedelta(seconds=n))
        device.leave()
        broker.stop()
        with listening(connection):
            time.sleep(1.5)
            broker.start()
            until(lambda: pieces() == 99)
            device = Device(broker)
            for n in range(90, 130):  # some were told before
                device.value("plant/m1/good", n, began + timedelta(seconds=n))
            device.say("plant/m1/good", b"not json")
            device.value("plant/m1/good", "NaN", began)
            device.value("plant/m2/good", 5, began)
            until(lambda: QuarantinedReading.objects.count() == 3)
            assert pieces() == 129
            device.leave()
    codes = sorted(QuarantinedReading.objects.values_list("code", flat=True))
    assert codes == ["bad_json", "not_a_number", "unknown_tag"]
    assert MachineInterval.objects.get().state == "running"


@needs_broker
def test_a_sparkplug_node_lives_dies_and_is_asked_to_be_born_again(
    shopfloor: Shopfloor, tmp_path: Path
) -> None:
    with Broker(tmp_path) as broker:
        connection = connect(shopfloor, "sparkplug", broker.address, "G/N/M1")
        node = Node(broker, bd_seq=1)
        with listening(connection):
            until(is_online)
            node.born()
            node.data(good=5)
            node.data(good=9, state="ACTIVE")
            until(lambda: pieces() == 9)
        node.data(good=12)  # while nobody listens
        with listening(connection):
            until(lambda: pieces() == 12)
            node.seq += 3  # messages that never were sent
            node.data(good=14)
            until(lambda: node.was_asked)
            node.born(good=15)
            until(lambda: pieces() == 15)
            node.device.die()
            until(lambda: MachineInterval.objects.filter(state="off", ends_at=None).exists())
    assert "sequence_gap" in QuarantinedReading.objects.values_list("code", flat=True)


class Node:
    """An edge node with one device, whose metrics have aliases."""

    ALIASES = {"state": 1, "good": 2, "scrap": 3}

    def __init__(self, broker: Broker, *, bd_seq: int) -> None:
        self.bd_seq = Metric("bdSeq", 0, None, UINT64, bd_seq)
        will = encode([self.bd_seq], timestamp=self._now())
        self.device = Device(broker, ("spBv1.0/G/NDEATH/N", will))
        self.seq, self.was_asked = 0, False
        self.device.client.on_message = self._asked
        self.device.client.subscribe("spBv1.0/G/NCMD/N", 1)

    def _asked(self, *_: Any) -> None:
        self.was_asked = True

    @staticmethod
    def _now() -> int:
        return round(timezone.now().timestamp() * 1000)

    def _say(self, kind: str, *metrics: Metric) -> None:
        topic = f"spBv1.0/G/{kind}/N" + ("/M1" if kind.startswith("D") else "")
        self.device.say(topic, encode(metrics, timestamp=self._now(), seq=self.seq % 256))
        self.seq += 1

    def born(self, *, good: int = 0) -> None:
        self.seq = 0
        self._say("NBIRTH", self.bd_seq)
        self._say(
            "DBIRTH",
            Metric("state", 1, self._now(), STRING, "READY"),
            Metric("good", 2, self._now(), INT32, good),
            Metric("scrap", 3, self._now(), INT32, 0),
        )

    def data(self, **values: Any) -> None:
        time.sleep(0.002)
        self._say(
            "DDATA",
            *(
                Metric("", self.ALIASES[name], self._now(), STRING if name == "state" else INT32, v)
                for name, v in values.items()
            ),
        )


class Agent:
    """An MTConnect agent over HTTP with a buffer of limited size."""

    def __init__(self, size: int = 100_000) -> None:
        self.instance, self.size, self.rows = 1, size, list[tuple[str, str, str]]()
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = agent.answer(self.path).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def tell(self, item: str, value: Any, at: datetime) -> None:
        self.rows.append((item, str(value), at.isoformat().replace("+00:00", "Z")))

    def answer(self, path: str) -> str:
        first = max(1, len(self.rows) - self.size + 1)
        asked = parse_qs(urlsplit(path).query)
        if urlsplit(path).path.endswith("/sample"):
            start = int(asked["from"][0])
            if start < first:
                return (
                    "<MTConnectError><Errors><Error errorCode='OUT_OF_RANGE'>gone</Error></Errors>"
                    "</MTConnectError>"
                )
            numbers = range(start, min(len(self.rows), start + int(asked["count"][0]) - 1) + 1)
        else:
            last = {row[0]: n for n, row in enumerate(self.rows, 1)}
            numbers = sorted(last.values())
            start = len(self.rows) + 1
        rows = "".join(
            f"<X dataItemId='{item}' sequence='{n}' timestamp='{at}'>{value}</X>"
            for n in numbers
            for item, value, at in [self.rows[n - 1]]
        )
        following = numbers[-1] + 1 if numbers else start
        return (
            f"<MTConnectStreams><Header instanceId='{self.instance}' firstSequence='{first}' "
            f"nextSequence='{following}'/><Streams><DeviceStream name='MILL'><ComponentStream>"
            f"<Events>{rows}</Events></ComponentStream></DeviceStream></Streams></MTConnectStreams>"
        )

    def restart(self) -> None:
        self.instance, self.rows = self.instance + 1, []


def test_an_agent_is_read_on_from_where_it_was_committed(shopfloor: Shopfloor) -> None:
    began = datetime.now(UTC) - timedelta(hours=1)
    agent = Agent(size=1500)
    connection = connect(shopfloor, "mtconnect", agent.address, "MILL")
    agent.tell("state", "ACTIVE", began)
    agent.tell("good", 0, began)
    stop = threading.Event()
    assert MtconnectListener(connection, stop).poll() is False
    for n in range(1, 1201):
        agent.tell("good", n, began + timedelta(seconds=n))
    assert MtconnectListener(connection, stop).poll() is True  # a thousand at a time
    assert pieces() == 1000
    # a new listener goes on where the last one committed
    assert MtconnectListener(connection, stop).poll() is False
    assert pieces() == 1200
    agent.restart()
    agent.tell("good", 1205, began + timedelta(seconds=1300))
    MtconnectListener(connection, stop).poll()
    assert pieces() == 1205
    assert not QuarantinedReading.objects.exists()
    # more than the buffer holds: what it forgot is noted, a counter does not lose it
    for n in range(1, 2001):
        agent.tell("good", 1205 + n, began + timedelta(seconds=1300 + n))
    MtconnectListener(connection, stop).poll()
    assert QuarantinedReading.objects.get().code == "lost_observations"
    assert pieces() == 3205


def test_an_agent_that_does_not_answer_is_offline_and_asked_again(
    shopfloor: Shopfloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.integration.listeners.mtconnect.AFTER_FAILURE", 0.1)
    agent = Agent()
    connection = connect(shopfloor, "mtconnect", agent.address, "MILL")
    agent.tell("good", "UNAVAILABLE", timezone.now())
    whole, agent.answer = agent.answer, lambda _path: "no document"  # type: ignore[method-assign]
    with listening(connection, MtconnectListener):
        until(lambda: ConnectionState.objects.filter(is_online=False).exists())
        agent.answer = whole  # type: ignore[method-assign]
        until(is_online)


def test_the_command_follows_connections_that_come_and_go(
    shopfloor: Shopfloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "apps.integration.management.commands.listen_machines"
    monkeypatch.setattr(f"{module}.BETWEEN_LOOKS", 0.1)
    agent = Agent()
    agent.tell("good", 3, timezone.now())
    connection = connect(shopfloor, "mtconnect", agent.address, "MILL")
    stop, said = threading.Event(), list[str]()

    def run() -> None:
        from django.db import connections

        listen([], stop, say=said.append)
        connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    until(is_online)
    connection.is_active = False
    connection.save_by(shopfloor.books.by)
    until(lambda: not is_online())
    stop.set()
    thread.join(10)
    assert said == [f"listening: C MTConnect agent {agent.address}"]

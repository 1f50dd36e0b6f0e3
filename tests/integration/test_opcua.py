"""The subscription to a real OPC UA server: restarted, secured, wrong; each change counts once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncua
import pytest
from django.utils import timezone

from apps.core.errors import InvalidInput
from apps.execution.models import MachineEvent, MachineInterval
from apps.integration.listeners.opcua import OpcuaListener
from apps.integration.management.commands.listen_machines import listen
from apps.integration.models import ConnectionState, MachineConnection, QuarantinedReading
from apps.integration.protocols.opcua import node_id, reading_of
from apps.integration.protocols.readings import Reading, Refused
from apps.integration.services.machine_connections import (
    create_machine_tag,
    update_machine_connection,
)
from tests.execution.machines import Shopfloor
from tests.integration.opcua_server import OpcuaServer
from tests.integration.test_listeners import (
    connect,
    is_online,
    listening,
    pieces,
    shopfloor,
    until,
)

__all__ = ["shopfloor"]
pytestmark = pytest.mark.django_db(transaction=True)
ua: Any = asyncua.ua
NODES = "ns=2;s=m"
OPEN = ua.SecurityPolicyType.NoSecurity
SEALED = ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    module = "apps.integration.listeners.opcua"
    monkeypatch.setattr(f"{module}.FIRST_PAUSE", 0.2)
    monkeypatch.setattr(f"{module}.BETWEEN_LOOKS", 0.2)
    monkeypatch.setattr(f"{module}.LOOKS_BETWEEN_RETRIES", 2)
    settings.OPCUA_DIR = tmp_path / "own"


@pytest.fixture
def server() -> Iterator[OpcuaServer]:
    with OpcuaServer() as running:
        yield running


@pytest.fixture
def connection(shopfloor: Shopfloor, server: OpcuaServer, fast: None) -> MachineConnection:
    found: MachineConnection = connect(shopfloor, "opcua", server.address, NODES)
    return found


def states() -> list[str]:
    return list(MachineInterval.objects.order_by("starts_at").values_list("state", flat=True))


def detail() -> str:
    """What the state of the connection says, beside whether it stands."""
    row = ConnectionState.objects.first()
    return row.detail if row is not None else ""


def test_states_and_counters_arrive_once(
    connection: MachineConnection, server: OpcuaServer
) -> None:
    """Changes between two messages of the subscription all come, with the source's own times."""
    began = timezone.now()
    with listening(connection, OpcuaListener):
        until(is_online)
        until(lambda: states() == ["idle"])
        server.put("state", "ACTIVE", began + timedelta(seconds=10))
        for n in range(1, 101):
            server.put("good", n, began + timedelta(seconds=10 + n / 10))
        server.put("state", "READY", began + timedelta(seconds=25))
        server.put("scrap", 2, began + timedelta(seconds=26))
        until(lambda: pieces() == 100)
        until(lambda: states()[1:] == ["running", "idle"])
    assert MachineEvent.objects.filter(kind="count", quantity_good__gt=0).count() == 100
    running = MachineInterval.objects.get(state="running")
    assert running.starts_at == began + timedelta(seconds=10)
    assert running.ends_at == began + timedelta(seconds=25)
    assert not QuarantinedReading.objects.exists()
    assert (is_online(), detail()) == (False, "stopped")


def test_a_server_that_restarts_is_found_again(
    connection: MachineConnection, server: OpcuaServer
) -> None:
    """While it is away its machines are off; then its first values say what stands, once."""
    with listening(connection, OpcuaListener):
        until(is_online)
        server.put("state", "ACTIVE")
        server.put("good", 5)
        until(lambda: pieces() == 5)
        until(lambda: states()[-1:] == ["running"])
        server.stop()
        until(lambda: states()[-1] == "off")
        until(lambda: not is_online())
        assert detail()
        server.start(state="ACTIVE", good=9)
        until(is_online)
        until(lambda: pieces() == 9)
        until(lambda: states()[-1] == "running")
    # a listener that begins anew hears the same values again: nothing is counted twice
    with listening(connection, OpcuaListener):
        until(is_online)
        server.put("good", 10)
        until(lambda: pieces() == 10)
    assert states()[-3:] == ["running", "off", "running"]
    assert not QuarantinedReading.objects.exists()


def test_a_value_that_stood_before_the_loss_stands_again(
    shopfloor: Shopfloor, server: OpcuaServer, fast: None
) -> None:
    """Its time lies before the silence; told as it is only, the machine would stay off."""
    connection = connect(shopfloor, "opcua", server.address, NODES)
    server.put("state", "ACTIVE", datetime.now(UTC) - timedelta(hours=3))
    with listening(connection, OpcuaListener):
        until(lambda: states() == ["running"])
        [interval] = MachineInterval.objects.all()
        assert timezone.now() - interval.starts_at < timedelta(minutes=1)
        update_machine_connection(connection, by=shopfloor.books.by, name="Other")
    changed = datetime.now(UTC)
    server.put("good", 3, changed)
    server.put("state", "READY", changed)
    with listening(connection, OpcuaListener):
        until(lambda: states() == ["running", "idle"])
    # it changed while nobody listened, and that is told with its own time
    assert MachineInterval.objects.get(state="idle").starts_at == changed


def test_what_can_not_be_used_is_seen(connection: MachineConnection, server: OpcuaServer) -> None:
    at = timezone.now() + timedelta(seconds=5)
    with listening(connection, OpcuaListener):
        until(is_online)
        server.put("state", "ACTIVE", at)
        until(lambda: states()[-1:] == ["running"])
        server.put("state", "ACTIVE", at + timedelta(seconds=1), ua.StatusCodes.BadSensorFailure)
        until(lambda: states()[-1] == "off")
        server.put("scrap", float("nan"), at)
        server.put("good", 7, at + timedelta(days=1))
        server.put("scrap", 1, at + timedelta(seconds=2), ua.StatusCodes.UncertainLastUsableValue)
        until(lambda: QuarantinedReading.objects.count() == 2)
    codes = sorted(QuarantinedReading.objects.values_list("code", flat=True))
    assert codes == ["in_the_future", "not_a_number"]
    assert not MachineEvent.objects.filter(kind="count").exists()


def test_nodes_are_followed_as_signals_come_and_go(
    connection: MachineConnection, server: OpcuaServer, shopfloor: Shopfloor
) -> None:
    """A node that the server lacks is named in the state, and heard once it is there."""
    good = connection.tags.get(role="good")
    good.path = "ns=2;s=m/late"
    good.save_by(shopfloor.books.by)
    with listening(connection, OpcuaListener):
        until(lambda: "ns=2;s=m/late (BadNodeIdUnknown)" in detail())
        assert is_online()
        create_machine_tag(
            company=connection.company, connection=connection, path="nonsense", role="good",
            machine=good.machine, by=shopfloor.books.by,
        )  # fmt: skip
        until(lambda: "nonsense (BadNodeIdInvalid)" in detail())
        server.loop.run(server.add("late", 4))
        until(lambda: "m/late" not in detail())
        server.put("late", 6)
        until(lambda: pieces() == 2)
        server.put("good", 100)
        server.put("late", 7)
        until(lambda: pieces() == 3)
    assert not QuarantinedReading.objects.exists()


def test_a_password_goes_by_an_encrypted_channel(
    shopfloor: Shopfloor, fast: None, tmp_path: Path
) -> None:
    server = OpcuaServer(folder=tmp_path, password="hush", policies=[OPEN, SEALED])
    with server:
        shown = hashlib.sha256((tmp_path / "server.der").read_bytes()).hexdigest()
        connection = connect(
            shopfloor, "opcua", server.address, NODES, username="mes", password="hush", topic=shown
        )
        with listening(connection, OpcuaListener):
            until(is_online)
            assert detail() == ""
            server.put("good", 2)
            until(lambda: pieces() == 2)
        assert ("mes", "hush") in server.people.said  # type: ignore[union-attr]
        assert (tmp_path / "own" / "key.pem").stat().st_mode & 0o077 == 0
        connection.topic = "ab" * 32
        before = len(server.people.said)  # type: ignore[union-attr]
        with listening(connection, OpcuaListener):
            until(lambda: f"another fingerprint: {shown}" in detail())
        assert len(server.people.said) == before  # type: ignore[union-attr]


def test_a_password_is_never_sent_in_plain_text(
    shopfloor: Shopfloor, fast: None, tmp_path: Path
) -> None:
    """No certificate: the server would take it as it is, so it is not even connected to."""
    with OpcuaServer(password="hush", policies=[OPEN]) as server:
        connection = connect(
            shopfloor, "opcua", server.address, NODES, username="mes", password="hush"
        )
        with listening(connection, OpcuaListener):
            until(lambda: "plain text" in detail())
        assert server.people.said == []  # type: ignore[union-attr]


def test_an_open_channel_takes_the_password_sealed(
    shopfloor: Shopfloor, fast: None, tmp_path: Path
) -> None:
    """The server offers no encrypted channel, but takes the password encrypted for its own key."""
    with OpcuaServer(folder=tmp_path, password="hush", policies=[OPEN, SEALED]) as server:
        inner = server.server.iserver
        inner.endpoints = [
            one for one in inner.endpoints if one.SecurityMode == ua.MessageSecurityMode.None_
        ]
        connection = connect(
            shopfloor, "opcua", server.address, NODES, username="mes", password="hush"
        )
        with listening(connection, OpcuaListener):
            until(is_online)
            assert detail() == "not encrypted"
        assert ("mes", "hush") in server.people.said  # type: ignore[union-attr]


def test_an_address_and_a_fingerprint_are_checked(
    connection: MachineConnection, shopfloor: Shopfloor
) -> None:
    by = shopfloor.books.by
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"address": "http://server"}, "bad_address"),
        ({"topic": "abc"}, "bad_fingerprint"),
    ]
    for values, code in wrong:
        with pytest.raises(InvalidInput) as refused:
            update_machine_connection(connection, by=by, **values)
        assert refused.value.code == code
    colons = ":".join(["AB"] * 32)
    assert update_machine_connection(connection, by=by, topic=colons).topic == colons


def test_the_command_listens_to_it(
    connection: MachineConnection, server: OpcuaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from django.db import connections

    module = "apps.integration.management.commands.listen_machines"
    monkeypatch.setattr(f"{module}.BETWEEN_LOOKS", 0.1)
    stop, said = threading.Event(), list[str]()

    def run() -> None:
        listen([], stop, say=said.append)
        connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    until(is_online)
    server.put("good", 4)
    until(lambda: pieces() == 4)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert said == [f"listening: C OPC UA server {server.address}"]


NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ua.DataValue(ua.Variant(5)), [Reading("p", 5, NOW)]),
        (
            ua.DataValue(ua.Variant(5), SourceTimestamp=datetime(2026, 3, 10, 7)),
            [Reading("p", 5, datetime(2026, 3, 10, 7, tzinfo=UTC))],
        ),
        (
            # a clock that was never set says 1601
            ua.DataValue(ua.Variant(True), SourceTimestamp=datetime(1601, 1, 1, tzinfo=UTC)),
            [Reading("p", True, NOW)],
        ),
        (
            ua.DataValue(ua.Variant("x"), StatusCode=ua.StatusCode(ua.StatusCodes.BadNoData)),
            [Reading("p", None, NOW, False)],
        ),
        (ua.DataValue(ua.Variant(ua.LocalizedText("RUN"))), [Reading("p", "RUN", NOW)]),
        (
            ua.DataValue(ua.Variant([1, 2])),
            [Refused("p", "bad_reading", "a value is one word or number, not list", "[1, 2]")],
        ),
        (ua.DataValue(), [Reading("p", None, NOW, False)]),
        (None, [Refused("p", "bad_reading", "a notification without a value", "")]),
    ],
)  # fmt: skip
def test_what_a_value_means(data: Any, expected: list[Any]) -> None:
    assert reading_of("p", data, now=NOW) == expected


def test_a_queue_that_ran_over_is_told() -> None:
    said = reading_of("p", ua.DataValue(ua.Variant(1), StatusCode=ua.StatusCode(0x480)), now=NOW)
    assert [type(one) for one in said] == [Refused, Reading]
    assert said[1] == Reading("p", 1, NOW)


def test_texts_that_name_nodes() -> None:
    assert node_id("ns=2;s=Press1.State") == ua.NodeId("Press1.State", 2)
    assert node_id("i=2258") == ua.NodeId(2258)
    for text in ("", "Press1", "ns=2", "ns=x;s=a", "g=zz"):
        assert node_id(text) is None

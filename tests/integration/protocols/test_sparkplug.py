"""Sparkplug B: payloads as others wrote them, and sessions of nodes through every trap."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.integration.protocols.readings import Reading, Refused
from apps.integration.protocols.sparkplug_host import (
    BETWEEN_REBIRTHS,
    Command,
    Host,
    News,
    read_topic,
)
from apps.integration.protocols.sparkplug_payloads import (
    BOOLEAN,
    DOUBLE,
    INT8,
    INT16,
    INT32,
    INT64,
    STRING,
    UINT32,
    UINT64,
    Metric,
    PayloadError,
    decode,
    encode,
    moment,
)
from tests.support.published import CASES

FILES = CASES / "08-shopfloor" / "sparkplug"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
NAMES = ("NBIRTH_V1", "NDEATH_V1", "NDATA_BEFORE_BIRTH")

published = pytest.mark.skipif(
    not FILES.exists(), reason="the published cases are not here (MES_ERP_CASES)"
)


def vector(name: str) -> tuple[bytes, dict[str, Any]]:
    case = json.loads((FILES / f"{name}.json").read_text())
    return base64.b64decode(case["payload_base64"]), case["expected"]


@published
@pytest.mark.case("SHP-SPB-{name}")
@pytest.mark.parametrize("name", NAMES)
def test_a_payload_reads_as_published(name: str) -> None:
    data, expected = vector(name)
    payload = decode(data)
    assert (payload.timestamp, payload.seq) == (expected["timestamp"], expected["seq"])
    assert [
        {
            key: value
            for key, value in (
                ("name", one.name), ("alias", one.alias),
                ("datatype", one.datatype_name), ("value", one.value),
            )
            if value not in ("", None)
        }
        for one in payload.metrics
    ] == expected["metrics"]  # fmt: skip


@published
@pytest.mark.case("SHP-SPB-NDATA_BEFORE_BIRTH", "SHP-SPB-NBIRTH_V1", "SHP-SPB-NDEATH_V1")
def test_data_before_the_birth_asks_for_it() -> None:
    host = Host()
    data, _expected = vector("NDATA_BEFORE_BIRTH")
    refused, command = host.receive("spBv1.0/G/NDATA/N", data, now=NOW)
    assert isinstance(refused, Refused) and refused.code == "not_born"
    assert isinstance(command, Command) and command.topic == "spBv1.0/G/NCMD/N"
    [asked] = decode(command.payload).metrics
    assert (asked.name, asked.value) == ("Node Control/Rebirth", True)
    birth, _expected = vector("NBIRTH_V1")
    news, temperature = host.receive("spBv1.0/G/NBIRTH/N", birth, now=NOW)
    assert news == News("G/N", True, NOW)
    assert (temperature.path, temperature.value) == ("G/N/Temperature", 21.5)
    [reading] = host.receive("spBv1.0/G/NDATA/N", data, now=NOW)
    assert (reading.path, reading.value) == ("G/N/Temperature", 25.0)
    # the death is of bdSeq 0, the birth was of 88: an older session's will
    death, _expected = vector("NDEATH_V1")
    [other] = host.receive("spBv1.0/G/NDEATH/N", death, now=NOW)
    assert isinstance(other, Refused) and other.code == "other_session"


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from([INT8]), st.integers(-128, 127)),
            st.tuples(st.sampled_from([INT16]), st.integers(-(2**15), 2**15 - 1)),
            st.tuples(st.sampled_from([INT32]), st.integers(-(2**31), 2**31 - 1)),
            st.tuples(st.sampled_from([INT64]), st.integers(-(2**63), 2**63 - 1)),
            st.tuples(st.sampled_from([UINT32]), st.integers(0, 2**32 - 1)),
            st.tuples(st.sampled_from([UINT64]), st.integers(0, 2**64 - 1)),
            st.tuples(st.sampled_from([DOUBLE]), st.floats(allow_nan=False)),
            st.tuples(st.sampled_from([BOOLEAN]), st.booleans()),
            st.tuples(st.sampled_from([STRING]), st.text()),
            st.tuples(st.sampled_from([STRING]), st.none()),
        ),
        max_size=20,
    ),
    st.integers(0, 255),
)
def test_what_is_written_is_read_back(values: list[tuple[int, Any]], seq: int) -> None:
    metrics = [
        Metric(f"m{n}", n, 1_000 + n, datatype, value, is_null=value is None)
        for n, (datatype, value) in enumerate(values)
    ]
    payload = decode(encode(metrics, timestamp=5, seq=seq))
    assert (payload.timestamp, payload.seq, list(payload.metrics)) == (5, seq, metrics)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for outcome in Host().receive("spBv1.0/G/NBIRTH/N", data, now=NOW):
        assert isinstance(outcome, Reading | Refused | News | Command)


@pytest.mark.parametrize(
    "topic",
    ["", "spBv1.0/G/NDATA", "spAv1.0/G/NDATA/N", "spBv1.0/G/DDATA/N", "spBv1.0/G/NDATA/N/D",
     "spBv1.0/G/STATE/N", "spBv1.0//NDATA/N", "STATE/host"],
)  # fmt: skip
def test_other_topics_are_nobodys(topic: str) -> None:
    assert read_topic(topic) is None
    assert Host().receive(topic, b"", now=NOW) == []


def test_a_time_that_no_calendar_has_is_refused() -> None:
    with pytest.raises(PayloadError):
        moment(2**63)
    data = encode([Metric("x", 1, 2**63, DOUBLE, 1.0)], seq=0, timestamp=1)
    outcomes = Host().receive("spBv1.0/G/NBIRTH/N", data, now=NOW)
    assert [o.code for o in outcomes if isinstance(o, Refused)] == ["bad_payload"]


class Node:
    """An edge node as a device would be one, and the host that hears it."""

    def __init__(self) -> None:
        self.host, self.seq, self.bd_seq, self.now = Host(), 0, 0, NOW

    def say(self, kind: str, *metrics: Metric, device: str = "", seq: int | None = None) -> Any:
        topic = f"spBv1.0/G/{kind}/N" + (f"/{device}" if device else "")
        sent = None if kind == "NDEATH" else self.seq if seq is None else seq
        data = encode(metrics, timestamp=1_790_000_000_000, seq=sent)
        if sent is not None:
            self.seq = (sent + 1) % 256
        return self.host.receive(topic, data, now=self.now)

    def born(self, *metrics: Metric) -> Any:
        self.seq = 0
        return self.say("NBIRTH", Metric("bdSeq", 0, None, UINT64, self.bd_seq), *metrics)

    def dead(self, bd_seq: int | None = None) -> Any:
        own = self.bd_seq if bd_seq is None else bd_seq
        return self.say("NDEATH", Metric("bdSeq", 0, None, UINT64, own))


SPEED = Metric("Speed", 7, None, INT32, 0)


def told(outcomes: Any) -> list[str]:
    """What a message brought, in short."""
    return [
        o.code if isinstance(o, Refused)
        else "rebirth" if isinstance(o, Command)
        else f"{'+' if o.is_online else '-'}{o.path}" if isinstance(o, News)
        else f"{o.path}={o.value}"
        for o in outcomes
    ]  # fmt: skip


def speed(value: int | None) -> Metric:
    return Metric("", 7, None, INT32, value, is_null=value is None)


def test_a_session_from_birth_to_death() -> None:
    node = Node()
    assert told(node.born(SPEED)) == ["+G/N", "G/N/Speed=0"]
    assert told(node.say("NDATA", speed(-5))) == ["G/N/Speed=-5"]
    [unknown] = node.say("NDATA", speed(None))
    assert (unknown.value, unknown.is_known) == (None, False)
    births = node.say("DBIRTH", Metric("Count", 8, None, UINT32, 3), device="D")
    assert told(births) == ["+G/N/D", "G/N/D/Count=3"]
    assert told(node.say("DDATA", Metric("", 8, None, UINT32, 4), device="D")) == ["G/N/D/Count=4"]
    assert told(node.dead()) == ["-G/N/D", "-G/N"]
    assert told(node.say("NDATA", speed(1))) == ["not_born", "rebirth"]


def test_numbers_go_round_and_a_gap_is_seen() -> None:
    node = Node()
    node.born(SPEED)
    for n in range(600):
        assert told(node.say("NDATA", speed(n))) == [f"G/N/Speed={n}"]
    assert told(node.say("NDATA", speed(1), seq=(node.seq + 1) % 256)) == [
        "sequence_gap", "-G/N", "rebirth",
    ]  # fmt: skip
    assert told(node.say("NDATA", speed(2))) == ["not_born"]
    node.now += BETWEEN_REBIRTHS + timedelta(seconds=1)
    assert told(node.say("NDATA", speed(2))) == ["not_born", "rebirth"]
    assert told(node.born(SPEED)) == ["+G/N", "G/N/Speed=0"]


def test_a_message_twice_is_a_gap_not_a_second_value() -> None:
    node = Node()
    node.born(SPEED)
    node.say("NDATA", speed(1))
    assert told(node.say("NDATA", speed(1), seq=1))[0] == "sequence_gap"


def test_a_late_birth_does_not_revive_a_dead_session() -> None:
    """Its will was delivered first: the birth with the same bdSeq came from before."""
    node = Node()
    node.born(SPEED)
    node.dead()
    assert told(node.born(SPEED)) == ["dead_session"]
    assert told(node.say("NDATA", speed(1))) == ["not_born", "rebirth"]
    node.bd_seq = 1
    assert told(node.born(SPEED)) == ["+G/N", "G/N/Speed=0"]


def test_the_will_of_an_older_session_ends_nothing() -> None:
    node = Node()
    node.bd_seq = 4
    node.born(SPEED)
    assert told(node.dead(3)) == ["other_session"]
    assert told(node.say("NDATA", speed(9))) == ["G/N/Speed=9"]


def test_a_birth_begins_at_zero() -> None:
    node = Node()
    metric = Metric("bdSeq", 0, None, UINT64, 0)
    assert told(node.say("NBIRTH", metric, seq=3)) == ["birth_sequence"]


def test_an_alias_that_no_birth_named_asks_for_one() -> None:
    node = Node()
    node.born(SPEED)
    assert told(node.say("NDATA", Metric("", 99, None, INT32, 1))) == ["unknown_alias", "rebirth"]


def test_a_device_that_was_not_born_is_not_believed() -> None:
    node = Node()
    node.born(SPEED)
    assert told(node.say("DDATA", speed(1), device="D")) == ["not_born", "rebirth"]
    node.say("DBIRTH", Metric("Count", 8, None, UINT32, 3), device="D")
    assert told(node.say("DDEATH", device="D")) == ["-G/N/D"]
    assert told(node.say("DDATA", speed(1), device="D"))[0] == "not_born"


def test_after_a_lost_connection_everybody_is_born_again() -> None:
    node = Node()
    node.born(SPEED)
    node.host.forget()
    assert told(node.say("NDATA", speed(1)))[0] == "not_born"


def test_a_command_has_the_type_and_name_of_the_birth() -> None:
    host = Host()
    born = [Metric("bdSeq", None, 1, UINT64, 1), Metric("Speed/Set", None, 1, INT32, 5)]
    host.receive("spBv1.0/G/NBIRTH/N", encode(born, timestamp=1, seq=0), now=NOW)
    device = [Metric("on", 7, 1, BOOLEAN, False)]
    host.receive("spBv1.0/G/DBIRTH/N/D", encode(device, timestamp=1, seq=1), now=NOW)
    again = Host()
    again.restore(host.state())
    for one in (host, again):
        command = one.write("G/N/Speed/Set", 9, now=NOW)
        assert command is not None
        assert command.topic == "spBv1.0/G/NCMD/N"
        [metric] = decode(command.payload).metrics
        assert (metric.name, metric.alias, metric.datatype, metric.value) == (
            "Speed/Set", None, INT32, 9,
        )  # fmt: skip
        command = one.write("G/N/D/on", True, now=NOW)
        assert command is not None
        assert command.topic == "spBv1.0/G/DCMD/N/D"
        [metric] = decode(command.payload).metrics
        assert (metric.name, metric.alias, metric.value) == ("", 7, True)
        assert one.write("G/N/D/off", True, now=NOW) is None
        assert one.write("G/M/D/on", True, now=NOW) is None
    death = encode([Metric("bdSeq", None, 1, UINT64, 1)], timestamp=1)
    host.receive("spBv1.0/G/NDEATH/N", death, now=NOW)
    assert host.write("G/N/D/on", True, now=NOW) is None

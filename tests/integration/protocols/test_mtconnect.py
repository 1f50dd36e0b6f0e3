"""MTConnect: documents of the reference agent and lines of real adapters, read as published."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.integration.protocols.mtconnect import (
    DocumentError,
    read_devices,
    read_streams,
    read_tools,
)
from apps.integration.protocols.readings import Reading
from apps.integration.protocols.shdr import Asset, is_command, read_lines, tokens
from tests.support.published import CASES

FILES = CASES / "08-shopfloor" / "mtconnect"
published = pytest.mark.skipif(
    not FILES.exists(), reason="the published cases are not here (MES_ERP_CASES)"
)


def devices() -> list[str]:
    return sorted(file.name for file in (FILES / "devices").glob("*.xml"))


@published
@pytest.mark.case("SHP-MTC-DEV-{name}")
@pytest.mark.parametrize("name", devices())
def test_a_device_file_reads_as_published(name: str) -> None:
    file = FILES / "devices" / name
    expected = json.loads(Path(f"{file}.expected.json").read_text())
    found = read_devices(file.read_bytes())
    assert [device.name for device in found] == expected["devices"]
    assert sum(len(device.items) for device in found) == expected["data_items"]
    assert all(item.id and item.category for device in found for item in device.items)


@published
@pytest.mark.case("SHP-MTC-SHDR-dev")
def test_lines_are_cut_as_the_reference_agent_cuts_them() -> None:
    for case in json.loads((FILES / "shdr_tokenizer.json").read_text()):
        assert tokens(case["line"]) == case["tokens"], case["line"]


@published
@pytest.mark.case("SHP-MTC-OKUMA-dev")
def test_a_real_adapters_log_reads_as_published() -> None:
    lines = (FILES / "okuma_shdr.txt").read_text().splitlines()
    expected = json.loads((FILES / "okuma_shdr.expected.json").read_text())
    found = list(read_lines(lines))
    assets = [one for one in found if isinstance(one, Asset) and not one.is_removed]
    assert (len(lines), len(assets)) == (expected["lines"], expected["asset_lines"])
    assert all(asset.body.startswith("<CuttingTool ") for asset in assets)
    readings = [one for one in found if isinstance(one, Reading)]
    counted = Counter(reading.path for reading in readings)
    # the published counts are of positions: the unnamed ones are the rest of conditions
    frequent = {name: n for name, n in expected["most_frequent"].items() if name}
    assert {name: counted[name] for name in frequent} == frequent
    last = {reading.path: reading.value for reading in readings}
    assert {name: last[name] for name in expected["last_value"]} == expected["last_value"]
    cut = [tokens(line) for line in lines if line[:1].isdigit()]
    assert sum(not is_command(fields) for fields in cut) == expected["observation_lines"]
    assert readings[0].at == datetime(2022, 8, 8, 13, 51, 34, 716714, UTC)


@published
@pytest.mark.case("SHP-MTC-ASSETS")
def test_cutting_tools_keep_ids_and_life() -> None:
    tools, broken = [], []
    for file in sorted((FILES / "assets").glob("*.xml")):
        try:
            tools += read_tools(file.read_bytes())
        except DocumentError:
            broken.append(file.name)
    # its tags don't match (CuttingItmems): refused, as a hostile or cut-off document is
    assert broken == ["asset4.xml"]
    first = tools[0]
    assert (first.asset_id, first.serial_number, first.tool_id) == (
        "KSSP300R4SD43L240.1", "1", "KSSP300R4SD43L240",
    )  # fmt: skip
    [life] = first.life
    assert (life.kind, life.direction, life.value, life.limit) == (
        "PART_COUNT", "DOWN", "200", "300",
    )  # fmt: skip
    assert {tool.asset_id for tool in tools} == {"KSSP300R4SD43L240.1", "B732A08500HP.1", "XXX.200"}


@published
@pytest.mark.case("SHP-MTC-SCEN")
def test_a_scenario_gives_how_long_each_state_lasted() -> None:
    """Each line comes two seconds after the one before; states last until the next one."""
    expected = json.loads((FILES / "simple_scenario_1.expected.json").read_text())
    lines = (FILES / "simple_scenario_1.txt").read_text().split()
    cut = [tokens(line) for line in lines]
    assert cut == expected["state_sequence"]
    at, began, spent = datetime(2026, 1, 1, tzinfo=UTC), None, Counter[str]()
    for delay, *pairs in cut:
        at += timedelta(seconds=int(delay))
        for name, value in zip(pairs[::2], pairs[1::2], strict=True):
            if name != "execution":
                continue
            if began is not None:
                spent[began[1]] += int((at - began[0]).total_seconds())
            began = (at, value)
    assert spent == {"INTERRUPTED": 4, "ACTIVE": 8, "READY": 10}


SAMPLE = """<?xml version="1.0"?>
<MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:1.3"><Header instanceId="77"
 firstSequence="5" nextSequence="14"/><Streams><DeviceStream name="MILL" uuid="u"><ComponentStream>
<Events><Execution dataItemId="exec" sequence="12"
 timestamp="2026-03-10T08:00:02.5Z">ACTIVE</Execution>
<PartCount dataItemId="pc" sequence="11"
 timestamp="2026-03-10T08:00:01Z">UNAVAILABLE</PartCount></Events>
<Condition><Fault dataItemId="sys" sequence="13" timestamp="2026-03-10T08:00:03Z" nativeCode="E7"
 type="SYSTEM">Door</Fault></Condition>
</ComponentStream></DeviceStream></Streams></MTConnectStreams>"""


def test_a_part_of_the_buffer_comes_in_its_order() -> None:
    found = read_streams(SAMPLE)
    assert (found.instance_id, found.first_sequence, found.next_sequence) == ("77", 5, 14)
    assert [(r.path, r.value, r.is_known) for r in found.readings] == [
        ("MILL/pc", "UNAVAILABLE", False), ("MILL/exec", "ACTIVE", True),
        ("MILL/sys", "FAULT E7", True),
    ]  # fmt: skip
    assert found.readings[1].at == datetime(2026, 3, 10, 8, 0, 2, 500000, UTC)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "no xml",
        "<MTConnectDevices/>",
        SAMPLE.replace('sequence="12"', 'sequence="x"'),
        SAMPLE.replace('timestamp="2026-03-10T08:00:01Z"', 'timestamp="soon"'),
        SAMPLE.replace('nextSequence="14"', 'nextSequence="-"'),
        '<!DOCTYPE a [<!ENTITY b "c">]><MTConnectStreams>&b;</MTConnectStreams>',
        "<MTConnectError><Error errorCode='OUT_OF_RANGE'>gone</Error></MTConnectError>",
    ],
)
def test_what_is_no_document_is_refused(document: str) -> None:
    with pytest.raises(DocumentError):
        read_streams(document)


@given(st.text(alphabet='ab|"\\ ', max_size=30))
def test_every_line_can_be_cut(line: str) -> None:
    assert len(tokens(line)) >= 1


def test_lines_that_say_nothing_are_passed_over() -> None:
    lines = ["* PONG 10000", "", "not a time|x|1", "2026-03-10T08:00:00Z|x|UNAVAILABLE|y"]
    assert list(read_lines(lines)) == [
        Reading("x", "UNAVAILABLE", datetime(2026, 3, 10, 8, tzinfo=UTC), False)
    ]

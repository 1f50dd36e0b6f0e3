"""Documents of MTConnect agents (ANSI/MTC1.4): devices, streams of observations, assets.

Any version of the standard is read: elements are known by their local names. XML is hostile: no
entities, no external anything, a limit of size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from apps.integration.protocols.readings import Reading
from apps.integration.protocols.shdr import read_time

LARGEST = 20_000_000
UNAVAILABLE = "UNAVAILABLE"


class DocumentError(ValueError):
    """What came is no document of an agent."""


@dataclass(frozen=True, slots=True)
class DataItem:
    """What a device can tell: ``id`` is what streams name it by."""

    id: str
    name: str
    kind: str
    category: str
    units: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    id: str
    name: str
    uuid: str
    items: tuple[DataItem, ...]


@dataclass(frozen=True, slots=True)
class ToolLife:
    """How much of a tool's life is used or left, by minutes, parts or wear."""

    kind: str
    direction: str
    value: str
    limit: str = ""
    initial: str = ""


@dataclass(frozen=True, slots=True)
class CuttingTool:
    asset_id: str
    serial_number: str
    tool_id: str
    life: tuple[ToolLife, ...]


@dataclass(frozen=True, slots=True)
class Streams:
    """A part of an agent's buffer: go on from ``next_sequence``.

    Another ``instance_id`` than before is a restarted agent with a new buffer; a
    ``first_sequence`` above what was asked for means that observations were lost.
    """

    instance_id: str
    first_sequence: int
    next_sequence: int
    readings: tuple[Reading, ...]


def read_devices(data: bytes | str) -> list[Device]:
    """The devices of a probe, with all that they and their components tell."""
    root = _root(data)
    return [
        Device(
            id=element.get("id", ""),
            name=element.get("name", ""),
            uuid=element.get("uuid", ""),
            items=tuple(_items(element)),
        )
        for parent in root.iter()
        if _local(parent) == "Devices"
        for element in parent
    ]


def read_streams(data: bytes | str) -> Streams:
    """The observations of a ``current`` or ``sample``, the oldest first.

    Their path is ``device/data item id``. Raises ``DocumentError``, also for what the agent says
    went wrong.
    """
    root = _root(data)
    if _local(root) == "MTConnectError":
        told = next((e for e in root.iter() if _local(e) == "Error"), None)
        code = "" if told is None else told.get("errorCode", "")
        raise DocumentError(f"{code}: {'' if told is None else (told.text or '').strip()}")
    header = next((e for e in root.iter() if _local(e) == "Header"), None)
    if header is None or _local(root) != "MTConnectStreams":
        raise DocumentError(f"no streams: {_local(root)}")
    found = sorted(_observed(root), key=lambda pair: pair[0])
    try:
        return Streams(
            instance_id=header.get("instanceId", ""),
            first_sequence=int(header.get("firstSequence", "0")),
            next_sequence=int(header.get("nextSequence", "0")),
            readings=tuple(reading for _sequence, reading in found),
        )
    except ValueError as error:
        raise DocumentError(f"no sequence: {error}") from error


def read_tools(data: bytes | str) -> list[CuttingTool]:
    """The cutting tools of an asset document, or of one tool alone."""
    root = _root(data)
    return [_tool(e) for e in root.iter() if _local(e) == "CuttingTool" and e.get("assetId")]


def _tool(element: Any) -> CuttingTool:
    life = [
        ToolLife(
            kind=one.get("type", ""),
            direction=one.get("countDirection", ""),
            value=(one.text or "").strip(),
            limit=one.get("limit", ""),
            initial=one.get("initial", ""),
        )
        for one in element.iter()
        if _local(one) == "ToolLife"
    ]
    return CuttingTool(
        asset_id=element.get("assetId", ""),
        serial_number=element.get("serialNumber", ""),
        tool_id=element.get("toolId", ""),
        life=tuple(life),
    )


def _items(device: Any) -> Iterator[DataItem]:
    for element in device.iter():
        if _local(element) == "DataItem":
            yield DataItem(
                id=element.get("id", ""),
                name=element.get("name", ""),
                kind=element.get("type", ""),
                category=element.get("category", ""),
                units=element.get("units", ""),
            )


def _observed(root: Any) -> Iterator[tuple[int, Reading]]:
    for device in (e for e in root.iter() if _local(e) == "DeviceStream"):
        name = device.get("name") or device.get("uuid", "")
        for section in device.iter():
            if _local(section) in ("Samples", "Events", "Condition"):
                for element in section:
                    yield _observation(name, element, is_condition=_local(section) == "Condition")


def _observation(device: str, element: Any, *, is_condition: bool) -> tuple[int, Reading]:
    text = (element.text or "").strip()
    value = text
    if is_condition:
        code = element.get("nativeCode", "")
        value = f"{_local(element).upper()} {code}".strip()
    try:
        sequence = int(element.get("sequence", ""))
        at = read_time(element.get("timestamp", ""))
    except ValueError as error:
        raise DocumentError(f"an observation without sequence or time: {error}") from error
    path = f"{device}/{element.get('dataItemId', '')}"
    return sequence, Reading(path, value, at, UNAVAILABLE not in (value, text))


def _root(data: bytes | str) -> Any:
    if len(data) > LARGEST:
        raise DocumentError(f"larger than {LARGEST:,} bytes")
    try:
        return fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise DocumentError(str(error) or type(error).__name__) from error


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""

"""A simulated MTConnect agent: probe, current and sample of a buffer, over HTTP."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from apps.integration.simulators.devices import Change, Devices, Signal

SIZE, MOST = 10_000, 1000
STREAMS = "urn:mtconnect.org:MTConnectStreams:2.0"
PROBE = "urn:mtconnect.org:MTConnectDevices:2.0"
ERROR = "urn:mtconnect.org:MTConnectError:2.0"


@dataclass(frozen=True, slots=True)
class _Observation:
    sequence: int
    change: Change


class MtconnectDevice:
    """One agent for all signals of a connection: paths are device/data item."""

    def __init__(self, devices: Devices, host: str, port: int) -> None:
        self.devices, self.place = devices, (host, port)
        self.buffer: deque[_Observation] = deque(maxlen=SIZE)
        self.latest: dict[str, _Observation] = {}
        self.instance, self.next = int(time.time()), 1
        self.lock = threading.Lock()

    def start(self) -> None:
        self.say(self.devices.standing())
        self.server = ThreadingHTTPServer(self.place, _handler(self))
        threading.Thread(target=self.server.serve_forever, args=[0.1], daemon=True).start()

    def say(self, changes: Sequence[Change]) -> None:
        with self.lock:
            for one in changes:
                told = _Observation(self.next, one)
                self.next += 1
                self.buffer.append(told)
                self.latest[one.path] = told

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str) -> bytes:
        """The document for a request; MTConnect has its errors in documents too."""
        parts = urlsplit(path)
        *device, what = [part for part in parts.path.split("/") if part] or ["probe"]
        name = device[0] if device else ""
        if name and name not in {_device(path) for path in self.devices.signals}:
            return _error("NO_DEVICE", f"no device {name}")
        if what == "probe":
            return self._probe(name)
        if what not in ("current", "sample"):
            return _error("INVALID_REQUEST", what)
        with self.lock:
            return self._streams(name, what, parse_qs(parts.query))

    def _streams(self, device: str, what: str, asked: dict[str, list[str]]) -> bytes:
        first = self.buffer[0].sequence if self.buffer else self.next
        if what == "current":
            return self._document(device, sorted(self.latest.values(), key=_place), self.next)
        try:
            start = int(asked.get("from", [str(first)])[0])
            count = min(int(asked.get("count", ["100"])[0]), MOST)
        except ValueError:
            return _error("INVALID_REQUEST", "from and count are numbers")
        if not first <= start <= self.next or count < 1:
            return _error("OUT_OF_RANGE", f"from {first} to {self.next}")
        told = [one for one in self.buffer if one.sequence >= start][:count]
        return self._document(device, told, told[-1].sequence + 1 if told else start)

    def _document(self, device: str, told: Iterable[_Observation], following: int) -> bytes:
        root = Element("MTConnectStreams", xmlns=STREAMS)
        first = self.buffer[0].sequence if self.buffer else self.next
        SubElement(
            root, "Header", instanceId=str(self.instance), sender="simulated", version="2.0",
            bufferSize=str(SIZE), firstSequence=str(first), lastSequence=str(self.next - 1),
            nextSequence=str(following),
        )  # fmt: skip
        streams = SubElement(root, "Streams")
        places: dict[str, Any] = {}
        for one in told:
            name = _device(one.change.path)
            if device and name != device:
                continue
            if name not in places:
                own = SubElement(streams, "DeviceStream", name=name, uuid=name)
                part = SubElement(
                    own, "ComponentStream", component="Path", name="path", componentId="path"
                )
                places[name] = SubElement(part, "Events")
            signal = self.devices.signals[one.change.path]
            observation = SubElement(
                places[name], _word(signal), dataItemId=_item(one.change.path),
                sequence=str(one.sequence),
                timestamp=one.change.at.isoformat().replace("+00:00", "Z"),
            )  # fmt: skip
            observation.text = str(one.change.value)
        return bytes(tostring(root, encoding="utf-8", xml_declaration=True))

    def _probe(self, device: str) -> bytes:
        root = Element("MTConnectDevices", xmlns=PROBE)
        SubElement(
            root, "Header", instanceId=str(self.instance), sender="simulated", version="2.0",
            bufferSize=str(SIZE),
        )  # fmt: skip
        devices = SubElement(root, "Devices")
        for name in sorted({_device(path) for path in self.devices.signals}):
            if device and name != device:
                continue
            own = SubElement(devices, "Device", id=name, name=name, uuid=name)
            items = SubElement(own, "DataItems")
            for path, signal in sorted(self.devices.signals.items()):
                if _device(path) == name:
                    kind = "PART_COUNT" if signal.is_counter else "EXECUTION"
                    SubElement(items, "DataItem", id=_item(path), category="EVENT", type=kind)
        return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _handler(agent: MtconnectDevice) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = agent.answer(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nobody reads who asked."""

    return Handler


def _error(code: str, text: str) -> bytes:
    root = Element("MTConnectError", xmlns=ERROR)
    SubElement(SubElement(root, "Errors"), "Error", errorCode=code).text = text
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _place(one: _Observation) -> int:
    return one.sequence


def _device(path: str) -> str:
    return path.partition("/")[0]


def _item(path: str) -> str:
    return path.partition("/")[2]


def _word(signal: Signal) -> str:
    return "PartCount" if signal.is_counter else "Execution"

"""Simulated edge nodes of Sparkplug B: births, data in sequence, a will, and commands."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as paho
from django.utils import timezone
from paho.mqtt.enums import CallbackAPIVersion

from apps.integration.protocols.sparkplug_host import BD_SEQ, NAMESPACE, REBIRTH, SEQUENCES
from apps.integration.protocols.sparkplug_payloads import (
    BOOLEAN,
    DOUBLE,
    INT64,
    STRING,
    UINT64,
    Metric,
    PayloadError,
    decode,
    encode,
    milliseconds,
)
from apps.integration.simulators.devices import Change, Devices, Kind, Signal
from apps.integration.simulators.plain_json import KEEP_ALIVE, LONGEST_PAUSE

_KINDS = {Kind.NUMBER: DOUBLE, Kind.WHOLE: INT64, Kind.TRUTH: BOOLEAN, Kind.TEXT: STRING}


class SparkplugDevice:
    """All edge nodes of a connection: paths are group/node/device/metric."""

    def __init__(self, devices: Devices, host: str, port: int) -> None:
        names = sorted({tuple(path.split("/")[:2]) for path in devices.signals})
        self.nodes = [EdgeNode(devices, group, node, host=host, port=port) for group, node in names]

    def start(self) -> None:
        for node in self.nodes:
            node.start()

    def say(self, changes: Sequence[Change]) -> None:
        for node in self.nodes:
            node.say(changes)

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()


class EdgeNode:
    """One node with its own connection to the broker."""

    def __init__(self, devices: Devices, group: str, node: str, *, host: str, port: int) -> None:
        self.devices, self.group, self.node = devices, group, node
        self.host, self.port = host, port
        self.base = f"{group}/{node}/"
        # signals of the node itself are no machine's
        paths = [p for p in devices.signals if p.startswith(self.base) and p.count("/") > 2]
        self.aliases = {path: number for number, path in enumerate(sorted(paths), start=1)}
        self.lock = threading.RLock()
        self.seq, self.bd_seq, self.is_born = 0, int(time.time()) % SEQUENCES, False
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.reconnect_delay_set(1, LONGEST_PAUSE)
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.on_message = self._commanded
        self._make_will()

    def start(self) -> None:
        self.client.connect_async(self.host, self.port, KEEP_ALIVE)
        self.client.loop_start()

    def say(self, changes: Sequence[Change]) -> None:
        by_device: dict[str, list[Metric]] = {}
        for one in changes:
            if one.path in self.aliases:
                by_device.setdefault(self._device(one.path), []).append(self._metric(one))
        with self.lock:
            if self.is_born:
                for device, metrics in by_device.items():
                    self._say("DDATA", metrics, device)

    def stop(self) -> None:
        """Its death is told as the broker would tell it."""
        with self.lock:
            self.is_born = False
            dead = self.client.publish(self._topic("NDEATH"), self._will(), qos=1)
        if self.client.is_connected():
            dead.wait_for_publish(2)
        self.client.disconnect()
        self.client.loop_stop()

    def _connected(self, client: paho.Client, *_: Any) -> None:
        client.subscribe([(self._topic("NCMD"), 1), (self._topic("DCMD") + "/#", 1)])
        self._be_born()

    def _disconnected(self, *_: Any) -> None:
        """The next session has another number, so that the death of this one does not end it."""
        with self.lock:
            self.is_born = False
            self.bd_seq = (self.bd_seq + 1) % SEQUENCES
            self._make_will()

    def _be_born(self) -> None:
        with self.lock:
            self.seq, self.is_born = 0, True
            rebirth = Metric(REBIRTH, None, self._now(), BOOLEAN, False)
            self._say("NBIRTH", [self._session(), rebirth])
            standing = [one for one in self.devices.standing() if one.path in self.aliases]
            for device in sorted({self._device(path) for path in self.aliases}):
                own = [one for one in standing if self._device(one.path) == device]
                self._say("DBIRTH", [self._metric(one, is_named=True) for one in own], device)

    def _commanded(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            metrics = decode(bytes(message.payload)).metrics
        except PayloadError:
            return
        names = {alias: path for path, alias in self.aliases.items()}
        device = message.topic.split("/")[4:]
        for metric in metrics:
            if metric.name == REBIRTH:
                self._be_born()
                continue
            path = names.get(metric.alias or 0) or "/".join(
                [self.base.rstrip("/"), *device, metric.name]
            )
            self.say(self.devices.write(path, metric.value))

    def _say(self, kind: str, metrics: Sequence[Metric], device: str = "") -> None:
        body = encode(metrics, timestamp=self._now(), seq=self.seq)
        self.client.publish(self._topic(kind, device), body, qos=0)
        self.seq = (self.seq + 1) % SEQUENCES

    def _metric(self, change: Change, *, is_named: bool = False) -> Metric:
        signal = self.devices.signals[change.path]
        name = change.path.split("/", 3)[3] if is_named else ""
        at = milliseconds(change.at)
        return Metric(name, self.aliases[change.path], at, _datatype(signal), change.value)

    def _make_will(self) -> None:
        self.client.will_set(self._topic("NDEATH"), self._will(), qos=1)

    def _will(self) -> bytes:
        return encode([self._session()], timestamp=self._now())

    def _session(self) -> Metric:
        return Metric(BD_SEQ, None, None, UINT64, self.bd_seq)

    def _topic(self, kind: str, device: str = "") -> str:
        parts = [NAMESPACE, self.group, kind, self.node]
        return "/".join([*parts, device] if device else parts)

    @staticmethod
    def _device(path: str) -> str:
        return path.split("/")[2]

    @staticmethod
    def _now() -> int:
        return milliseconds(timezone.now())


def _datatype(signal: Signal) -> int:
    if signal.is_counter:
        return INT64
    return _KINDS.get(Kind(signal.kind), STRING) if signal.kind else STRING

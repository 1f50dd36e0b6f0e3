"""A simulated device that publishes plain JSON, and does what it is told on ``<signal>/set``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from apps.integration.protocols.plain_json import SET
from apps.integration.simulators.devices import Change, Devices

KEEP_ALIVE, LONGEST_PAUSE = 10, 5


class PlainJsonDevice:
    """Speaks for all signals of a connection by one client."""

    def __init__(self, devices: Devices, host: str, port: int) -> None:
        self.devices, self.host, self.port = devices, host, port
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.reconnect_delay_set(1, LONGEST_PAUSE)
        self.client.on_connect = self._connected
        self.client.on_message = self._told

    def start(self) -> None:
        self.client.connect_async(self.host, self.port, KEEP_ALIVE)
        self.client.loop_start()

    def say(self, changes: Sequence[Change]) -> None:
        for one in changes:
            if {"+", "#"} & set(one.path):
                continue
            body = json.dumps({"value": one.value, "at": one.at.isoformat()})
            self.client.publish(one.path, body, qos=1)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _connected(self, client: paho.Client, *_: Any) -> None:
        for path, signal in self.devices.signals.items():
            if signal.is_writable:
                client.subscribe(path + SET, 1)
        self.say(self.devices.standing())

    def _told(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        path = message.topic.removesuffix(SET)
        try:
            value = json.loads(message.payload)["value"]
        except (ValueError, KeyError, TypeError):
            return
        self.say(self.devices.write(path, value))

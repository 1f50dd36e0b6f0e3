"""`python -m benchmarks.torture.publisher PORT SECONDS BEGIN MACHINES`: a plant on Sparkplug B.

Each machine is an edge node: born once, then it tells its signals by alias, twenty times a second.
Its line says, once the broker has all, how many seconds late the last of it was told.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from apps.integration.protocols.sparkplug_payloads import (
    DOUBLE,
    INT64,
    STRING,
    UINT64,
    Metric,
    encode,
    milliseconds,
)
from benchmarks.machine_story import PER_SECOND, Story, names

KINDS = [STRING, INT64, *[DOUBLE] * (len(names()) - 2)]


def main(port: int, seconds: int, begin: datetime, machines: int) -> None:
    story, client, taken = Story(begin, machines), connected(port), 0

    def acknowledged(*_about: object) -> None:
        nonlocal taken
        taken += 1

    client.on_publish = acknowledged
    for machine in range(story.machines):
        born(client, story, machine)
    late, began = 0.0, time.monotonic()
    for number in range(seconds):
        for tick in range(PER_SECOND):
            due = began + number + tick / PER_SECOND
            late = time.monotonic() - due
            if late < 0:
                time.sleep(-late)
            sequence = (number * PER_SECOND + tick + 1) % 256
            stamp = milliseconds(story.moment(number, tick))
            for machine in range(story.machines):
                metrics = [
                    Metric(alias=alias, datatype=kind, value=value)
                    for alias, (kind, value) in enumerate(
                        zip(KINDS, story.values(machine, number, tick), strict=True)
                    )
                ]
                payload = encode(metrics, timestamp=stamp, seq=sequence)
                topic = f"spBv1.0/Plant/NDATA/m{machine}"
                client.publish(topic, payload, qos=1)
    while taken < story.machines * (1 + seconds * PER_SECOND):
        time.sleep(0.05)
    print(f"{max(late, 0):.2f}", flush=True)
    client.loop_stop()


def connected(port: int) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="plant", clean_session=True)
    client.max_inflight_messages_set(5000)
    client.max_queued_messages_set(0)
    client.reconnect_delay_set(1, 2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def born(client: paho.Client, story: Story, machine: int) -> None:
    """Name the signals. Their values are null: the story begins with the first second."""
    metrics = [Metric("bdSeq", datatype=UINT64, value=0)]
    metrics += [
        Metric(name, alias=alias, datatype=kind, is_null=True)
        for alias, (name, kind) in enumerate(zip(names(), KINDS, strict=True))
    ]
    stamp = milliseconds(story.begin) - 1000
    payload = encode(metrics, timestamp=stamp, seq=0)
    client.publish(f"spBv1.0/Plant/NBIRTH/m{machine}", payload, qos=1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), int(sys.argv[4]))

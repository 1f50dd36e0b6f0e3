"""Plain JSON from devices: one reading, or many, by MQTT or HTTP.

``{"value": 5, "at": "2026-03-10T08:00:00Z"}`` on the topic of the signal, or objects with a
``signal`` of their own, alone or in a list. Times are ISO 8601 with a zone, or milliseconds.
A value is written by ``{"value": 5, "at": …, "id": 17}`` on the topic of the signal and ``/set``;
the device does it and says the signal's new value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from apps.integration.protocols.readings import Reading, Refused, Value

#: What a topic ends with on which a device is told what to do.
SET = "/set"
LARGEST = 1_000_000
MOST = 10_000


def read_message(topic: str, data: bytes, *, now: datetime) -> list[Reading | Refused]:
    """The readings of a message; what can't be read is refused with its reason."""
    if len(data) > LARGEST:
        return [Refused(topic, "too_large", f"larger than {LARGEST:,} bytes", "")]
    try:
        body = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return [
            Refused(topic, "bad_json", str(error)[:300], data[:1000].decode("utf-8", "replace"))
        ]
    return read_parts(topic, body if isinstance(body, list) else [body], now=now)


def set_message(value: Value, *, number: int, at: datetime) -> bytes:
    """What a device is told: to take ``value``."""
    return json.dumps({"value": value, "at": at.isoformat(), "id": number}).encode()


def read_parts(topic: str, parts: list[Any], *, now: datetime) -> list[Reading | Refused]:
    """The readings of what was read already; those without a name are of ``topic``."""
    if len(parts) > MOST:
        return [Refused(topic, "too_many", f"at most {MOST:,} readings in a message", "")]
    return list(_readings(topic, parts, now))


def _readings(topic: str, parts: list[Any], now: datetime) -> Iterator[Reading | Refused]:
    for part in parts:
        own = part if isinstance(part, dict) else {"value": part}
        name, value = own.get("signal", topic), own.get("value")
        if not isinstance(name, str) or not name.isprintable() or "value" not in own:
            yield Refused(topic, "bad_reading", "a reading has a value", json.dumps(part)[:1000])
            continue
        if isinstance(value, dict | list):
            yield Refused(
                name, "bad_reading", "a value is one word or number", json.dumps(part)[:1000]
            )
            continue
        at = _time(own.get("at"), now)
        if at is None:
            yield Refused(name, "bad_time", "ISO 8601 with a zone", json.dumps(part)[:1000])
            continue
        yield Reading(name, value, at, value is not None)


def _time(value: Any, now: datetime) -> datetime | None:
    """The device's time; ours where it says none, None for one that can't be read."""
    try:
        if value is None:
            return now
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000, UTC)
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC)


def _no_number(word: str) -> float:
    """NaN and infinity come as they are, to be quarantined with their reason."""
    return float(word)

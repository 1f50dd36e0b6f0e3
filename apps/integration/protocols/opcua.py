"""What values of OPC UA mean: a value, its source's time, and whether the server vouches for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from asyncua import ua

from apps.integration.protocols.readings import Reading, Refused, Value

#: Times before this are a clock that was never set; the protocol's own begins in 1601.
_FIRST_TIME = datetime(1970, 1, 2, tzinfo=UTC)
#: Bits of a status: these more say that the server's queue ran over (Part 4, 7.39).
_OVERFLOW = 0x480
_FLOATS = (ua.VariantType.Float, ua.VariantType.Double)
#: Types of whole numbers: their bits, and whether they have a sign.
_WHOLE = {
    ua.VariantType.SByte: (8, True),
    ua.VariantType.Byte: (8, False),
    ua.VariantType.Int16: (16, True),
    ua.VariantType.UInt16: (16, False),
    ua.VariantType.Int32: (32, True),
    ua.VariantType.UInt32: (32, False),
    ua.VariantType.Int64: (64, True),
    ua.VariantType.UInt64: (64, False),
}


def reading_of(path: str, data: ua.DataValue | None, *, now: datetime) -> list[Reading | Refused]:
    """The reading of a data value, known when its status is good; what can't be one is refused."""
    if data is None:
        return [Refused(path, "bad_reading", "a notification without a value", "")]
    status = data.StatusCode or ua.StatusCode()
    at = time_of(data.SourceTimestamp) or time_of(data.ServerTimestamp) or now
    said: list[Reading | Refused] = []
    if status.value & _OVERFLOW == _OVERFLOW:
        told = "the server's queue ran over: changes before this one are lost"
        said.append(Refused(path, "lost_observations", told, ""))
    if not status.is_good():
        return [*said, Reading(path, None, at, False)]
    raw = data.Value.Value if data.Value is not None else None
    if not _is_plain(raw):
        told = f"a value is one word or number, not {type(raw).__name__}"
        return [*said, Refused(path, "bad_reading", told, str(raw)[:1000])]
    value = plain(raw)
    return [*said, Reading(path, value, at, value is not None)]


def time_of(moment: datetime | None) -> datetime | None:
    """A time as it came, aware in UTC; None for none and for a clock that was never set."""
    if moment is None:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment if moment >= _FIRST_TIME else None


def plain(raw: Any) -> Value:
    """A value of the protocol as one of ours; texts of a language are their text."""
    if isinstance(raw, ua.LocalizedText):
        return raw.Text
    if isinstance(raw, datetime):
        return raw.isoformat()
    if isinstance(raw, bool) or raw is None:
        return raw
    if isinstance(raw, int):
        return int(raw)  # of an enumeration the number, as it travels
    value: Value = raw
    return value


def as_variant(value: Value, kind: ua.VariantType) -> ua.Variant:
    """A value as a node's own type. Raises ``ValueError`` where it can't be one."""
    if kind == ua.VariantType.Boolean:
        is_fit = isinstance(value, bool)
    elif kind in _FLOATS:
        is_fit = isinstance(value, int | float) and not isinstance(value, bool)
        value = float(value) if is_fit else value  # type: ignore[arg-type]
    elif kind in _WHOLE:
        is_whole = isinstance(value, int | float) and value == int(value)
        is_fit = is_whole and not isinstance(value, bool) and _in_range(value, kind)
        value = int(value) if is_fit else value  # type: ignore[arg-type]
    elif kind == ua.VariantType.LocalizedText:
        is_fit, value = isinstance(value, str), ua.LocalizedText(value)  # type: ignore[assignment, arg-type]
    else:
        is_fit = kind == ua.VariantType.String and isinstance(value, str)
    if not is_fit:
        raise ValueError(f"the node takes {kind.name}")
    return ua.Variant(value, kind)


def _in_range(value: Value, kind: ua.VariantType) -> bool:
    bits, is_signed = _WHOLE[kind]
    first = -(2 ** (bits - 1)) if is_signed else 0
    return isinstance(value, int | float) and first <= value < first + 2**bits


def _is_plain(raw: Any) -> bool:
    return raw is None or isinstance(raw, bool | int | float | str | datetime | ua.LocalizedText)


def node_id(path: str) -> ua.NodeId | None:
    """The node that a signal names, ``ns=2;s=Press1.State``; None for a text that is none."""
    try:
        found = ua.NodeId.from_string(path)
    except (ua.UaError, ValueError, IndexError, KeyError):
        return None
    return found if found.Identifier is not None else None

"""Payloads of Sparkplug B (Eclipse Sparkplug 3.0, chapter 6.4): protobuf, both ways.

The message types are described at run time, so no generated code ties us to a version of protobuf.
Templates, data sets and property sets are passed over: no signal of a machine is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from apps.integration.protocols.readings import Value

PACKAGE = "mes_erp.sparkplug"
#: The most metrics that one message may carry; a birth of a big node has some thousands.
MOST_METRICS = 20_000

INT8, INT16, INT32, INT64 = 1, 2, 3, 4
UINT8, UINT16, UINT32, UINT64 = 5, 6, 7, 8
FLOAT, DOUBLE, BOOLEAN, STRING, DATETIME, TEXT, UUID = 9, 10, 11, 12, 13, 14, 15
_SIGNED_BITS = {INT8: 8, INT16: 16, INT32: 32, INT64: 64}
_NAMES = {
    INT8: "Int8", INT16: "Int16", INT32: "Int32", INT64: "Int64", UINT8: "UInt8",
    UINT16: "UInt16", UINT32: "UInt32", UINT64: "UInt64", FLOAT: "Float", DOUBLE: "Double",
    BOOLEAN: "Boolean", STRING: "String", DATETIME: "DateTime", TEXT: "Text", UUID: "UUID",
}  # fmt: skip
_TEXTS = (STRING, TEXT, UUID)


class PayloadError(ValueError):
    """What came is no payload of Sparkplug B."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: named in a birth, by its ``alias`` alone afterwards.

    ``timestamp`` is in milliseconds since 1970 (UTC). A null has ``is_null`` and no value.
    """

    name: str = ""
    alias: int | None = None
    timestamp: int | None = None
    datatype: int | None = None
    value: Value = None
    is_null: bool = False
    is_historical: bool = False

    @property
    def datatype_name(self) -> str:
        return _NAMES.get(self.datatype or 0, "")


@dataclass(frozen=True, slots=True)
class Payload:
    timestamp: int | None
    seq: int | None
    metrics: tuple[Metric, ...]


def decode(data: bytes) -> Payload:
    """Read a payload. Raises ``PayloadError`` for bytes that are none, or too many metrics."""
    message = _types()[0]()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise PayloadError(str(error)) from error
    if len(message.metrics) > MOST_METRICS:
        raise PayloadError(f"{len(message.metrics)} metrics; at most {MOST_METRICS} are read")
    return Payload(
        timestamp=_own(message, "timestamp"),
        seq=_own(message, "seq"),
        metrics=tuple(_metric(one) for one in message.metrics),
    )


def encode(
    metrics: Sequence[Metric], *, timestamp: int | None = None, seq: int | None = None
) -> bytes:
    """Write a payload: for commands to nodes, and for simulated ones."""
    message = _types()[0]()
    if timestamp is not None:
        message.timestamp = timestamp
    if seq is not None:
        message.seq = seq
    for metric in metrics:
        _fill(message.metrics.add(), metric)
    return bytes(message.SerializeToString())


def moment(milliseconds: int) -> datetime:
    """A time of a payload. Raises ``PayloadError`` for one that no calendar has."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise PayloadError(f"no such time: {milliseconds}") from error


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _metric(one: Any) -> Metric:
    datatype = _own(one, "datatype")
    kind = one.WhichOneof("value")
    raw = None if kind is None else getattr(one, kind)
    return Metric(
        name=one.name,
        alias=_own(one, "alias"),
        timestamp=_own(one, "timestamp"),
        datatype=datatype,
        value=None if one.is_null else _value(raw, datatype),
        is_null=one.is_null,
        is_historical=one.is_historical,
    )


def _value(raw: Any, datatype: int | None) -> Value:
    """Signed integers travel as unsigned ones of their width (chapter 6.4.16)."""
    bits = _SIGNED_BITS.get(datatype or 0)
    if bits and isinstance(raw, int):
        raw &= (1 << bits) - 1
        return raw - (1 << bits) if raw >> (bits - 1) else raw
    if isinstance(raw, bytes):
        return None
    if datatype == BOOLEAN and isinstance(raw, int):
        return bool(raw)
    value: Value = raw
    return value


def _fill(target: Any, metric: Metric) -> None:
    for name in ("alias", "timestamp", "datatype"):
        if getattr(metric, name) is not None:
            setattr(target, name, getattr(metric, name))
    if metric.name:
        target.name = metric.name
    if metric.is_historical:
        target.is_historical = True
    if metric.is_null or metric.value is None:
        target.is_null = True
        return
    name, value = _on_the_wire(metric.datatype, metric.value)
    setattr(target, name, value)


def _on_the_wire(datatype: int | None, value: Any) -> tuple[str, Any]:
    """The field of the message that carries a value, and what stands in it."""
    if datatype == BOOLEAN:
        return "boolean_value", bool(value)
    if datatype in _TEXTS:
        return "string_value", str(value)
    if datatype == FLOAT:
        return "float_value", float(value)
    if datatype == DOUBLE:
        return "double_value", float(value)
    if datatype in (INT64, UINT64, DATETIME):
        return "long_value", int(value) & ((1 << 64) - 1)
    return "int_value", int(value) & ((1 << 32) - 1)


def _own(message: Any, name: str) -> int | None:
    return getattr(message, name) if message.HasField(name) else None


@cache
def _types() -> tuple[Any, Any]:
    """The message classes Payload and Metric, field by field as the specification numbers them."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="mes_erp_sparkplug.proto", package=PACKAGE, syntax="proto2"
    )
    payload = file.message_type.add(name="Payload")
    metric = payload.nested_type.add(name="Metric")
    metric.oneof_decl.add(name="value")

    def add(to: Any, name: str, number: int, kind: int, *, in_value: bool = False) -> Any:
        one = to.field.add(name=name, number=number, type=kind, label=field.LABEL_OPTIONAL)
        if in_value:
            one.oneof_index = 0
        return one

    for name, number, kind in (
        ("name", 1, field.TYPE_STRING),
        ("alias", 2, field.TYPE_UINT64),
        ("timestamp", 3, field.TYPE_UINT64),
        ("datatype", 4, field.TYPE_UINT32),
        ("is_historical", 5, field.TYPE_BOOL),
        ("is_transient", 6, field.TYPE_BOOL),
        ("is_null", 7, field.TYPE_BOOL),
    ):
        add(metric, name, number, kind)
    for name, number, kind in (
        ("int_value", 10, field.TYPE_UINT32),
        ("long_value", 11, field.TYPE_UINT64),
        ("float_value", 12, field.TYPE_FLOAT),
        ("double_value", 13, field.TYPE_DOUBLE),
        ("boolean_value", 14, field.TYPE_BOOL),
        ("string_value", 15, field.TYPE_STRING),
        ("bytes_value", 16, field.TYPE_BYTES),
    ):
        add(metric, name, number, kind, in_value=True)
    add(payload, "timestamp", 1, field.TYPE_UINT64)
    metrics = add(payload, "metrics", 2, field.TYPE_MESSAGE)
    metrics.label = field.LABEL_REPEATED
    metrics.type_name = f".{PACKAGE}.Payload.Metric"
    add(payload, "seq", 3, field.TYPE_UINT64)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName(f"{PACKAGE}.Payload")
    made = message_factory.GetMessageClass(found)
    inner = message_factory.GetMessageClass(found.nested_types_by_name["Metric"])
    return made, inner

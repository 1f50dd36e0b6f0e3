"""A host application of Sparkplug B: what the messages of edge nodes mean, one after the other.

Pure: messages go in, readings, news and commands come out. A node is believed from its birth to
its death. Its messages count 0 to 255 and over again (``seq``); a gap, an alias that no birth named
and data of a node that was not born ask it to be born again, and nothing of them is believed. A
death counts only with the ``bdSeq`` of the birth that it ends, so the will of an older session does
not end a newer one; a birth with the ``bdSeq`` of a session that has died does not revive it.
(Eclipse Sparkplug 3.0, chapters 5 and 6.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apps.integration.protocols.readings import Reading, Refused, Value
from apps.integration.protocols.sparkplug_payloads import (
    BOOLEAN,
    Metric,
    Payload,
    PayloadError,
    decode,
    encode,
    moment,
)

NAMESPACE = "spBv1.0"
BD_SEQ = "bdSeq"
REBIRTH = "Node Control/Rebirth"
SEQUENCES = 256
#: How often a node is asked to be born again while it does not answer.
BETWEEN_REBIRTHS = timedelta(seconds=10)
_KINDS = ("NBIRTH", "NDEATH", "DBIRTH", "DDEATH", "NDATA", "DDATA", "NCMD", "DCMD")


@dataclass(frozen=True, slots=True)
class Topic:
    group: str
    kind: str
    node: str
    device: str = ""

    @property
    def path(self) -> str:
        """Group, node and device: what signals are named below."""
        return "/".join(part for part in (self.group, self.node, self.device) if part)


@dataclass(frozen=True, slots=True)
class News:
    """A node or device (``path``) is believed from now on, or no more."""

    path: str
    is_online: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Command:
    """A message to send."""

    topic: str
    payload: bytes


Outcome = Reading | Refused | News | Command


@dataclass(slots=True)
class _Node:
    is_online: bool = False
    bd_seq: int | None = None
    dead_bd_seq: int | None = None
    next_seq: int | None = None
    asked_at: datetime | None = None
    #: Alias → path, of the node and of its devices.
    aliases: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    devices: set[str] = field(default_factory=set)
    #: Path → data type of what was born without an alias.
    kinds: dict[str, int | None] = field(default_factory=dict)


def read_topic(text: str) -> Topic | None:
    """The parts of a topic; None for one that is not an edge node's."""
    parts = text.split("/")
    if len(parts) not in (4, 5) or parts[0] != NAMESPACE or not all(parts):
        return None
    _namespace, group, kind, node, *device = parts
    if kind not in _KINDS or (kind.startswith("D") != bool(device)):
        return None
    return Topic(group, kind, node, device[0] if device else "")


class Host:
    """The sessions of all nodes that one connection hears."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[str, str], _Node] = {}

    def receive(
        self, topic: str, data: bytes, *, now: datetime, is_repeat: bool = False
    ) -> list[Outcome]:
        """What a message means. Never raises: what can't be read is ``Refused``.

        ``is_repeat``: the broker may have delivered it before; then one that was taken is no gap.
        """
        where = read_topic(topic)
        if where is None or where.kind.endswith("CMD"):
            return []
        try:
            payload = decode(data)
            if is_repeat and self._was_taken(where, payload):
                return []
            return list(self._take(where, payload, now))
        except PayloadError as error:
            return [Refused(where.path, "bad_payload", str(error)[:300], data.hex()[:2000])]

    def state(self) -> list[dict[str, Any]]:
        """What is known of all nodes, as plain values: to go on after a restart."""
        return [
            {
                "group": group,
                "node": name,
                "is_online": node.is_online,
                "bd_seq": node.bd_seq,
                "dead_bd_seq": node.dead_bd_seq,
                "next_seq": node.next_seq,
                "aliases": [[alias, *known] for alias, known in node.aliases.items()],
                "devices": sorted(node.devices),
                "kinds": sorted(node.kinds.items()),
            }
            for (group, name), node in self._nodes.items()
        ]

    def restore(self, state: Sequence[Mapping[str, Any]]) -> None:
        """Go on from what ``state`` said."""
        for one in state:
            self._nodes[one["group"], one["node"]] = _Node(
                is_online=one["is_online"],
                bd_seq=one["bd_seq"],
                dead_bd_seq=one["dead_bd_seq"],
                next_seq=one["next_seq"],
                aliases={alias: (path, kind) for alias, path, kind in one["aliases"]},
                devices=set(one["devices"]),
                kinds=dict(one.get("kinds", [])),
            )

    def _was_taken(self, where: Topic, payload: Payload) -> bool:
        node = self._nodes.get((where.group, where.node))
        if node is None or not node.is_online or payload.seq is None or node.next_seq is None:
            return False
        if where.kind == "NBIRTH":
            return _bd_seq(payload) == node.bd_seq
        return 0 < (node.next_seq - payload.seq) % SEQUENCES <= SEQUENCES // 2

    def write(self, path: str, value: Value, *, now: datetime) -> Command | None:
        """The command that asks for ``value``; None where no birth that is believed named it."""
        for (group, name), node in self._nodes.items():
            base = f"{group}/{name}/"
            if not node.is_online or not path.startswith(base):
                continue
            known: dict[str, tuple[int | None, int | None]]
            known = {own: (alias, kind) for alias, (own, kind) in node.aliases.items()}
            known |= {own: (None, kind) for own, kind in node.kinds.items()}
            if path not in known:
                continue
            alias, kind = known[path]
            device, _slash, metric = path.removeprefix(base).partition("/")
            if device not in node.devices:
                device, metric = "", path.removeprefix(base)
            at = round(now.timestamp() * 1000)
            said = Metric("" if alias is not None else metric, alias, at, kind, value)
            where = f"DCMD/{name}/{device}" if device else f"NCMD/{name}"
            return Command(f"{NAMESPACE}/{group}/{where}", encode([said], timestamp=at))
        return None

    def forget(self) -> None:
        """The connection was lost: nobody is believed until born again."""
        self._nodes.clear()

    def _take(self, where: Topic, payload: Payload, now: datetime) -> Iterator[Outcome]:
        node = self._nodes.setdefault((where.group, where.node), _Node())
        if where.kind == "NBIRTH":
            yield from self._birth_of_node(node, where, payload, now)
        elif where.kind == "NDEATH":
            yield from self._death_of_node(node, where, payload, now)
        elif not node.is_online:
            yield Refused(where.path, "not_born", "data of a node that was not born", "")
            yield from self._ask(node, where, now)
        elif not self._follows(node, payload):
            told = f"expected {node.next_seq}, got {payload.seq}"
            yield Refused(where.path, "sequence_gap", told, "")
            yield from self._lose(node, where, now)
            yield from self._ask(node, where, now)
        elif where.kind == "DBIRTH":
            node.devices.add(where.device)
            yield News(where.path, True, now)
            yield from self._named(node, where, payload, now)
        elif where.kind == "DDEATH":
            node.devices.discard(where.device)
            yield News(where.path, False, now)
        else:
            yield from self._data(node, where, payload, now)

    def _birth_of_node(
        self, node: _Node, where: Topic, payload: Payload, now: datetime
    ) -> Iterator[Outcome]:
        bd_seq = _bd_seq(payload)
        if bd_seq is not None and bd_seq == node.dead_bd_seq:
            yield Refused(where.path, "dead_session", f"bdSeq {bd_seq} has died", "")
            return
        if payload.seq != 0:
            yield Refused(where.path, "birth_sequence", f"a birth has seq 0, not {payload.seq}", "")
            return
        node.is_online, node.bd_seq, node.dead_bd_seq = True, bd_seq, None
        node.next_seq, node.asked_at = 1, None
        node.aliases, node.devices, node.kinds = {}, set(), {}
        yield News(where.path, True, now)
        yield from self._named(node, where, payload, now)

    def _death_of_node(
        self, node: _Node, where: Topic, payload: Payload, now: datetime
    ) -> Iterator[Outcome]:
        bd_seq = _bd_seq(payload)
        if node.is_online and bd_seq is not None and bd_seq != node.bd_seq:
            yield Refused(where.path, "other_session", f"bdSeq {bd_seq} is not the present one", "")
            return
        node.dead_bd_seq = bd_seq
        yield from self._lose(node, where, now)

    def _lose(self, node: _Node, where: Topic, now: datetime) -> Iterator[Outcome]:
        if not node.is_online:
            return
        node.is_online = False
        above = Topic(where.group, "", where.node)
        for device in sorted(node.devices):
            yield News(f"{above.path}/{device}", False, now)
        yield News(above.path, False, now)

    def _ask(self, node: _Node, where: Topic, now: datetime) -> Iterator[Outcome]:
        """Ask for a birth, now and then."""
        if node.asked_at is not None and now - node.asked_at < BETWEEN_REBIRTHS:
            return
        node.asked_at = now
        metric = Metric(REBIRTH, datatype=BOOLEAN, value=True)
        topic = f"{NAMESPACE}/{where.group}/NCMD/{where.node}"
        yield Command(topic, encode([metric], timestamp=round(now.timestamp() * 1000)))

    def _follows(self, node: _Node, payload: Payload) -> bool:
        if payload.seq is None or payload.seq != node.next_seq:
            return False
        node.next_seq = (payload.seq + 1) % SEQUENCES
        return True

    def _named(
        self, node: _Node, where: Topic, payload: Payload, now: datetime
    ) -> Iterator[Outcome]:
        """Metrics of a birth: they say which alias stands for which name."""
        for metric in payload.metrics:
            if not metric.name or metric.name in (BD_SEQ, REBIRTH):
                continue
            path = f"{where.path}/{metric.name}"
            if metric.alias is not None:
                node.aliases[metric.alias] = (path, metric.datatype)
            else:
                node.kinds[path] = metric.datatype
            yield _reading(path, metric, payload, now)

    def _data(
        self, node: _Node, where: Topic, payload: Payload, now: datetime
    ) -> Iterator[Outcome]:
        if where.device and where.device not in node.devices:
            yield Refused(where.path, "not_born", "data of a device that was not born", "")
            yield from self._ask(node, where, now)
            return
        for metric in payload.metrics:
            if metric.name:
                yield _reading(f"{where.path}/{metric.name}", metric, payload, now)
                continue
            known = node.aliases.get(metric.alias if metric.alias is not None else -1)
            if known is None:
                told = f"no birth named alias {metric.alias}"
                yield Refused(where.path, "unknown_alias", told, str(metric.value)[:200])
                yield from self._ask(node, where, now)
                continue
            yield _reading(known[0], metric, payload, now)


def _reading(path: str, metric: Metric, payload: Payload, now: datetime) -> Reading:
    """The metric's own time, else the message's, else ours."""
    stamp = metric.timestamp if metric.timestamp is not None else payload.timestamp
    return Reading(path, metric.value, now if stamp is None else moment(stamp), not metric.is_null)


def _bd_seq(payload: Payload) -> int | None:
    for metric in payload.metrics:
        if metric.name == BD_SEQ and isinstance(metric.value, int):
            return metric.value
    return None

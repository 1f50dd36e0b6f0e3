"""Lines of MTConnect adapters (SHDR): time, then pairs of data item and value, cut at bars.

What the reference agent accepts: a value that begins and ends with a quotation mark may hold
escaped bars; conditions have six fields and messages three; assets may run over lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.integration.protocols.readings import Reading

UNAVAILABLE = "UNAVAILABLE"
MULTILINE = "--multiline--"
_CONDITION_FIELDS = 6
_LEVELS = frozenset({"NORMAL", "WARNING", "FAULT", UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Asset:
    """A piece of equipment that an adapter told of; ``body`` is its XML, empty when removed."""

    asset_id: str
    kind: str
    at: datetime
    body: str = ""
    is_removed: bool = False


def tokens(line: str) -> list[str]:
    """The fields of a line. Bars inside a quoted field that is closed are part of it."""
    found, start = [], 0
    while True:
        quoted = _closed_quote(line, start)
        if quoted is not None:
            end, text = quoted
            found.append(text)
        else:
            end = line.find("|", start)
            end = len(line) if end < 0 else end
            found.append(line[start:end].strip())
        if end >= len(line):
            return found
        start = end + 1


def _closed_quote(line: str, start: int) -> tuple[int, str] | None:
    """Where a quoted field that begins at ``start`` ends, and what it says; None if it is none."""
    if not line.startswith('"', start):
        return None
    place, text = start + 1, []
    while place < len(line):
        if line.startswith("\\|", place):
            text.append("|")
            place += 2
            continue
        if line[place] == '"':
            return (place + 1, "".join(text)) if _ends_field(line, place + 1) else None
        if line[place] == "|":
            return None
        text.append(line[place])
        place += 1
    return None


def _ends_field(line: str, place: int) -> bool:
    return place == len(line) or line[place] == "|"


def is_command(fields: Sequence[str]) -> bool:
    """Whether a line speaks of assets instead of data items."""
    return len(fields) > 1 and fields[1].startswith("@")


def read_time(text: str) -> datetime:
    """The time of a line; digits below a microsecond are cut. Raises ``ValueError``."""
    stamp = text.partition("@")[0]
    whole, point, rest = stamp.removesuffix("Z").partition(".")
    moment = datetime.fromisoformat(f"{whole}{point}{rest[:6].ljust(6, '0') if point else ''}")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def observations(fields: Sequence[str], conditions: Iterable[str] = ()) -> Iterator[Reading]:
    """The values of a line; ``conditions`` are the items of which a line has six fields.

    A line of six fields whose second value is a level is a condition without being named so. The
    value of a condition is its level, and its native code behind a blank. Raises ``ValueError``.
    """
    at = read_time(fields[0])
    rest = list(fields[1:])
    if rest and (rest[0] in set(conditions) or _is_condition(rest)):
        level, code = rest[1].upper(), rest[2] if len(rest) > 2 else ""
        yield Reading(rest[0], f"{level} {code}".strip(), at, level != UNAVAILABLE)
        return
    for name, value in zip(rest[::2], rest[1::2], strict=False):
        if name:
            yield Reading(name, value, at, value != UNAVAILABLE)


def _is_condition(rest: Sequence[str]) -> bool:
    """Six fields with a level; three pairs whose first value is unavailable are none."""
    if len(rest) != _CONDITION_FIELDS or rest[1].upper() not in _LEVELS:
        return False
    return rest[1].upper() != UNAVAILABLE or not any(rest[2:])


def read_lines(lines: Iterable[str]) -> Iterator[Reading | Asset]:
    """Everything an adapter said, in order; lines that are neither are passed over."""
    waiting: tuple[Asset, str] | None = None
    body: list[str] = []
    for line in (text.rstrip("\r\n") for text in lines):
        if waiting is not None:
            asset, mark = waiting
            if line != mark:
                body.append(line)
                continue
            yield Asset(asset.asset_id, asset.kind, asset.at, "\n".join(body))
            waiting, body = None, []
            continue
        if not line or line.startswith("*"):
            continue
        fields = tokens(line)
        if not is_command(fields):
            yield from _safely(fields)
            continue
        asset_line = _asset(fields)
        if asset_line is None:
            continue
        if asset_line.body.startswith(MULTILINE):
            waiting = (asset_line, asset_line.body)
            continue
        yield asset_line


def _safely(fields: Sequence[str]) -> Iterator[Reading]:
    try:
        yield from list(observations(fields))
    except ValueError:
        return


def _asset(fields: Sequence[str]) -> Asset | None:
    try:
        at = read_time(fields[0])
    except ValueError:
        return None
    if fields[1] == "@ASSET@" and len(fields) > 4:
        return Asset(fields[2], fields[3], at, fields[4])
    if fields[1] == "@REMOVE_ASSET@" and len(fields) > 2:
        return Asset(fields[2], "", at, is_removed=True)
    if fields[1] == "@REMOVE_ALL_ASSETS@":
        return Asset("*", fields[2] if len(fields) > 2 else "", at, is_removed=True)
    return None

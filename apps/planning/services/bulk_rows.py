"""Rows by the hundred thousand: arrays straight into PostgreSQL's binary COPY.

Each column is an array (int64, quantities in millionths, or days), a list per row, or one value for
all rows. A block is laid out as one numpy record per row, so no Python object is made for a row.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from typing import Any

import numpy as np
from django.db import connection

from apps.planning.engine.scale import Ints

_HEADER = b"PGCOPY\n\xff\r\n\x00" + b"\x00" * 8
_EPOCH = Date(2000, 1, 1)
_DIGITS = 6  # base 10,000: four before the point, two behind it
_PART = 200_000
#: So many ids does one number of the sequence of planned orders stand for.
IDS_PER_NUMBER = 1000


@dataclass(frozen=True, slots=True)
class Numbers:
    """Integers of ``size`` bytes: 8 bigint, 4 integer, 2 smallint."""

    values: Any
    size: int = 8


@dataclass(frozen=True, slots=True)
class Quantities:
    """``numeric`` values given in millionths."""

    values: Any


@dataclass(frozen=True, slots=True)
class Days:
    """``date`` values given as days from ``origin``."""

    values: Any
    origin: Date


@dataclass(frozen=True, slots=True)
class Lists:
    """An array of integers per row: row ``n`` has ``values[bounds[n]:bounds[n + 1]]``."""

    values: Any
    bounds: Any
    size: int = 8


Column = Numbers | Quantities | Days | Lists | str | int | Date | None
_OIDS = {2: 21, 4: 23, 8: 20}


def days_since_epoch(origin: Date) -> int:
    """``origin`` as PostgreSQL counts days."""
    return (origin - _EPOCH).days


def copy_rows(table: str, columns: Mapping[str, Column], size: int) -> int:
    """COPY ``size`` rows into ``table``; a plain value stands for every row. ``int`` is bigint.

    Columns that hold lists come last.
    """
    if not size:
        return 0
    lists = {name: c for name, c in columns.items() if isinstance(c, Lists)}
    plain = [c for c in columns.values() if not isinstance(c, Lists)]
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    statement = f"COPY {quote(table)} ({names}) FROM STDIN (FORMAT BINARY)"
    fields = [_Field(f"f{n}", column) for n, column in enumerate(plain)]
    kind = np.dtype([("fields", ">i2"), *(part for field in fields for part in field.layout())])
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_HEADER)
        for first in range(0, size, _PART):
            part = slice(first, min(first + _PART, size))
            block = np.zeros(part.stop - part.start, dtype=kind)
            block["fields"] = len(columns)
            for field in fields:
                field.fill(block, part)
            content = block.tobytes()
            if lists:
                content = _with_lists(content, kind.itemsize, list(lists.values()), part)
            copy.write(content)
        copy.write(b"\xff\xff")
    return size


class _Field:
    """How one column lies in a record: its length in four bytes, then its value."""

    def __init__(self, name: str, column: Column) -> None:
        self.name = name
        self.column = column

    def layout(self) -> list[tuple[Any, ...]]:
        name, column = self.name, self.column
        length = [(f"{name}_length", ">i4")]
        if column is None:
            return length
        if isinstance(column, str):
            return [*length, (name, f"S{len(column.encode())}")]
        if isinstance(column, Quantities):
            return [*length, (f"{name}_head", ">i2", (4,)), (f"{name}_digits", ">i2", (_DIGITS,))]
        return [*length, (name, f">i{self._size()}")]

    def _size(self) -> int:
        if isinstance(self.column, Days | Date):
            return 4
        return self.column.size if isinstance(self.column, Numbers) else 8

    def fill(self, block: Any, part: slice) -> None:
        name, column = self.name, self.column
        length = f"{name}_length"
        if column is None:
            block[length] = -1
        elif isinstance(column, str):
            block[length], block[name] = len(column.encode()), column.encode()
        elif isinstance(column, Quantities):
            self._fill_numeric(block, column.values[part])
        else:
            block[length] = self._size()
            block[name] = self._integers(part)

    def _integers(self, part: slice) -> Any:
        column = self.column
        if isinstance(column, Days):
            return column.values[part] + days_since_epoch(column.origin)
        if isinstance(column, Date):
            return days_since_epoch(column)
        return column.values[part] if isinstance(column, Numbers) else column

    def _fill_numeric(self, block: Any, values: Any) -> None:
        """numeric: count of digits, weight of the first, sign, decimals shown."""
        block[f"{self.name}_length"] = 8 + 2 * _DIGITS
        block[f"{self.name}_head"] = (_DIGITS, _DIGITS - 3, 0, 6)
        rest = np.asarray(values, dtype=np.int64)
        whole, behind = rest // 1_000_000, rest % 1_000_000 * 100
        digits = block[f"{self.name}_digits"]
        digits[:, _DIGITS - 1], digits[:, _DIGITS - 2] = behind % 10_000, behind // 10_000
        for place in range(_DIGITS - 3, -1, -1):
            if not whole.any():
                break
            digits[:, place] = whole % 10_000
            whole = whole // 10_000


def _with_lists(content: bytes, width: int, lists: list[Lists], part: slice) -> bytes:
    """Each record followed by its lists, as PostgreSQL's arrays."""
    bodies = []
    for column in lists:
        cells = np.zeros(
            len(column.values), dtype=[("length", ">i4"), ("value", f">i{column.size}")]
        )
        cells["length"], cells["value"] = column.size, column.values
        bodies.append((cells.tobytes(), cells.itemsize, column.bounds.tolist(), _OIDS[column.size]))
    pieces = []
    for row in range(part.stop - part.start):
        pieces.append(content[row * width : (row + 1) * width])
        for body, step, bounds, oid in bodies:
            first, last = bounds[part.start + row], bounds[part.start + row + 1]
            if first == last:
                pieces.append(struct.pack(">iiii", 12, 0, 0, oid))
                continue
            length = 20 + (last - first) * step
            pieces.append(struct.pack(">iiiiii", length, 1, 0, oid, last - first, 1))
            pieces.append(body[first * step : last * step])
    return b"".join(pieces)


def take_order_ids(count: int) -> Ints:
    """``count`` fresh ids of planned orders, in growing order."""
    if not count:
        return np.zeros(0, dtype=np.int64)
    blocks = -(-count // IDS_PER_NUMBER)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('planning_plannedorder_id_seq') FROM generate_series(1, %s)", [blocks]
        )
        firsts = np.array([first for (first,) in cursor.fetchall()], dtype=np.int64)
    return (firsts[:, None] + np.arange(IDS_PER_NUMBER)).reshape(-1)[:count]

"""Rows by the hundred thousand: arrays straight into PostgreSQL's binary COPY.

Each column is an array (int64, quantities in millionths, or days) or one value for all rows. A
block is laid out as one numpy record per row, so no Python object is made for a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from typing import Any

import numpy as np
from django.db import connection
from psycopg import sql

_HEADER = b"PGCOPY\n\xff\r\n\x00" + b"\x00" * 8
_EPOCH = Date(2000, 1, 1)
_DIGITS = 6  # four before the point, two behind it: base 10,000
_PART = 200_000


@dataclass(frozen=True, slots=True)
class Numbers:
    """``bigint`` values."""

    values: Any


@dataclass(frozen=True, slots=True)
class Smalls:
    """``smallint`` values."""

    values: Any


@dataclass(frozen=True, slots=True)
class Quantities:
    """``numeric`` values given in millionths."""

    values: Any


@dataclass(frozen=True, slots=True)
class Days:
    """``date`` values given as days from ``origin``."""

    values: Any
    origin: Date


Column = Numbers | Smalls | Quantities | Days | str | int | Date | None


def copy_rows(table: str, columns: Mapping[str, Column], size: int) -> int:
    """COPY ``size`` rows into ``table``; a plain value stands for every row. ``int`` is bigint."""
    if not size:
        return 0
    fields = [_Field(f"f{n}", column) for n, column in enumerate(columns.values())]
    kind = np.dtype([("fields", ">i2"), *(part for field in fields for part in field.layout())])
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), names
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_HEADER)
        for first in range(0, size, _PART):
            part = slice(first, min(first + _PART, size))
            block = np.zeros(part.stop - part.start, dtype=kind)
            block["fields"] = len(fields)
            for field in fields:
                field.fill(block, part)
            copy.write(block.tobytes())
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
        if isinstance(column, Days | Date):
            return [*length, (name, ">i4")]
        if isinstance(column, Smalls):
            return [*length, (name, ">i2")]
        if isinstance(column, Quantities):
            return [*length, (f"{name}_head", ">i2", (4,)), (f"{name}_digits", ">i2", (_DIGITS,))]
        return [*length, (name, ">i8")]

    def fill(self, block: Any, part: slice) -> None:
        name, column = self.name, self.column
        length = f"{name}_length"
        if column is None:
            block[length] = -1
        elif isinstance(column, str):
            block[length], block[name] = len(column.encode()), column.encode()
        elif isinstance(column, Days):
            block[length] = 4
            block[name] = column.values[part] + (column.origin - _EPOCH).days
        elif isinstance(column, Date):
            block[length], block[name] = 4, (column - _EPOCH).days
        elif isinstance(column, Smalls):
            block[length], block[name] = 2, column.values[part]
        elif isinstance(column, Quantities):
            self._fill_numeric(block, column.values[part])
        else:
            block[length] = 8
            block[name] = column.values[part] if isinstance(column, Numbers) else column

    def _fill_numeric(self, block: Any, values: Any) -> None:
        """numeric: count of digits, weight of the first, sign, digits shown behind the point."""
        block[f"{self.name}_length"] = 8 + 2 * _DIGITS
        block[f"{self.name}_head"] = (_DIGITS, _DIGITS - 3, 0, 6)
        rest = np.asarray(values, dtype=np.int64)
        # millionths → ten-thousandths of ten-thousandths: two digits behind the point
        whole, behind = rest // 1_000_000, rest % 1_000_000 * 100
        digits = block[f"{self.name}_digits"]
        digits[:, _DIGITS - 1], digits[:, _DIGITS - 2] = behind % 10_000, behind // 10_000
        for place in range(_DIGITS - 3, -1, -1):
            digits[:, place] = whole % 10_000
            whole = whole // 10_000


def take_ids(sequence: str, count: int) -> Sequence[int] | Any:
    """``count`` fresh ids of a sequence, as an array in growing order."""
    if not count:
        return np.zeros(0, dtype=np.int64)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(n), max(n), count(*) FROM (SELECT nextval(%s::regclass) AS n"
            " FROM generate_series(1, %s)) AS taken",
            [sequence, count],
        )
        first, last, taken = cursor.fetchone()
        if last - first + 1 == taken:
            return np.arange(first, last + 1, dtype=np.int64)
        # Somebody else took some in between: the ones in doubt stay unused.
        ids: list[int] = []
        while len(ids) < count:
            cursor.execute(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
                [sequence, count - len(ids)],
            )
            ids.extend(row[0] for row in cursor.fetchall())
    return np.array(ids, dtype=np.int64)

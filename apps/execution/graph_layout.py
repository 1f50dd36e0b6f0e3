"""Places for the lots of a trace: what it came from to the left, what became of it to the right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

BOX_WIDTH, BOX_HEIGHT = 196, 66
COLUMN_GAP, ROW_GAP, MARGIN = 116, 18, 12


@dataclass(frozen=True, slots=True)
class Place:
    """The upper left corner of a lot's box."""

    x: int
    y: int

    @property
    def middle(self) -> int:
        return self.y + BOX_HEIGHT // 2


@dataclass(frozen=True, slots=True)
class Layout:
    places: Mapping[int, Place]
    width: int
    height: int


def lay_out(columns: Mapping[int, int], edges: Iterable[tuple[int, int]]) -> Layout:
    """Boxes in columns, each near the middle of its neighbours in the column towards the root.

    ``columns`` is lot → column; the root stands in 0, ancestors below, descendants above.
    """
    neighbours: dict[int, list[int]] = {lot: [] for lot in columns}
    for parent, child in edges:
        if parent in columns and child in columns:
            neighbours[parent].append(child)
            neighbours[child].append(parent)
    by_column: dict[int, list[int]] = {}
    for lot, column in columns.items():
        by_column.setdefault(column, []).append(lot)
    rows: dict[int, float] = {}
    for column in sorted(by_column, key=lambda c: (abs(c), c)):
        lots = by_column[column]
        inner = [rows_of(lot, column, neighbours, columns, rows) for lot in lots]
        order = sorted(range(len(lots)), key=lambda n: (inner[n], n))
        for row, n in enumerate(order):
            rows[lots[n]] = row - (len(lots) - 1) / 2
    first_column = min(by_column, default=0)
    first_row = min(rows.values(), default=0)
    places = {
        lot: Place(
            x=MARGIN + (columns[lot] - first_column) * (BOX_WIDTH + COLUMN_GAP),
            y=round(MARGIN + (row - first_row) * (BOX_HEIGHT + ROW_GAP)),
        )
        for lot, row in rows.items()
    }
    return Layout(
        places,
        width=max((p.x for p in places.values()), default=0) + BOX_WIDTH + MARGIN,
        height=max((p.y for p in places.values()), default=0) + BOX_HEIGHT + MARGIN,
    )


def rows_of(
    lot: int,
    column: int,
    neighbours: Mapping[int, list[int]],
    columns: Mapping[int, int],
    rows: Mapping[int, float],
) -> float:
    """The mean row of the neighbours that have a place already."""
    placed = [
        rows[other]
        for other in neighbours[lot]
        if other in rows and abs(columns[other]) < abs(column)
    ]
    return sum(placed) / len(placed) if placed else 0.0

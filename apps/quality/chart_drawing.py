"""Places for the points and lines of a control chart, as an SVG is drawn; plain numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1120, 300
LEFT, RIGHT, TOP, BOTTOM = 36, 124, 18, 34
MOST_LABELS = 20


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line: ``kind`` is center, limit or specification."""

    y: float
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    number: int
    title: str
    is_broken: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """One chart: ``path`` joins the dots, ``steps`` are limits that follow the sample size."""

    title: str
    path: str
    dots: list[Dot]
    levels: list[Level]
    steps: list[str]
    labels: list[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class PointToDraw:
    number: int
    value: float | None
    title: str
    is_broken: bool
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class LevelToDraw:
    value: float | None
    label: str
    kind: str


def draw(
    title: str,
    points: Sequence[PointToDraw],
    levels: Sequence[LevelToDraw],
    *,
    has_own_limits: bool = False,
) -> Plot:
    """Lay the points out from left to right, the scale wide enough for all lines."""
    shown = [level for level in levels if level.value is not None]
    values = [p.value for p in points if p.value is not None]
    values += [level.value for level in shown if level.value is not None]
    if has_own_limits:
        values += [v for p in points for v in (p.lower, p.upper) if v is not None]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    margin = (high - low) * 0.08 or abs(high) * 0.01 or 1.0
    low, high = low - margin, high + margin
    step = (WIDTH - LEFT - RIGHT) / max(len(points) - 1, 1)

    def x(place: int) -> float:
        return round(LEFT + place * step, 1)

    def y(value: float) -> float:
        return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    dots = [
        Dot(x(n), y(p.value), p.number, p.title, p.is_broken)
        for n, p in enumerate(points)
        if p.value is not None
    ]
    every = -(-len(points) // MOST_LABELS) or 1
    return Plot(
        title=title,
        path=_path([(dot.x, dot.y) for dot in dots]),
        dots=dots,
        levels=_apart([Level(y(v.value), v.label, v.kind) for v in shown if v.value is not None]),
        steps=[
            _path(
                [(x(n), y(v)) for n, p in enumerate(points) if (v := getattr(p, side)) is not None]
            )
            for side in ("lower", "upper")
        ]
        if has_own_limits
        else [],
        labels=[(x(n), str(p.number)) for n, p in enumerate(points) if n % every == 0],
    )


def _path(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'M' if n == 0 else 'L'}{x} {y}" for n, (x, y) in enumerate(places))


def _apart(levels: list[Level]) -> list[Level]:
    """Labels of lines that nearly coincide are told once, the more important one."""
    rank = {"limit": 0, "center": 1, "specification": 2}
    kept: list[Level] = []
    for level in sorted(levels, key=lambda one: rank[one.kind]):
        is_free = all(abs(level.y - other.y) >= 13 or not other.label for other in kept)
        kept.append(level if is_free else Level(level.y, "", level.kind))
    return kept

"""Charts of projects as plain figures for templates: the Gantt chart and the value curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.projects.models import BaselineTask, WbsNode
from apps.projects.queries.earned_value import Point
from apps.projects.queries.schedules import ProjectSchedule, ScheduledTask

ROW, BAR, HEAD = 34, 18, 44
SCALES = {"days": 28.0, "weeks": 9.0, "months": 2.6}  # pixels per calendar day
DIAMOND = 9
_LABELLED = 90
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the chart shows: days from ``first`` to ``last``, ``per_day`` pixels each."""

    first: Date
    last: Date
    per_day: float

    def x(self, day: Date) -> float:
        return round((day - self.first).days * self.per_day, 1)

    @property
    def width(self) -> float:
        return self.x(self.last + _DAY)


def gantt(
    schedule: ProjectSchedule,
    nodes: Sequence[WbsNode],
    baseline: Mapping[int, BaselineTask],
    *,
    scale: str,
    today: Date,
    is_working: Any,
) -> dict[str, Any]:
    """Rows, bars, shadows of the baseline, links and the scale; None where nothing is planned."""
    tasks: dict[int, list[ScheduledTask]] = {}
    for row in schedule.rows:
        tasks.setdefault(row.task.node_id, []).append(row)
    starts = [row.starts_on for row in schedule.rows]
    starts += [row.starts_on for row in baseline.values()]
    ends = [row.finishes_on for row in schedule.rows]
    ends += [row.finishes_on for row in baseline.values()]
    frame = Frame(min(starts) - _DAY, max(ends) + 7 * _DAY, SCALES[scale])
    headings, bars, places = [], [], {}
    y = HEAD
    for node in nodes:
        own = tasks.get(node.pk, [])
        headings.append({"node": node, "y": y, "indent": node.depth * 10})
        y += ROW
        for row in own:
            bars.append(_bar(row, baseline.get(row.task.pk), y, frame))
            places[row.task.pk] = bars[-1]
            y += ROW
    return {
        "headings": headings,
        "bars": bars,
        "links": [
            _link(places[link.predecessor_id], places[link.successor_id], link.kind)
            for link in schedule.links
            if link.predecessor_id in places and link.successor_id in places
        ],
        "ticks": _ticks(frame, scale),
        "rests": _rests(frame, is_working) if scale != "months" else [],
        "today_x": frame.x(today) + frame.per_day / 2
        if frame.first <= today <= frame.last
        else None,
        "width": round(frame.width),
        "height": y,
        "row_height": ROW,
        "bar_height": BAR,
    }


def _bar(row: ScheduledTask, shadow: BaselineTask | None, y: float, frame: Frame) -> dict[str, Any]:
    x = frame.x(row.starts_on)
    width = max(frame.x(row.finishes_on + _DAY) - x, 3)
    top = y + (ROW - BAR) / 2 - 2
    late = shadow is not None and row.finishes_on > shadow.finishes_on
    return {
        "row": row,
        "task": row.task,
        "x": x if not row.is_milestone else x + width,
        "y": top,
        "middle": top + BAR / 2,
        "end": x + width,
        "width": 0 if row.is_milestone else width,
        "done": round(width * float(row.task.percent_complete) / 100, 1),
        "label_x": x + width + (DIAMOND + 6 if row.is_milestone else 6),
        "shadow": None
        if shadow is None
        else {
            "x": frame.x(shadow.starts_on),
            "y": top + BAR + 2,
            "width": max(frame.x(shadow.finishes_on + _DAY) - frame.x(shadow.starts_on), 3),
            "row": shadow,
        },
        "is_late": late,
    }


def _link(before: Mapping[str, Any], after: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """An elbow from the end (or start) of one bar to the start (or end) of the other."""
    x1 = before["end"] if kind[0] == "F" else before["x"]
    x2 = after["end"] if kind[1] == "F" else after["x"]
    y1, y2 = before["middle"], after["middle"]
    out = 7 if kind[0] == "F" else -7
    into = -7 if kind[1] == "S" else 7
    middle = (y1 + y2) / 2
    is_critical = before["row"].is_critical and after["row"].is_critical
    return {
        "path": f"M{x1} {y1} h{out} V{middle} H{x2 + into} V{y2} H{x2}",
        "is_critical": is_critical,
        "from": before["task"].pk,
        "to": after["task"].pk,
    }


def _ticks(frame: Frame, scale: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    day = frame.first
    while day <= frame.last:
        is_month = day.day == 1 or day == frame.first
        is_step = scale == "days" or (scale == "weeks" and day.weekday() == 0)
        if is_month or is_step:
            found.append(
                {
                    "x": frame.x(day),
                    "month": date_format(day, "F Y") if is_month else "",
                    "day": str(day.day) if is_step else "",
                }
            )
        day += _DAY
    if len(found) > 1 and found[1]["month"] and found[1]["x"] < _LABELLED:
        found[0]["month"] = ""
    return found


def _rests(frame: Frame, is_working: Any) -> list[tuple[float, float]]:
    found, day = [], frame.first
    while day <= frame.last:
        if not is_working(day):
            found.append((frame.x(day), frame.per_day))
        day += _DAY
    return found


#: The frame leaves room for labels: figures at the left, half a date at the right.
WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 640, 250, 62, 34, 26, 18


def curves(points: Sequence[Point], budget: Decimal, today: Date) -> dict[str, Any] | None:
    """The three S-curves in a frame of 640 × 250, with grid and labels; None without money."""
    highest = max(
        [
            budget,
            *(value or Decimal(0) for p in points for value in (p.planned, p.earned, p.actual)),
        ]
    )
    if len(points) < 2 or highest <= 0:
        return None
    first, last = points[0].date, points[-1].date
    days = max((last - first).days, 1)
    step = _step(highest)
    top = step * -(-highest // step)

    def x(day: Date) -> float:
        return round(LEFT + (day - first).days / days * (WIDTH - LEFT - RIGHT), 1)

    def y(value: Decimal) -> float:
        return round(TOP + float(1 - value / top) * (HEIGHT - TOP - BOTTOM), 1)

    def line(name: str) -> str:
        drawn = [(p.date, getattr(p, name)) for p in points]
        return " ".join(f"{x(day)},{y(value)}" for day, value in drawn if value is not None)

    dates = [first + timedelta(days=days * n // 4) for n in range(5)]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "base": HEIGHT - BOTTOM,
        "planned": line("planned"),
        "earned": line("earned"),
        "actual": line("actual"),
        "budget_y": y(budget),
        "today_x": x(today) if first <= today <= last else None,
        "grid": [(y(step * n), step * n) for n in range(int(top / step) + 1)],
        "dates": [(x(day), day.isoformat()) for day in dates],
        "names": [
            ("planned", _("Planned value")),
            ("earned", _("Earned value")),
            ("actual", _("Actual cost")),
        ],
    }


def _step(highest: Decimal) -> Decimal:
    """One, two or five times a power of ten, so that four to ten lines suffice."""
    power = Decimal(10) ** (highest.adjusted())
    for factor in (Decimal("0.1"), Decimal("0.2"), Decimal("0.5"), Decimal(1)):
        if highest / (power * factor) <= 6:
            return power * factor
    return power * 2

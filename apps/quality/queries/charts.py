"""The points of a control chart: results of inspections, subgroup by subgroup, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.sql import fetch_all
from apps.quality.models import ControlChart, ControlLimits, SpcSignal
from apps.quality.spc import control_charts as spc
from apps.quality.spc.run_rules import signals

Kind = ControlChart.Kind

# A measured chart: runs of ``subgroup_size`` samples of an inspection; an incomplete run waits.
# A counting chart: one point for each inspection that is complete.
_SUBGROUPS = """
SELECT r.inspection_id, (r.sample - 1) / %(size)s AS subgroup, array_agg(r.value ORDER BY r.sample),
       max(r.measured_at), n.number
  FROM quality_inspectionresult r
  JOIN quality_inspection n ON n.id = r.inspection_id AND n.status <> 'cancelled'
 WHERE r.company_id = %(company)s AND r.item_id = %(item)s
   AND r.characteristic_id = %(characteristic)s AND r.value IS NOT NULL
   AND (%(operation)s::int IS NULL OR n.operation_sequence = %(operation)s)
   AND NOT EXISTS (SELECT 1 FROM quality_inspectionresult s WHERE s.supersedes_id = r.id)
 GROUP BY r.inspection_id, subgroup, n.number
HAVING count(*) = %(size)s
 ORDER BY min(r.id)
"""
_COUNTS = """
SELECT r.inspection_id, 0, n.sample_size,
       CASE WHEN %(by_unit)s THEN sum((NOT r.is_conforming)::int) ELSE sum(r.value) END,
       max(r.measured_at), n.number
  FROM quality_inspectionresult r
  JOIN quality_inspection n ON n.id = r.inspection_id AND n.status <> 'cancelled'
 WHERE r.company_id = %(company)s AND r.item_id = %(item)s
   AND r.characteristic_id = %(characteristic)s
   AND (%(operation)s::int IS NULL OR n.operation_sequence = %(operation)s)
   AND NOT EXISTS (SELECT 1 FROM quality_inspectionresult s WHERE s.supersedes_id = r.id)
 GROUP BY r.inspection_id, n.sample_size, n.number
HAVING count(*) = n.sample_size
 ORDER BY min(r.id)
"""


@dataclass(frozen=True, slots=True)
class Point:
    """One plotted point: ``value`` against ``lower`` and ``upper``; ``spread`` beside it."""

    inspection_id: int
    inspection: str
    subgroup: int
    measured_at: datetime
    size: int
    values: tuple[float, ...]
    value: float
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a point (from 1) breaks on one side of its chart."""

    point: int
    side: str
    rule: str
    value: float


def chart_points(chart: ControlChart) -> list[Point]:
    """All points, the oldest first. One statement."""
    parameters: dict[str, Any] = {
        "company": chart.company_id,
        "item": chart.item_id,
        "characteristic": chart.characteristic_id,
        "operation": chart.operation_sequence,
    }
    if chart.is_measured:
        size = 1 if chart.kind == Kind.INDIVIDUALS else chart.subgroup_size
        rows = fetch_all(_SUBGROUPS, {**parameters, "size": size})
        return _measured_points(chart, rows)
    by_unit = chart.kind in (Kind.P, Kind.NP)
    return [
        _counted_point(chart, *row)
        for row in fetch_all(_COUNTS, {**parameters, "by_unit": by_unit})
    ]


def _measured_points(chart: ControlChart, rows: list[Any]) -> list[Point]:
    points: list[Point] = []
    for inspection_id, subgroup, values, at, number in rows:
        numbers = tuple(float(value) for value in values)
        if chart.kind == Kind.INDIVIDUALS:
            spread = abs(numbers[0] - points[-1].value) if points else None
        elif chart.kind == Kind.XBAR_S:
            spread = spc.standard_deviation(numbers)
        else:
            spread = spc.spread_of(numbers)
        points.append(
            Point(
                inspection_id,
                number,
                subgroup,
                at,
                len(numbers),
                numbers,
                spc.mean(numbers),
                spread,
            )
        )
    return points


def _counted_point(
    chart: ControlChart,
    inspection_id: int,
    subgroup: int,
    size: int,
    count: Any,
    at: datetime,
    number: str,
) -> Point:
    found = float(count or 0)
    value = found / size if chart.kind in (Kind.P, Kind.U) else found
    return Point(inspection_id, number, subgroup, at, size, (found,), value)


def limits_of(points: list[Point], chart: ControlChart) -> spc.PairOfLimits:
    """Limits from ``points``. Raises ``ValueError`` where they don't give any."""
    if not points:
        raise ValueError("no points")
    decimals = 3 if chart.has_printed_factors else None
    if chart.kind == Kind.XBAR_R:
        return spc.xbar_r([p.values for p in points], decimals=decimals)
    if chart.kind == Kind.XBAR_S:
        return spc.xbar_s([p.values for p in points], decimals=decimals)
    if chart.kind == Kind.INDIVIDUALS:
        return spc.individuals([p.value for p in points], decimals=decimals)
    counts, sizes = [p.values[0] for p in points], [float(p.size) for p in points]
    if chart.kind in (Kind.NP, Kind.C) and len(set(sizes)) > 1:
        raise ValueError("samples differ in size")
    center = spc.mean(counts) if chart.kind == Kind.C else spc.mean_proportion(counts, sizes)
    location = counting_limits(chart, center, sizes[0])
    return spc.PairOfLimits(location, spc.Limits(0, 0, 0, 0), location.sigma)


def counting_limits(chart: ControlChart, center: float, size: float) -> spc.Limits:
    """Limits of a counting chart for a sample of ``size``; ``center`` is share, rate or mean."""
    if chart.kind == Kind.P:
        return spc.p_limits(center, size)
    if chart.kind == Kind.NP:
        return spc.np_limits(center, size)
    if chart.kind == Kind.C:
        return spc.c_limits(center)
    return spc.u_limits(center, size)


def limits_in_force(chart: ControlChart) -> ControlLimits | None:
    return ControlLimits.objects.filter(chart=chart).order_by("-revision").first()


def location_limits(chart: ControlChart, limits: ControlLimits, point: Point) -> spc.Limits:
    """The limits of one point; those of p and u charts follow the size of its sample."""
    if chart.kind in (Kind.P, Kind.U):
        return counting_limits(chart, limits.center, point.size)
    return spc.Limits(limits.center, limits.lower, limits.upper, limits.sigma)


def broken_rules(chart: ControlChart, limits: ControlLimits, points: list[Point]) -> list[Broken]:
    """What the points after those the limits came from break; runs look back over all."""
    z = [location_limits(chart, limits, point).z(point.value) for point in points]
    found = [
        Broken(place + 1, SpcSignal.Side.LOCATION, rule, points[place].value)
        for place, rule in signals(z, chart.rule_names)
    ]
    if chart.is_measured and limits.spread_center is not None:
        spread = spc.Limits(
            limits.spread_center, limits.spread_lower or 0.0, limits.spread_upper or 0.0, 1.0
        )
        found += [
            Broken(n, SpcSignal.Side.SPREAD, "WER1", point.spread)
            for n, point in enumerate(points, start=1)
            if point.spread is not None and spread.is_outside(point.spread)
        ]
    return sorted(found, key=lambda one: (one.point, one.side, one.rule))

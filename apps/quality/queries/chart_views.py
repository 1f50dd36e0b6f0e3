"""A control chart as it is shown: points, limits, signals, and what the process can do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from apps.quality.models import ControlChart, ControlLimits, InspectionPlanLine
from apps.quality.queries.charts import (
    Broken,
    Point,
    broken_rules,
    chart_points,
    limits_in_force,
    limits_of,
    location_limits,
)
from apps.quality.spc import control_charts as spc
from apps.quality.spc.capability import Capability, capability

MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class PlottedPoint:
    """One point with the limits it is compared with and the rules it breaks."""

    number: int
    inspection_id: int
    inspection: str
    measured_at: str
    size: int
    value: float
    spread: float | None
    center: float | None
    lower: float | None
    upper: float | None
    rules: list[str]
    spread_rules: list[str]


@dataclass(frozen=True, slots=True)
class ChartView:
    """``is_frozen``: limits are in force; else they are those of the points shown, for trial."""

    chart: ControlChart
    limits: ControlLimits | None
    is_frozen: bool
    points: list[PlottedPoint]
    center: float | None
    lower: float | None
    upper: float | None
    spread_center: float | None
    spread_lower: float | None
    spread_upper: float | None
    specification: tuple[float | None, float | None, float | None]
    within: Capability | None
    overall: Capability | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "chart": self.chart.code,
            "kind": self.chart.kind,
            "is_frozen": self.is_frozen,
            "revision": self.limits.revision if self.limits and self.is_frozen else None,
            "center": self.center,
            "lower": self.lower,
            "upper": self.upper,
            "spread_center": self.spread_center,
            "spread_lower": self.spread_lower,
            "spread_upper": self.spread_upper,
            "specification": dict(
                zip(("lower", "nominal", "upper"), self.specification, strict=True)
            ),
            "cp": _index(self.within, "both"),
            "cpk": _index(self.within, "worst"),
            "pp": _index(self.overall, "both"),
            "ppk": _index(self.overall, "worst"),
            "points": [asdict(point) for point in self.points],
        }


def _index(found: Capability | None, name: str) -> float | None:
    return None if found is None else getattr(found, name)


def chart_view(chart: ControlChart) -> ChartView:
    """The chart with its last 200 points. Three statements."""
    points = chart_points(chart)
    limits = limits_in_force(chart)
    is_frozen = limits is not None
    if limits is None:
        limits = _trial_limits(chart, points)
    broken = broken_rules(chart, limits, points) if limits is not None else []
    low, nominal, high = _specification(chart)
    within, overall = _capabilities(chart, limits, points, low, nominal, high)
    return ChartView(
        chart=chart,
        limits=limits,
        is_frozen=is_frozen,
        points=_plotted(chart, limits, points, broken)[-MOST_POINTS:],
        center=limits.center if limits else None,
        lower=limits.lower if limits else None,
        upper=limits.upper if limits else None,
        spread_center=limits.spread_center if limits else None,
        spread_lower=limits.spread_lower if limits else None,
        spread_upper=limits.spread_upper if limits else None,
        specification=(low, nominal, high),
        within=within,
        overall=overall,
    )


def _trial_limits(chart: ControlChart, points: list[Point]) -> ControlLimits | None:
    try:
        pair = limits_of(points, chart)
    except ValueError:
        return None
    measured = chart.is_measured
    return ControlLimits(
        chart=chart,
        revision=0,
        points=len(points),
        center=pair.location.center,
        lower=pair.location.lower,
        upper=pair.location.upper,
        sigma=pair.location.sigma,
        process_sigma=pair.sigma if measured else None,
        spread_center=pair.spread.center if measured else None,
        spread_lower=pair.spread.lower if measured else None,
        spread_upper=pair.spread.upper if measured else None,
    )


def _plotted(
    chart: ControlChart, limits: ControlLimits | None, points: list[Point], broken: list[Broken]
) -> list[PlottedPoint]:
    rules: dict[tuple[int, str], list[str]] = {}
    for one in broken:
        rules.setdefault((one.point, str(one.side)), []).append(one.rule)
    plotted = []
    for number, point in enumerate(points, start=1):
        own = location_limits(chart, limits, point) if limits else None
        plotted.append(
            PlottedPoint(
                number,
                point.inspection_id,
                point.inspection,
                point.measured_at.isoformat(),
                point.size,
                point.value,
                point.spread,
                own.center if own else None,
                own.lower if own else None,
                own.upper if own else None,
                rules.get((number, "location"), []),
                rules.get((number, "spread"), []),
            )
        )
    return plotted


def _specification(chart: ControlChart) -> tuple[float | None, float | None, float | None]:
    """Limits of the newest released plan line of the item and characteristic."""
    line = (
        InspectionPlanLine.objects.filter(
            plan__company=chart.company_id,
            plan__status="released",
            characteristic=chart.characteristic_id,
        )
        .filter(plan__item=chart.item_id)
        .order_by("-plan__pk")
        .first()
    )
    if line is None:
        return None, None, None
    low, nominal, high = (
        None if value is None else float(value) for value in (line.lower, line.nominal, line.upper)
    )
    return low, nominal, high


def _capabilities(
    chart: ControlChart,
    limits: ControlLimits | None,
    points: list[Point],
    low: float | None,
    nominal: float | None,
    high: float | None,
) -> tuple[Capability | None, Capability | None]:
    """Within from the limits' sigma and mean, overall from all values that are shown."""
    if not chart.is_measured or limits is None or (low is None and high is None):
        return None, None
    within = overall = None
    if limits.process_sigma:
        within = capability(
            limits.center, limits.process_sigma, lower=low, upper=high, target=nominal
        )
    values = [value for point in points for value in point.values]
    sigma = spc.standard_deviation(values) if len(values) > 1 else 0.0
    if sigma:
        overall = capability(spc.mean(values), sigma, lower=low, upper=high, target=nominal)
    return within, overall

"""Charts, rules, capability and gauge studies on figures that are known."""

from __future__ import annotations

from decimal import Decimal
from math import inf

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from apps.quality import gauge_study, statistics
from apps.quality.chart_drawing import LevelToDraw, PointToDraw, draw
from apps.quality.spc import control_charts as charts
from apps.quality.spc.capability import capability
from apps.quality.spc.constants import RANGES, factors
from apps.quality.spc.run_rules import NELSON, RULES, WESTERN_ELECTRIC, signals, violations


@pytest.mark.parametrize("size", [2, 5, 13, 25])
def test_d2_is_the_mean_range_of_normal_values(size: int) -> None:
    def density(x: float) -> float:
        return 1 - stats.norm.cdf(x) ** size - stats.norm.sf(x) ** size

    assert RANGES[size][0] == pytest.approx(integrate.quad(density, -inf, inf)[0], abs=1e-7)


@pytest.mark.parametrize("size", [1, 26])
def test_there_are_no_factors_for_other_sizes(size: int) -> None:
    with pytest.raises(ValueError):
        factors(size)


def test_rules_beside_the_published_ones() -> None:
    assert violations([0.1] * 9, "NEL2") == [8]
    assert violations([2.1, 0, 2.2], "NEL5") == [2]
    assert violations([2.1, 0, -2.2], "NEL5") == []
    assert violations([0.5, -0.5] * 8, "NEL7") == [14, 15]
    assert violations([3.0], "WER1") == [] and violations([3.0001], "WER1") == [0]
    assert signals([0, 3.2, 2.5], WESTERN_ELECTRIC) == [(1, "WER1"), (2, "WER2")]
    assert set(WESTERN_ELECTRIC) | set(NELSON) == set(RULES)


@given(st.lists(st.integers(-60, 60).map(lambda tenths: tenths / 10), max_size=40))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_mirrored_chart_breaks_the_same_rules(z: list[float]) -> None:
    for rule in RULES:
        assert violations(z, rule) == violations([-value for value in z], rule)


@given(st.lists(st.lists(st.integers(-999, 999), min_size=4, max_size=4), min_size=2, max_size=20))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_limits_move_with_the_values(groups: list[list[int]]) -> None:
    for chart in (charts.xbar_r, charts.xbar_s):
        at, moved = chart(groups), chart([[v + 100 for v in g] for g in groups])
        assert moved.location.upper == pytest.approx(at.location.upper + 100, abs=1e-6)
        assert moved.spread.upper == pytest.approx(at.spread.upper, abs=1e-6)


def test_subgroups_of_different_sizes_give_no_limits() -> None:
    for groups in ([], [[1.0, 2.0], [1.0, 2.0, 3.0]]):
        with pytest.raises(ValueError):
            charts.xbar_r(groups)
    with pytest.raises(ValueError):
        charts.individuals([1.0])
    with pytest.raises(ValueError):
        charts.mean_proportion([1], [0])


def test_p_and_u_follow_the_size_of_the_sample() -> None:
    wide, narrow = charts.p_limits(0.1, 50), charts.p_limits(0.1, 200)
    assert wide.lower == 0 and wide.upper == pytest.approx(0.227279, abs=1e-6)
    assert narrow.upper - narrow.center < wide.upper - wide.center
    assert charts.u_limits(1.5, 10).upper == pytest.approx(1.5 + 3 * (1.5 / 10) ** 0.5)


def test_ewma_widens_to_its_limit() -> None:
    points = charts.ewma([0.0] * 50, center=0, sigma=1, weight=0.2, width=3)
    assert points[0][2] == pytest.approx(0.6)
    assert points[-1][2] == pytest.approx(1.0, abs=1e-6)


def test_capability_of_one_side_and_of_nonsense() -> None:
    one = capability(10, 1, lower=None, upper=13)
    assert (one.both, one.upper, one.worst) == (None, 1, 1)
    for values in (
        {"sigma": 1, "lower": None, "upper": None},
        {"sigma": 0, "lower": 1, "upper": 2},
        {"sigma": 1, "lower": 2, "upper": 1},
    ):
        with pytest.raises(ValueError):
            capability(0, **values)


# --- gauge studies ---------------------------------------------------------------------------


def readings(noise: float, *, bias: float = 0.0, seed: int = 1) -> list[gauge_study.Reading]:
    random = np.random.default_rng(seed)
    return [
        (part, who, trial, Decimal(str(round(part + bias * n + noise * random.normal(), 6))))
        for part in range(1, 11)
        for n, who in enumerate("ABC")
        for trial in (1, 2, 3)
    ]


def test_both_methods_see_the_same_gauge() -> None:
    data = readings(0.1, bias=0.05)
    by_range, by_anova = gauge_study.average_and_range(data), gauge_study.anova(data)
    assert by_range.equipment == pytest.approx(by_anova.equipment, rel=0.15)
    assert by_range.part == pytest.approx(by_anova.part, rel=0.1)
    assert by_anova.verdict == "acceptable" and by_anova.categories > 20
    assert gauge_study.anova(readings(3)).verdict == "unacceptable"


def test_anova_agrees_with_sums_of_squares_by_numpy() -> None:
    data = readings(0.3, bias=0.2, seed=7)
    table = np.array([float(value) for *_k, value in data]).reshape(10, 3, 3)
    within = ((table - table.mean(axis=2, keepdims=True)) ** 2).sum()
    cell, part = table.mean(axis=2), table.mean(axis=(1, 2))
    who, grand = table.mean(axis=(0, 2)), table.mean()
    both = 3 * ((cell - part[:, None] - who[None, :] + grand) ** 2).sum()
    f = (both / 18) / (within / 60)
    pooled = stats.f.sf(f, 18, 60) > 0.25
    repeatability = (both + within) / 78 if pooled else within / 60
    found = gauge_study.anova(data)
    assert found.equipment == pytest.approx(repeatability**0.5)


def test_tolerance_and_a_perfect_gauge() -> None:
    perfect = [(p, a, t, p) for p in (1, 2) for a in "AB" for t in (1, 2)]
    found = gauge_study.anova(perfect, tolerance=6)
    assert (found.gauge, found.percent_tolerance, found.verdict) == (0, 0, "acceptable")


def test_unbalanced_studies_are_refused() -> None:
    data = readings(0.1)
    for broken in (data[:-1], [*data, data[0]], data[:9]):
        with pytest.raises(ValueError):
            gauge_study.anova(broken)
    with pytest.raises(ValueError):
        gauge_study.average_and_range(
            [(p, a, t, 1) for p in range(11) for a in "AB" for t in (1, 2)]
        )


def test_kappa() -> None:
    first = ["ok"] * 20 + ["ok"] * 5 + ["bad"] * 10 + ["bad"] * 15
    second = ["ok"] * 20 + ["bad"] * 5 + ["ok"] * 10 + ["bad"] * 15
    assert gauge_study.kappa(first, second) == pytest.approx(0.4)
    assert gauge_study.kappa(["ok"], ["ok"]) == 1
    with pytest.raises(ValueError):
        gauge_study.kappa([], [])


@given(st.lists(st.integers(-1000, 1000), min_size=3, max_size=40))
def test_summary_equals_numpy(values: list[int]) -> None:
    found = statistics.summary(values)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.standard_deviation == pytest.approx(np.std(values, ddof=1))


def test_statistics_of_too_little() -> None:
    for act in (
        lambda: statistics.summary([1]),
        lambda: statistics.one_way([1, 1], [1, 2]),
        lambda: statistics.straight_line([1, 1, 1], [1, 2, 3]),
        lambda: statistics.straight_line([1, 2], [1, 2]),
    ):
        with pytest.raises(ValueError):
            act()


# --- drawing ---------------------------------------------------------------------------------


def test_a_drawing_holds_all_points_and_lines() -> None:
    points = [PointToDraw(n, float(n), str(n), n == 3, 0.0, 5.0) for n in range(1, 6)]
    levels = [LevelToDraw(6.0, "UCL", "limit"), LevelToDraw(3.0, "CL", "center")]
    plot = draw("X", points, levels, has_own_limits=True)
    assert len(plot.dots) == 5 and sum(dot.is_broken for dot in plot.dots) == 1
    assert all(0 <= dot.y <= plot.height for dot in plot.dots)
    assert all(0 <= level.y <= plot.height for level in plot.levels)
    assert len(plot.steps) == 2 and plot.path.startswith("M")


def test_a_drawing_of_one_point_and_of_none() -> None:
    assert draw("X", [PointToDraw(1, 5.0, "", False)], []).dots[0].y > 0
    assert draw("X", [], []).dots == []

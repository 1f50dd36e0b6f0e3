"""Forecasts: published figures, the choice of a method, consumption by orders, and the service."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import BusinessError, InvalidInput
from apps.planning.engine.consumption import consume_forecast
from apps.planning.engine.errors import PlanError
from apps.planning.engine.forecasting.choice import choose, forecast_by, measure, outliers
from apps.planning.engine.forecasting.methods import croston_state, winters_with
from apps.planning.models import Forecast
from apps.planning.services.forecast_calculation import calculate_forecasts
from apps.planning.services.forecasts import create_forecast, update_forecast
from tests.planning.cases import CASES, needs_cases, read_json
from tests.planning.conftest import MONDAY, Plant, day

PERIODS = {"YEARLY": 1, "QUARTERLY": 4, "MONTHLY": 12, "OTHER": 1}


@pytest.mark.case("FC-AIRPASS-HW-ADD")
@needs_cases
def test_FC_AIRPASS_HW_ADD() -> None:
    case = read_json("09-forecasting", "classic", "airpassengers_additive.json")
    found = winters_with(
        np.array(case["x"], dtype=float),
        case["frequency"],
        alpha=case["alpha"],
        beta=case["beta"],
        gamma=case["gamma"],
    )
    assert round(found.level, 3) == case["level"]
    assert round(found.trend, 4) == case["trend"]
    assert round(found.squared_error, 2) == case["SSE"]


@pytest.mark.case("FC-AIRPASS-NAIVE")
@needs_cases
def test_FC_AIRPASS_NAIVE() -> None:
    case = read_json("09-forecasting", "classic", "airpassengers_naive.json")
    x = np.array(
        read_json("09-forecasting", "classic", "airpassengers_additive.json")["x"], dtype=float
    )
    train, test = x[:132], x[132:]
    for name in ("naive", "seasonal_naive"):
        found = measure(test, forecast_by(name, train, 12, 12), train, 12)
        expected = case[name]
        assert round(found.mae, 4) == expected["MAE"]
        assert round(found.rmse, 4) == expected["RMSE"]
        assert round(found.mape or 0, 4) == expected["MAPE"]
        assert round(found.mase or 0, 4) == expected["MASE"]


@pytest.mark.case("FC-CROSTON")
@needs_cases
def test_FC_CROSTON() -> None:
    case = read_json("09-forecasting", "classic", "croston_j06.json")
    found = croston_state(np.array(case["x"], dtype=float), case["alpha"])
    assert round(found.size, 3) == case["demand_level"]
    assert round(found.interval, 3) == case["interval_level"]
    assert round(found.rate, 3) == case["forecast_per_period"]


@pytest.mark.case("FC-M3-dev")
@needs_cases
@pytest.mark.slow
def test_FC_M3_dev() -> None:
    """Every series by the naive method exactly; a sample by the others and by choice."""
    folder = CASES / "09-forecasting" / "m3"
    with (folder / "train.csv").open() as file:
        train = list(csv.DictReader(file))
    with (folder / "actuals.csv").open() as file:
        actual = {r["series"]: _values(r["actuals"]) for r in csv.DictReader(file)}
    with (folder / "expected_accuracy.csv").open() as file:
        published = {
            r["method"]: (float(r["sMAPE"]), float(r["MASE"]))
            for r in csv.DictReader(file)
            if r["group"] == "ALL"
        }
    errors = [_error(row, actual, "naive") for row in train]
    assert (_mean(errors, 0), _mean(errors, 1)) == (
        pytest.approx(published["NAIVE"][0], abs=5e-5),
        pytest.approx(published["NAIVE"][1], abs=5e-5),
    )
    sample, naive = train[::6], _mean(errors[::6], 0)
    for method in ("ses", "theta", "damped", ""):
        assert _mean([_error(row, actual, method) for row in sample], 0) < naive, method


def _values(text: str) -> Any:
    return np.array([float(word) for word in text.split()])


def _error(row: dict[str, str], actual: dict[str, Any], method: str) -> tuple[float, float]:
    x, period, horizon = _values(row["values"]), PERIODS[row["period"]], int(row["horizon"])
    if method:
        expected = forecast_by(method, x, period, horizon)
    else:
        expected = np.array(choose(x.tolist(), period=period, horizon=horizon).forecast)
    found = measure(actual[row["series"]], expected, x, period)
    return found.smape or 0.0, found.mase or 0.0


def _mean(errors: list[tuple[float, float]], place: int) -> float:
    return float(np.mean([error[place] for error in errors]))


# --- the choice --------------------------------------------------------------------------------


def test_the_method_follows_the_series() -> None:
    season = [10, 20, 30, 60, 50, 40, 30, 20, 10, 20, 30, 60]
    assert choose([5.0] * 12).method == "naive"
    assert choose([float(n) for n in range(10, 40)], horizon=3).method in (
        "holt",
        "theta",
        "damped",
    )
    assert choose([float(v) for v in season * 4], period=12, horizon=12).forecast == pytest.approx(
        season, rel=0.02
    )
    lumpy = [0, 0, 9, 0, 0, 0, 11, 0, 0, 10, 0, 0, 0, 10, 0, 0]
    assert "croston" in choose([float(v) for v in lumpy]).errors


def test_outliers_are_flagged() -> None:
    x = np.array([10, 11, 9, 10, 95, 10, 11, 9, 10, 10, 11], dtype=float)
    assert outliers(x) == [4]
    assert outliers(np.full(9, 7.0)) == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([1, 2, None, 4, 5], "history_gap"),
        ([1, 2, float("nan"), 4, 5], "history_gap"),
        ([1, 2, -3, 4, 5], "negative_demand"),
        ([1, 2, 3], "history_too_short"),
    ],
)
def test_a_bad_history_is_refused(values: list[Any], code: str) -> None:
    with pytest.raises(PlanError) as refused:
        choose(values)
    assert refused.value.code == code


# --- consumption -------------------------------------------------------------------------------

WEEKS = [(0, 6), (7, 13), (14, 20)]


@pytest.mark.parametrize(
    ("orders", "windows", "left"),
    [
        ([(8, 30)], {}, [100, 70, 100]),
        ([(8, 130)], {}, [100, 0, 100]),
        ([(8, 130)], {"backward": 7}, [70, 0, 100]),
        ([(8, 130)], {"forward": 7}, [100, 0, 70]),
        ([(8, 250)], {"backward": 7, "forward": 7}, [0, 0, 50]),
        ([(8, 60), (9, 60)], {"backward": 3}, [80, 0, 100]),
        ([(30, 60)], {}, [100, 100, 100]),
    ],
)
def test_orders_use_up_the_forecast(orders: Any, windows: Any, left: list[int]) -> None:
    assert consume_forecast([100, 100, 100], WEEKS, orders, **windows) == left


@given(
    st.lists(st.integers(0, 50), min_size=3, max_size=3),
    st.lists(st.tuples(st.integers(-5, 30), st.integers(0, 60)), max_size=8),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_no_forecast_goes_below_zero_nor_loses_more_than_was_ordered(
    quantities: list[int], orders: list[tuple[int, int]], backward: int, forward: int
) -> None:
    left = consume_forecast(quantities, WEEKS, orders, backward=backward, forward=forward)
    assert all(0 <= now <= before for now, before in zip(left, quantities, strict=True))
    assert sum(quantities) - sum(left) <= sum(quantity for _day, quantity in orders)


# --- the service -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_forecast_is_planned_for_beyond_the_orders_it_foresaw(plant: Plant) -> None:
    item = plant.item("X")
    for first, quantity in ((7, 100), (14, 100)):
        create_forecast(
            plant.books.company,
            item=item,
            site=plant.site,
            starts_on=day(first),
            ends_on=day(first + 6),
            quantity=Decimal(quantity),
            by=plant.books.by,
        )
    plant.sold(item, (9, "30"))
    plant.plan()
    assert plant.orders(item) == [(7, 7, 70), (9, 9, 30), (14, 14, 100)]
    plant.planned(item, demand_fence_days=10)
    plant.plan()
    assert plant.orders(item) == [(9, 9, 30), (14, 14, 100)]


@pytest.mark.django_db
def test_a_calculation_makes_a_new_revision(plant: Plant) -> None:
    item = plant.item("X")
    history = [Decimal(n) for n in (10, 12, 14, 16, 18, 20, 22, 24)]
    for _n in range(2):
        [found] = calculate_forecasts(
            plant.books.company,
            items=[item],
            site=plant.site,
            buckets=3,
            starts_on=MONDAY,
            history=history,
            by=plant.books.by,
        )
    assert [f.starts_on for f in found.forecasts] == [
        date(2026, 3, 1),
        date(2026, 4, 1),
        date(2026, 5, 1),
    ]
    rows = Forecast.objects.filter(item=item)
    assert (rows.count(), rows.filter(is_current=True).count()) == (6, 3)
    assert {row.revision for row in rows.filter(is_current=True)} == {2}
    assert found.forecasts[0].method == found.method
    old = rows.filter(is_current=False).first()
    with pytest.raises(BusinessError) as refused:
        update_forecast(old, quantity=Decimal(1), by=plant.books.by)
    assert refused.value.code == "not_current"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"history": [Decimal(1), None, Decimal(3), Decimal(4)]}, "history_gap", "history"),
        ({"history": None}, "history_too_short", "history"),
        ({"buckets": 0}, "bad_horizon", "buckets"),
        ({"bucket": "decade"}, "unknown_bucket", "bucket"),
        ({"measure": "luck"}, "unknown_measure", "measure"),
        ({"items": []}, "no_items", "items"),
    ],
)
def test_a_calculation_that_can_not_be(
    plant: Plant, values: dict[str, Any], code: str, field: str
) -> None:
    given = {"items": [plant.item("X")], "history": [Decimal(n) for n in range(1, 9)], **values}
    with pytest.raises(InvalidInput) as refused:
        calculate_forecasts(
            plant.books.company, site=plant.site, starts_on=MONDAY, by=plant.books.by, **given
        )
    assert (refused.value.code, refused.value.field) == (code, field)
    assert not Forecast.objects.exists()


@pytest.mark.django_db
def test_two_forecasts_of_the_same_days_are_refused(plant: Plant) -> None:
    item = plant.item("X")
    given = {"item": item, "site": plant.site, "quantity": Decimal(1), "by": plant.books.by}
    company = plant.books.company
    create_forecast(company, starts_on=day(0), ends_on=day(30), **given)
    with pytest.raises(InvalidInput) as refused:
        create_forecast(company, starts_on=day(7), ends_on=day(13), **given)
    assert (refused.value.code, Forecast.objects.count()) == ("overlaps", 1)

"""Depreciation as arithmetic: published schedules, and what holds for every schedule there is."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.finance.depreciation import Basis, Charge, schedule
from apps.finance.depreciation_terms import (
    Convention,
    Method,
    Terms,
    elapsed,
    elapsed_at_disposal,
    end_of_life,
    period_ends,
)

D = Decimal
ROOT = Path(__file__).parents[2]
CASES = Path(os.environ.get("MES_ERP_CASES", ROOT.parent / "shared" / "cases"))
ASSETS = CASES / "03-finance" / "assets"
needs_cases = pytest.mark.skipif(not ASSETS.exists(), reason=f"no cases at {ASSETS}")
METHODS = {
    "straight line": Method.STRAIGHT_LINE,
    "double declining balance": Method.DECLINING,
    "written down value": Method.WRITTEN_DOWN,
}


def case(name: str) -> Any:
    return json.loads((ASSETS / name).read_text())


def yearly(terms: Terms, cost: Decimal | int, count: int = 60) -> list[Charge]:
    ends = period_ends(terms.in_service, months=12, year_starts=terms.year_starts)
    return schedule(terms, Basis(D(cost)), islice(ends, count))


@needs_cases
@pytest.mark.case("FIN-ASSET-{name}")
@pytest.mark.parametrize("name", ["SL-3Y", "DDB-3Y", "WDV-3Y", "SL-HALF-FIRST"])
def test_published_schedules(name: str) -> None:
    """``FIN-ASSET-*``. A posting on the first of a month is the charge of the months before."""
    wanted = next(row for row in case("erpnext_schedules.json") if row["id"] == name)
    given_ = wanted["input"]
    first = date.fromisoformat(given_["first_posting"])
    rate = given_.get("annual_rate_percent")
    terms = Terms(
        METHODS[given_["method"]],
        Convention.FULL_MONTH,
        date.fromisoformat(given_["available_for_use"]),
        given_["periods"] * given_["frequency_months"],
        D(given_["salvage"]),
        rate=None if rate is None else D(str(rate)),
        year_starts=first.month if first.day == 1 else first.month % 12 + 1,
    )
    charges = yearly(terms, given_["cost"])
    assert [(charge.amount, charge.accumulated) for charge in charges] == [
        (D(str(row["depreciation"])), D(str(row["accumulated"])))
        for row in wanted["expected_schedule"]
    ]
    posted = [date.fromisoformat(row["date"]) for row in wanted["expected_schedule"]]
    ends = [day - timedelta(days=day.day == 1) for day in posted]
    assert [(c.date.year, c.date.month) for c in charges] == [(d.year, d.month) for d in ends]


@needs_cases
@pytest.mark.case("FIN-MACRS-{code}")
@pytest.mark.parametrize(
    ("code", "name", "convention", "start"),
    [
        ("3HY", "macrs_3y_half_year.json", Convention.HALF_YEAR, date(2026, 4, 9)),
        ("5HY", "macrs_5y_half_year.json", Convention.HALF_YEAR, date(2026, 4, 9)),
        ("15HY", "macrs_15y_half_year.json", Convention.HALF_YEAR, date(2026, 4, 9)),
        ("7MQ4", "macrs_7y_midquarter_q4.json", Convention.MID_QUARTER, date(2026, 11, 9)),
    ],
)
def test_macrs_tables_of_publication_946(
    code: str, name: str, convention: Convention, start: date
) -> None:
    """``FIN-MACRS-*``: each year within the tolerance that the rounded table has."""
    wanted = case(name)
    terms = Terms(Method.MACRS, convention, start, wanted["property_class_years"] * 12)
    charges = yearly(terms, 10000)
    percents = [charge.amount / 100 for charge in charges]
    assert len(percents) == len(wanted["percent_by_year"])
    for found, table in zip(percents, wanted["percent_by_year"], strict=True):
        assert abs(found - D(str(table))) <= D(str(wanted["tolerance_percent"]))
    assert charges[-1].accumulated == 10000


def test_real_property_of_macrs_is_straight_line_from_the_middle_of_the_month() -> None:
    terms = Terms(Method.MACRS, Convention.MID_MONTH, date(2026, 11, 3), 468)
    assert [c.amount for c in yearly(terms, 100000)[:2]] == [D("320.51"), D("2564.10")]


@needs_cases
@pytest.mark.case("FIN-DEP-DDB-SYD-SLN")
def test_spreadsheet_functions() -> None:
    """``FIN-DEP-DDB-SYD-SLN``: a life of periods, whatever a period is."""
    wanted = case("spreadsheet_functions.json")
    start = date(2026, 1, 1)
    for row in wanted["sln"]:
        terms = Terms(
            Method.STRAIGHT_LINE, "full_month", start, row["life"] * 12, D(row["salvage"])
        )
        assert {c.amount for c in yearly(terms, row["cost"])} == {D(str(row["expected"]))}
    for row in wanted["syd"]:
        terms = Terms(Method.SUM_OF_YEARS, "full_month", start, row["life"] * 12, D(row["salvage"]))
        found = yearly(terms, row["cost"])[row["period"] - 1]
        assert found.amount == D(str(row["expected"]))
    for row in wanted["ddb"]:
        terms = Terms(
            Method.DECLINING, "full_month", date(1, 1, 1), row["life"] * 12, D(row["salvage"]),
            factor=D(str(row["factor"])),
        )  # fmt: skip
        found = yearly(terms, row["cost"], count=row["period"])[row["period"] - 1]
        assert found.amount == D(str(row["expected"])), row


def test_thirds_of_a_cent_are_left_for_the_last_charge() -> None:
    terms = Terms(Method.STRAIGHT_LINE, "full_month", date(2026, 1, 1), 36)
    assert [c.amount for c in yearly(terms, 10000)] == [D("3333.33"), D("3333.33"), D("3333.34")]


@pytest.mark.parametrize(
    ("convention", "first", "last"),
    [
        (Convention.FULL_MONTH, "100.00", (2027, 3, 31)),
        (Convention.NEXT_MONTH, None, (2027, 4, 30)),
        (Convention.MID_MONTH, "50.00", (2027, 4, 30)),
        (Convention.DAILY, "49.32", (2027, 4, 15)),  # 15 of 365 days of 1 200
    ],
)
def test_what_a_part_of_the_first_month_counts(
    convention: str, first: str | None, last: tuple[int, int, int]
) -> None:
    terms = Terms(Method.STRAIGHT_LINE, convention, date(2026, 4, 16), 12)
    charges = schedule(terms, Basis(D(1200)), islice(period_ends(terms.in_service), 20))
    if first is None:
        assert charges[0].date == date(2026, 5, 31)
    else:
        assert (charges[0].date, charges[0].amount) == (date(2026, 4, 30), D(first))
    assert charges[-1].date == date(*last)
    assert charges[-1].carrying == 0


@pytest.mark.parametrize(
    ("convention", "gone", "years"),
    [
        (Convention.FULL_MONTH, date(2027, 8, 20), Fraction(16, 12)),
        (Convention.MID_MONTH, date(2027, 8, 20), Fraction(16, 12)),
        (Convention.HALF_YEAR, date(2027, 8, 20), Fraction(1)),
        (Convention.HALF_YEAR, date(2026, 8, 20), Fraction(0)),
        (Convention.MID_QUARTER, date(2027, 8, 20), Fraction(5, 8) + Fraction(5, 8)),
        (Convention.DAILY, date(2027, 4, 15), Fraction(1)),
    ],
)
def test_what_counts_until_it_leaves(convention: str, gone: date, years: Fraction) -> None:
    terms = Terms(Method.STRAIGHT_LINE, convention, date(2026, 4, 16), 60)
    assert elapsed_at_disposal(terms, gone) == years


def test_units_of_production_follow_the_readings() -> None:
    terms = Terms(Method.UNITS, "full_month", date(2026, 1, 1), None, D(500), units_total=D(1000))
    usage = [(date(2026, 1, 20), D(250)), (date(2026, 3, 2), D(600)), (date(2026, 4, 2), D(900))]
    ends = islice(period_ends(date(2026, 1, 1)), 6)
    charges = schedule(terms, Basis(D(2500)), ends, usage=usage)
    assert [(c.date.month, c.amount) for c in charges] == [(1, D(500)), (3, D(1200)), (4, D(300))]


def test_depreciation_goes_on_from_a_new_basis() -> None:
    """After two of five years 6 000 of 10 000 are left; revalued to 9 000, 3 000 a year."""
    terms = Terms(Method.STRAIGHT_LINE, "full_month", date(2026, 1, 1), 60)
    ends = islice(period_ends(date(2028, 1, 1), months=12), 9)
    charges = schedule(terms, Basis(D(9000), Fraction(2)), ends)
    assert [c.amount for c in charges] == [D(3000)] * 3


def test_a_method_of_none_never_charges() -> None:
    assert not yearly(Terms(Method.NONE, "full_month", date(2026, 1, 1)), 1000)


TIMED = [m for m in Method if m not in (Method.NONE, Method.UNITS, Method.MACRS)]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    method=st.sampled_from(TIMED),
    convention=st.sampled_from(list(Convention)),
    start=st.dates(date(2020, 1, 1), date(2029, 12, 31)),
    life=st.integers(1, 240),
    cost=st.decimals(1, 10**7, places=2),
    part=st.decimals(0, 1, places=3),
    rate=st.none() | st.decimals("0.5", 100, places=2),
    year_starts=st.integers(1, 12),
    months=st.sampled_from([1, 3, 12]),
)
def test_charges_sum_to_what_may_be_depreciated(
    method: Method,
    convention: Convention,
    start: date,
    life: int,
    cost: Decimal,
    part: Decimal,
    rate: Decimal | None,
    year_starts: int,
    months: int,
) -> None:
    residual = (cost * part).quantize(D("0.01"))
    if method == Method.WRITTEN_DOWN and not residual:
        rate = rate or D(20)
    terms = Terms(method, convention, start, life, residual, rate=rate, year_starts=year_starts)
    ends = period_ends(start, months=months, year_starts=year_starts)
    charges = schedule(terms, Basis(cost), islice(ends, 300))
    assert sum(charge.amount for charge in charges) == cost - residual
    assert all(charge.amount > 0 and charge.carrying >= residual for charge in charges)
    assert [c.date for c in charges] == sorted({c.date for c in charges})
    if charges:
        assert charges[-1].date <= end_of_life(terms)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    convention=st.sampled_from(list(Convention)),
    start=st.dates(date(2020, 1, 1), date(2029, 12, 31)),
    days=st.integers(0, 3000),
    life=st.integers(1, 120),
    year_starts=st.integers(1, 12),
)
def test_time_never_runs_back_nor_beyond_the_life(
    convention: Convention, start: date, days: int, life: int, year_starts: int
) -> None:
    terms = Terms(Method.STRAIGHT_LINE, convention, start, life, year_starts=year_starts)
    day = date.fromordinal(start.toordinal() + days)
    later = date.fromordinal(day.toordinal() + 31)
    assert 0 <= elapsed(terms, day) <= elapsed(terms, later) <= terms.life
    assert 0 <= elapsed_at_disposal(terms, day) <= terms.life

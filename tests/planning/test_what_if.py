"""What if shows the difference and keeps nothing: every table is as it was, to the byte."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from apps.core.errors import InvalidInput
from apps.planning.services.what_if import DemandChange, LeadTimeChange, compare_what_if
from tests.planning.conftest import MONDAY, Plant, day
from tests.planning.test_schedules import SIX, Floor

pytestmark = pytest.mark.django_db


TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
HASH = """
SELECT count(*), md5(coalesce(string_agg(md5(t::text), '' ORDER BY t::text), '')) FROM "{}" t
"""


def fingerprints() -> dict[str, Any]:
    """A hash of the rows of every table."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        found = {}
        for (name,) in sorted(cursor.fetchall()):
            cursor.execute(HASH.format(name))
            found[name] = cursor.fetchone()
    return found


def what_if(plant: Plant, **values: Any) -> Any:
    values.setdefault("with_schedule", False)
    return compare_what_if(
        plant.books.company,
        site=plant.site,
        by=plant.books.by,
        planned_on=MONDAY,
        starts_at=SIX,
        schedule_seconds=1,
        **values,
    )


def test_more_demand_and_longer_lead_times_show_and_nothing_is_kept(plant: Plant) -> None:
    component = plant.item("C", lead_time_days=2)
    item = plant.made("A", (component, "2"), sales_price=Decimal(10))
    plant.sold(item, (14, "5"))
    plant.plan()
    before = fingerprints()
    found = what_if(
        plant,
        demand=[DemandChange(item, Decimal(5), day(21))],
        lead_times=[LeadTimeChange(component, 30)],
    )
    assert fingerprints() == before
    assert found.before.planned_orders == 2
    assert found.difference["planned_orders"] == 2
    assert found.difference["late_starts"] == 2
    assert found.difference["purchases"] == 20  # 10 more of C at 2
    assert found.difference["margin"] == 40  # 5 more of A at 10, worth 2
    assert found.difference["stock_value"] == 0


def test_less_demand(plant: Plant) -> None:
    item = plant.item("X")
    plant.sold(item, (14, "5"))
    before = fingerprints()
    found = what_if(plant, demand=[DemandChange(item, Decimal(-5), day(14))])
    assert found.difference["planned_orders"] == -1
    with pytest.raises(InvalidInput) as refused:
        what_if(plant, demand=[DemandChange(item, Decimal(-6), day(14))])
    assert (refused.value.code, refused.value.field, refused.value.row) == (
        "negative_demand",
        "quantity",
        0,
    )
    assert fingerprints() == before


def test_more_capacity(plant: Plant) -> None:
    floor = Floor(plant)
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "900"), due=0)
    before = fingerprints()
    found = what_if(plant, around_the_clock=True, with_schedule=True)
    assert (found.before.late_work_orders, found.after.late_work_orders) == (1, 0)
    assert fingerprints() == before
    assert date(2026, 3, 2) == MONDAY

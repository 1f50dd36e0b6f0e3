"""ISO 22400-2: each indicator worked out by hand, and the elements from what machines said."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.execution.kpis import ELEMENTS, KPIS, NOT_MEASURED, KpiElements
from apps.execution.oee import Elements
from apps.execution.queries.kpis import kpis_by_shift, summed_kpis
from apps.execution.services.dispatch import pause_operation, start_operation
from apps.masterdata.models import Machine
from tests.execution.conftest import Factory
from tests.execution.machines import EVENING, MORNING, Shopfloor, minute
from tests.execution.test_oee_products import operation_of
from tests.support.statements import at_most

#: 420 planned; 47 down in 3 stops, 13 off, 20 set-up, 40 idle: 300 produced. 500 made, 450 good,
#: half a minute each.
SHIFT = KpiElements(
    Elements(
        planned=Decimal(420),
        down=Decimal(47),
        off=Decimal(13),
        setup=Decimal(20),
        idle=Decimal(40),
        quantity=Decimal(500),
        quantity_good=Decimal(450),
        ideal_total=Decimal(250),
        ideal_good=Decimal(225),
        stops=3,
    ),
    aoet=Decimal(400),
    apwt=Decimal(380),
)
BY_HAND = {
    "allocation_ratio": "1.017500",  # 300 + 20 + 47 + 40 = 407 of 400
    "throughput_rate": "75.000000",  # 500 in 400 minutes
    "allocation_efficiency": "0.969048",  # 407 of 420
    "utilization_efficiency": "0.737101",  # 300 of 407
    "oee": "0.535714",  # 225 of 420
    "nee": "0.571429",  # 320 of 420, times 225 of 300
    "availability": "0.714286",  # 300 of 420
    "effectiveness": "0.833333",  # 250 of 300
    "quality_ratio": "0.900000",  # 450 of 500
    "setup_ratio": "0.062500",  # 20 of 320
    "technical_efficiency": "0.775194",  # 300 of 387
    "production_process_ratio": "0.750000",  # 300 of 400
    "scrap_ratio": "0.100000",  # 50 of 500
    "equipment_load_ratio": "0.595238",  # 250 of 420
    "mtbf": "113.333333",  # 340 in 3 runs
    "mttf": "113.333333",
    "mttr": "15.666667",  # 47 in 3 stops
}


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.code)
def test_worked_by_hand(kpi) -> None:  # type: ignore[no-untyped-def]
    value = kpi.value(SHIFT)
    assert value is not None
    assert f"{value:.6f}" == BY_HAND[kpi.code]
    assert kpi.value(KpiElements()) is None, "nothing below the line: no figure"
    assert set(kpi.elements) <= ELEMENTS.keys()
    assert kpi.formula
    assert kpi.value(SHIFT + SHIFT) == value, "sums are divided, ratios not added"


def test_the_34_of_the_standard_are_shown_or_explained() -> None:
    names = [str(one.name) for one in (*KPIS, *NOT_MEASURED)]
    assert len(names) == len(set(names)) == 34
    assert all(str(one.reason) for one in NOT_MEASURED)
    assert BY_HAND.keys() == {kpi.code for kpi in KPIS}


def test_the_indexes_are_the_products_of_their_parts() -> None:
    values = {kpi.code: kpi.value(SHIFT) for kpi in KPIS}
    oee = values["availability"] * values["effectiveness"] * values["quality_ratio"]
    assert round(oee, 9) == round(values["oee"], 9)


def test_elements_from_the_floor(factory: Factory, floor: Shopfloor) -> None:
    """An order from minute 60 to 200 and one from 470 on: 140 and 10 minutes of the shift."""
    by = floor.books.by
    one, other = floor.machine("M1", ideal="60"), floor.machine("M2", ideal="60")
    disc = operation_of(factory, floor, "DISC", "0.5")
    start_operation(disc, machine=one, at=minute(60), by=by)
    pause_operation(disc, at=minute(200), by=by)
    start_operation(disc, machine=one, at=minute(470), by=by)
    floor.send(
        floor.state(one, 0, "setup"),
        floor.state(one, 30, "running"),
        floor.state(one, 100, "stopped"),
        floor.state(one, 110, "running"),
        floor.state(one, 400, "idle"),
        floor.state(one, 420, "off"),
        floor.count(one, 150, 100, 20),
    )
    factory.report(
        disc.work_order,
        "3",
        operation=disc,
        machine=other,
        labour_minutes=Decimal(12),
        reported_at=minute(90),
    )

    machines = Machine.objects.filter(company=floor.books.company)
    asked = {"since": MORNING - timedelta(hours=6), "until": MORNING + timedelta(hours=18)}
    with at_most(6):
        rows = kpis_by_shift(floor.books.company, machines, now=EVENING, **asked)

    by_machine = summed_kpis(rows, key=lambda row: row.machine_id)
    e = by_machine[one.pk]
    assert (e.pbt, e.aust, e.adet, e.apt, e.aubt) == (420, 30, 30, 360, 420)
    assert (e.pq, e.gq, e.sq, e.pri_pq, e.pri_gq) == (120, 100, 20, 60, 50)
    assert (e.aoet, e.fe, e.tbf, e.ttr) == (150, 1, 380, 10)
    assert (by_machine[other.pk].apwt, by_machine[other.pk].aoet) == (12, 0)
    [everything] = summed_kpis(rows, key=lambda row: None).values()
    assert (everything.pbt, everything.aoet, everything.apwt) == (840, 150, 12)

"""OEE: the published examples to the digit, sums before ratios, losses that sum to planned time."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import ZERO
from apps.execution.models import MachineInterval
from apps.execution.oee import Elements, Recorded, counts, losses, times, total
from apps.execution.queries.oee import elements_by_shift, summed
from apps.execution.queries.stops import running_stops
from apps.execution.services.stop_reasons import classify_stop
from apps.masterdata.models import Machine
from tests.execution.machines import EVENING, MORNING, Shopfloor, minute
from tests.support.statements import at_most

CASES = Path(os.environ.get("MES_ERP_CASES") or Path(__file__).parents[3] / "shared" / "cases")
OEE_CASES = CASES / "07-oee-kpi"


def percent(value: Decimal | None) -> str:
    assert value is not None
    return f"{value * 100:.2f}"


def recorded(**minutes: int) -> Elements:
    """A shift of 480 minutes with 60 of breaks."""
    spent = {name: Decimal(value) for name, value in minutes.items()}
    return times(Recorded(Decimal(480), Decimal(60), **spent))


def s7() -> Elements:
    return times(
        Recorded(Decimal(480), Decimal(60), down=Decimal(47), running=Decimal(433))
    ) + counts(
        good=Decimal(19271 - 423),
        scrap=Decimal(423),
        startup_scrap=ZERO,
        ideal_cycle_seconds=Decimal(1),
    )


def test_s7_ratios_and_losses() -> None:
    e = s7()
    assert [percent(v) for v in (e.availability, e.performance, e.quality, e.oee)] == [
        "88.81",
        "86.11",
        "97.80",
        "74.79",
    ]
    lost = losses(e)
    assert (lost.breakdowns, lost.setup, lost.minor_stops, lost.startup_rejects) == (47, 0, 0, 0)
    assert [f"{v:.2f}" for v in (lost.reduced_speed, lost.rejects, lost.good)] == [
        "51.82",
        "7.05",
        "314.13",
    ]
    assert round(lost.total, 20) == 420


def test_two_machines_are_summed_not_averaged() -> None:
    other = Elements(planned=Decimal(60), ideal_total=Decimal(60), ideal_good=Decimal(60))
    assert percent(total([s7(), other]).oee) == "77.94"


def test_mean_times_of_three_stops() -> None:
    e = s7() + Elements(stops=3)
    assert f"{e.repair_time:.2f}" == "15.67"
    assert f"{e.run_between_stops:.2f}" == "124.33"


def test_nothing_planned_has_no_ratio() -> None:
    e = Elements()
    assert (e.availability, e.performance, e.quality, e.oee, e.repair_time) == (None,) * 5


minutes = st.decimals(0, 500, places=3)


@given(st.lists(minutes, min_size=8, max_size=8))
def test_losses_sum_to_planned_time(values: list[Decimal]) -> None:
    length, breaks, down, planned, setup, idle, running, made = values
    e = times(Recorded(length + breaks, breaks, down, planned, setup, idle, running))
    e += counts(good=made, scrap=down, startup_scrap=ZERO, ideal_cycle_seconds=Decimal(3))
    assert abs(losses(e).total - e.planned) < Decimal("1e-15")
    assert e.planned < 0 or min(e.down, e.off, e.setup, e.idle, e.produced) >= 0


@pytest.mark.parametrize(
    ("minutes", "planned", "down", "off"),
    [
        # breaks logged as a planned stop
        ({"down": 10, "planned_stops": 60, "running": 410}, 420, 10, 0),
        # more planned stops than breaks
        ({"planned_stops": 90, "running": 390}, 390, 0, 0),
        # switched off in the breaks, and 15 minutes longer
        ({"running": 405}, 420, 0, 15),
        # never a word
        ({}, 420, 0, 420),
        # stopped from end to end: more than was planned can't be lost
        ({"down": 480}, 420, 420, 0),
    ],
)
def test_where_breaks_go(minutes: dict[str, int], planned: int, down: int, off: int) -> None:
    e = recorded(**minutes)
    assert (e.planned, e.down, e.off) == (planned, down, off)


@pytest.mark.case("OEE-VORNE", "OEE-SFC-AVAIL")
@pytest.mark.skipif(not OEE_CASES.exists(), reason="no folder of cases (MES_ERP_CASES)")
def test_published_summaries() -> None:
    for case in json.loads((OEE_CASES / "oee_summary.json").read_text()):
        planned = Decimal(case["planned_production_time_s"]) / 60
        run = Decimal(case["run_time_s"]) / 60
        good = Decimal(case["good_count"])
        e = times(Recorded(planned, ZERO, down=planned - run, running=run)) + counts(
            good=good,
            scrap=Decimal(case["total_count"]) - good,
            startup_scrap=ZERO,
            ideal_cycle_seconds=Decimal(str(case["ideal_cycle_time_s"])),
        )
        for name, expected in case["expected"].items():
            found = getattr(e, name)
            assert abs(found - Decimal(str(expected))) <= Decimal(str(case["tolerance"][name])), (
                case["id"],
                name,
            )


@pytest.mark.case("REL-GEANT-MONTH", "REL-MTBF-1", "REL-AVAIL-2")
@pytest.mark.skipif(not OEE_CASES.exists(), reason="no folder of cases (MES_ERP_CASES)")
def test_published_reliability() -> None:
    by_id = {case["id"]: case for case in json.loads((OEE_CASES / "reliability.json").read_text())}
    month = by_id["GEANT-MONTH"]
    given_, expected = month["input"], month["expected"]
    seconds = Decimal(given_["seconds_in_month"])
    outage = Decimal(given_["outage_seconds"])
    e = Elements(planned=seconds / 60, down=outage / 60, stops=given_["outages"])
    assert e.repair_time * 60 == expected["mttr_s"]
    assert e.run_between_stops * 60 == expected["mtbf_s"]
    assert round(e.availability, 7) == Decimal(str(expected["availability"]))
    hours = by_id["MTBF-1"]["input"]
    down = Decimal(hours["failures"] * hours["mttr_h"])
    e = Elements(
        planned=(hours["operating_hours"] + down) * 60, down=down * 60, stops=hours["failures"]
    )
    assert e.run_between_stops / 60 == by_id["MTBF-1"]["expected"]["mtbf_h"]
    assert round(e.availability, 3) == Decimal(str(by_id["MTBF-1"]["expected"]["availability"]))
    year, expected = Decimal(365 * 24 * 60), by_id["AVAIL-2"]["expected"]
    down = year * (1 - Decimal(str(by_id["AVAIL-2"]["input"]["availability"])))
    e = Elements(planned=year, down=down, stops=1)
    assert e.repair_time is not None
    assert e.repair_time / 60 == Decimal(str(expected["downtime_hours_per_year"]))
    assert round(e.repair_time / 60 / 12, 2) == Decimal(str(expected["downtime_hours_per_month"]))


def day_of(floor: Shopfloor, machines: object = None) -> list:
    return elements_by_shift(
        floor.books.company,
        Machine.objects.filter(company=floor.books.company),
        since=MORNING - timedelta(hours=6),
        until=MORNING + timedelta(hours=18),
        now=EVENING,
    )


def shift_of_s7(floor: Shopfloor, machine: Machine) -> None:
    floor.send(
        floor.state(machine, 0, "running"),
        *(
            event
            for at, spent in ((60, 20), (200, 17), (400, 10))
            for event in (
                floor.state(machine, at, "stopped", "JAM" if at == 200 else ""),
                floor.state(machine, at + spent, "running"),
            )
        ),
        floor.state(machine, 480, "off"),
        floor.count(machine, 100, 10000, 400),
        floor.count(machine, 479, 8848, 23),
        floor.count(machine, 481, 5),
    )


def test_s7_from_events(floor: Shopfloor) -> None:
    floor.reason("JAM")
    machine = floor.machine()
    shift_of_s7(floor, machine)
    [row] = day_of(floor)
    e = row.elements
    assert (e.planned, e.down, e.quantity, e.stops) == (420, 47, 19271, 3)
    assert [percent(v) for v in (e.availability, e.performance, e.quality, e.oee)] == [
        "88.81",
        "86.11",
        "97.80",
        "74.79",
    ]
    assert (f"{e.repair_time:.2f}", f"{e.run_between_stops:.2f}") == ("15.67", "124.33")
    assert floor.books.balance("5110") == 47


def test_a_planned_reason_takes_the_stop_out_of_planned_time_and_cost(floor: Shopfloor) -> None:
    jam, lunch = floor.reason("JAM"), floor.reason("LUNCH", is_planned=True)
    machine = floor.machine()
    shift_of_s7(floor, machine)
    stop = MachineInterval.objects.get(state="stopped", starts_at=minute(60))
    classify_stop(stop, reason=lunch, by=floor.books.by)
    [row] = day_of(floor)
    assert (row.elements.planned, row.elements.down, row.elements.stops) == (420, 27, 2)
    assert floor.books.balance("5110") == 27
    classify_stop(stop, reason=jam, by=floor.books.by)
    assert floor.books.balance("5110") == 47


def test_scrap_of_set_up_is_a_start_up_loss_and_idling_a_speed_loss(floor: Shopfloor) -> None:
    machine = floor.machine(ideal="60")
    floor.send(
        floor.state(machine, 0, "setup"),
        floor.state(machine, 30, "running"),
        floor.state(machine, 100, "idle"),
        floor.state(machine, 110, "running"),
        floor.state(machine, 480, "off"),
        floor.count(machine, 20, 0, 3),
        floor.count(machine, 40, 200, 2),
    )
    [row] = day_of(floor)
    lost = losses(row.elements)
    assert (lost.setup, lost.minor_stops, lost.startup_rejects, lost.rejects, lost.good) == (
        30,
        10,
        3,
        2,
        200,
    )
    assert lost.reduced_speed == 420 - 30 - 10 - 205


def test_sums_by_work_centre_and_statements(floor: Shopfloor) -> None:
    machines = [floor.machine(f"M{n}") for n in range(4)]
    for machine in machines:
        shift_of_s7(floor, machine) if machine.code == "M0" else None
    floor.reason("JAM")
    with at_most(5):
        rows = day_of(floor)
    assert len(rows) == 4
    [(centre, e)] = summed(rows, key=lambda row: row.work_centre_id).items()
    assert (centre, e.planned) == (floor.centre.pk, 1680)


def test_a_stop_that_lasts_shows_its_cost_and_posts_nothing(floor: Shopfloor) -> None:
    machine = floor.machine()
    floor.send(floor.state(machine, 470, "stopped"))
    machines = Machine.objects.filter(pk=machine.pk)
    stop = running_stops(floor.books.company, machines, now=minute(475))[machine.pk]
    assert (stop.lost_minutes, stop.cost) == (5, 5)
    after = running_stops(floor.books.company, machines, now=EVENING)[machine.pk]
    assert after.cost == 10, "nobody planned to work after the shift"
    assert floor.books.balance("5110") == 0

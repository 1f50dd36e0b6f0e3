"""Meters by hand: roll-over, reset, slips of the pen; and by machine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.errors import BusinessError
from apps.maintenance.models import Meter, MeterReading, MeterTotal
from apps.maintenance.services.meters import (
    NewReading,
    create_meter,
    read_meter,
    read_meters,
    update_meter,
)
from tests.maintenance.conftest import D, Workshop
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db


@pytest.fixture
def meter(workshop: Workshop) -> Meter:
    return workshop.meter(workshop.asset(), rolls_over_at=D(10000))


def read(meter: Meter, reading: str, by: Any, **values: Any) -> MeterReading:
    return read_meter(meter, reading=D(reading), by=by, **values)


def test_a_total_never_falls(workshop: Workshop, meter: Meter) -> None:
    by = workshop.by
    steps = [
        read(meter, "9900", by),
        read(meter, "100", by),
        read(meter, "150", by),
        read(meter, "0", by, is_reset=True, final_reading=D(180)),
        read(meter, "20", by),
    ]
    assert [(one.kind, one.increment, one.total) for one in steps] == [
        ("reading", 9900, 9900),
        ("roll_over", 200, 10100),
        ("reading", 50, 10150),
        ("reset", 30, 10180),
        ("reading", 20, 10200),
    ]
    assert MeterTotal.objects.get().total == 10200
    assert_reconciled()


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"reading": D(400)}, "meter_backwards", "reading"),
        ({"reading": D(-1)}, "impossible_reading", "reading"),
        ({"reading": D(10001)}, "impossible_reading", "reading"),
        ({"reading": D("NaN")}, "not_a_number", "reading"),
        ({"reading": D(600), "final_reading": D(9)}, "no_reset", "final_reading"),
        (
            {"reading": D(0), "is_reset": True, "final_reading": D(10)},
            "meter_backwards",
            "final_reading",
        ),
        (
            {"reading": D(600), "read_at": timezone.now() + timedelta(days=1)},
            "in_the_future",
            "read_at",
        ),
        (
            {"reading": D(600), "read_at": timezone.now() - timedelta(days=9)},
            "before_last_reading",
            "read_at",
        ),
    ],
)
def test_what_a_display_cannot_show_is_refused(
    workshop: Workshop, meter: Meter, given: dict[str, Any], code: str, field: str
) -> None:
    read(meter, "500", workshop.by)
    with pytest.raises(BusinessError) as refused:
        read_meter(meter, by=workshop.by, **given)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert MeterReading.objects.count() == 1 and MeterTotal.objects.get().total == 500


def test_one_bad_reading_takes_the_batch_back(workshop: Workshop, meter: Meter) -> None:
    other = workshop.meter(workshop.asset("P2"))
    now = timezone.now()
    rows = [
        NewReading(other, D(7), now),
        NewReading(meter, D(5), now),
        NewReading(meter, D(4), now),
    ]
    with pytest.raises(BusinessError) as refused:
        read_meters(workshop.books.company, rows, by=workshop.by)
    assert refused.value.row == 2
    assert not MeterReading.objects.exists()


def test_a_machine_tells_its_meters(workshop: Workshop) -> None:
    machine, asset = workshop.machine_asset()
    spindle = workshop.asset("SPINDLE", parent=asset)
    cycles = workshop.meter(
        spindle, "CYC", kind="cycles", source="machine_cycles", per_count=D("0.5")
    )
    hours = workshop.meter(asset, "HRS", source="machine_hours")
    assert cycles.machine == machine, "of the machine it is part of"
    floor = workshop.floor
    floor.send(
        floor.state(machine, 0, "running"),
        floor.count(machine, 30, 90, 10),
        floor.state(machine, 120, "stopped"),
    )
    total = dict(MeterTotal.objects.values_list("meter", "total"))
    assert total == {cycles.pk: 50, hours.pk: 2}

    floor.send(floor.state(machine, 60, "stopped"))
    assert MeterTotal.objects.get(meter=hours).total == 2, "a late event takes nothing back"
    floor.send(floor.state(machine, 180, "running"), floor.state(machine, 210, "idle"))
    assert MeterTotal.objects.get(meter=hours).total == 2, "one hour, then half an hour more"
    floor.send(floor.state(machine, 240, "running"), floor.state(machine, 300, "idle"))
    assert MeterTotal.objects.get(meter=hours).total == D("2.5")
    with pytest.raises(BusinessError) as refused:
        read(hours, "9", workshop.by)
    assert refused.value.code == "told_by_machine"
    assert_reconciled()


def test_intake_asks_maintenance_nothing_where_nothing_is_maintained(workshop: Workshop) -> None:
    floor = workshop.floor
    plain = floor.machine("PLAIN")
    machine, asset = workshop.machine_asset("METERED")
    workshop.meter(asset, "CYC", kind="cycles", source="machine_cycles")

    def spent(*events: dict[str, Any]) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert {one.status for one in floor.send(*events)} == {"created"}
        return [one["sql"] for one in captured if "maintenance_" in one["sql"]]

    one = floor.count(plain, 1, 5)
    assert len(spent(one)) == 1, "the flags, read with the machine"
    assert len(spent(*(floor.count(machine, n, 1) for n in range(2, 40)))) == 2
    assert len(spent(floor.state(plain, 50, "stopped"), floor.state(plain, 51, "running"))) == 1


def test_meters_that_can_not_be_are_refused(workshop: Workshop, meter: Meter) -> None:
    with pytest.raises(BusinessError) as refused:
        workshop.meter(workshop.asset("SHED"), "X", source="machine_hours")
    assert (refused.value.code, refused.value.field) == ("no_machine", "source")
    read(meter, "5", workshop.by)
    with pytest.raises(BusinessError) as refused:
        update_meter(meter, kind="km", by=workshop.by)
    assert (refused.value.code, refused.value.field) == ("has_readings", "kind")
    assert (
        create_meter(
            company=workshop.books.company, code="K", name="K", asset=meter.asset, by=workshop.by
        ).machine
        is None
    )

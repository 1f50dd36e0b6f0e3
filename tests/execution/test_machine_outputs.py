"""Counts by quarters of an hour: exactly the events, in whatever order they came."""

from __future__ import annotations

import importlib
import random
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import ZERO
from apps.core.reconcile import reconcile
from apps.execution.models import MachineEvent, MachineOutput, WorkOrderOperation
from apps.execution.quarters import QUARTER, quarter_of, whole_quarters
from apps.execution.queries.oee import elements_by_shift
from apps.execution.services.dispatch import start_operation
from apps.masterdata.models import Machine
from tests.execution.conftest import Factory
from tests.execution.machines import EVENING, MORNING, Shopfloor, minute
from tests.execution.test_oee_products import operation_of
from tests.support.races import errors, together
from tests.support.reconciled import assert_reconciled
from tests.support.statements import at_most

moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 3), timezones=st.just(UTC))


@given(moments, moments)
def test_whole_quarters_and_edges_are_the_span(one: datetime, other: datetime) -> None:
    since, until = min(one, other), max(one, other)
    first, last = whole_quarters(since, until)
    assert since <= first <= last <= until
    assert first - since < QUARTER or first == last == until
    if first < last:
        assert (quarter_of(first), quarter_of(last)) == (first, last)
        assert until - last < QUARTER


def outputs(machine: Machine) -> list[tuple[Any, ...]]:
    rows = MachineOutput.objects.filter(machine=machine).order_by("starts_at", "operation_id")
    return [
        ((row.starts_at - MORNING) / QUARTER, row.quantity_good, row.quantity_scrap) for row in rows
    ]


def test_counts_go_to_their_quarter_once(floor: Shopfloor) -> None:
    machine = floor.machine()
    batch = [
        floor.count(machine, 14.999, 5),
        floor.count(machine, 15, 1, 2),
        floor.count(machine, 29, 10),
        floor.state(machine, 20, "running"),
    ]
    floor.send(*batch)
    floor.send(*batch, batch[0] | {"quantity_good": 6}, floor.count(machine, 3, "0.5"))
    assert outputs(machine) == [(0, Decimal("5.5"), 0), (1, 11, 2)]
    assert_reconciled()


def test_a_batch_of_counts_adds_one_statement(floor: Shopfloor) -> None:
    machine = floor.machine()
    floor.send(floor.state(machine, 0, "running"), floor.count(machine, 1, 1))
    with at_most(9) as few:
        floor.send(floor.count(machine, 2, 1))
    events = [floor.count(machine, 3 + n, 1) for n in range(200)]
    with at_most(9) as many:
        floor.send(*events)
    assert len(few.captured_queries) == len(many.captured_queries)


def test_a_refused_report_leaves_no_count(factory: Factory, floor: Shopfloor) -> None:
    """An event and its sum are written with the report that it is, or not at all."""
    operation = operation_of(factory, floor, "DISC", "0.5")
    WorkOrderOperation.objects.filter(pk=operation.pk).update(is_counted=True)
    machine = floor.machine()
    start_operation(operation, machine=machine, at=minute(0), by=floor.books.by)
    [good] = floor.send(floor.count(machine, 10, 3))
    assert good.status == "created"
    [refused] = floor.send(floor.count(machine, 11, 0, 3))  # scrap needs a reason
    assert refused.status == "rejected"
    assert outputs(machine) == [(0, 3, 0)]
    assert MachineOutput.objects.get().operation == operation
    assert_reconciled()


@pytest.mark.parametrize("seed", range(4))
def test_shifts_that_start_between_quarters_sum_to_their_events(
    floor: Shopfloor, seed: int
) -> None:
    """Edges come from events, the middle from quarters; both ends are cut exactly."""
    dice = random.Random(seed)  # noqa: S311 - the same each time
    floor.shift.starts_at = time(6, dice.choice([0, 7, 15, 22]), dice.choice([0, 30]))
    floor.shift.ends_at = time(13, dice.choice([0, 15, 52, 59]))
    floor.shift.save_by(floor.books.by)
    machine = floor.machine()
    events = [floor.state(machine, -30, "setup"), floor.state(machine, 95.5, "running")]
    edges = (-10, 0, 7, 7.5, 14.999, 15, 22.5, 95.499, 95.5, 420, 435, 472, 479, 479.999, 480)
    events += [floor.count(machine, at, dice.randint(0, 9), dice.randint(1, 4)) for at in edges]
    events += [
        floor.count(machine, dice.uniform(-30, 500), dice.randint(1, 20), dice.randint(0, 2))
        for _n in range(80)
    ]
    dice.shuffle(events)
    for start in range(0, len(events), 20):
        floor.send(*events[start : start + 20])

    for now in (EVENING, minute(300.7)):
        [row] = elements_by_shift(
            floor.books.company,
            Machine.objects.filter(company=floor.books.company),
            since=MORNING - timedelta(hours=6),
            until=MORNING + timedelta(hours=18),
            now=now,
        )
        assert row.shift is not None
        inside = [
            one
            for one in MachineEvent.objects.filter(kind="count")
            if row.shift.starts_at <= one.occurred_at < min(row.shift.ends_at, now)
        ]
        startup = [one for one in inside if one.occurred_at < minute(95.5)]
        e = row.elements
        assert e.quantity_good == sum((one.quantity_good for one in inside), ZERO)
        assert e.quantity - e.quantity_good == sum((one.quantity_scrap for one in inside), ZERO)
        assert e.ideal_startup_scrap * 60 == sum((one.quantity_scrap for one in startup), ZERO)


@pytest.mark.django_db(transaction=True)
def test_eight_batches_at_once_are_all_added(floor: Shopfloor) -> None:
    machine = floor.machine()
    batches = [[floor.count(machine, n, 1, 1) for n in range(10)] for _caller in range(8)]
    assert errors(together(lambda n: floor.send(*batches[n]))) == []
    assert outputs(machine) == [(0, 80, 80)]
    assert_reconciled()


def test_the_migration_sums_what_was_counted_before(factory: Factory, floor: Shopfloor) -> None:
    operation = operation_of(factory, floor, "DISC", "0.5")
    one, other = floor.machine("M1"), floor.machine("M2")
    start_operation(operation, machine=one, at=minute(20), by=floor.books.by)
    floor.send(
        *(floor.count(machine, 7 * n, n, 1) for machine in (one, other) for n in range(1, 20))
    )
    kept = list(MachineOutput.objects.order_by("machine", "starts_at").values_list(*FIELDS))
    assert len({operation_id for _machine, _at, operation_id, *_sums in kept}) == 2
    MachineOutput.objects.filter(machine=one).delete()
    MachineOutput.objects.filter(machine=other).update(quantity_good=7)
    migration = importlib.import_module("apps.execution.migrations.0012_machine_output_filled")
    migration.fill(None, SimpleNamespace(connection=connection))
    rows = MachineOutput.objects.order_by("machine", "starts_at").values_list(*FIELDS)
    assert sorted(rows, key=str) == sorted(kept, key=str)


FIELDS = ("machine_id", "starts_at", "operation_id", "quantity_good", "quantity_scrap")


@pytest.mark.breaks("machine-output")
def test_reconcile_finds_a_quarter_that_differs_from_its_events(floor: Shopfloor) -> None:
    machine = floor.machine()
    floor.send(floor.count(machine, 1, 5), floor.count(machine, 20, 5))
    assert_reconciled()
    row = MachineOutput.objects.order_by("starts_at").first()
    assert row is not None

    def broken() -> set[str]:
        return {finding.invariant.code for finding in reconcile() if not finding.is_clean}

    for change in ({"quantity_good": 6}, {"starts_at": row.starts_at + timedelta(minutes=1)}):
        MachineOutput.objects.filter(pk=row.pk).update(**change)
        assert broken() == {"machine-output"}
        row.save(force_update=True)
        assert broken() == set()
    row.delete()
    assert broken() == {"machine-output"}

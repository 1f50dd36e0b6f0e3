"""A stop told apart: two reasons, two postings, and it stays so whatever machines say later."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import BusinessError, InvalidInput
from apps.execution.machine_log import Mark, segments
from apps.execution.models import MachineEvent, MachineInterval, StopClassification
from apps.execution.queries.oee import elements_by_shift
from apps.execution.services.stop_reasons import classify_stop, split_stop
from apps.finance.models import JournalEntry
from apps.masterdata.models import Machine, ReasonCode
from tests.execution.machines import EVENING, MORNING, Shopfloor, minute
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled

Part = tuple[float, float | None, str]


def stopped(machine: Machine) -> list[Part]:
    rows = MachineInterval.objects.filter(machine=machine, state="stopped").order_by("starts_at")
    return [
        (
            (one.starts_at - MORNING).total_seconds() / 60,
            one.ends_at and (one.ends_at - MORNING).total_seconds() / 60,
            one.reason.code if one.reason else "",
        )
        for one in rows.select_related("reason")
    ]


@pytest.fixture
def machine(floor: Shopfloor) -> Machine:
    """Running, stopped for 60 minutes at minute 60, running again."""
    machine = floor.machine()
    floor.send(
        floor.state(machine, 0, "running"),
        floor.state(machine, 60, "stopped"),
        floor.state(machine, 120, "running"),
    )
    return machine


@pytest.fixture
def jam(floor: Shopfloor) -> ReasonCode:
    return floor.reason("JAM")


@pytest.fixture
def lunch(floor: Shopfloor) -> ReasonCode:
    return floor.reason("LUNCH", is_planned=True)


def split(
    floor: Shopfloor, at: float, first: ReasonCode | None, second: ReasonCode | None
) -> tuple[MachineInterval, MachineInterval]:
    touching = MachineInterval.objects.filter(state="stopped", starts_at__lt=minute(at))
    stop = touching.latest("starts_at")
    return split_stop(stop, at=minute(at), reasons=(first, second), note="asked", by=floor.books.by)


def test_two_reasons_two_postings(
    floor: Shopfloor, machine: Machine, jam: ReasonCode, lunch: ReasonCode
) -> None:
    first, second = split(floor, 80, jam, lunch)
    assert stopped(machine) == [(60, 80, "JAM"), (80, 120, "LUNCH")]
    assert (first.lost_minutes, second.lost_minutes) == (20, 0)
    assert first.entry is not None and second.entry is None
    assert floor.books.balance("5110") == 20, "60 reversed, 20 posted anew; lunch was planned"
    assert JournalEntry.objects.filter(reverses__isnull=False).count() == 1
    told = list(StopClassification.objects.order_by("at").select_related("new_reason"))
    assert [(one.new_reason, one.old_reason, one.note, one.created_by) for one in told] == [
        (jam, None, "asked", floor.books.by),
        (lunch, None, "asked", floor.books.by),
    ]
    assert_reconciled()


def test_both_parts_cost_and_are_one_stop(
    floor: Shopfloor, machine: Machine, jam: ReasonCode
) -> None:
    first, second = split(floor, 80, None, jam)
    assert first.entry is not None and second.entry is not None
    assert [line.reason for line in second.entry.lines.all()] == [jam, jam]
    assert floor.books.balance("5110") == 60
    [row] = elements_by_shift(
        floor.books.company, Machine.objects.all(), since=MORNING, until=EVENING, now=EVENING
    )
    assert (row.elements.down, row.elements.stops) == (60, 1), "one stop, told apart"
    assert_reconciled()


def test_it_stays_when_late_events_cut_the_timeline_anew(
    floor: Shopfloor, machine: Machine, jam: ReasonCode
) -> None:
    tool = floor.reason("TOOL")
    split(floor, 80, tool, jam)
    floor.send(floor.state(machine, 70, "running"), floor.state(machine, 72, "stopped"))
    assert stopped(machine) == [(60, 70, "TOOL"), (72, 80, ""), (80, 120, "JAM")]
    floor.send(floor.state(machine, 100, "running"), floor.state(machine, 110, "stopped"))
    assert stopped(machine)[2:] == [(80, 100, "JAM"), (110, 120, "")]
    floor.send(floor.state(machine, 90, "stopped"))
    assert stopped(machine)[2:] == [(80, 100, "JAM"), (110, 120, "")], "said again: goes on"
    assert floor.books.balance("5110") == 10 + 8 + 20 + 10
    assert_reconciled()


def test_it_is_gone_when_the_machine_ran_by_then_and_comes_back_with_the_stop(
    floor: Shopfloor, machine: Machine, jam: ReasonCode
) -> None:
    split(floor, 80, None, jam)
    floor.send(floor.state(machine, 75, "running"))
    assert stopped(machine) == [(60, 75, "")]
    assert floor.books.balance("5110") == 15
    assert_reconciled()
    floor.send(floor.state(machine, 78, "stopped"))
    assert stopped(machine) == [(60, 75, ""), (78, 80, ""), (80, 120, "JAM")]
    assert floor.books.balance("5110") == 57
    assert_reconciled()


def test_parts_are_reclassified_and_split_again(
    floor: Shopfloor, machine: Machine, jam: ReasonCode
) -> None:
    tool = floor.reason("TOOL")
    _first, second = split(floor, 80, None, jam)
    classify_stop(second, reason=tool, note="looked again", by=floor.books.by)
    split(floor, 100, tool, jam)
    floor.send(floor.state(machine, 61, "stopped"), floor.state(machine, 119, "stopped"))
    assert stopped(machine) == [(60, 80, ""), (80, 100, "TOOL"), (100, 120, "JAM")]
    assert StopClassification.objects.filter(note="looked again").get().old_reason == jam
    assert_reconciled()


def test_a_stop_that_lasts_is_split_and_costed_when_it_ends(
    floor: Shopfloor, jam: ReasonCode
) -> None:
    machine = floor.machine("M9")
    floor.send(floor.state(machine, 0, "stopped"))
    split(floor, 30, None, jam)
    assert stopped(machine) == [(0, 30, ""), (30, None, "JAM")]
    assert floor.books.balance("5110") == 30
    floor.send(floor.state(machine, 45, "running"))
    assert stopped(machine) == [(0, 30, ""), (30, 45, "JAM")]
    assert floor.books.balance("5110") == 45
    assert_reconciled()


def test_what_can_not_be_split(floor: Shopfloor, machine: Machine, jam: ReasonCode) -> None:
    stop = MachineInterval.objects.get(machine=machine, state="stopped")
    running = MachineInterval.objects.filter(machine=machine, state="running").first()
    assert running is not None
    burr = floor.reason("BURR", kind="scrap")
    by, before = floor.books.by, (MachineEvent.objects.count(), JournalEntry.objects.count())
    for interval, at, reason, code in (
        (stop, 60, jam, "not_inside"),
        (stop, 120, jam, "not_inside"),
        (stop, 130, jam, "not_inside"),
        (running, 30, jam, "not_a_stop"),
        (stop, 80, burr, "wrong_reason"),
    ):
        with pytest.raises(BusinessError) as refused:
            split_stop(interval, at=minute(at), reasons=(None, reason), by=by)
        assert refused.value.code == code
    with pytest.raises(InvalidInput) as bad:
        split_stop(stop, at=datetime(2026, 3, 10, 7, 20), reasons=(None, jam), by=by)
    assert bad.value.code == "naive_time"
    with pytest.raises(InvalidInput) as bad:
        classify_stop(stop, reason=jam, note="x" * 201, by=by)
    assert bad.value.code == "bad_note"
    assert (MachineEvent.objects.count(), JournalEntry.objects.count()) == before
    assert not StopClassification.objects.exists()


def test_through_the_api(floor: Shopfloor, machine: Machine, jam: ReasonCode) -> None:
    stop = MachineInterval.objects.get(machine=machine, state="stopped")
    url = f"/execution/machine-intervals/{stop.pk}/split/"
    body = {"at": minute(80).isoformat(), "reason_before": None, "reason_after": "JAM", "note": "n"}
    viewer = make_member(
        "viewer", floor.books.company, permissions=("execution.view_machineinterval",)
    )
    assert ApiClient(viewer).post(url, body).status_code == 403
    api = ApiClient(floor.books.by)
    answer = api.post(url, body)
    assert answer.status_code == 200, answer.body
    assert stopped(machine) == [(60, 80, ""), (80, 120, "JAM")]
    again = api.post(url, body)
    assert (again.status_code, codes(again)) == (409, [("at", "not_inside")])
    [row] = api.get("/execution/stop-classifications/").body["results"]
    assert (row["note"], row["new_reason"], row["old_reason"]) == ("n", jam.pk, None)
    refused = floor.send({**floor.state(machine, 90, "stopped"), "kind": "split"})
    assert refused[0].error and refused[0].error.code == "unknown_kind", "devices split nothing"


marks = st.builds(
    Mark,
    st.integers(0, 12).map(minute),
    st.text("ab", min_size=1, max_size=3),
    st.integers(1, 99),
    st.sampled_from(["running", "stopped"]),
    st.sampled_from([None, 1]),
)
splits = st.builds(
    lambda at, n, reason: Mark(minute(at), f"split-{n}", 100 + n, "stopped", reason, True),
    st.integers(0, 12),
    st.integers(1, 9),
    st.sampled_from([None, 2]),
)


@given(st.lists(marks, max_size=8), st.lists(splits, max_size=4), st.randoms())
def test_splits_cut_stops_only_and_order_does_not_matter(told, cuts, dice) -> None:  # type: ignore[no-untyped-def]
    both = [*told, *cuts]
    found = segments(both)
    dice.shuffle(both)
    if len({mark.key for mark in both}) == len(both):
        assert segments(both) == found
    plain = segments(told)

    def state_at(parts, at):  # type: ignore[no-untyped-def]
        return next(
            (p.state for p in parts if p.starts_at <= at and (p.ends_at is None or at < p.ends_at)),
            None,
        )

    for at in (minute(n + 0.5) for n in range(13)):
        assert state_at(found, at) == state_at(plain, at), "a split changes no state"
    assert {p.starts_at for p in plain} <= {p.starts_at for p in found}

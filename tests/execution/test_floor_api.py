"""The floor's API: dispatch, states, boards, effectiveness; who may, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.execution.models import MachineInterval, OperationRun, WorkOrderOperation
from apps.execution.queries.boards import board
from apps.execution.services.dispatch import start_operation
from apps.masterdata.models import Machine
from tests.execution.conftest import Factory
from tests.execution.machines import EVENING, Shopfloor, minute
from tests.execution.test_dispatch import make_order
from tests.support.faces import ApiClient, codes, grant, make_member

DAY = "since=2026-03-10T00:00:00Z&until=2026-03-11T00:00:00Z"


@pytest.fixture
def api(floor: Shopfloor) -> ApiClient:
    return ApiClient(floor.books.by)


@pytest.fixture
def operation(factory: Factory, floor: Shopfloor) -> WorkOrderOperation:
    return make_order(factory, floor)


def test_start_pause_finish(
    floor: Shopfloor, api: ApiClient, operation: WorkOrderOperation
) -> None:
    floor.machine("M1")
    path = f"/execution/operations/{operation.pk}"
    started = api.post(f"{path}/start/", {"machine": "M1", "at": minute(0).isoformat()})
    assert (started.status_code, started.body["machine_code"]) == (201, "M1"), started.body
    busy = api.post(f"{path}/start/", {"machine": "M1"})
    assert (busy.status_code, codes(busy)) == (409, [("machine", "machine_busy")])
    paused = api.post(f"{path}/pause/", {"at": minute(5).isoformat()})
    assert (paused.status_code, paused.body["status"]) == (200, "paused")
    finished = api.post(f"{path}/finish/")
    assert finished.body["status"] == "done"
    runs = api.get(f"/execution/operation-runs/?operation={operation.pk}").body["results"]
    assert [(r["starts_at"], r["ends_at"]) for r in runs] == [
        ("2026-03-10T06:00:00.000000Z", "2026-03-10T06:05:00.000000Z")
    ]


def test_a_start_sent_twice_starts_once(
    floor: Shopfloor, api: ApiClient, operation: WorkOrderOperation
) -> None:
    floor.machine("M1")
    path, body = f"/execution/operations/{operation.pk}/start/", {"machine": "M1"}
    first = api.post(path, body, key="tap-1")
    again = api.post(path, body, key="tap-1")
    assert first.body == again.body
    assert OperationRun.objects.count() == 1


def test_classify(floor: Shopfloor, api: ApiClient) -> None:
    floor.reason("JAM")
    floor.reason("BURR", "scrap")
    floor.machine("M1")
    floor.send(floor.state("M1", 0, "stopped"), floor.state("M1", 30, "running"))
    [row] = api.get("/execution/machine-intervals/?state=stopped&reason__isnull=true").body[
        "results"
    ]
    path = f"/execution/machine-intervals/{row['id']}/classify/"
    assert codes(api.post(path, {"reason": "BURR"})) == [("reason", "does_not_exist")]
    done = api.post(path, {"reason": "JAM"})
    assert (done.body["reason_code"], done.body["lost_minutes"]) == ("JAM", "30.000000")
    assert done.body["entry"] != row["entry"]
    running = MachineInterval.objects.get(state="running")
    refused = api.post(f"/execution/machine-intervals/{running.pk}/classify/", {"reason": "JAM"})
    assert (refused.status_code, codes(refused)) == (409, [("interval", "not_a_stop")])


def test_timeline(floor: Shopfloor, api: ApiClient, operation: WorkOrderOperation) -> None:
    machine = floor.machine("M1")
    path = f"/execution/operations/{operation.pk}/start/"
    api.post(path, {"machine": "M1", "at": minute(0).isoformat()})
    floor.send(
        floor.state("M1", 0, "running"), floor.state("M1", 90, "idle"), floor.count("M1", 10, 4)
    )
    found = api.get(f"/execution/machines/{machine.pk}/timeline/?{DAY}").body
    assert [(i["state"], i["ends_at"]) for i in found["intervals"]] == [
        ("running", "2026-03-10T07:30:00.000000Z"),
        ("idle", None),
    ]
    assert [run["operation"] for run in found["runs"]] == [operation.pk]
    assert (found["quantity_good"], found["counts"]) == ("4.000000", 1)
    later = "since=2026-03-10T08:00:00Z&until=2026-03-10T09:00:00Z"
    found = api.get(f"/execution/machines/{machine.pk}/timeline/?{later}").body
    assert [i["state"] for i in found["intervals"]] == ["idle"]
    assert api.get(f"/execution/machines/{10**9}/timeline/?{DAY}").status_code == 404


@pytest.mark.parametrize(
    ("query", "attr", "code"),
    [
        ("since=2026-03-10T00:00:00Z", "until", "required"),
        ("since=2026-03-10&until=2026-03-11T00:00:00Z", "since", "no_offset"),
        ("since=2026-03-11T00:00:00Z&until=2026-03-10T00:00:00Z", "until", "bad_span"),
        ("since=2020-03-11T00:00:00Z&until=2026-03-10T00:00:00Z", "until", "bad_span"),
        (f"{DAY}&by=weather", "by", "invalid_choice"),
        (f"{DAY}&machine=NOWHERE", "machine", "does_not_exist"),
        (f"{DAY}&colour=red", "colour", "unknown_field"),
        (f"{DAY}&by=day&by=day", "by", "repeated_parameter"),
    ],
)
def test_bad_questions_are_named(
    floor: Shopfloor, api: ApiClient, query: str, attr: str, code: str
) -> None:
    answer = api.get(f"/execution/oee/?{query}")
    assert (answer.status_code, codes(answer)) == (400, [(attr, code)])


def test_oee_by_day_and_shift(floor: Shopfloor, api: ApiClient) -> None:
    floor.machine("M1", ideal="60")
    floor.send(
        floor.state("M1", 0, "running"), floor.state("M1", 480, "off"), floor.count("M1", 9, 210)
    )
    [day] = api.get(f"/execution/oee/?{DAY}&by=day").body["results"]
    assert (day["key"], day["oee"]) == ("2026-03-10", "0.500000")
    [shift] = api.get(f"/execution/oee/?{DAY}&by=shift&machine=M1").body["results"]
    assert shift["key"] == floor.shift.pk


def test_bad_batches(floor: Shopfloor, api: ApiClient) -> None:
    path = "/execution/events/"
    assert codes(api.post(path, {"events": []}, key=None)) == [("events", "empty")]
    assert codes(api.post(path, {"events": [{}] * 1001}, key=None)) == [("events", "max_length")]
    assert codes(api.post(path, {"event": []}, key=None))[0] == ("event", "unknown_field")
    assert api.post(path, b'{"events": [{"quantity_good": NaN}]}', key=None).status_code == 400
    odd = api.post(path, {"events": [7, None, [], {}]}, key=None).body["results"]
    assert [r["status"] for r in odd] == ["rejected"] * 4


def test_who_may(floor: Shopfloor, operation: WorkOrderOperation) -> None:
    machine = floor.machine("M1")
    floor.send(floor.state("M1", 0, "stopped"))
    interval = MachineInterval.objects.get()
    user = make_member("worker", floor.books.company)
    api = ApiClient(user)
    classify = f"/execution/machine-intervals/{interval.pk}/classify/"
    start = f"/execution/operations/{operation.pk}/start/"
    assert api.post("/execution/events/", {"events": [{}]}, key=None).status_code == 403
    assert api.post(classify, {"reason": None}).status_code == 403
    assert api.post(start, {"machine": "M1"}).status_code == 403
    for path in (
        "/execution/events/",
        "/execution/machine-intervals/",
        "/execution/operation-runs/",
        f"/execution/machines/{machine.pk}/timeline/?{DAY}",
        f"/execution/machines/?site={floor.books.site.pk}",
        f"/execution/oee/?{DAY}",
    ):
        assert api.get(path).status_code == 403, path
    grant(user, "execution.add_machineevent", "execution.run_workorderoperation")
    api = ApiClient(type(user).objects.get(pk=user.pk))
    assert api.post("/execution/events/", {"events": [{}]}, key=None).status_code == 207
    assert api.post(start, {"machine": "M1"}).status_code == 201


def test_another_company_does_not_exist(floor: Shopfloor) -> None:
    machine = floor.machine("M1")
    floor.send(floor.state("M1", 0, "stopped"))
    interval = MachineInterval.objects.get()
    stranger = make_member(
        "stranger",
        permissions=("execution.view_machineinterval", "execution.classify_machineinterval"),
    )
    api = ApiClient(stranger)
    assert api.get(f"/execution/machine-intervals/{interval.pk}/").status_code == 404
    assert api.get(f"/execution/machines/{machine.pk}/timeline/?{DAY}").status_code == 404
    classify = api.post(f"/execution/machine-intervals/{interval.pk}/classify/", {"reason": None})
    assert classify.status_code == 404


# --- boards -----------------------------------------------------------------------------------


def test_board_shows_what_runs_and_what_stands(
    floor: Shopfloor, operation: WorkOrderOperation, api: ApiClient
) -> None:
    """Half a minute a piece: after 60 minutes 120 are expected."""

    runs, stands, silent = floor.machine("M1"), floor.machine("M2"), floor.machine("M3")
    start_operation(operation, machine=runs, at=minute(0), by=floor.books.by)
    floor.send(
        floor.state(runs, 0, "running"),
        floor.count(runs, 50, 90),
        floor.state(stands, 0, "running"),
        floor.state(stands, 40, "stopped"),
        received_at=minute(60),
    )
    seen = board(floor.books.site, Machine.objects.all(), now=minute(60))
    second, third, first = seen.tiles  # what is down comes first
    assert (first.state, first.run.number, first.run.good, first.run.expected) == (
        "running",
        operation.work_order.number,
        90,
        120,
    )
    assert first.run.is_behind
    assert (second.state, second.stop.lost_minutes, second.stop.cost) == ("stopped", 20, 20)
    assert (third.code, third.state, third.run) == (silent.code, "", None)
    assert seen.stop_cost == 20
    assert seen.shift is not None
    assert seen.today.quantity == 90
    assert seen.today.planned == 3 * (60 - 60 / 8)
    live = api.get(f"/execution/machines/?site={floor.books.site.pk}").body
    assert [tile["code"] for tile in live["results"]] == ["M2", "M3", "M1"]


def test_board_statements_do_not_depend_on_machines(floor: Shopfloor) -> None:
    def used() -> int:
        with CaptureQueriesContext(connection) as captured:
            board(floor.books.site, Machine.objects.all(), now=EVENING)
        return len(captured)

    floor.machine("M0")
    floor.send(floor.state("M0", 0, "stopped"))
    one = used()
    for n in range(1, 8):
        floor.machine(f"M{n}")
        floor.send(floor.state(f"M{n}", 0, "stopped"))
    assert used() == one


def test_lists_read_in_constant_statements(floor: Shopfloor, api: ApiClient) -> None:
    now = timezone.now()

    def used(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get(path).status_code == 200
        return len(captured)

    def tell(number: int) -> None:
        machine = floor.machine(f"L{number}")
        floor.send(
            *(
                floor.state(machine, now - timedelta(minutes=n), state)
                for n, state in enumerate(("idle", "running", "stopped"), start=1)
            ),
            received_at=now,
        )

    paths = ("/execution/events/", "/execution/machine-intervals/")
    tell(0)
    before = [used(path) for path in paths]
    for n in range(1, 9):
        tell(n)
    assert [used(path) for path in paths] == before

"""The page of a machine's day: states, runs, counts, one stop with its events, cost and history."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.models import User
from apps.execution import timeline_drawing as drawing
from apps.execution.models import MachineInterval, StopClassification
from apps.execution.quarters import QUARTER
from apps.execution.services.dispatch import start_operation
from apps.masterdata.models import Machine
from tests.execution.conftest import Factory
from tests.execution.machines import MORNING, Shopfloor, minute
from tests.execution.test_oee_products import operation_of
from tests.factories import make_company
from tests.support.faces import make_member

BACKEND = "apps.core.backends.PermissionBackend"
DAY = "2026-03-10"


@pytest.fixture
def browser(by: User) -> Client:
    client = Client()
    client.force_login(by, BACKEND)
    return client


@pytest.fixture
def machine(floor: Shopfloor) -> Machine:
    machine = floor.machine()
    floor.send(
        floor.state(machine, 0, "setup"),
        floor.state(machine, 30, "running"),
        floor.count(machine, 40, 7, 2),
        floor.state(machine, 60, "stopped"),
        floor.count(machine, 61, 1),
        floor.state(machine, 120, "running"),
    )
    return machine


def page_of(machine: Machine, query: str = f"day={DAY}") -> str:
    return f"{reverse('machine-day', args=[machine.pk])}?{query}"


def stop_of(machine: Machine) -> MachineInterval:
    return MachineInterval.objects.filter(machine=machine, state="stopped").earliest("starts_at")


def test_bars_stand_where_their_time_is() -> None:
    span = drawing.Span(MORNING, MORNING + timedelta(hours=8))
    bar = span.bar(1, minute(-60), minute(120))
    assert (bar.x, bar.width) == (0, drawing.WIDTH / 4), "cut at the edge of what is shown"
    assert span.bar(1, minute(240), None).width == drawing.WIDTH / 2
    assert span.bar(1, minute(240), minute(240.001)).width == drawing.LEAST_WIDTH
    assert [tick.x for tick in span.ticks()] == [n * drawing.WIDTH / 8 for n in range(8)]
    counts = [(minute(0), Decimal(6), Decimal(2)), (minute(15), Decimal(4), Decimal(0))]
    high, low = drawing.columns(span, counts, QUARTER)
    assert (high.height_good + high.height_scrap, low.height_good) == (
        drawing.COUNTS_HEIGHT,
        drawing.COUNTS_HEIGHT / 2,
    )
    assert drawing.columns(span, [], QUARTER) == []


def test_the_day_shows_states_runs_and_counts(
    browser: Client, factory: Factory, floor: Shopfloor, machine: Machine
) -> None:
    disc = operation_of(factory, floor, "DISC", "0.5")
    start_operation(disc, machine=machine, at=minute(200), by=floor.books.by)
    text = browser.get(page_of(machine)).content.decode()
    for word in ("Set-up", "Stopped", "Running", disc.work_order.number, "EARLY"):
        assert word in text
    assert text.count('class="state ') == 4
    assert text.count('class="made"') == 2
    assert "<script" not in text and " style=" not in text, "strict content policy"
    nothing = browser.get(page_of(machine, "day=2025-01-01")).content.decode()
    assert "said nothing on this day" in nothing
    shift = browser.get(page_of(machine, f"day={DAY}&shift={floor.shift.pk}")).content.decode()
    assert f"{DAY} · EARLY" in shift
    for odd in ("day=never", "day=0001-01-01", "shift=x&interval=9", "interval=' or 1"):
        assert browser.get(page_of(machine, odd)).status_code == 200


def test_a_stop_shows_its_events_cost_and_history(
    browser: Client, floor: Shopfloor, machine: Machine
) -> None:
    jam = floor.reason("JAM")
    stop = stop_of(machine)
    url = reverse("stop-reason", args=[stop.pk])
    answer = browser.post(url, {"act": "classify", "reason": jam.pk, "note": "a sheet stuck"})
    assert answer.status_code == 302
    text = browser.get(answer.headers["Location"]).content.decode()
    assert stop_of(machine).reason == jam
    entry = stop_of(machine).entry
    assert entry is not None
    for word in ("60.0", "a sheet stuck", entry.number, "JAM", "e00005"):
        assert word in text
    assert "e00003" not in text, "counted before the stop"


def test_a_stop_is_split_on_the_page(browser: Client, floor: Shopfloor, machine: Machine) -> None:
    jam, tool = floor.reason("JAM"), floor.reason("TOOL")
    url = reverse("stop-reason", args=[stop_of(machine).pk])
    body = {"act": "split", "reason": jam.pk, "reason_after": tool.pk, "note": "two causes"}
    browser.post(url, body | {"at": "2026-03-10T07:20:00"})  # the site keeps UTC
    rows = MachineInterval.objects.filter(machine=machine, state="stopped").order_by("starts_at")
    assert [(one.reason, one.lost_minutes) for one in rows] == [(jam, 20), (tool, 40)]
    assert StopClassification.objects.filter(note="two causes").count() == 2
    for bad in ({"at": "soon"}, {"at": "2026-03-10T09:00:00"}, {"reason": "99999999"}):
        answer = browser.post(url, body | {"at": "2026-03-10T07:10:00"} | bad, follow=True)
        assert 'role="alert"' in answer.content.decode()
    assert rows.count() == 2


def test_who_may_not(floor: Shopfloor, machine: Machine) -> None:
    view = ("execution.view_machineinterval",)
    viewer = make_member("viewer", floor.books.company, permissions=view)
    elsewhere = make_member("far", make_company("FAR", by=floor.books.by), permissions=view)
    stop = stop_of(machine)
    client = Client()
    assert client.get(page_of(machine)).status_code == 302
    client.force_login(viewer, BACKEND)
    text = client.get(page_of(machine, f"day={DAY}&interval={stop.pk}")).content.decode()
    assert "e00004" in text and "Split the stop" not in text
    assert client.post(reverse("stop-reason", args=[stop.pk]), {}).status_code == 403
    client.force_login(elsewhere, BACKEND)
    assert client.get(page_of(machine)).status_code == 404


def test_the_statements_do_not_grow_with_the_day(
    browser: Client, floor: Shopfloor, machine: Machine
) -> None:
    url = page_of(machine, f"day={DAY}&interval={stop_of(machine).pk}")
    browser.get(url)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    floor.send(
        *(floor.state(machine, 130 + n, "stopped" if n % 2 else "running") for n in range(60)),
        *(floor.count(machine, 130 + n, 1, 1) for n in range(60)),
    )
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(many) == len(few)

"""The terminal without a script: scans lead somewhere, taps do one thing once, refusals say why."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_duration

from apps.execution.models import OperationRun, ProductionReport, WorkOrderOperation
from apps.execution.services.dispatch import start_operation
from apps.execution.services.machine_events import record_events
from apps.hr.models import Employee
from apps.masterdata.models import Machine
from tests.execution.conftest import Factory
from tests.execution.machines import Shopfloor
from tests.execution.test_dispatch import make_order
from tests.factories import make_books
from tests.support.faces import make_member
from tests.support.reconciled import assert_reconciled

BACKEND = "apps.core.backends.PermissionBackend"


@pytest.fixture
def machine(floor: Shopfloor) -> Machine:
    return floor.machine("M1")


@pytest.fixture
def operation(factory: Factory, floor: Shopfloor) -> WorkOrderOperation:
    return make_order(factory, floor, counted=False)


@pytest.fixture
def browser(floor: Shopfloor) -> Client:
    client = Client()
    client.force_login(floor.books.by, BACKEND)
    return client


def tap(client: Client, act: str, **fields: Any) -> list[str]:
    """Send one form; what the terminal said."""
    fields = {"act": act, "key": uuid.uuid4().hex} | fields
    return said(client.post(reverse("shop-act"), {n: _key(v) for n, v in fields.items()}))


def _key(value: Any) -> Any:
    return value.pk if hasattr(value, "pk") else value


def said(response: Any) -> list[str]:
    """The message of this answer; those before wait for a page that shows them."""
    assert response.status_code == 302, response.content
    return [str(message) for message in get_messages(response.wsgi_request)][-1:]


@pytest.mark.parametrize("form", ["{number}/10", " {number}/10 ", "{lower}/10", "{url}"])
def test_a_scan_opens_its_operation(
    browser: Client, machine: Machine, operation: WorkOrderOperation, form: str
) -> None:
    number = operation.work_order.number
    url = f"https://factory.example/shop/?scan={number}%2F10"
    text = form.format(number=number, lower=number.lower(), url=url)
    answer = browser.get(reverse("shop"), {"scan": text})
    assert answer.headers["Location"] == reverse("shop-operation", args=[operation.pk])
    page = browser.get(answer.headers["Location"])
    assert f"{number}/10" in page.content.decode()
    assert 'value="start"' in page.content.decode()


def test_scans_of_order_machine_badge_and_nothing(
    browser: Client, floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    order = operation.work_order
    Employee(
        company=floor.books.company, code="B-7", name="Ada Byron", site=floor.books.site
    ).save_by(floor.books.by)

    def scan(text: str) -> Any:
        return browser.get(reverse("shop"), {"scan": text})

    assert scan(order.number).headers["Location"] == reverse("shop-order", args=[order.pk])
    assert "Presses" in browser.get(reverse("shop-order", args=[order.pk])).content.decode()
    assert scan("m1").headers["Location"] == reverse("shop-machine", args=[machine.pk])
    assert said(scan("B-7")) == ["Hello, Ada Byron."]
    assert "Ada Byron" in browser.get(reverse("shop-machine", args=[machine.pk])).content.decode()
    assert said(scan("<b>?")) == ["Nothing here has the code <b>?."]


def test_start_count_scrap_pause_finish(
    browser: Client, floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    burr = floor.reason("BURR", "scrap")
    where = {"operation": operation, "machine": machine}
    tap(browser, "start", **where)
    page = browser.get(reverse("shop-machine", args=[machine.pk])).content.decode()
    assert operation.work_order.number in page
    assert tap(browser, "good", quantity="5", **where) == ["5 good counted."]
    assert tap(browser, "good", quantity="2,5", **where) == ["2.5 good counted."]
    assert tap(browser, "scrap", quantity="1", reason=burr, **where) == ["1 scrap counted: BURR."]
    reports = ProductionReport.objects.order_by("id")
    assert [(r.quantity_good, r.quantity_scrap) for r in reports] == [
        (5, 0),
        (Decimal("2.5"), 0),
        (0, 1),
    ]
    assert {r.machine for r in reports} == {machine}
    tap(browser, "pause", **where)
    assert OperationRun.objects.get().ends_at is not None
    tap(browser, "start", **where)
    tap(browser, "finish", **where)
    operation.refresh_from_db()
    assert operation.status == "done"
    assert_reconciled()


def test_a_tap_that_arrives_twice_counts_once(
    browser: Client, machine: Machine, operation: WorkOrderOperation
) -> None:
    where = {"operation": operation, "machine": machine, "key": "tap-1"}
    assert tap(browser, "good", quantity="5", **where) == ["5 good counted."]
    assert tap(browser, "good", quantity="5", **where) == ["Done before: 5 good counted."]
    [other] = tap(browser, "good", quantity="6", **where)
    assert "another request" in other
    assert ProductionReport.objects.count() == 1


def test_what_was_refused_may_be_tapped_again(
    browser: Client, machine: Machine, operation: WorkOrderOperation
) -> None:
    where = {"operation": operation, "machine": machine, "key": "tap-1"}
    [refused] = tap(browser, "good", quantity="1001", **where)
    assert "1000 are left" in refused
    assert tap(browser, "good", quantity="1000", **where) == ["1000 good counted."]


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "explode"},
        {"act": "good", "quantity": "x"},
        {"act": "good", "quantity": "-1"},
        {"act": "good", "quantity": "NaN"},
        {"act": "good", "quantity": "1", "operation": "9" * 30},
        {"act": "good", "quantity": "1", "key": ""},
        {"act": "good", "quantity": "1", "key": "é"},
        {"act": "scrap", "quantity": "1"},
        {"act": "pause"},
    ],
)
def test_nonsense_is_refused_with_words(
    browser: Client, machine: Machine, operation: WorkOrderOperation, fields: dict[str, str]
) -> None:
    given = {"operation": operation, "machine": machine} | fields
    words = tap(browser, given.pop("act"), **given)
    assert len(words) == 1
    assert words[0]
    assert not ProductionReport.objects.exists()


def test_machine_counts_take_no_good_by_hand(
    browser: Client, factory: Factory, floor: Shopfloor, machine: Machine
) -> None:
    counted = make_order(factory, floor, code="COUNTED")
    where = {"operation": counted, "machine": machine}
    tap(browser, "start", **where)
    page = browser.get(reverse("shop-machine", args=[machine.pk])).content.decode()
    assert "counts the good ones itself" in page
    assert tap(browser, "good", quantity="1", **where) == ["The machine counts what is good here."]
    burr = floor.reason("BURR", "scrap")
    assert tap(browser, "scrap", quantity="1", reason=burr, **where) == ["1 scrap counted: BURR."]


def test_an_unexplained_stop_asks_why(browser: Client, floor: Shopfloor, machine: Machine) -> None:
    jam = floor.reason("JAM")
    now = timezone.now()
    record_events(floor.books.company, [floor.state(machine, now, "stopped")], by=floor.books.by)
    url = reverse("shop-machine", args=[machine.pk])
    page = browser.get(url).content.decode()
    assert "Why?" in page
    interval = machine.intervals.get()
    assert tap(browser, "classify", interval=interval, reason=jam, machine=machine) == [
        "The stop has its reason: JAM."
    ]
    assert "Why?" not in browser.get(url).content.decode()


def test_every_form_has_its_own_key(
    browser: Client, floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    floor.reason("BURR", "scrap")
    start_operation(operation, machine=machine, by=floor.books.by)
    page = browser.get(reverse("shop-machine", args=[machine.pk])).content.decode()
    keys = re.findall(r'name="key" value="([^"]+)"', page)
    assert len(keys) == 4
    assert len(set(keys)) == 4
    assert not re.search(r"<script>|\sstyle=|\son\w+=", page), "the content policy forbids these"


def test_who_may(floor: Shopfloor, machine: Machine, operation: WorkOrderOperation) -> None:
    anonymous = Client().get(reverse("shop"))
    assert anonymous.status_code == 302
    assert "login" in anonymous.headers["Location"]
    looker = make_member("looker", floor.books.company)
    client = Client()
    client.force_login(looker, BACKEND)
    assert client.get(reverse("shop")).status_code == 403
    viewer = make_member(
        "viewer", floor.books.company, permissions=("execution.view_workorderoperation",)
    )
    client.force_login(viewer, BACKEND)
    page = client.get(reverse("shop-operation", args=[operation.pk])).content.decode()
    assert 'value="start"' not in page
    assert tap(client, "start", operation=operation, machine=machine) == ["You may not do this."]
    stranger = make_member("stranger", permissions=("execution.view_workorderoperation",))
    client.force_login(stranger, BACKEND)
    for name, key in (
        ("shop-operation", operation.pk),
        ("shop-order", operation.work_order_id),
        ("shop-machine", machine.pk),
        ("shop-now", machine.pk),
    ):
        assert client.get(reverse(name, args=[key])).status_code == 404
    assert client.get(reverse("shop-act")).status_code == 405


def tap_json(client: Client, act: str, **fields: Any) -> Any:
    """Send one tap as the terminal's script does."""
    fields = {"act": act, "key": uuid.uuid4().hex} | fields
    sent = {name: _key(value) for name, value in fields.items()}
    return client.post(reverse("shop-act"), sent, headers={"Accept": "application/json"})


def test_a_tap_that_waited_is_booked_when_it_was_made_by_who_made_it(
    browser: Client, floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    company, site, by = floor.books.company, floor.books.site, floor.books.by
    ada = Employee(company=company, code="B-7", name="Ada Byron", site=site).save_by(by)
    bob = Employee(company=company, code="B-8", name="Bob Hale", site=site).save_by(by)
    started, counted = (timezone.now() - timedelta(minutes=n) for n in (40, 30))
    where = {"operation": operation, "machine": machine, "employee": ada, "user": by}
    browser.get(reverse("shop"), {"scan": "B-8"})  # who stands there now
    answer = tap_json(browser, "start", tapped_at=started.isoformat(), **where)
    assert answer.status_code == 200
    answer = tap_json(browser, "good", quantity="3", tapped_at=counted.isoformat(), **where)
    assert answer.json() == {
        "said": "3 good counted.",
        "next": reverse("shop-machine", args=[machine.pk]),
    }
    run, report = OperationRun.objects.get(), ProductionReport.objects.get()
    assert (run.starts_at, run.employee) == (started, ada)
    assert (report.reported_at, report.employee) == (counted, ada)
    assert bob not in (run.employee, report.employee)
    nobody = where | {"employee": ""}
    tap_json(browser, "good", quantity="1", tapped_at=counted.isoformat(), **nobody)
    assert ProductionReport.objects.order_by("pk").last().employee is None  # type: ignore[union-attr]
    assert_reconciled()


@pytest.mark.parametrize(
    ("ago", "code", "status"),
    [
        ("-PT10M", "in_the_future", 422),
        ("PT73H", "too_old", 422),
        ("yesterday", "not_a_time", 422),
        ("2026-03-10T12:00:00", "naive_time", 422),
    ],
)
def test_times_that_can_not_be(
    browser: Client,
    machine: Machine,
    operation: WorkOrderOperation,
    ago: str,
    code: str,
    status: int,
) -> None:
    waited = parse_duration(ago)
    at = (timezone.now() - waited).isoformat() if waited else ago
    answer = tap_json(
        browser, "good", quantity="1", operation=operation, machine=machine, tapped_at=at
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not ProductionReport.objects.exists()


def test_a_lost_answer_is_given_again_even_when_it_came_too_late_for_a_new_tap(
    browser: Client,
    machine: Machine,
    operation: WorkOrderOperation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = (timezone.now() - timedelta(hours=71)).isoformat()
    fields = {"operation": operation, "machine": machine, "quantity": "2", "tapped_at": at}
    first = tap_json(browser, "good", key="k1", **fields)
    assert first.json()["said"] == "2 good counted."
    later = timezone.now() + timedelta(hours=5)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    again = tap_json(browser, "good", key="k1", **fields)
    assert again.json()["said"] == "Done before: 2 good counted."
    assert ProductionReport.objects.count() == 1


def test_a_tap_of_another_user_and_a_badge_of_another_company_are_refused(
    browser: Client, floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    where = {"operation": operation, "machine": machine, "quantity": "1"}
    other = make_member("other", floor.books.company)
    answer = tap_json(browser, "good", user=other, **where)
    assert (answer.status_code, answer.json()["code"]) == (409, "other_user")
    worker = make_member(
        "worker",
        floor.books.company,
        permissions=("execution.view_workorderoperation", "execution.add_productionreport"),
    )
    far = make_books("FAR", by=floor.books.by)
    stranger = Employee(company=far.company, code="S-1", name="S", site=far.site)
    stranger.save_by(floor.books.by)
    browser.force_login(worker, BACKEND)
    answer = tap_json(browser, "good", employee=stranger, **where)
    assert (answer.status_code, answer.json()["code"]) == (422, "does_not_exist")
    assert not ProductionReport.objects.exists()


def test_the_terminal_can_be_installed(browser: Client, floor: Shopfloor) -> None:
    stranger = Client()
    told = stranger.get(reverse("shop-manifest"))
    assert told.headers["Content-Type"] == "application/manifest+json"
    manifest = told.json()
    assert (manifest["start_url"], manifest["scope"]) == ("/shop/", "/shop/")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    worker = stranger.get(reverse("shop-worker"))
    assert worker.request["PATH_INFO"].startswith("/shop/")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    policy = worker.headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "manifest-src 'self'" in policy
    assert "unsafe" not in policy
    assert stranger.get(reverse("shop-session")).status_code == 401
    session = browser.get(reverse("shop-session")).json()
    assert session["user"] == floor.books.by.pk
    assert len(session["token"]) > 30

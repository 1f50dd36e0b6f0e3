"""The terminal loses its network in the middle of the work: nothing is lost, nothing is doubled.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Error, Page, expect

from apps.execution.models import OperationRun, ProductionReport, WorkOrderOperation
from apps.execution.services.dispatch import start_operation
from apps.hr.models import Employee
from apps.masterdata.models import Machine
from tests import factories
from tests.browser.test_people import PASSWORD, look, sign_in
from tests.execution.conftest import make_factory
from tests.execution.machines import make_shopfloor
from tests.execution.test_dispatch import make_order
from tests.support.reconciled import assert_reconciled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def place(db: None) -> tuple[Machine, WorkOrderOperation, Employee]:
    """A machine whose operation runs since an hour ago; Ada has a badge."""
    by = factories.make_user("operator", password=PASSWORD)
    books = factories.make_books("ACME", by=by)
    floor = make_shopfloor(books)
    machine = floor.machine("M1")
    floor.reason("BURR", "scrap")
    ada = Employee(company=books.company, code="B-7", name="Ada Byron", site=books.site)
    ada.save_by(by)
    operation = make_order(make_factory(books), floor, counted=False)
    start_operation(operation, machine=machine, by=by, at=timezone.now() - timedelta(hours=1))
    return machine, operation, ada


def ready(page: Page) -> None:
    """The service worker looks after the page: what is opened now is kept."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # one that was on its way while the worker began is looked after from then on
    wait_until(page, lambda: page.evaluate("navigator.serviceWorker.controller !== null"))


def opened(page: Page, live_server: Any, machine: Machine) -> None:
    sign_in(page, live_server, "operator", "/shop/machines/")
    page.goto(f"{live_server}/shop/?scan=B-7")
    page.goto(f"{live_server}/shop/machines/{machine.pk}/")
    ready(page)
    expect(page.get_by_text("Ada Byron")).to_be_visible()
    expect(page.locator("#waiting")).to_be_hidden()


def stood(page: Page, moment: datetime) -> None:
    page.clock.set_fixed_time(moment)


def reports() -> list[tuple[int, int]]:
    rows = ProductionReport.objects.order_by("pk")
    return [(int(row.quantity_good), int(row.quantity_scrap)) for row in rows]


def wait_until(page: Page, is_so: Callable[[], bool]) -> None:
    for _try in range(100):
        with suppress(Error):  # the page may just be loaded anew
            if is_so():
                return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen")


def test_ten_minutes_without_a_network_lose_and_double_nothing(
    page: Page, live_server: Any, place: tuple[Machine, WorkOrderOperation, Employee]
) -> None:
    machine, operation, ada = place
    opened(page, live_server, machine)
    begin = timezone.now().replace(microsecond=0) - timedelta(minutes=10)
    page.context.set_offline(True)
    for minutes in (0, 3, 6):
        stood(page, begin + timedelta(minutes=minutes))
        page.get_by_role("button", name="+1", exact=True).click()
        expect(page.locator("#waiting li")).to_have_count(minutes // 3 + 1)
    stood(page, begin + timedelta(minutes=9))
    page.get_by_role("button", name="BURR").click()
    box = page.locator("#waiting")
    expect(box).to_contain_text("4 taps wait for the network")
    expect(box).to_contain_text("Scrap: 1, BURR")
    expect(page.locator("[data-figure=good]")).to_contain_text("+3 waiting")
    expect(page.locator("[data-figure=scrap]")).to_contain_text("+1 waiting")
    assert not ProductionReport.objects.exists()

    page.reload()
    expect(page.locator("h1")).to_contain_text("M1")
    expect(page.locator("#kept")).to_contain_text("No network: this page is from")
    expect(box).to_contain_text("4 taps wait for the network")
    expect(page.locator("[data-figure=good]")).to_contain_text("+3 waiting")
    look(page, "terminal-offline")

    page.goto(f"{live_server}/shop/orders/{operation.work_order_id}/")
    expect(page.locator("main")).to_contain_text("This page was not opened here before")
    page.get_by_role("link", name="Back to the last page").click()
    expect(page.locator("h1")).to_contain_text("M1")

    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(box).to_be_hidden()
    assert reports() == [(1, 0), (1, 0), (1, 0), (0, 1)]
    rows = list(ProductionReport.objects.order_by("pk"))
    for row, minutes in zip(rows, (0, 3, 6, 9), strict=True):
        # the clock of the terminal is corrected by the server's, to within a page's way
        assert abs(row.reported_at - begin - timedelta(minutes=minutes)) < timedelta(seconds=30)
        assert row.employee == ada
    expect(page.get_by_role("status").first).to_contain_text("What waited has arrived: 4.")
    assert_reconciled()


#: The server does what it is asked; its first answer is lost on the way.
LOSE_FIRST_ANSWER = """() => {
  const real = window.fetch;
  let lost = false;
  window.fetch = async (url, options) => {
    const answer = await real(url, options);
    if (lost || !String(url).includes("/shop/act/")) return answer;
    lost = true;
    sessionStorage.lost = answer.status;
    throw new TypeError("connection reset");
  };
}"""


def test_a_tap_whose_answer_was_lost_counts_once(
    page: Page, live_server: Any, place: tuple[Machine, WorkOrderOperation, Employee]
) -> None:
    machine, _operation, _ada = place
    opened(page, live_server, machine)
    page.evaluate(LOSE_FIRST_ANSWER)
    page.get_by_role("button", name="+5", exact=True).click()
    wait_until(page, lambda: page.evaluate("sessionStorage.lost") == "200")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#waiting")).to_be_hidden()
    assert reports() == [(5, 0)]
    assert_reconciled()


def test_what_is_refused_stays_until_it_was_seen_and_stops_nothing(
    page: Page, live_server: Any, place: tuple[Machine, WorkOrderOperation, Employee]
) -> None:
    machine, _operation, _ada = place
    opened(page, live_server, machine)
    page.context.set_offline(True)
    page.get_by_label("Other number").fill("5000")
    page.get_by_role("button", name="Count good").click()
    box = page.locator("#waiting")
    expect(box.locator("li")).to_have_count(1)
    page.get_by_label("Other number").fill("")
    page.get_by_role("button", name="+10", exact=True).click()
    expect(box.locator("li")).to_have_count(2)
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(box).to_contain_text("1 refused")
    expect(box).to_contain_text("1000 are left to make, 5000 were reported.")
    wait_until(page, lambda: reports() == [(10, 0)])
    page.reload()
    expect(box).to_contain_text("Good: 5000")
    look(page, "terminal-refused")
    box.get_by_role("button", name="I have seen it").click()
    expect(box).to_be_hidden()
    assert_reconciled()


def test_the_queue_waits_for_the_sign_in(
    page: Page, live_server: Any, place: tuple[Machine, WorkOrderOperation, Employee]
) -> None:
    machine, _operation, ada = place
    opened(page, live_server, machine)
    page.context.set_offline(True)
    page.get_by_role("button", name="+1", exact=True).click()
    box = page.locator("#waiting")
    expect(box).to_contain_text("1 tap waits")
    cookies: Any = page.context.cookies()
    page.context.clear_cookies()
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(box).to_contain_text("You are signed out.")
    assert not ProductionReport.objects.exists()
    # another token than the page was made with
    page.context.add_cookies([one for one in cookies if one["name"] != "csrftoken"])
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(box).to_be_hidden()
    assert reports() == [(1, 0)]
    assert ProductionReport.objects.get().employee == ada


def test_an_operation_is_started_and_counted_without_a_network_in_three_taps(
    page: Page, live_server: Any, place: tuple[Machine, WorkOrderOperation, Employee]
) -> None:
    """From the page of the machine: the operation, start, count."""
    machine, operation, _ada = place
    OperationRun.objects.all().delete()
    opened(page, live_server, machine)
    number = f"{operation.work_order.number}/{operation.sequence}"
    page.get_by_role("link", name=number).click()
    ready(page)
    page.goto(f"{live_server}/shop/machines/{machine.pk}/")
    page.context.set_offline(True)
    taps = 0
    page.get_by_role("link", name=number).click()
    taps += 1
    page.get_by_role("button", name="here").click()
    taps += 1
    page.get_by_role("button", name="+10", exact=True).click()
    taps += 1
    assert taps == 3
    box = page.locator("#waiting")
    expect(box).to_contain_text("2 taps wait for the network")
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(box).to_be_hidden()
    assert reports() == [(10, 0)]
    run = OperationRun.objects.get()
    assert run.ends_at is None
    assert run.starts_at < ProductionReport.objects.get().reported_at
    assert_reconciled()


def test_with_a_network_a_tap_answers_at_once(
    page: Page, live_server: Any, place: tuple[Machine, WorkOrderOperation, Employee]
) -> None:
    machine, _operation, _ada = place
    opened(page, live_server, machine)
    page.get_by_role("button", name="+5", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("5 good counted.")
    page.get_by_label("Other number").fill("5000")
    page.get_by_role("button", name="Count good").click()
    expect(page.get_by_role("alert")).to_contain_text("995 are left to make, 5000 were reported.")
    expect(page.locator("#waiting")).to_be_hidden()
    assert reports() == [(5, 0)]

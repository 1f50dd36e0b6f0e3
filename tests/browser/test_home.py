"""The home page and the walk from it: an order, its traveler, a report, the entry behind it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from apps.core.models import User
from apps.execution.models import ProductionReport
from apps.finance.models import JournalEntry
from apps.inventory.models import StockBalance
from tests import factories
from tests.browser.plant import Plant, make_plant
from tests.browser.screens import sign_in
from tests.core.test_printouts import symbols_of, text_of
from tests.support.reconciled import assert_reconciled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plant(live_server: object) -> Plant:
    return make_plant(factories.make_user("admin"))


def enter(page: Page, live_server: object, plant: Plant, role: str) -> None:
    page.on("request", lambda request: _only_ours(request.url, str(live_server)))
    sign_in(page, str(live_server), plant.people[role].username)


def _only_ours(url: str, address: str) -> None:
    assert url.startswith((address, "data:", "blob:")), f"asked somebody else: {url}"


def tile(page: Page, code: str) -> str:
    return page.locator(f"[data-measure={code}] .home-tile-values").inner_text().strip()


def test_a_plant_manager_walks_from_the_home_page_to_the_journal_entry(
    page: Page, live_server: object, plant: Plant
) -> None:
    enter(page, live_server, plant, "plant_manager")
    assert tile(page, "work_orders_late") == "1"
    assert tile(page, "good_today") == "24"
    expect(page.locator("[data-chart=production_days] svg")).to_be_visible()
    assert page.locator("[data-measure]").count() >= 6
    before = JournalEntry.objects.count()

    page.click(f"text={plant.order.number}")
    expect(page.locator("body")).to_contain_text("GEAR-40")
    traveler = page.locator("nav.document-links a", has_text="Traveler").first
    printed = page.context.request.get(f"{live_server}{traveler.get_attribute('href')}")
    assert printed.headers["content-type"] == "application/pdf"
    assert set(symbols_of(printed.body())) >= {plant.order.number, f"{plant.order.number}/10"}
    text = text_of(printed.body())
    for words in (plant.order.number, "GEAR-40", "BLANK-40", "Cut teeth", "Press bush"):
        assert words in text

    page.click("text=Report production")
    page.select_option("select[name=operation]", label=f"{plant.order.number} / 10 Cut teeth")
    page.fill("input[name=quantity_good]", "5")
    page.click("button:has-text('Report production')")
    expect(page.locator("body")).to_contain_text("done")
    assert JournalEntry.objects.count() == before + 1
    report = ProductionReport.objects.latest("pk")
    assert (report.work_order, report.quantity_good) == (plant.order, 5)
    assert report.created_by == plant.people["plant_manager"]

    page.click("nav.document-links >> text=Production reports")
    row = page.locator("#result_list tbody tr", has_text=report.number)
    expect(row).to_have_count(1)
    row.locator("a").first.click()
    expect(page.locator("body")).to_contain_text("Cut teeth")
    page.click("nav.document-links >> text=Journal entries")
    entry = JournalEntry.objects.latest("pk")
    assert entry.source == report
    row = page.locator("#result_list tbody tr", has_text=entry.number)
    expect(row).to_have_count(1)
    row.locator("a").first.click()
    expect(page.locator("body")).to_contain_text(f"Production of {plant.order.number}")
    expect(page.locator("body")).to_contain_text("Machine cost absorbed")
    expect(page.locator("body")).to_contain_text("20.00")  # 20 minutes at 60 an hour
    assert sorted(line.amount for line in entry.lines.all()) == [-20, 20]
    assert_reconciled()


def test_figures_stay_fresh_without_a_reload(page: Page, live_server: object, plant: Plant) -> None:
    from tests.browser.plant import report_gears

    page.clock.install()
    enter(page, live_server, plant, "plant_manager")
    assert tile(page, "good_today") == "24"
    page.evaluate("window.isTheSamePage = true")
    report_gears(plant, "4")
    page.clock.fast_forward(31_000)
    expect(page.locator("[data-measure=good_today] .home-tile-values")).to_have_text(
        re.compile("28")
    )
    assert page.evaluate("window.isTheSamePage")
    assert StockBalance.objects.get(item=plant.order.item).quantity == 28


def test_a_tile_opens_the_list_behind_it(page: Page, live_server: object, plant: Plant) -> None:
    enter(page, live_server, plant, "plant_manager")
    page.click("[data-measure=work_orders_late]")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


@pytest.mark.parametrize("width", [1440, 820, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(
    page: Page, live_server: object, plant: Plant, width: int, scheme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    enter(page, live_server, plant, "accountant")
    expect(page.locator("[data-chart=results] svg")).to_be_visible()
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0
    is_dark = page.evaluate("document.documentElement.classList.contains('dark')")
    assert is_dark == (scheme == "dark")


def test_a_user_without_a_role_is_told_whom_to_ask(page: Page, live_server: object) -> None:
    user = User.objects.create_user("lost", password="demo plant 1", is_staff=True)
    sign_in(page, str(live_server), user.username)
    expect(page.locator(".home-empty")).to_contain_text("Ask an administrator")

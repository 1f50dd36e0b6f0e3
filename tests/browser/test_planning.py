"""The plan and the board in Chromium, at three widths; a bar is moved by keys and refused by rule.

With ``MES_ERP_SCREENS`` the pages are kept as pictures, to look at.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from apps.planning.models import PlannedOrder, ScheduledOperation
from apps.planning.services.schedules import publish_schedule
from tests import factories
from tests.browser.plant import PASSWORD
from tests.browser.screens import WIDTHS, shoot, sign_in
from tests.planning.conftest import Plant, make_plant
from tests.planning.test_schedules import Floor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plant(live_server: object) -> Plant:
    by = factories.make_user("admin", password=PASSWORD)
    plant = make_plant(factories.make_books("ACME", by=by))
    floor = Floor(plant)
    floor.centre("CUT", "SAW-1", "SAW-2")
    floor.centre("BEND", "BEND-1")
    for number, due in enumerate((0, 0, 1, 1, 2, 3), start=1):
        floor.order(f"FRAME-{number}", ("CUT", "150"), ("BEND", "140"), due=due)
    wheel = plant.item("WHEEL", lead_time_days=4, sales_price=30)
    tyre = plant.item("TYRE", lead_time_days=12)
    bike = plant.made("BIKE", (wheel, "2"), (tyre, "2"), lead_time_days=3, sales_price=900)
    plant.planned(bike, lot_rule="multiple", lot_minimum=5, lot_multiple=5, safety_stock=2)
    plant.bought(wheel, (30, "40"))
    plant.bought(tyre, (2, "500"))
    plant.sold(bike, (7, "6"), (14, "8"), (28, "12"), (42, "9"))
    plant.plan()
    publish_schedule(floor.schedule(), by=by)
    return plant


def no_sideways(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px wider than the window"


def test_pages_of_the_plan_and_a_move_by_keys(
    page: Page, live_server: object, plant: Plant
) -> None:
    sign_in(page, str(live_server), "admin")
    directory = os.environ.get("MES_ERP_SCREENS")
    bike = plant.items["BIKE"]
    order = PlannedOrder.objects.filter(item=plant.items["WHEEL"]).order_by("due_date").first()
    paths = {
        "planning": "/planning/",
        "planning-item": f"/planning/items/{bike.pk}/",
        "planning-order": f"/planning/orders/{order.pk}/" if order else "/planning/",
        "planning-messages": "/planning/messages/",
        "planning-load": "/planning/load/",
        "schedule": "/schedule/?scale=hours",
        "admin-planned-orders": "/admin/planning/plannedorder/",
        "admin-messages": "/admin/planning/actionmessage/",
    }
    for name, path in paths.items():
        page.goto(str(live_server) + path)
        if directory:
            Path(directory).mkdir(parents=True, exist_ok=True)
            shoot(page, Path(directory), name)
        if name.startswith("admin"):
            continue
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            no_sideways(page)
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.goto(f"{live_server}/schedule/?scale=hours")
    row = ScheduledOperation.objects.filter(operation__sequence=20).order_by("-starts_at").first()
    assert row is not None
    bar = page.locator(f"[data-url='/schedule/move/{row.pk}/']")
    bar.focus()
    for _press in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#say.good")).to_be_visible()
    row.refresh_from_db()
    assert row.is_pinned
    bar.focus()
    for _press in range(200):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator("#say.bad")).to_be_visible()
    before = row.starts_at
    row.refresh_from_db()
    assert row.starts_at == before

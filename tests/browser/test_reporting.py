"""Pivots, dashboards, the bridge and an investment in Chromium, at three widths.

With ``MES_ERP_SCREENS`` the pages are kept as pictures, to look at.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.reporting.models import RoiCase
from apps.reporting.services.roi_cases import (
    Flow,
    approve_roi_case,
    draft_roi_case,
    measure_roi_case,
    start_roi_case,
)
from apps.reporting.services.saved_reports import Tile, create_dashboard, create_saved_report
from tests import factories
from tests.browser.plant import PASSWORD, Plant, make_plant
from tests.browser.screens import WIDTHS, shoot, sign_in
from tests.browser.test_planning import no_sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plant(live_server: object) -> Plant:
    by = factories.make_user("admin", password=PASSWORD)
    plant = make_plant(by)
    today = timezone.localdate()
    begin = datetime.combine(today - timedelta(days=1), time(6), tzinfo=UTC)
    floor = plant.floor
    floor.reason("WAIT")
    floor.machine("PRESS-9")
    floor.send(
        floor.state("PRESS-9", begin, "running"),
        floor.state("PRESS-9", begin + timedelta(minutes=60), "stopped", "WAIT"),
        floor.state("PRESS-9", begin + timedelta(minutes=110), "running"),
        floor.count("PRESS-9", begin + timedelta(minutes=200), 9000, 120),
        floor.state("PRESS-9", begin + timedelta(minutes=480), "off"),
        received_at=begin + timedelta(hours=12),
    )
    books = plant.books
    for month in range(1, today.month + 1):
        day = date(today.year, month, 1)
        books.post(day, ("1010", str(9000 + 700 * month)), ("4000", str(-9000 - 700 * month)))
        books.post(day, ("5000", str(5200 + 300 * month)), ("1010", str(-5200 - 300 * month)))
        books.post(day, ("6100", str(1100 - 60 * month)), ("1010", str(60 * month - 1100)))
    return plant


def investment(plant: Plant) -> RoiCase:
    by, boss = plant.books.by, factories.make_user("boss", company=plant.books.company)
    year = timezone.localdate().year
    flows = [Flow(0, Decimal(-1200)), *(Flow(n, Decimal(300)) for n in range(1, 6))]
    case = draft_roi_case(
        company=plant.books.company, title="Smaller hall", rate=Decimal(10), period_months=12,
        starts_on=date(year, 4, 1), dataset="ledger", question="account=6100", value="result",
        good="more", baseline_from=date(year, 1, 1), baseline_to=date(year, 3, 31), flows=flows,
        by=by,
    )  # fmt: skip
    case = start_roi_case(approve_roi_case(case, by=boss), by=boss)
    return measure_roi_case(case, by=boss)


def board(plant: Plant) -> Any:
    books = plant.books
    questions = (
        (
            "SALES",
            "Sales by month",
            "ledger",
            "rows=month&values=revenue,gross_profit,gross_margin",
        ),
        ("LOSS", "Cost of losses", "losses", "rows=reason&values=cost,downtime_minutes"),
        ("STOCK", "Stock by category", "stock", "rows=category&values=value,items"),
        ("OEE", "OEE by machine", "oee", "rows=machine&values=oee,planned&period=last_7_days"),
    )
    reports = [
        create_saved_report(
            company=books.company, code=code, name=name, dataset=dataset, question=question,
            is_shared=True, by=books.by,
        )
        for code, name, dataset, question in questions
    ]  # fmt: skip
    return create_dashboard(
        company=books.company, code="PLANT", name="The plant at a glance", is_shared=True,
        tiles=[Tile(report, n) for n, report in enumerate(reports, start=1)], by=books.by,
    )  # fmt: skip


def test_pages_of_reporting(page: Page, live_server: object, plant: Plant) -> None:
    sign_in(page, str(live_server), "admin")
    case, dashboard = investment(plant), board(plant)
    directory = os.environ.get("MES_ERP_SCREENS")
    paths = {
        "pivot": "/reporting/pivot/ledger/?rows=account&cols=quarter&period=this_year",
        "pivot-levels": "/reporting/pivot/losses/?rows=work_centre,reason&values=cost,scrap_cost",
        "pivot-empty": "/reporting/pivot/deliveries/",
        "pivot-refused": "/reporting/pivot/ledger/?rows=colour",
        "pivot-lines": "/reporting/pivot/losses/lines/?values=cost",
        "dashboards": "/reporting/dashboards/",
        "dashboard": dashboard.get_absolute_url(),
        "loss-bridge": "/reporting/loss-bridge/?period=last_7_days",
        "roi": f"/reporting/roi/{case.pk}/",
        "admin-roi": f"/admin/reporting/roicase/{case.pk}/change/",
        "admin-saved-add": "/admin/reporting/savedreport/add/?dataset=ledger&question=rows%3Dmonth",
        "admin-schedule-add": "/admin/reporting/reportschedule/add/",
        "admin-rule-add": "/admin/reporting/alertrule/add/",
    }
    for name, path in paths.items():
        page.goto(str(live_server) + path)
        if directory:
            Path(directory).mkdir(parents=True, exist_ok=True)
            shoot(page, Path(directory), f"reporting-{name}")
        if name.startswith("admin"):
            continue
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            no_sideways(page)


def test_a_figure_is_clicked_down_to_its_document(
    page: Page, live_server: object, plant: Plant
) -> None:
    sign_in(page, str(live_server), "admin")
    page.goto(f"{live_server}/reporting/pivot/losses/?rows=work_centre&values=cost")
    total = page.locator("tr.total td.key-cost").inner_text()
    page.locator("tr.total td.key-cost a").click()
    expect(page.locator("h1")).to_contain_text("documents")
    assert page.locator("tr.total td.key-cost").inner_text() == total
    page.locator("td.key-document a").first.click()
    page.wait_for_load_state()
    assert "/reporting/pivot/" not in page.url

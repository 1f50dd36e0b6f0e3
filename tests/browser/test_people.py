"""Own time and pay, the roster and a pay run, as people see them, on three widths.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.hr.models import LeaveType
from apps.hr.services.departments import create_department
from apps.hr.services.leave import accrue_leave, approve_leave, ask_leave
from apps.hr.services.rosters import Planned, plan_roster
from apps.masterdata.models import Shift
from tests import factories
from tests.hr.conftest import SUNDAY, Staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (1440, 820, 390)
PASSWORD = "demo-demo"


@pytest.fixture
def staff(db: None) -> Staff:
    by = factories.make_user("boss", password=PASSWORD)
    books = factories.make_books("ACME", by=by)
    department = create_department(company=books.company, code="CUT", name="Cutting", by=by)
    staff = Staff(books, department, factories.make_user("approver", company=books.company))
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    shifts = [
        Shift(
            company=books.company, code=code, name=name, site=books.site,
            starts_at=first, ends_at=last,
        ).save_by(by)
        for code, name, first, last in (
            ("EARLY", "Early", "06:00", "14:00"),
            ("LATE", "Late", "14:00", "22:00"),
        )
    ]  # fmt: skip
    holiday = LeaveType(
        company=books.company, code="HOL", name="Holiday", days_per_month=Decimal("2.5")
    ).save_by(by)
    people = [staff.hired(code) for code in ("0007", "0008", "0012", "0031")]
    accrue_leave(books.company, leave_type=holiday, date=monday, by=by)
    plan_roster(
        books.company,
        [
            Planned(one, monday + timedelta(days=day), shifts[n % 2])
            for n, one in enumerate(people[:3])
            for day in range(5)
        ],
        by=by,
    )
    away = ask_leave(
        company=books.company, employee=people[3], leave_type=holiday,
        starts_on=monday, ends_on=monday + timedelta(days=1), by=by,
    )  # fmt: skip
    approve_leave(away, by=by)
    ann = people[0]
    ann.name, ann.job_title = "Ann Lee-Hernández", "Machinist"
    ann.user = factories.make_user(
        "ann", company=books.company, is_superuser=False, is_staff=True, password=PASSWORD
    )
    ann.save_by(by)
    order = staff.order("WO-1001")
    staff.book(ann, 9, "7.5", order)
    staff.approved(ann, "0.5", "9", "9", "9", "9")
    staff.posted()
    return staff


def sign_in(page: Page, address: object, username: str, then: str) -> None:
    page.goto(f"{address}/accounts/login/?{urlencode({'next': then})}")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(lambda reached: reached == f"{address}{then}")


def look(page: Page, name: str) -> None:
    """Nothing sticks out on any width; the pictures are kept where asked for."""
    folder = os.environ.get("MES_ERP_SCREENS")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        assert wide <= 0, f"{name} is {wide} px too wide at {width}"


def test_an_employee_clocks_in_and_reads_the_slip(
    staff: Staff, page: Page, live_server: object
) -> None:
    sign_in(page, live_server, "ann", "/me/")
    page.get_by_role("button", name="Clock in").click()
    expect(page.locator(".state")).to_contain_text("At work")
    page.get_by_label("First day").fill("2030-08-05")
    page.get_by_label("Last day").fill("2030-08-09")
    page.get_by_role("button", name="Ask for leave").click()
    expect(page.get_by_role("status")).to_contain_text("is asked for")
    look(page, "me")


def test_the_week_of_the_team_is_planned(staff: Staff, page: Page, live_server: object) -> None:
    sign_in(page, live_server, "boss", "/roster/")
    cell = page.locator("tbody tr").nth(0).locator("select").nth(5)
    cell.select_option(label="LATE")
    page.get_by_role("button", name="Save the week").click()
    expect(page.get_by_role("status")).to_contain_text("1 day planned")
    expect(page.locator("tbody tr").nth(0).locator("select").nth(5)).to_have_value(
        cell.input_value()
    )
    look(page, "roster")


def test_a_pay_run_in_the_admin(staff: Staff, page: Page, live_server: object) -> None:
    run = staff.structure().runs.get()
    assert run.period_end == SUNDAY
    sign_in(page, live_server, "boss", f"/admin/hr/payrun/{run.pk}/change/")
    expect(
        page.get_by_role("button", name="Paid").or_(page.get_by_text("Paid")).first
    ).to_be_visible()
    look_admin(page, "pay-run")
    slip = run.slips.filter(time_cards__isnull=False).order_by("pk").first()
    page.goto(f"{live_server}/admin/hr/payslip/{slip.pk}/change/")
    look_admin(page, "pay-slip")
    card = slip.time_cards.first()
    page.goto(f"{live_server}/admin/hr/timecard/{card.pk}/change/")
    look_admin(page, "time-card")
    page.goto(f"{live_server}/admin/hr/paycomponent/{slip.lines.first().component_id}/change/")
    look_admin(page, "pay-component")


def look_admin(page: Page, name: str) -> None:
    folder = os.environ.get("MES_ERP_SCREENS")
    expect(page.locator("body")).to_contain_text("MES-ERP")
    if folder:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(200)
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)

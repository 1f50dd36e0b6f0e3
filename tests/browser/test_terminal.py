"""What an operator does on the terminal, with how many taps: count, call for help, hand over.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.execution.models import (
    AndonCall,
    OperationRun,
    ProductionReport,
    ShiftHandover,
    WorkOrderOperation,
)
from apps.execution.services.andon_categories import create_andon_category
from apps.hr.models import Employee
from apps.masterdata.models import Machine
from tests.browser.test_people import PASSWORD, look, sign_in
from tests.browser.test_terminal_offline import place, ready  # noqa: F401 - a fixture
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Place = tuple[Machine, WorkOrderOperation, Employee]


class Taps:
    """Counts what the operator presses."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def press(self, role: Any, name: str) -> None:
        self.page.get_by_role(role, name=name, exact=True).first.click()
        self.count += 1


def test_start_and_count_take_three_taps(page: Page, live_server: Any, place: Place) -> None:  # noqa: F811
    machine, operation, _ada = place
    OperationRun.objects.all().delete()
    WorkOrderOperation.objects.update(status="waiting")
    sign_in(page, live_server, "operator", "/shop/machines/")
    page.goto(f"{live_server}/shop/machines/{machine.pk}/")
    taps = Taps(page)
    page.locator("a.card").click()
    taps.count += 1
    taps.press("button", "Start here")
    expect(page.get_by_role("status").first).to_contain_text("runs.")
    taps.press("button", "+10")
    expect(page.get_by_role("status").first).to_contain_text("10 good counted.")
    assert taps.count <= 3
    assert ProductionReport.objects.get().operation == operation


def test_help_is_called_with_two_taps_with_and_without_a_network(
    page: Page,
    live_server: Any,
    place: Place,  # noqa: F811
) -> None:
    machine, operation, _ada = place
    by = machine.history.first().history_user  # type: ignore[attr-defined]
    about: dict[str, Any] = {"company": machine.company, "by": by}
    create_andon_category(code="MAT", name="Material", colour="blue", **about)
    create_andon_category(code="SAFE", name="Safety", colour="red", **about)
    sign_in(page, live_server, "operator", "/shop/machines/")
    page.goto(f"{live_server}/shop/machines/{machine.pk}/")
    ready(page)
    taps = Taps(page)
    page.get_by_text("Andon", exact=True).click()
    taps.count += 1
    look(page, "terminal-andon-choice")
    taps.press("button", "Material")
    expect(page.get_by_role("status").first).to_contain_text("Material is called.")
    assert taps.count <= 3
    call = AndonCall.objects.get()
    assert call.operation == operation
    page.context.set_offline(True)
    page.get_by_text("Andon", exact=True).click()
    page.get_by_role("button", name="Safety", exact=True).click()
    expect(page.locator("#waiting")).to_contain_text("Andon: Safety")
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    # what waited, or the tap's own try, that was still under way when the network came back
    arrived = re.compile(r"What waited has arrived: 1\.|Safety is called\.")
    expect(page.get_by_role("status").first).to_contain_text(arrived)
    assert AndonCall.objects.count() == 2
    page.goto(f"{live_server}/boards/")
    expect(page.locator(".tile").first).to_contain_text("Material")
    look(page, "board-andon")
    page.goto(f"{live_server}/shop/andon/")
    look(page, "terminal-andon-calls")
    page.get_by_role("button", name="I come").first.click()
    expect(page.get_by_role("status").first).to_contain_text("somebody comes")
    page.get_by_label("What was done").first.fill("Brought a pallet")
    page.get_by_role("button", name="Resolved").first.click()
    expect(page.get_by_role("status").first).to_contain_text("is resolved.")
    assert sorted(AndonCall.objects.values_list("status", flat=True)) == ["open", "resolved"]


def test_a_shift_hands_over(page: Page, live_server: Any, place: Place) -> None:  # noqa: F811
    machine, operation, _ada = place
    make_user("relief", password=PASSWORD, company=machine.company)
    OperationRun.objects.update(starts_at=timezone.now() - timedelta(days=1))
    sign_in(page, live_server, "operator", "/shop/machines/")
    page.goto(f"{live_server}/shop/machines/{machine.pk}/")
    page.get_by_role("link", name="shift hand-over").click()
    look(page, "handovers")
    page.locator("button.choice").last.click()
    expect(page.get_by_role("heading", name="Made")).to_be_visible()
    page.get_by_label("To the next shift").fill("Oil is low")
    page.get_by_label("M1").fill("Noisy spindle")
    page.get_by_role("button", name="Save and read").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_role("status").first).to_contain_text("the next shift can take over")
    page.get_by_label("User name").fill("relief")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_role("status").first).to_contain_text("the shift is closed")
    look(page, "handover")
    row = ShiftHandover.objects.get()
    assert (row.status, row.outgoing_name, row.incoming_name) == ("signed", "operator", "relief")
    assert row.is_intact
    assert operation.work_centre_id == row.work_centre_id

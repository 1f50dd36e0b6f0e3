"""Pages, printouts and buttons: they open with content, and do what the services do."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from apps.maintenance.models import MaintenanceLabour, MaintenanceOrder, MaintenancePlan, PartsIssue
from apps.maintenance.printouts import asset_label_pdf, job_card_pdf
from apps.maintenance.services.due_orders import generate_due_orders
from apps.maintenance.services.plans import PartLine, TaskLine
from apps.maintenance.services.requests import create_request
from tests.maintenance.conftest import D, Workshop
from tests.support.faces import make_member

pytestmark = pytest.mark.django_db
BACKEND = "apps.core.backends.PermissionBackend"


@pytest.fixture
def browser(workshop: Workshop) -> Client:
    client = Client()
    client.force_login(workshop.by, BACKEND)
    return client


def make_order(workshop: Workshop, **values: object) -> MaintenanceOrder:
    _machine, asset = workshop.machine_asset()
    return workshop.order(
        asset,
        tasks=[TaskLine("Lock out", kind="safety"), TaskLine("Clean the filter")],
        parts=[PartLine(workshop.part(), D(2))],
        **values,
    )


def test_the_job_card_tells_all(workshop: Workshop) -> None:
    import io

    order = make_order(workshop, description="Mind the cable.")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(job_card_pdf(order))).pages)
    for told in (order.number, "A-M1", "Lock out", "Clean the filter", "SEAL", "Mind the cable."):
        assert told in text
    label = PdfReader(io.BytesIO(asset_label_pdf(order.asset, paper="Letter")))
    assert "A-M1" in label.pages[0].extract_text()


def test_pages_show_what_there_is(workshop: Workshop, browser: Client) -> None:
    order = make_order(workshop, due_on=date(2026, 1, 5))
    company = workshop.books.company
    create_request(company, asset=order.asset, title="Leaks", by=workshop.by)
    workshop.plan(order.asset, "WEEKLY", interval_days=7, starts_on=timezone.localdate())
    for name, args, told in (
        ("maintenance", [], ["Replace the seal", "Leaks", "overdue"]),
        ("maintenance-calendar", [], ["WEEKLY", "not ordered yet"]),
        ("maintenance-assets", [], ["A-M1"]),
        ("maintenance-asset", [order.asset_id], ["A-M1", order.number]),
        ("maintenance-order", [order.pk], ["Clean the filter", "SEAL"]),
    ):
        answer = browser.get(reverse(name, args=args))
        assert answer.status_code == 200
        for text in told:
            assert text in answer.content.decode(), (name, text)
    found = browser.get(reverse("maintenance-assets") + "?q=a-m1")
    assert found.status_code == 302


def test_pages_keep_money_from_those_who_may_not_see_it(workshop: Workshop) -> None:
    order = make_order(workshop)
    views = ("maintenance.view_asset", "maintenance.view_maintenanceorder")
    client = Client()
    client.force_login(make_member("op", workshop.books.company, permissions=views), BACKEND)
    for name, key in (("maintenance-asset", order.asset_id), ("maintenance-order", order.pk)):
        content = client.get(reverse(name, args=[key])).content.decode()
        assert "(EUR)" not in content
    other = make_member("other", permissions=views)
    client.force_login(other, BACKEND)
    assert client.get(reverse("maintenance-order", args=[order.pk])).status_code == 404


def test_buttons_of_the_back_office(workshop: Workshop, browser: Client) -> None:
    order = make_order(workshop)
    lock, clean = order.tasks.all()
    part = order.parts.get()

    def press(name: str, **form: object) -> None:
        url = reverse("admin:maintenance_maintenanceorder_verb", args=[order.pk, name])
        answer = browser.post(url, form)
        assert answer.status_code == 302, answer.content.decode()[:3000]

    day = "2026-03-10"
    answers = {f"result_{lock.pk}": "ok", f"result_{clean.pk}": "ok", f"note_{clean.pk}": "dusty"}
    press("answer", **answers)
    press("issue-parts", date=day, location=workshop.stock.pk, **{f"part_{part.pk}": "2"})
    press("labour", date=day, employee=workshop.fitter.pk, minutes="30")
    supplier = workshop.books.partner("FIXIT")
    press("charge", date=day, partner=supplier.pk, amount="200", reference="R1")
    press("complete", work_done="As planned")
    order.refresh_from_db()
    assert (order.status, order.work_done) == ("done", "As planned")
    assert workshop.books.balance("6200") == 120 + 15 + 200
    assert PartsIssue.objects.count() == MaintenanceLabour.objects.count() == 1
    page = browser.get(reverse("admin:maintenance_maintenanceorder_change", args=[order.pk]))
    assert page.status_code == 200 and "Reopen" in page.content.decode()


def test_a_plan_is_written_with_its_lists_in_the_back_office(
    workshop: Workshop, browser: Client
) -> None:
    asset, seal = workshop.asset(), workshop.part()
    form = {
        "code": "PM",
        "name": "Weekly",
        "asset": asset.pk,
        "basis": "fixed",
        "interval_days": "7",
        "starts_on": "2026-01-01",
        "starts_at_total": "0",
        "planned_minutes": "60",
        "lead_days": "7",
        "is_active": "on",
        "tasks-TOTAL_FORMS": "1",
        "tasks-INITIAL_FORMS": "0",
        "tasks-0-position": "10",
        "tasks-0-text": "Clean",
        "tasks-0-kind": "check",
        "tasks-0-is_required": "on",
        "parts-TOTAL_FORMS": "1",
        "parts-INITIAL_FORMS": "0",
        "parts-0-item": seal.pk,
        "parts-0-quantity": "2",
    }
    answer = browser.post(reverse("admin:maintenance_maintenanceplan_add"), form)
    assert answer.status_code == 302, answer.content.decode()[:4000]
    plan = MaintenancePlan.objects.get()
    assert [task.text for task in plan.tasks.all()] == ["Clean"]
    assert [part.item for part in plan.parts.all()] == [seal]
    [order] = generate_due_orders(workshop.books.company, by=workshop.by)
    assert order.tasks.count() == order.parts.count() == 1
    refused = browser.post(
        reverse("admin:maintenance_maintenanceplan_add"),
        form | {"code": "BAD", "interval_days": "", "starts_on": ""},
    )
    assert refused.status_code == 200 and "Say after how many days" in refused.content.decode()
    assert MaintenancePlan.objects.count() == 1

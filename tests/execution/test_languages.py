"""The floor in German: a page, an error of the API, a printout; figures stay as they are."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.execution.models import WorkOrder
from tests.execution.conftest import Factory
from tests.execution.test_travelers import pages_of
from tests.support.faces import ApiClient, codes

GERMAN = {"Accept-Language": "de"}


@pytest.fixture
def order(factory: Factory) -> WorkOrder:
    gear = factory.made("GEAR-DE")
    factory.bom(gear, (factory.stocked(factory.item("BLANK-DE"), "5000", "3"), "2"))
    factory.routing(gear, (factory.work_centre("CUT-DE", "30"), "1.25"))
    return factory.order(gear, "1200")


@pytest.fixture
def browser(factory: Factory) -> Client:
    client = Client(headers=GERMAN)
    client.force_login(factory.books.by, "apps.core.backends.PermissionBackend")
    return client


def test_a_page(browser: Client, order: WorkOrder) -> None:
    text = browser.get("/admin/execution/workorder/").content.decode()
    assert '<html lang="de"' in text
    assert "Fertigungsaufträge" in text


def test_the_choice_is_kept(browser: Client, order: WorkOrder) -> None:
    """The menu of the user sends this form; afterwards the browser's wish counts no more."""
    browser.post("/i18n/setlang/", {"language": "es", "next": "/admin/"})
    text = browser.get("/admin/execution/workorder/").content.decode()
    assert '<html lang="es"' in text
    assert 'name="language"' in text


def test_an_error_of_the_api(factory: Factory, order: WorkOrder) -> None:
    path = f"/execution/work-orders/{order.pk}/traveler/?paper=A9"
    api = ApiClient(factory.books.by)
    for headers, detail in ((GERMAN, "Wählen Sie eines von: "), ({}, "Choose one of: ")):
        answer = api.get(path, **headers)
        assert (answer.status_code, codes(answer)) == (422, [("paper", "unknown_paper")])
        assert answer.body["errors"][0]["detail"].startswith(detail)


def test_figures_of_the_api_do_not_change(factory: Factory, order: WorkOrder) -> None:
    path = f"/execution/work-orders/{order.pk}/"
    api = ApiClient(factory.books.by)
    german = api.get(path, **GERMAN).body
    assert german == api.get(path).body
    assert german["quantity"].startswith("1200")


def test_a_printout(browser: Client, order: WorkOrder) -> None:
    answer = browser.get(f"/admin/execution/workorder/{order.pk}/print/traveler/")
    assert answer["Content-Type"] == "application/pdf"
    text = " ".join(pages_of(answer.content))
    for words in (f"Fertigungsauftrag {order.number}", f"Laufkarte {order.number}", "Rüsten"):
        assert words in text
    assert "Traveler" not in text

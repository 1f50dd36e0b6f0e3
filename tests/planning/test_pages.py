"""The pages open with data, without it, and only for those who may; the board moves bars."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.planning.models import ActionMessage, PlannedOrder, ScheduledOperation
from tests.planning.conftest import Plant
from tests.planning.test_schedules import SIX, Floor
from tests.support.faces import make_member

pytestmark = pytest.mark.django_db
PAGES = ("/planning/", "/planning/messages/", "/planning/load/", "/schedule/")


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    return client


@pytest.mark.parametrize("page", PAGES)
def test_empty_pages_say_so(plant: Plant, page: str) -> None:
    answer = client_of(plant.books.by).get(page)
    assert answer.status_code == 200
    assert "soft" in answer.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_for_those_who_may(plant: Plant, page: str) -> None:
    assert Client().get(page).status_code == 302
    nobody = make_member("nobody", plant.books.company)
    assert client_of(nobody).get(page).status_code == 403


def test_pages_tell_the_plan(plant: Plant) -> None:
    component = plant.item("C", lead_time_days=20)
    item = plant.made("A", (component, "2"))
    sale = plant.sold(item, (7, "3"))
    plant.plan()
    client = client_of(plant.books.by)
    assert "past_due" in client.get("/planning/").content.decode()
    page = client.get(f"/planning/items/{item.pk}/").content.decode()
    assert "Projected" in page
    [order] = PlannedOrder.objects.filter(item=component)
    page = client.get(f"/planning/orders/{order.pk}/").content.decode()
    assert sale.number in page
    [message] = ActionMessage.objects.all()
    page = client.get("/planning/messages/").content.decode()
    assert "Should have started" in page
    url = f"/planning/messages/{message.pk}/"
    client.post(url, {"act": "dismiss", "answer": ""})
    message.refresh_from_db()
    assert message.status == "open", "dismissing needs a reason"
    client.post(url, {"act": "done"})
    message.refresh_from_db()
    assert message.status == "done"


def test_another_companys_plan_is_not_found(plant: Plant, by: Any) -> None:
    from tests.factories import make_books

    item = plant.item("X")
    plant.sold(item, (7, "3"))
    plant.plan()
    [order] = PlannedOrder.objects.all()
    other = make_books("AWAY", by=by)
    stranger = make_member(
        "stranger",
        other.company,
        permissions=(
            "planning.view_plannedorder",
            "planning.view_planneditem",
            "planning.view_pegging",
        ),
    )
    client = client_of(stranger)
    assert client.get(f"/planning/orders/{order.pk}/").status_code == 404
    assert client.get(f"/planning/items/{item.pk}/").status_code == 404
    assert f">{item.code}<" not in client.get("/planning/").content.decode()


def test_load_and_board(plant: Plant) -> None:
    floor = Floor(plant)
    floor.centre("CUT", "C1", "C2")
    floor.order("A", ("CUT", "900"), due=0)
    plant.plan()
    client = client_of(plant.books.by)
    assert "15.0 h" in client.get("/planning/load/").content.decode()
    schedule = floor.schedule()
    page = client.get(f"/schedule/?schedule={schedule.pk}").content.decode()
    assert "more work than time" in page
    [row] = ScheduledOperation.objects.all()
    url = f"/schedule/move/{row.pk}/"
    later = SIX + timedelta(hours=1)
    answer = client.post(url, {"starts_at": later.isoformat()})
    assert answer.status_code == 200, answer.content
    answer = client.post(url, {"starts_at": (SIX + timedelta(hours=12)).isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (409, "outside_shift")
    assert client.post(url, {"starts_at": "soon"}).status_code == 400
    row.refresh_from_db()
    assert row.starts_at == later

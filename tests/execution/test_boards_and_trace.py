"""Boards and trace as pages; the stream of news to a board from a real server."""

from __future__ import annotations

import time
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string

from apps.core.models import User
from apps.execution.graph_layout import lay_out
from apps.execution.models import WorkOrder
from apps.execution.services.machine_events import record_events
from apps.inventory.models import Lot
from tests.execution.conftest import Factory
from tests.execution.machines import Shopfloor
from tests.execution.test_genealogy import link, lots
from tests.support.faces import make_member
from tests.support.programs import web_server

BACKEND = "apps.core.backends.PermissionBackend"


@pytest.fixture
def browser(by: User) -> Client:
    client = Client()
    client.force_login(by, BACKEND)
    return client


@pytest.fixture
def order(factory: Factory) -> WorkOrder:
    item = factory.made("FG", tracking="lot")
    factory.bom(item, (factory.item("RAW"), "1"))
    return factory.order(item, "1")


# --- boards -----------------------------------------------------------------------------------


def test_a_board_shows_its_machines(browser: Client, floor: Shopfloor) -> None:
    machine = floor.machine("M1")
    floor.machine("M2")
    now = timezone.now()
    record_events(floor.books.company, [floor.state(machine, now, "stopped")], by=floor.books.by)
    url = reverse("board", args=[floor.books.site.pk])
    assert browser.get(reverse("boards")).headers["Location"] == url
    page = browser.get(url).content.decode()
    assert "No reason given" in page
    assert "No signal" in page
    narrowed = browser.get(f"{url}?work_centre={floor.centre.pk}")
    assert narrowed.status_code == 200
    assert browser.get(f"{url}?work_centre=999999").status_code == 404
    tiles = browser.get(reverse("board-tiles", args=[floor.books.site.pk])).content.decode()
    assert "<html" not in tiles


def test_who_sees_boards(floor: Shopfloor) -> None:
    floor.machine("M1")
    url = reverse("board", args=[floor.books.site.pk])
    client = Client()
    assert client.get(url).status_code == 302
    client.force_login(make_member("looker", floor.books.company), BACKEND)
    assert client.get(url).status_code == 403
    stranger = make_member("stranger", permissions=("execution.view_machineinterval",))
    client.force_login(stranger, BACKEND)
    assert client.get(url).status_code == 404


def test_where_no_stream_can_be_had_the_page_is_told_not_to_ask(
    browser: Client, floor: Shopfloor
) -> None:
    assert browser.get(reverse("board-stream", args=[floor.books.site.pk])).status_code == 204


def ask(port: int, path: str, cookie: str = "", body: str = "") -> HTTPResponse:
    caller = HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Cookie": cookie} if cookie else {}
    if body:
        headers |= {"Content-Type": "application/x-www-form-urlencoded"}
    caller.request("POST" if body else "GET", path, body or None, headers)
    return caller.getresponse()


def sign_in(port: int, username: str, password: str) -> str:
    """The session's cookie, by way of the form."""
    token = get_random_string(32)
    form = {"login": username, "password": password, "csrfmiddlewaretoken": token}
    path = reverse("account_login")
    answer = ask(port, path, f"{settings.CSRF_COOKIE_NAME}={token}", urlencode(form))
    jar = SimpleCookie()
    for header in answer.headers.get_all("Set-Cookie") or []:
        jar.load(header)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={jar[name].value}"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_news_reach_a_board_at_once(floor: Shopfloor, database_environment: dict[str, str]) -> None:
    """Over HTTP: the stream tells the machine's id within a second of the event's commit."""
    machine = floor.machine("M1")
    with web_server(database_environment) as port:
        path = reverse("board-stream", args=[floor.books.site.pk])
        assert ask(port, path).status == 401
        hashed = Argon2PasswordHasher().encode("on the wall", get_random_string(16))
        User.objects.filter(pk=floor.books.by.pk).update(password=hashed)
        cookie = sign_in(port, floor.books.by.username, "on the wall")
        with ask(port, path, cookie) as answer:
            assert answer.headers["Content-Type"] == "text/event-stream"
            lines = (line.decode().strip() for line in answer)
            assert next(line for line in lines if line.startswith("event:")) == "event: hello"
            time.sleep(0.5)  # LISTEN begins with the first reader
            event = floor.state(machine, timezone.now(), "running")
            began = time.monotonic()
            record_events(floor.books.company, [event], by=floor.books.by)
            told = next(line for line in lines if line.startswith('data: {"machines"'))
            assert told == f'data: {{"machines": [{machine.pk}]}}'
            assert time.monotonic() - began < 1


# --- trace ------------------------------------------------------------------------------------


def test_trace_both_ways(browser: Client, order: WorkOrder) -> None:
    x, a, b = lots(order, "X-1", "A-1", "B-1").values()
    link(order, (x, a, "12.5"), (a, b, "3"))
    page = browser.get(reverse("trace-lot", args=[a.pk])).content.decode()
    assert page.count("<rect") == 3
    assert "12.5 EA" in page
    assert order.number in page
    assert reverse("trace-lot", args=[x.pk]) in page
    assert " style=" not in page
    near = browser.get(reverse("trace-lot", args=[x.pk]), {"depth": 1}).content.decode()
    assert near.count("<rect") == 2


def test_search_finds_by_code_and_suppliers_lot(browser: Client, order: WorkOrder) -> None:
    one, two = lots(order, "ALPHA-1", "ALPHA-2").values()
    Lot.objects.filter(pk=two.pk).update(supplier_lot="SUP-9")
    search = reverse("trace")
    exact = browser.get(search, {"q": "alpha-1"})
    assert exact.headers["Location"] == reverse("trace-lot", args=[one.pk])
    assert browser.get(search, {"q": "SUP-9"}).headers["Location"].endswith(f"/{two.pk}/")
    both = browser.get(search, {"q": "ALPHA"}).content.decode()
    assert both.count('class="choice"') == 2
    assert "No lot here" in browser.get(search, {"q": "<b>"}).content.decode()
    assert "&lt;b&gt;" in browser.get(search, {"q": "<b>"}).content.decode()


def test_hold_from_the_page(browser: Client, order: WorkOrder) -> None:
    a, b = lots(order, "A", "B").values()
    link(order, (a, b, "1"))
    answer = browser.post(reverse("trace-hold", args=[a.pk]), {"reason": "crack"})
    assert answer.headers["Location"] == reverse("trace-lot", args=[a.pk])
    assert set(Lot.objects.values_list("status", flat=True)) == {"hold"}


def test_who_traces(order: WorkOrder) -> None:
    [lot] = lots(order, "A").values()
    url = reverse("trace-lot", args=[lot.pk])
    client = Client()
    assert client.get(url).status_code == 302
    client.force_login(make_member("looker", order.company), BACKEND)
    assert client.get(url).status_code == 403
    reader = make_member("reader", order.company, permissions=("execution.view_genealogyedge",))
    client.force_login(reader, BACKEND)
    page = client.get(url).content.decode()
    assert "Customers who have it" not in page
    hold = client.post(reverse("trace-hold", args=[lot.pk]), {"reason": "x"})
    assert hold.status_code == 403
    stranger = make_member("stranger", permissions=("execution.view_genealogyedge",))
    client.force_login(stranger, BACKEND)
    assert client.get(url).status_code == 404


def test_a_big_trace_draws_its_nearest_lots_and_lists_all(
    browser: Client, order: WorkOrder
) -> None:
    root, *children = lots(order, "ROOT", *(f"C{n}" for n in range(150))).values()
    link(order, *((root, child, "1") for child in children))
    with CaptureQueriesContext(connection) as captured:
        page = browser.get(reverse("trace-lot", args=[root.pk])).content.decode()
    assert page.count("<rect") == 120
    assert "31 more lots are only in the tables" in page
    assert page.count("<tr><td") >= 150
    assert len(captured) < 25


def test_layout_puts_no_two_boxes_in_one_place() -> None:
    columns = {1: 0, 2: 1, 3: 1, 4: 1, 5: 2, 6: -1, 7: -1}
    edges = [(1, 2), (1, 3), (1, 4), (3, 5), (6, 1), (7, 1)]
    layout = lay_out(columns, edges)
    assert len(set(layout.places.values())) == 7
    assert layout.places[6].x < layout.places[1].x < layout.places[2].x < layout.places[5].x
    assert all(0 <= p.x < layout.width and 0 <= p.y < layout.height for p in layout.places.values())

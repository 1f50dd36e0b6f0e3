"""Every page there is, on a desk and on a telephone: it fits, is headed, complains of nothing.

The addresses are those of ``tests/architecture/page_matrix.json``: a new one is looked at too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from playwright.sync_api import Browser, Page

from apps.core.models import Company, User
from tests import factories
from tests.architecture.test_page_matrix import MATRIX, ROW_OF, address, row_of
from tests.browser.plant import PASSWORD, make_plant
from tests.browser.screens import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (1440, 390)
#: Parts of a page, fetched by its script, and the ways out.
PARTS = re.compile(r"/(now|tiles)/$|/boards/stream/|^/admin/search/|^/api/(?!docs/)|/logout/$")
#: It makes its heading when it has read the whole description of the API.
DRAWN_LATER = "/api/docs/"
#: Lists and forms of the back office, of each kind one.
BACK_OFFICE = (
    "/admin/masterdata/item/",
    "/admin/masterdata/item/add/",
    "/admin/masterdata/item/import/",
    "/admin/execution/workorder/",
    "/admin/execution/workorder/add/",
    "/admin/execution/workorder/{order}/change/",
    "/admin/execution/workorder/{order}/verb/report/",
    "/admin/finance/journalentry/",
    "/admin/crm/salesorder/add/",
    "/admin/engineering/engineeringchange/add/",
)
LOOK = """() => ({
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  title: document.title.trim(),
  headings: [...document.querySelectorAll("h1")].filter(h => h.getClientRects().length).length,
  broken: [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src),
})"""


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    """A page that moves nothing by itself, so that what is measured stands still."""
    context = browser.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_every_page_fits_and_is_headed(desk: Page, live_server: object) -> None:
    by = factories.make_user("admin", password=PASSWORD)
    plant = make_plant(by)
    open_to = dict(pages(plant.books.company, by))
    strangers = [url for url, callers in open_to.items() if callers == "strangers too"]
    urls = {
        "stranger": strangers,
        "admin": [
            *(url for url in open_to if url not in strangers),
            *(url.format(order=plant.order.pk) for url in BACK_OFFICE),
        ],
    }
    said: list[str] = []
    desk.on("pageerror", lambda error: said.append(str(error)))
    desk.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    looked: list[str] = []
    for name, asked in urls.items():
        if name == "admin":
            sign_in(desk, str(live_server), by.username)
        for url in asked:
            looked += (f"{name}: {one}" for one in faults(desk, f"{live_server}{url}", said))
    assert not looked, "\n".join(looked)
    assert len(open_to) > 80


def pages(company: Company, by: User) -> Iterator[tuple[str, Any]]:
    """The addresses that show a page, each with those who may see it."""
    for name, callers in json.loads(MATRIX.read_text()).items():
        method, _, route = name.partition(" /")
        if method == "GET" and callers and not PARTS.search(f"/{route}"):
            yield address(route, {route: existing_row(route, company, by)}), callers


def existing_row(route: str, company: Company, by: User) -> Any:
    """The plant's own row where it has one: it says more than one made of bare columns."""
    place = route.partition("<int:pk>")[0].replace("stream/", "")
    if place in ROW_OF and "<int:pk>" in route:
        row = apps.get_model(ROW_OF[place])._default_manager.filter(company=company).last()
        if row is not None:
            return row.pk
    return row_of(route, company, by)


def faults(page: Page, url: str, said: list[str]) -> Iterator[str]:
    said.clear()
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    try:
        answer = page.goto(url, wait_until="load")
    except Exception as error:
        if "Download is starting" not in str(error):
            raise
        return
    if answer is None or not answer.headers.get("content-type", "").startswith("text/html"):
        return
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        seen = page.evaluate(LOOK)
        if seen["wide"] > 0:
            yield f"{url} is {seen['wide']} px wider than {width} px"
        if seen["headings"] != 1 and not url.endswith(DRAWN_LATER):
            yield f"{url} has {seen['headings']} headings at {width} px"
    if not seen["title"]:
        yield f"{url} has no title"
    # A page that does not exist is said by the browser too: of those only the looks count.
    yield from (f"{url}: {text}" for text in [*said, *seen["broken"]] if "status of 4" not in text)

"""The board of a line: what is down first, the shift's target, what is made, the forecast."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.models import User
from apps.execution.outlooks import Outlook, outlook
from apps.execution.queries.boards import board
from apps.execution.services.dispatch import start_operation
from apps.masterdata.models import Machine, WorkCentre
from tests.execution.conftest import Factory
from tests.execution.machines import Shopfloor, minute
from tests.execution.test_oee_products import operation_of

BACKEND = "apps.core.backends.PermissionBackend"


def test_target_due_and_forecast_by_hand() -> None:
    """Half a minute a piece, 210 of 420 minutes gone, 300 made: 600 when it goes on so."""
    found = outlook(
        actual=Decimal(300), unit_minutes=Decimal("0.5"), spent=Decimal(210), left=Decimal(210)
    )
    assert found == Outlook(Decimal(840), Decimal(420), Decimal(300), Decimal(600))
    assert found.is_behind
    begun = outlook(
        actual=Decimal(0), unit_minutes=Decimal("0.5"), spent=Decimal(0), left=Decimal(420)
    )
    assert (begun.target, begun.forecast, begun.is_behind) == (840, 840, False)
    assert (found + begun).target == 1680
    odd = outlook(actual=Decimal(7), unit_minutes=Decimal(0), spent=Decimal(1), left=Decimal(1))
    assert (odd.target, odd.forecast) == (0, 7)


def test_a_line_at_half_of_its_shift(factory: Factory, floor: Shopfloor) -> None:
    """Minute 240 of 480, breaks in proportion: 210 of 420 planned minutes are gone."""
    one, other = floor.machine("M1"), floor.machine("M2")
    floor.machine("M3")
    disc = operation_of(factory, floor, "DISC", "0.5")
    start_operation(disc, machine=one, at=minute(0), by=floor.books.by)
    floor.send(
        floor.state(one, 0, "running"),
        floor.count(one, 100, 300, 5),
        floor.state(other, 0, "stopped"),
        floor.count(other, 1, 50),
    )
    seen = board(floor.books.site, Machine.objects.all(), now=minute(240))
    assert [tile.code for tile in seen.tiles] == ["M2", "M3", "M1"], "down first, then silent"
    assert seen.outlook == Outlook(Decimal(840), Decimal(420), Decimal(300), Decimal(600))
    after = board(floor.books.site, Machine.objects.all(), now=minute(500))
    assert after.outlook is None, "no shift"


@pytest.fixture
def browser(by: User) -> Client:
    client = Client()
    client.force_login(by, BACKEND)
    return client


def test_boards_rotate_and_are_big_when_asked(browser: Client, floor: Shopfloor) -> None:
    lathes = WorkCentre(
        company=floor.books.company, code="LATHE", name="Lathes", site=floor.books.site
    ).save_by(floor.books.by)
    floor.machine("M1")
    floor.machine("M2", work_centre=lathes)
    url = reverse("board", args=[floor.books.site.pk])
    plain = browser.get(url).content.decode()
    assert 'class="wall"' in plain and "data-rotate" not in plain
    text = browser.get(f"{url}?big=1&rotate=20").content.decode()
    assert 'class="wall big"' in text and 'data-rotate="20"' in text

    def following(page: str) -> str:
        found = re.search(r'data-next="\?([^"]*)"', page)
        assert found is not None
        return found[1].replace("&amp;", "&")

    first = following(text)
    assert first == f"work_centre={lathes.pk}&big=1&rotate=20"
    second = following(browser.get(f"{url}?{first}").content.decode())
    assert second == f"work_centre={floor.centre.pk}&big=1&rotate=20"
    assert following(browser.get(f"{url}?{second}").content.decode()) == first, "round and round"
    for odd, shown in (("1", 'data-rotate="5"'), ("9999", 'data-rotate="3600"')):
        assert shown in browser.get(f"{url}?rotate={odd}").content.decode()
    for odd in ("0", "-3", "x", "99999", ""):
        assert "data-rotate" not in browser.get(f"{url}?rotate={odd}").content.decode()


def test_a_tile_says_when_its_last_event_was(browser: Client, floor: Shopfloor) -> None:
    """The screen measures its own delay against it."""
    machine = floor.machine("M1")
    floor.send(floor.count(machine, 5, 1))
    text = browser.get(reverse("board-tiles", args=[floor.books.site.pk])).content.decode()
    assert f'data-machine="{machine.pk}" data-event="2026-03-10T06:05:00+00:00"' in text
    assert re.search(r'data-at="[0-9]{4}-', text)

"""The touch page at the door: what is awaited, scanned into one form, received by one press."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.inventory.models import Location, Lot
from apps.masterdata.models import Item, Unit
from apps.masterdata.services.barcodes import create_item_barcode
from apps.supply_chain.models import PurchaseOrder, Receipt
from apps.supply_chain.queries.expected_orders import open_lines
from apps.supply_chain.services.purchase_orders import OrderLine
from tests.factories import make_company
from tests.supply_chain.test_catch_weights import ham, kilogram
from tests.support.faces import make_member
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade

__all__ = ["ham", "kilogram"]
D = Decimal
LIST = "/shipping/receiving/"
GTIN = "09521234543213"


@pytest.fixture
def door(trade: Trade) -> Client:
    client = Client()
    client.force_login(trade.books.by, "apps.core.backends.PermissionBackend")
    return client


def page_of(order: PurchaseOrder) -> str:
    return f"{LIST}{order.pk}/"


def key_of(page: Any) -> str:
    return page.content.decode().split('name="key" value="')[1].split('"')[0]


def press(door: Client, order: PurchaseOrder, act: str, **typed: str) -> Any:
    """Send the form as the browser would, with what is ``typed``."""
    key = key_of(door.get(page_of(order)))
    return door.post(page_of(order), {"key": key, "act": act, "place": "STOCK", **typed})


def test_the_list_has_what_is_still_to_come(trade: Trade, door: Client) -> None:
    item = trade.item()
    late = trade.ordered(OrderLine(item, D(4), D(3)), due_date=date(2026, 3, 20))
    urgent = trade.ordered(OrderLine(item, D(4), D(3)), OrderLine(item, D(2), D(3)))
    done = trade.ordered(OrderLine(item, D(1), D(3)))
    trade.receive(done, "1")
    trade.order(OrderLine(item, D(9), D(3)))
    text = door.get(LIST).content.decode()
    assert text.index(urgent.number) < text.index(late.number)
    assert "2 lines" in text
    assert done.number not in text
    scan = door.get("/stock/", {"scan": urgent.number}).content.decode()
    assert page_of(urgent) in scan
    assert 'href="/shipping/receiving/"' in scan


def test_what_is_scanned_stays_in_the_form_until_it_is_received(trade: Trade, door: Client) -> None:
    """Two lines, one in boxes of 12: 2 boxes and a lot of 20 come in on one receipt."""
    bolt = trade.item()
    paint = trade.item(tracking="lot", requires_supplier_lot=True)
    create_item_barcode(company=trade.books.company, item=paint, code=GTIN, by=trade.books.by)
    order = trade.ordered(
        OrderLine(bolt, D(3), D(24), unit=trade.box_of(bolt, 12)), OrderLine(paint, D(20), D(2))
    )
    first, second = order.lines.order_by("pk")
    page = press(
        door,
        order,
        "scan",
        scan=f"(01){GTIN}(17)270131(30)20(10)P-1",
        **{f"quantity-{first.pk}": "2"},
    ).content.decode()
    for told in ('value="2"', 'value="20"', 'value="P-1"', 'value="2027-01-31"'):
        assert told in page, told
    assert not Receipt.objects.exists()
    typed = {
        f"quantity-{first.pk}": "2",
        f"quantity-{second.pk}": "20",
        f"lot-{second.pk}": "P-1",
        f"expires-{second.pk}": "2027-01-31",
        f"supplier_lot-{second.pk}": "S-9",
        f"refused-{second.pk}": "",
        "note": "DN 44",
    }
    assert press(door, order, "receive", **typed).status_code == 302
    receipt = Receipt.objects.get()
    assert receipt.delivery_note == "DN 44"
    assert [row.quantity for row in receipt.lines.order_by("pk")] == [24, 20]
    lot = Lot.objects.get()
    assert (lot.code, lot.supplier_lot, lot.expires_on) == ("P-1", "S-9", date(2027, 1, 31))
    [rest] = open_lines(order)
    assert (rest.open, rest.unit.code) == (1, "BOX")
    assert_reconciled()


def test_weighed_pieces_are_scanned_one_after_the_other(
    trade: Trade, door: Client, ham: Item, kilogram: Unit
) -> None:
    create_item_barcode(company=trade.books.company, item=ham, code=GTIN, by=trade.books.by)
    order = trade.ordered(OrderLine(ham, D(10), D(6), unit=kilogram))
    line = order.lines.get()
    name = f"serials-{line.pk}"
    page = press(door, order, "scan", scan=f"(01){GTIN}(3103)005120(21)H1")
    assert "H1 5.12" in page.content.decode()
    page = press(door, order, "scan", scan=f"(01){GTIN}(3103)004870(21)H2", **{name: "H1 5.12"})
    assert "H1 5.12\nH2 4.87" in page.content.decode()
    page = press(door, order, "scan", scan=f"(01){GTIN}(3103)004870(21)H1", **{name: "H1 5.12"})
    assert "H1 is in the list already" in page.content.decode()
    sent = press(door, order, "receive", **{name: "H1 5.12\r\nH2 4.87"})
    assert (sent.status_code, sent["Location"]) == (302, LIST)
    assert trade.books.balance("1300") == D("59.94")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "Say what has come."),
        ({"quantity": "five", "lot": "L"}, "Enter a number."),
        ({"quantity": "6", "lot": "L"}, "5"),
        ({"quantity": "5"}, "needs a lot or serial number"),
        ({"quantity": "5", "lot": "L", "expires": "soon"}, "Enter a date."),
        ({"quantity": "5", "lot": "L", "place": "NOWHERE"}, "Nothing here has the code NOWHERE."),
    ],
)
def test_a_refusal_says_why_and_keeps_what_was_typed(
    trade: Trade, door: Client, typed: dict[str, str], told: str
) -> None:
    order = trade.ordered(OrderLine(trade.item(tracking="lot"), D(5), D(3)))
    line = order.lines.get()
    place = {"place": typed.pop("place")} if "place" in typed else {}
    named = {f"{name}-{line.pk}": value for name, value in typed.items()}
    page = press(door, order, "receive", **named, **place)
    assert page.status_code == 200
    text = page.content.decode()
    assert told in text
    assert all(f'value="{value}"' in text for value in typed.values())
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("scan", ["", "OTHER", "(01)09521234543214"])
def test_a_scan_of_something_else_is_refused(trade: Trade, door: Client, scan: str) -> None:
    trade.books.item("OTHER")
    order = trade.ordered(OrderLine(trade.item(), D(5), D(3)))
    page = press(door, order, "scan", scan=scan)
    assert 'role="alert"' in page.content.decode()


def test_the_same_press_twice_receives_once(trade: Trade, door: Client) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(5), D(3)))
    line = order.lines.get()
    sent = {
        "key": key_of(door.get(page_of(order))),
        "act": "receive",
        "place": "STOCK",
        f"quantity-{line.pk}": "2",
    }
    for _again in range(2):
        assert door.post(page_of(order), sent).status_code == 302
    assert Receipt.objects.count() == 1


def test_only_who_receives_sees_it_and_only_his_orders(trade: Trade) -> None:
    other = make_company("OTHER", by=trade.books.by)
    order = trade.ordered(OrderLine(trade.item(), D(5), D(3)))
    rights = ("supply_chain.add_receipt", "supply_chain.view_purchaseorder")
    for member, status in (
        (make_member("reader", trade.books.company, permissions=rights[1:]), 403),
        (make_member("stranger", other, permissions=rights), 404),
        (make_member("clerk", trade.books.company, permissions=rights), 200),
    ):
        client = Client()
        client.force_login(member, "apps.core.backends.PermissionBackend")
        assert client.get(page_of(order)).status_code == status


def test_docks_come_first(trade: Trade, door: Client) -> None:
    Location(
        company=trade.books.company, code="ZZ-DOCK", name="Dock", kind="internal",
        site=trade.books.site, use=Location.Use.RECEIVING,
    ).save_by(trade.books.by)  # fmt: skip
    order = trade.ordered(OrderLine(trade.item(), D(5), D(3)))
    text = door.get(page_of(order)).content.decode()
    assert text.index("ZZ-DOCK") < text.index(">STOCK ")

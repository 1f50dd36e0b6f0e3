"""Kanban: an empty card asks, a full one was brought; the transfer is the proof."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.test import Client
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidTransition
from apps.inventory.models import KanbanCard, KanbanLoop, Location, StockDocument, StockMove
from apps.inventory.printouts import kanban_card_pdf
from apps.inventory.services.kanban import (
    add_kanban_cards,
    create_kanban_loop,
    empty_kanban_card,
    fill_kanban_card,
    retire_kanban_card,
)
from apps.inventory.services.moves import Move
from tests.inventory.conftest import Warehouse
from tests.inventory.test_packages import lying
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled

D = Decimal


def loop(warehouse: Warehouse, item: Any, **values: Any) -> KanbanLoop:
    line = (
        values.pop("line", None)
        or Location.objects.filter(code="LINE-1").first()
        or warehouse.place("LINE-1", use="line")
    )
    return create_kanban_loop(
        company=warehouse.books.company,
        code="BOLTS-L1",
        name="Bolts at line 1",
        item=item,
        supply=values.pop("supply", warehouse.stock),
        line=line,
        quantity=values.pop("quantity", D(50)),
        by=warehouse.books.by,
    )


def card(warehouse: Warehouse, item: Any, **values: Any) -> KanbanCard:
    return add_kanban_cards(loop(warehouse, item, **values), 1, by=warehouse.books.by)[0]


def test_an_empty_card_writes_the_transfer_that_a_full_one_posts(warehouse: Warehouse) -> None:
    by = warehouse.books.by
    item = warehouse.item()
    warehouse.receive(item, "120", "1")
    one = card(warehouse, item)
    one = empty_kanban_card(one, by=by)
    assert (one.status, one.transfer.status, one.transfer.note) == ("empty", "draft", one.number)
    assert lying(warehouse.stock) == 120
    assert_reconciled()
    with pytest.raises(InvalidTransition):
        empty_kanban_card(one, by=by)
    one = fill_kanban_card(one, by=by)
    assert (one.status, one.transfer.status, one.emptied_at) == ("full", "posted", None)
    assert (lying(warehouse.stock), lying(one.loop.line)) == (70, 50)
    assert_reconciled()


def test_lots_are_chosen_when_they_are_brought(warehouse: Warehouse) -> None:
    by = warehouse.books.by
    item = warehouse.item(tracking="lot")
    today = timezone.localdate()
    for code, days, quantity in (("LATE", 90, 40), ("SOON", 9, 30)):
        lot = warehouse.lot(item, code, expires_on=today + timedelta(days=days))
        warehouse.receive(item, str(quantity), "1", lot=lot)
    one = fill_kanban_card(empty_kanban_card(card(warehouse, item), by=by), by=by)
    moved = StockMove.objects.filter(to_location=one.loop.line).order_by("pk")
    assert [(move.lot.code, move.quantity) for move in moved] == [("SOON", 30), ("LATE", 20)]
    assert_reconciled()


def test_an_empty_supermarket_keeps_the_card_empty(warehouse: Warehouse) -> None:
    by = warehouse.books.by
    item = warehouse.item()
    warehouse.receive(item, "20", "1")
    one = empty_kanban_card(card(warehouse, item), by=by)
    with pytest.raises(BusinessError) as refusal:
        fill_kanban_card(one, by=by)
    assert refusal.value.code == "insufficient_stock"
    one.refresh_from_db()
    assert one.status == "empty"
    one = retire_kanban_card(one, reason="line is gone", by=by)
    assert (one.status, one.transfer.status) == ("retired", "cancelled")
    assert lying(warehouse.stock) == 20
    assert_reconciled()


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"supply": "customer"}, "wrong_place", "supply"),
        ({"line": "stock"}, "same_location", "line"),
    ],
)
def test_a_loop_that_means_nothing(
    warehouse: Warehouse, values: dict[str, str], code: str, field: str
) -> None:
    places = {name: getattr(warehouse, value) for name, value in values.items()}
    item = warehouse.item()
    with pytest.raises(BusinessError) as refusal:
        loop(warehouse, item, **places)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    with pytest.raises(BusinessError) as refusal:
        loop(warehouse, warehouse.item(kind="service"))
    assert refusal.value.code == "not_stocked"
    assert not KanbanLoop.objects.exists()


def test_the_card_is_read_back(warehouse: Warehouse) -> None:
    one = card(warehouse, warehouse.item())
    page = pypdfium2.PdfDocument(kanban_card_pdf(one))[0]
    [symbol] = zxingcpp.read_barcodes(page.render(scale=300 / 72).to_pil())
    assert symbol.text == one.number


def test_through_the_api(warehouse: Warehouse) -> None:
    item = warehouse.item(code="BOLT")
    warehouse.receive(item, "120", "1")
    warehouse.place("LINE-1")
    api = ApiClient(warehouse.books.by)
    body = {
        "code": "L", "name": "x", "item": "BOLT", "supply": "STOCK", "line": "LINE-1",
        "quantity": "50",
    }  # fmt: skip
    made = api.post("/inventory/kanban-loops/", body)
    assert made.status_code == 201, made.body
    same = api.post("/inventory/kanban-loops/", {**body, "code": "M", "line": "STOCK"})
    assert (same.status_code, codes(same)) == (422, [("line", "same_location")])
    cards = api.post("/inventory/kanban-cards/add/", {"loop": "L", "count": 2})
    assert (cards.status_code, len(cards.body)) == (201, 2), cards.body
    place = f"/inventory/kanban-cards/{cards.body[0]['id']}/"
    assert api.post(f"{place}empty/").body["status"] == "empty"
    assert api.post(f"{place}fill/").body["status"] == "full"
    assert codes(api.post(f"{place}fill/"))[0][1] == "invalid_transition"
    assert api.post(f"{place}retire/", {"reason": "enough"}).body["status"] == "retired"
    assert_reconciled()


def test_on_the_page(warehouse: Warehouse) -> None:
    item = warehouse.item(code="BOLT")
    warehouse.post(Move(item.pk, D(60), warehouse.supplier, warehouse.stock, value=D(6)))
    one = card(warehouse, item)
    user = make_member(
        "runner",
        warehouse.books.company,
        permissions=(
            "inventory.view_stockbalance",
            "inventory.view_kanbancard",
            "inventory.turn_kanbancard",
        ),
    )
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    page = f"/stock/kanban/{one.pk}/"
    assert page in client.get(f"/stock/?scan={one.number}").content.decode()
    assert client.post(page, {"act": "empty", "key": "1"}).status_code == 302
    assert client.post(page, {"act": "empty", "key": "1"}).status_code == 302
    assert "BOLT" in client.get("/stock/kanban/").content.decode()
    assert client.post(page, {"act": "fill", "key": "2"}).status_code == 302
    again = client.post(page, {"act": "fill", "key": "3"}).content.decode()
    assert "can&#x27;t become" in again
    assert StockDocument.objects.get().status == "posted"
    assert lying(one.loop.line) == 50

"""Inventory through the API and the admin."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.inventory.models import Lot, StockDocument, StockMove
from apps.inventory.services.expected import expect_moves
from tests.inventory.conftest import DAY, Warehouse
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled

DOCUMENTS = "/inventory/stock-documents/"


@pytest.fixture
def api(warehouse: Warehouse) -> ApiClient:
    return ApiClient(warehouse.books.by)


def opening(warehouse: Warehouse, item, quantity: str, cost: str) -> dict:
    return {
        "kind": "opening",
        "site": "MAIN",
        "date": DAY.isoformat(),
        "lines": [
            {"item": item.code, "quantity": quantity, "unit_cost": cost, "to_location": "STOCK"}
        ],
    }


def test_a_stock_document_from_draft_to_reversed(warehouse: Warehouse, api: ApiClient) -> None:
    item = warehouse.item("average", code="BOLT")
    made = api.post(DOCUMENTS, opening(warehouse, item, "10", "2.5"))
    assert made.status_code == 201, made.body
    place = f"{DOCUMENTS}{made.body['id']}/"
    assert made.body["lines"][0]["from_location_code"] == "OPENING"
    lines = [{**opening(warehouse, item, "20", "2.5")["lines"][0]}]
    changed = api.patch(place, {"lines": lines, "note": "recounted"}, version=1)
    assert (changed.status_code, changed.body["note"]) == (200, "recounted"), changed.body
    assert api.patch(place, {"kind": "scrap"}, version=2).status_code in (400, 422)
    posted = api.post(f"{place}post/")
    assert (posted.status_code, posted.body["status"]) == (200, "posted"), posted.body
    again = api.post(f"{place}post/")
    assert (again.status_code, codes(again)) == (409, [("status", "invalid_transition")])

    [row] = api.get("/inventory/stock/on-hand/?item=BOLT").body["results"]
    assert (row["location"], row["quantity"], row["value"]) == ("STOCK", "20.000000", "50.00")
    [worth] = api.get(f"/inventory/stock/value/?at={DAY}").body["results"]
    assert Decimal(worth["value"]) == 50
    [move] = api.get("/inventory/stock/card/?item=BOLT").body["results"]
    assert (move["from_location"], Decimal(move["value_after"])) == ("OPENING", 50)
    [listed] = api.get("/inventory/stock-moves/?item=BOLT").body["results"]
    assert listed["to_location_code"] == "STOCK"
    detail = api.get(f"/inventory/stock-moves/{listed['id']}/").body
    assert detail["source"]["model"] == "inventory.stockdocument"
    assert api.get("/inventory/item-valuations/?item=BOLT").body["results"][0]["value"] == "50.00"
    assert len(api.get("/inventory/stock-balances/?item=BOLT").body["results"]) == 1
    assert len(api.get("/inventory/valuation-adjustments/").body["results"]) == 0

    refused = api.post(f"{place}reverse/", {"date": DAY.isoformat()})
    assert codes(refused) == [("reason", "required")]
    back = api.post(f"{place}reverse/", {"date": DAY.isoformat(), "reason": "twice"})
    assert (back.status_code, back.body["status"]) == (200, "reversed"), back.body
    assert_reconciled()


def test_a_bad_line_is_named_and_nothing_written(warehouse: Warehouse, api: ApiClient) -> None:
    item = warehouse.item("average", code="BOLT")
    body = opening(warehouse, item, "10", "2.5")
    body["lines"].append({**body["lines"][0], "to_location": "CUSTOMER"})
    refused = api.post(DOCUMENTS, body)
    assert refused.status_code == 422
    [error] = refused.body["errors"]
    assert error["code"] == "wrong_place"
    assert "to_location" in error["attr"]
    assert not StockDocument.objects.exists()


def test_lots_are_held_and_released_by_who_may(warehouse: Warehouse, api: ApiClient) -> None:
    item = warehouse.item("average", code="PAINT", tracking="lot")
    made = api.post("/inventory/lots/", {"item": "PAINT", "code": "L1", "made_on": "2026-01-05"})
    assert made.status_code == 201, made.body
    place = f"/inventory/lots/{made.body['id']}/"
    warehouse.receive(item, "5", "1", lot=Lot.objects.get())
    reader = make_member(
        "reader",
        warehouse.books.company,
        permissions=("inventory.view_lot", "inventory.change_lot"),
    )
    assert ApiClient(reader).post(f"{place}hold/", {"reason": "?"}).status_code == 403
    assert codes(api.post(f"{place}hold/", {})) == [("reason", "required")]
    held = api.post(f"{place}hold/", {"reason": "smells"})
    assert (held.status_code, held.body["status"]) == (200, "hold"), held.body
    assert codes(api.patch(place, {"status": "available"}, version=2)) == [("status", "read_only")]
    body = {
        "kind": "scrap",
        "site": "MAIN",
        "date": DAY.isoformat(),
        "lines": [{"item": "PAINT", "quantity": "1", "lot_code": "L1", "from_location": "STOCK"}],
    }
    assert api.post(DOCUMENTS, body).status_code == 201, "what is held may be scrapped"
    assert api.post(f"{place}release/", {"reason": "fine"}).body["status"] == "available"
    history = api.get(f"{place}history/").body["results"]
    assert [entry["reason"] for entry in history[:2]] == ["fine", "smells"]


def test_what_is_expected_is_told(warehouse: Warehouse, api: ApiClient) -> None:
    item = warehouse.item("average", code="BOLT")
    warehouse.receive(item, "5", "1")
    expect_moves(
        warehouse.books.company,
        [
            (
                warehouse.customer,
                "out",
                item,
                warehouse.books.site,
                None,
                Decimal(7),
                DAY + timedelta(days=3),
            )
        ],
        by=warehouse.books.by,
    )
    rows = api.get("/inventory/stock/availability/?item=BOLT").body["results"]
    assert [Decimal(row["available"]) for row in rows] == [5, -2]
    [due] = api.get("/inventory/expected-moves/?is_open=true&direction=out").body["results"]
    assert due["quantity"] == "7.000000"
    assert codes(api.get("/inventory/stock/card/")) == [("item", "required")]


def upload(api: ApiClient, content: str, **values: str):
    file = SimpleUploadedFile("opening.csv", content.encode(), content_type="text/csv")
    return api.upload(f"{DOCUMENTS}import/", file=file, date=DAY.isoformat(), **values)


def test_opening_stock_is_uploaded_and_must_tie(warehouse: Warehouse, api: ApiClient) -> None:
    warehouse.item("average", code="BOLT")
    content = "Part;Qty;Price\nBOLT;4;2.50\n"
    profile = (
        '{"columns": {"item": "Part", "quantity": "Qty", "unit_cost": "Price"},'
        ' "constants": {"to_location": "STOCK"}}'
    )
    refused = upload(api, content, profile=profile, control_total="11")
    assert (refused.status_code, codes(refused)) == (
        422,
        [("control_total", "opening_total_differs")],
    )
    assert codes(upload(api, content, profile="{")) == [("profile", "bad_profile")]
    assert not StockMove.objects.exists()
    done = upload(api, content, profile=profile, control_total="10")
    assert (done.status_code, done.body["created"]) == (200, 1), done.body
    assert warehouse.books.balance("3900") == -10
    assert_reconciled()


# --- admin -------------------------------------------------------------------------------------


@pytest.fixture
def desk(warehouse: Warehouse) -> Client:
    client = Client()
    client.force_login(warehouse.books.by, "apps.core.backends.PermissionBackend")
    return client


def test_the_admin_drafts_and_posts_with_a_place_left_out(
    warehouse: Warehouse, desk: Client
) -> None:
    item = warehouse.item("average")
    form = {
        "company": warehouse.books.company.pk,
        "kind": "opening",
        "site": warehouse.books.site.pk,
        "date": DAY.isoformat(),
        "reason": "",
        "note": "first day",
        "lines-TOTAL_FORMS": 1,
        "lines-INITIAL_FORMS": 0,
        "lines-0-item": item.pk,
        "lines-0-quantity": "3",
        "lines-0-unit_cost": "2",
        "lines-0-from_location": "",
        "lines-0-to_location": warehouse.stock.pk,
    }
    page = "/admin/inventory/stockdocument/"
    answer = desk.post(f"{page}add/", {**form, "lines-0-unit_cost": ""})
    assert answer.status_code == 200
    assert "Say what a unit is worth" in answer.content.decode()
    answer = desk.post(f"{page}add/", form)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    document = StockDocument.objects.get()
    shown = desk.get(f"{page}{document.pk}/change/").content.decode()
    assert "/verb/post/" in shown
    desk.post(f"{page}{document.pk}/verb/post/")
    document.refresh_from_db()
    assert document.status == "posted"
    assert warehouse.worth(item) == 6
    shown = desk.get(f"{page}{document.pk}/change/").content.decode()
    assert "/verb/reverse/" in shown
    assert "/admin/inventory/stockmove/?source_type__id__exact=" in shown
    for model in ("stockmove", "stockbalance", "itemvaluation", "costlayer", "expectedmove"):
        listed = desk.get(f"/admin/inventory/{model}/")
        assert listed.status_code == 200
        if model not in ("expectedmove",):
            assert item.code in listed.content.decode(), model


def test_the_admin_holds_a_lot(warehouse: Warehouse, desk: Client) -> None:
    lot = warehouse.lot(warehouse.item("average", tracking="lot"), "L1")
    page = f"/admin/inventory/lot/{lot.pk}/"
    shown = desk.get(f"{page}change/").content.decode()
    assert "/verb/hold/" in shown and "/verb/release/" not in shown
    desk.post(f"{page}verb/hold/", {"reason": "smells"})
    lot.refresh_from_db()
    assert lot.status == "hold"
    assert desk.get(f"/admin/inventory/stockmove/?lot__id__exact={lot.pk}").status_code == 200

"""One box for whatever a scanner reads."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput
from apps.inventory.models import StockDocument
from apps.inventory.queries.scans import Scanned, read_scanned
from apps.masterdata.gs1.check_digits import with_check_digit
from apps.masterdata.models import ItemBarcode
from apps.masterdata.services.barcodes import create_item_barcode, update_item_barcode
from apps.masterdata.services.items import create_item_unit
from tests.inventory.conftest import Warehouse
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled

GTIN = "09501101530003"


def scan(warehouse: Warehouse, text: str) -> Scanned:
    return read_scanned(warehouse.books.company, text, user=warehouse.books.by)


def barcode(warehouse: Warehouse, item, code: str = GTIN, **values) -> ItemBarcode:
    return create_item_barcode(
        company=warehouse.books.company, item=item, code=code, by=warehouse.books.by, **values
    )


def test_a_symbol_names_item_lot_and_quantity(warehouse: Warehouse) -> None:
    item = warehouse.item("average", code="PAINT", tracking="lot")
    lot = warehouse.lot(item, "AB-123")
    barcode(warehouse, item)
    for text in (
        f"]d201{GTIN}10AB-123\x1d30" + "12",
        f"(01){GTIN}(10)AB-123(30)12",
        f"https://id.gs1.org/01/{GTIN}/10/AB-123?30=12",
        f"01{GTIN}10AB-123\x1d3012",
    ):
        found = scan(warehouse, text)
        assert (found.item, found.lot, found.quantity) == (item, lot, 12), text
    assert scan(warehouse, f"(01){GTIN}(3102)001250").quantity == Decimal("12.50")
    assert scan(warehouse, "]E09501101530003").item == item, "a retail symbol of 13 digits"
    assert scan(warehouse, "9501101530003").item == item, "typed, without the zero before it"
    assert scan(warehouse, "paint").item == item
    assert scan(warehouse, "AB-123").lot == lot
    assert scan(warehouse, "stock").locations == [warehouse.stock]
    assert scan(warehouse, "nothing").items == []


def test_the_unit_of_a_barcode(warehouse: Warehouse) -> None:
    books = warehouse.books
    item = warehouse.item("average", code="NUT")
    box = books.unit("BOX")
    code = with_check_digit("1950110153000")
    with pytest.raises(InvalidInput) as refusal:
        barcode(warehouse, item, code, unit=box)
    assert (refusal.value.code, refusal.value.field) == ("unit_without_conversion", "unit")
    assert not ItemBarcode.objects.exists()
    create_item_unit(company=books.company, item=item, unit=box, numerator=100, by=books.by)
    barcode(warehouse, item, code, unit=box)
    found = scan(warehouse, f"(01){code}")
    assert (found.item, found.unit) == (item, box)
    other = barcode(warehouse, item, "nut-7", kind="other")
    assert scan(warehouse, "nut-7").item == item
    with pytest.raises(InvalidInput):
        update_item_barcode(other, kind="gtin", by=books.by)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(01)09501101530004", "gs1_content"),
        ("]C10109501101530004", "gs1_content"),
        ("]E09501101530004", "gs1_content"),
        ("(01)09501101530003(17)261340", "gs1_content"),
        ("]X1ABC", "unknown_symbol"),
        ("   ", "required"),
    ],
)
def test_what_cant_be_right_is_refused(text: str, code: str, warehouse: Warehouse) -> None:
    with pytest.raises(InvalidInput) as refusal:
        scan(warehouse, text)
    assert (refusal.value.code, refusal.value.field) == (code, "scan")


def test_a_lot_of_another_item_is_told(warehouse: Warehouse) -> None:
    paint = warehouse.item("average", code="PAINT", tracking="lot")
    glue = warehouse.item("average", code="GLUE", tracking="lot")
    warehouse.lot(glue, "G1")
    barcode(warehouse, paint)
    with pytest.raises(BusinessError) as refusal:
        scan(warehouse, f"(01){GTIN}(10)G1")
    assert refusal.value.code == "wrong_lot"
    assert "GLUE" in str(refusal.value)


def test_expiry(warehouse: Warehouse) -> None:
    item = warehouse.item("average", tracking="lot")
    barcode(warehouse, item)
    today = timezone.localdate()
    yesterday = today - timedelta(days=1)
    assert scan(warehouse, f"(01){GTIN}(17){yesterday:%y%m%d}").is_expired
    assert not scan(warehouse, f"(01){GTIN}(17){today:%y%m%d}").is_expired
    assert scan(warehouse, f"(01){GTIN}(17){today:%y}0200").expires_on == date(
        today.year, 2, 29 if today.year % 4 == 0 else 28
    )
    lot = warehouse.lot(item, "OLD", expires_on=yesterday)
    assert scan(warehouse, "OLD").lot == lot
    assert scan(warehouse, "OLD").is_expired


def test_scanning_through_the_api(warehouse: Warehouse) -> None:
    api = ApiClient(warehouse.books.by)
    item = warehouse.item("average", code="PAINT")
    made = api.post(
        "/masterdata/item-barcodes/", {"item": "PAINT", "code": "9501101530003", "kind": "gtin"}
    )
    assert (made.status_code, made.body["code"]) == (201, GTIN), made.body
    [row] = api.get(f"/inventory/stock/scan/?text=(01){GTIN}(37)5").body["results"]
    assert (row["kind"], row["id"], row["quantity"]) == ("item", item.pk, "5")
    bad = api.get("/inventory/stock/scan/?text=(01)09501101530004")
    assert (bad.status_code, codes(bad)) == (422, [("scan", "gs1_content")])
    wrong = api.post(
        "/masterdata/item-barcodes/", {"item": "PAINT", "code": "9501101530004", "kind": "gtin"}
    )
    assert codes(wrong) == [("code", "wrong_check_digit")]


@pytest.fixture
def picker(warehouse: Warehouse) -> Client:
    user = make_member(
        "picker",
        warehouse.books.company,
        permissions=(
            "inventory.view_stockbalance",
            "inventory.view_lot",
            "inventory.add_stockdocument",
            "inventory.post_stockdocument",
        ),
    )
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    return client


def test_the_box_shows_what_lies_where_and_what_can_be_done(
    warehouse: Warehouse, picker: Client
) -> None:
    item = warehouse.item("average", code="BOLT")
    warehouse.receive(item, "7", "30")
    assert "autofocus" in picker.get("/stock/").content.decode()
    page = picker.get("/stock/", {"scan": "BOLT"}).content.decode()
    assert ">7<" in page
    assert "/stock/move/?item=BOLT" in page
    place = picker.get("/stock/", {"scan": "STOCK"}).content.decode()
    assert "BOLT" in place
    wrong = picker.get("/stock/", {"scan": "(01)09501101530004"}).content.decode()
    assert "incorrect check digit" in wrong
    assert "<script" not in picker.get("/stock/", {"scan": "<script>"}).content.decode()


def test_moving_from_place_to_place(warehouse: Warehouse, picker: Client) -> None:
    item = warehouse.item("average", code="BOLT")
    barcode(warehouse, item)
    warehouse.receive(item, "7", "30")
    warehouse.place("SHELF")
    form = {"key": "m1", "item": f"(01){GTIN}(37)5", "from": "STOCK", "to": "SHELF"}
    for _time in range(2):  # pressed twice: moved once
        assert picker.post("/stock/move/", form).status_code == 302
    assert StockDocument.objects.count() == 1
    assert {row.location.code: row.quantity for row in item_balances(item)} == {
        "STOCK": 2,
        "SHELF": 5,
    }
    refused = picker.post("/stock/move/", {**form, "key": "m2"}).content.decode()
    assert "2 available, 5 wanted" in refused
    for changed, told in (
        ({"to": "CUSTOMER"}, "no place"),
        ({"to": "MOON"}, "MOON"),
        ({"item": "NONE"}, "NONE"),
        ({"item": "BOLT", "quantity": "many"}, "Enter a number."),
    ):
        answer = picker.post("/stock/move/", {**form, **changed, "key": told})
        assert told in answer.content.decode()
    assert StockDocument.objects.count() == 1
    assert_reconciled()


def item_balances(item):
    from apps.inventory.models import StockBalance

    return StockBalance.objects.filter(item=item, quantity__gt=0).select_related("location")

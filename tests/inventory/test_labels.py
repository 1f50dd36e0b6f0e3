"""Labels are read back by a scanner: as PDF by its picture, as ZPL by its words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.test import Client

from apps.core.errors import InvalidInput
from apps.inventory.labels import (
    copies_of,
    item_label,
    labels_pdf,
    labels_zpl,
    lot_label,
    place_label,
)
from apps.inventory.models import Lot
from apps.inventory.queries.scans import read_scanned
from apps.masterdata.services.barcodes import create_item_barcode
from tests.inventory.conftest import Warehouse
from tests.support.faces import ApiClient, codes, make_member

GTIN = "09501101530003"


def symbols(content: bytes, page: int = 0) -> list[str]:
    """The text of each symbol on a page as a printer of 300 dpi makes it."""
    picture = pypdfium2.PdfDocument(content)[page].render(scale=300 / 72).to_pil()
    return [one.bytes.decode() for one in zxingcpp.read_barcodes(picture)]


def paint(warehouse: Warehouse, code: str = "AB_12", *, gtin: bool = True) -> Lot:
    item = warehouse.item("average", code="PAINT", tracking="lot")
    if gtin:
        create_item_barcode(
            company=warehouse.books.company, item=item, code=GTIN, by=warehouse.books.by
        )
    return warehouse.lot(item, code, expires_on=date(2027, 1, 31))


@pytest.mark.parametrize("size", ["100x60", "70x35"])
def test_a_lot_is_read_back_from_its_label(size: str, warehouse: Warehouse) -> None:
    lot = paint(warehouse)
    label = lot_label(lot, quantity=Decimal(24))
    assert label.text == f"(01){GTIN}(17)270131(30)24(10)AB_12"
    [read] = symbols(labels_pdf([label], size=size))
    found = read_scanned(warehouse.books.company, f"]d2{read}", user=warehouse.books.by)
    assert (found.item, found.lot, found.quantity) == (lot.item, lot, 24)
    assert found.expires_on == lot.expires_on


def test_without_a_gtin_the_code_itself_is_the_symbol(warehouse: Warehouse) -> None:
    lot = paint(warehouse, gtin=False)
    for label, code in (
        (lot_label(lot), "AB_12"),
        (item_label(lot.item), "PAINT"),
        (place_label(warehouse.stock), "STOCK"),
    ):
        assert symbols(labels_pdf([label])) == [code]


def test_zpl_carries_the_same(warehouse: Warehouse) -> None:
    lot = paint(warehouse)
    text = labels_zpl([lot_label(lot, quantity=Decimal(24))])
    assert text.startswith("^XA^CI28^PW800^LL480")
    assert text.endswith("^XZ\n")
    assert f"^FD_101{GTIN}172701313024_110AB__12^FS" in text
    plain = labels_zpl([place_label(warehouse.place("A~1"))])
    assert "^FH\\^FDA\\7E1^FS" in plain, "a command in a code is text"
    assert text.count("^XA") == 1
    assert labels_zpl(copies_of(place_label(warehouse.stock), 3)).count("^XA") == 3


def test_what_cant_be_printed_is_refused(warehouse: Warehouse) -> None:
    lot = paint(warehouse, "AB^12")
    for attempt, code in (
        (lambda: lot_label(lot), "gs1_content"),
        (lambda: place_label(warehouse.place("ÄÖ")), "not_encodable"),
        (lambda: copies_of(place_label(warehouse.stock), 501), "out_of_range"),
        (lambda: labels_pdf([place_label(warehouse.stock)], size="A4"), "unknown_size"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            attempt()
        assert refusal.value.code == code


def test_labels_through_the_api(warehouse: Warehouse) -> None:
    lot = paint(warehouse)
    api = ApiClient(warehouse.books.by)

    def get(address: str) -> Any:
        return api.client.get(f"/api/v1/inventory/labels/{address}")

    pdf = get(f"lot/?lot={lot.code}&copies=2&quantity=24")
    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    assert len(pypdfium2.PdfDocument(pdf.content)) == 2
    zpl = get("item/?item=PAINT&kind=zpl")
    assert zpl["Content-Type"].startswith("application/vnd.zebra-zpl")
    assert f"_101{GTIN}".encode() in zpl.content
    assert get("location/?location=STOCK").status_code == 200
    warehouse.lot(warehouse.item("average", code="OTHER", tracking="lot"), lot.code)
    two = api.get(f"/inventory/labels/lot/?lot={lot.code}")
    assert (two.status_code, codes(two)) == (422, [("lot", "ambiguous")])
    assert get(f"lot/?lot={lot.code}&item=PAINT").status_code == 200
    bad = api.get("/inventory/labels/location/?location=STOCK&copies=0")
    assert (bad.status_code, codes(bad)) == (400, [("copies", "min_value")])


def test_labels_from_the_page(warehouse: Warehouse) -> None:
    lot = paint(warehouse)
    user = make_member(
        "picker", warehouse.books.company, permissions=("inventory.view_stockbalance",)
    )
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    assert "PAINT" in client.get("/stock/labels/?item=PAINT&lot=AB_12").content.decode()
    file = client.get("/stock/labels/?item=PAINT&lot=AB_12&copies=2&print=1")
    assert file["Content-Type"] == "application/pdf"
    assert symbols(file.content)[0].endswith(lot.code)
    refused = client.get("/stock/labels/?item=NONE&print=1").content.decode()
    assert "NONE" in refused

"""From the pick list to the shipment: what was picked goes out at its cost, packages whole."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from apps.core.errors import BusinessError
from apps.inventory.models import (
    ExpectedMove,
    ItemValuation,
    Location,
    Package,
    PickList,
    Reservation,
    SsccSeries,
    StockBalance,
)
from apps.inventory.services.package_moves import move_package
from apps.inventory.services.packages import (
    NewPackage,
    Packed,
    close_package,
    create_packages,
    pack,
)
from apps.inventory.services.packing import finish_packing, pack_picked
from apps.inventory.services.pick_lists import ToPick, draft_pick_list, release_pick_list
from apps.inventory.services.picks import Picked, record_picks
from apps.supply_chain.models import Shipment
from apps.supply_chain.printouts import pack_list_pdf, shipping_labels, shipping_labels_pdf
from apps.supply_chain.queries.packed import packed_shipment
from apps.supply_chain.services.pick_list_shipments import ship_pick_list, ship_pick_lists
from apps.supply_chain.services.shipments import reverse_shipment
from apps.supply_chain.services.shippable_lines import Shipped
from tests.supply_chain.test_shipments import promised, send
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal


def staging(trade: Trade) -> Location:
    return Location.objects.filter(code="STAGE").first() or Location(
        company=trade.books.company, code="STAGE", name="Stage", site=trade.books.site
    ).save_by(trade.books.by)


def picked(trade: Trade, *promises: ExpectedMove, **values: Any) -> PickList:
    pick_list = draft_pick_list(
        trade.books.company,
        site=trade.books.site,
        staging=staging(trade),
        lines=[ToPick(one) for one in promises],
        date=DAY,
        by=trade.books.by,
        **values,
    )
    pick_list = release_pick_list(pick_list, by=trade.books.by)
    picks = [Picked(line, line.quantity) for line in pick_list.lines.all()]
    return record_picks(pick_list, picks, by=trade.books.by)


def box(trade: Trade, place: Location | None = None, **values: Any) -> Package:
    SsccSeries.objects.filter(company=trade.books.company).exists() or SsccSeries(
        company=trade.books.company, code="OWN", name="x", gs1_prefix="0614141"
    ).save_by(trade.books.by)
    [made] = create_packages(
        trade.books.company,
        [NewPackage(place=place or staging(trade), **values)],
        by=trade.books.by,
    )
    return made


def test_what_was_picked_goes_out(trade: Trade) -> None:
    item = trade.item("fifo")
    trade.stocked(item, "10", "8")
    [promise] = promised(trade, (item, "6"))
    pick_list = picked(trade, promise)
    [shipment] = ship_pick_list(pick_list, date=DAY, tracking_number="T1", by=trade.books.by)
    pick_list.refresh_from_db()
    promise.refresh_from_db()
    assert (pick_list.status, shipment.tracking_number) == ("shipped", "T1")
    assert (promise.quantity_done, promise.is_open) == (6, False)
    assert ItemValuation.objects.get(item=item).value == 32
    assert not Reservation.objects.exists()
    with pytest.raises(BusinessError) as refusal:
        ship_pick_list(pick_list, date=DAY, by=trade.books.by)
    assert refusal.value.code == "wrong_status"
    assert_reconciled()


def test_each_customer_has_a_shipment_over_all_lists(trade: Trade) -> None:
    item = trade.item("average")
    trade.stocked(item, "20", "1")
    other = trade.books.partner("OTHER")
    [one] = promised(trade, (item, "1"))
    second = trade.item("average")
    trade.stocked(second, "20", "1")
    [two] = promised(trade, (second, "2"), partner=other)
    third = trade.item("average")
    trade.stocked(third, "20", "1")
    [three] = promised(trade, (third, "3"))
    lists = [picked(trade, one, two), picked(trade, three)]
    shipments = ship_pick_lists(lists, date=DAY, by=trade.books.by)
    assert [(row.partner.code, row.lines.count()) for row in shipments] == [
        ("CUS", 2),
        ("OTHER", 1),
    ]
    assert_reconciled()


def test_a_packed_pallet_goes_and_comes_back_whole(trade: Trade) -> None:
    by = trade.books.by
    item, other = trade.item("average"), trade.item("average")
    for one in (item, other):
        trade.stocked(one, "20", "2")
    promises = promised(trade, (item, "6"), (other, "2"))
    pick_list = picked(trade, *promises)
    pallet = box(trade, kind="pallet")
    cartons = [box(trade, pallet.location), box(trade, pallet.location)]
    for carton, line in zip(cartons, pick_list.lines.all(), strict=True):
        pack_picked(pick_list, carton, [(line, line.quantity)], by=by)
    pick_list = finish_packing(pick_list, by=by)
    close_package(pallet, gross_weight=D("31.5"), by=by)
    [shipment] = ship_pick_list(pick_list, date=DAY, by=by)
    assert set(Package.objects.values_list("status", flat=True)) == {"shipped"}
    assert_reconciled()

    packed = packed_shipment(shipment)
    assert [(one.package.pk, one.depth, len(one.lines)) for one in packed.packages] == [
        (pallet.pk, 0, 0),
        (cartons[0].pk, 1, 1),
        (cartons[1].pk, 1, 1),
    ]
    assert (packed.loose, packed.gross_weight) == ([], D("31.5"))
    text = pypdfium2.PdfDocument(pack_list_pdf(shipment))[0].get_textpage().get_text_range()
    for one in (pallet, *cartons):
        assert one.sscc in text
    [label] = shipping_labels(shipment)
    assert label.lines[0] == "CUS Inc"
    page = pypdfium2.PdfDocument(shipping_labels_pdf(shipment))[0]
    [symbol] = zxingcpp.read_barcodes(page.render(scale=300 / 72).to_pil())
    assert symbol.text.endswith(pallet.sscc)

    reverse_shipment(shipment, date=DAY, reason="refused", by=by)
    assert set(Package.objects.values_list("status", flat=True)) == {"closed"}
    balances = StockBalance.objects.filter(location__in=[one.location_id for one in cartons])
    assert sorted(row.quantity for row in balances) == [2, 6]
    assert_reconciled()


def test_a_closed_package_is_not_shipped_in_part(trade: Trade) -> None:
    by = trade.books.by
    item = trade.item("average")
    trade.stocked(item, "10", "2")
    pallet, carton = box(trade, trade.stock, kind="pallet"), box(trade, trade.stock)
    pack(carton, [Packed(item, D(10))], by=by)
    [promise] = promised(trade, (item, "10"))
    close_package(carton, by=by)
    inside = Location.objects.get(pk=carton.location_id)
    with pytest.raises(BusinessError) as refusal:
        send(trade, Shipped(promise, D(4), location=inside))
    assert refusal.value.code == "goes_whole"
    with pytest.raises(BusinessError):
        send(trade, Shipped(promise, D(4)))
    move_package(carton, to=pallet.location, by=by)
    second = box(trade, pallet.location)
    other = trade.item("average")
    trade.stocked(other, "1", "2")
    pack(second, [Packed(other, D(1), trade.stock)], by=by)
    close_package(second, by=by)
    close_package(pallet, by=by)
    with pytest.raises(BusinessError) as refusal:
        send(trade, Shipped(promise, D(10), location=inside))
    assert refusal.value.code == "goes_whole", "a carton of a closed pallet"
    assert not Shipment.objects.exists()
    assert_reconciled()


def test_an_order_closed_in_the_meantime(trade: Trade) -> None:
    item = trade.item("average")
    trade.stocked(item, "10", "2")
    [promise] = promised(trade, (item, "6"))
    pick_list = picked(trade, promise)
    ExpectedMove.objects.update(is_open=False)
    with pytest.raises(BusinessError) as refusal:
        ship_pick_list(pick_list, date=DAY, by=trade.books.by)
    assert refusal.value.code == "over_shipment"
    pick_list.refresh_from_db()
    assert pick_list.status == "picked"


def test_through_the_api(trade: Trade) -> None:
    item = trade.item("average")
    trade.stocked(item, "10", "2")
    [promise] = promised(trade, (item, "6"))
    pick_list = picked(trade, promise)
    api = ApiClient(trade.books.by)
    body = {"pick_lists": [pick_list.pk], "date": DAY.isoformat(), "tracking_number": "T9"}
    made = api.post("/supply-chain/shipments/ship-pick-lists/", body)
    assert made.status_code == 201, made.body
    [shipment] = made.body
    assert shipment["tracking_number"] == "T9"
    place = f"/api/v1/supply-chain/shipments/{shipment['id']}/"
    assert api.client.get(f"{place}pack-list/").content.startswith(b"%PDF")
    none = api.client.get(f"{place}labels/")
    assert (none.status_code, none.json()["errors"][0]["code"]) == (409, "not_packed")
    again = api.post("/supply-chain/shipments/ship-pick-lists/", body)
    assert (again.status_code, codes(again)[0][1]) == (409, "wrong_status")


def test_on_the_page(trade: Trade) -> None:
    item = trade.item("average")
    trade.stocked(item, "10", "2")
    [promise] = promised(trade, (item, "6"))
    pick_list = picked(trade, promise)
    client = ApiClient(trade.books.by).client
    address = f"/shipping/picks/{pick_list.pk}/"
    assert address in client.get(f"/stock/picks/{pick_list.pk}/").content.decode()
    assert item.code in client.get(address).content.decode()
    unknown = client.post(address, {"carrier": "NOBODY", "key": "0"}).content.decode()
    assert "NOBODY" in unknown
    assert client.post(address, {"tracking_number": "T2", "key": "1"}).status_code == 302
    assert client.post(address, {"tracking_number": "T2", "key": "1"}).status_code == 302
    assert Shipment.objects.get().tracking_number == "T2"

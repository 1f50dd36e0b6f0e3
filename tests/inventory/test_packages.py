"""Packages: places that move as one. Nothing in them is anywhere else, and the books agree."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Site
from apps.inventory.labels import labels_pdf, labels_zpl, package_label, shipping_label
from apps.inventory.models import Location, Package, SsccSeries, StockBalance, StockMove
from apps.inventory.queries.packages import contents_of, places_around, with_packages
from apps.inventory.queries.scans import read_scanned
from apps.inventory.queries.stock import stock_on_hand
from apps.inventory.services.counts import (
    CountPlace,
    cancel_stock_count,
    plan_stock_count,
    start_stock_count,
)
from apps.inventory.services.locations import update_location
from apps.inventory.services.moves import Move
from apps.inventory.services.package_moves import move_package
from apps.inventory.services.packages import (
    NewPackage,
    Packed,
    close_package,
    create_packages,
    pack,
    reopen_package,
    unpack,
)
from apps.inventory.services.reservations import Wanted, release_reservations, reserve
from apps.masterdata.gs1.check_digits import is_checked
from tests.inventory.conftest import DAY, Warehouse
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled

D = Decimal


def series(warehouse: Warehouse, prefix: str = "0614141") -> SsccSeries:
    return SsccSeries(
        company=warehouse.books.company, code="OWN", name="Own", gs1_prefix=prefix
    ).save_by(warehouse.books.by)


def package(warehouse: Warehouse, place: Location | None = None, **values: Any) -> Package:
    [made] = create_packages(
        warehouse.books.company,
        [NewPackage(place=place or warehouse.stock, **values)],
        by=warehouse.books.by,
    )
    return made


def filled(warehouse: Warehouse, quantity: str = "10") -> tuple[Package, Any]:
    item = warehouse.item("fifo")
    warehouse.receive(item, quantity, "3")
    made = package(warehouse)
    pack(made, [Packed(item, D(quantity))], by=warehouse.books.by)
    return made, item


def lying(place: Location) -> Decimal:
    return sum(StockBalance.objects.filter(location=place).values_list("quantity", flat=True), D(0))


def refused(act: Any) -> str:
    with pytest.raises(BusinessError) as refusal:
        act()
    return refusal.value.code


def test_our_own_ssccs_count_without_gaps(warehouse: Warehouse) -> None:
    series(warehouse)
    made = create_packages(
        warehouse.books.company,
        [NewPackage(place=warehouse.stock) for _n in range(3)],
        by=warehouse.books.by,
    )
    assert [one.sscc for one in made] == [
        "006141410000000012",
        "006141410000000029",
        "006141410000000036",
    ]
    assert all(is_checked(one.sscc) for one in made)
    assert [one.location.code for one in made] == [one.sscc for one in made]
    assert package(warehouse).sscc == "006141410000000043"
    assert_reconciled()


def test_without_a_series_the_number_is_the_plate(warehouse: Warehouse) -> None:
    made = package(warehouse)
    assert made.sscc == ""
    assert made.plate == made.number == made.location.code


def test_a_series_ends(warehouse: Warehouse) -> None:
    from apps.core.models.sequences import NumberSequence

    series(warehouse, "012345678901")
    package(warehouse)
    NumberSequence.objects.filter(series="sscc:0012345678901").update(last_number=9999)
    assert refused(lambda: package(warehouse)) == "series_used_up"
    assert Package.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"sscc": "006141410000000013"}, "wrong_check_digit", "sscc"),
        ({"sscc": "123"}, "wrong_check_digit", "sscc"),
        ({"sscc": "00614141000000001²"}, "wrong_check_digit", "sscc"),
        ({"kind": "heap"}, "unknown_kind", "kind"),
        ({"tare_weight": D(-1)}, "not_positive", "tare_weight"),
    ],
)
def test_what_no_package_can_be(
    warehouse: Warehouse, values: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        package(warehouse, **values)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, 0)
    assert not Package.objects.exists()


def test_a_suppliers_sscc_is_one_package(warehouse: Warehouse) -> None:
    package(warehouse, sscc="106141412345678908")
    assert refused(lambda: package(warehouse, sscc="106141412345678908")) == "sscc_taken"
    assert refused(lambda: package(warehouse, warehouse.customer)) == "wrong_place"
    assert Package.objects.count() == 1


def test_what_is_packed_lies_in_the_package_and_keeps_its_value(warehouse: Warehouse) -> None:
    made, item = filled(warehouse)
    assert lying(made.location) == 10
    assert lying(warehouse.stock) == 0
    assert warehouse.worth(item) == 30
    [row] = stock_on_hand(warehouse.books.company, location=warehouse.stock)
    assert (row.location, row.quantity, row.value) == (made.plate, 10, 30)
    assert with_packages([warehouse.stock.pk]) == [warehouse.stock.pk, made.location_id]
    unpack(made, contents=[Packed(item, D(4))], by=warehouse.books.by)
    assert (lying(made.location), lying(warehouse.stock)) == (6, 4)
    short = lambda: pack(made, [Packed(item, D(5))], by=warehouse.books.by)  # noqa: E731
    assert refused(short) == "insufficient_stock"
    assert_reconciled()


def test_a_closed_package_is_sealed(warehouse: Warehouse) -> None:
    made, item = filled(warehouse)
    warehouse.receive(item, "5", "3")
    closed = close_package(made, gross_weight=D("12.5"), by=warehouse.books.by)
    assert (closed.status, closed.gross_weight) == ("closed", D("12.5"))
    inside = Location.objects.get(pk=made.location_id)
    company, by = warehouse.books.company, warehouse.books.by
    assert refused(lambda: pack(made, [Packed(item, D(1))], by=by)) == "wrong_status"
    for ends in (
        (warehouse.stock, inside),
        (inside, warehouse.stock),
        (inside, warehouse.customer),
    ):
        assert refused(lambda ends=ends: warehouse.post(Move(item.pk, D(1), *ends))) == (
            "package_closed"
        )
    reserve(company, [Wanted(item, D(12))], source=warehouse.stock, by=by)
    held = dict(StockBalance.objects.values_list("location", "reserved"))
    assert held == {warehouse.stock.pk: 5, inside.pk: 7}, "what is loose goes first"
    release_reservations(company, [warehouse.stock], by=by)
    reserve(
        company,
        [Wanted(item, D(15), location=warehouse.stock)],
        source=warehouse.stock,
        by=by,
    )
    reopen_package(made, by=by)
    assert_reconciled()


def test_nothing_comes_to_what_was_unpacked(warehouse: Warehouse) -> None:
    made, item = filled(warehouse)
    taken = warehouse.post(
        Move(item.pk, D(1), Location.objects.get(pk=made.location_id), warehouse.stock)
    )
    unpack(made, by=warehouse.books.by)
    inside = Location.objects.get(pk=made.location_id)
    again = Move(item.pk, D(1), warehouse.stock, inside)
    assert refused(lambda: warehouse.post(again)) == "location_inactive"
    assert refused(lambda: warehouse.reverse(taken)) == "location_inactive"
    assert_reconciled()


def test_an_empty_package_is_not_closed(warehouse: Warehouse) -> None:
    made = package(warehouse)
    assert refused(lambda: close_package(made, by=warehouse.books.by)) == "package_empty"


def test_packages_stand_in_packages(warehouse: Warehouse) -> None:
    by = warehouse.books.by
    shelf = warehouse.place("SHELF")
    carton, _item = filled(warehouse)
    pallet = package(warehouse, kind="pallet")
    moves = StockMove.objects.count()
    move_package(carton, to=pallet.location, by=by)
    move_package(pallet, to=shelf, by=by)
    assert StockMove.objects.count() == moves, "nothing is posted"
    around = [one.location_id for one in places_around(carton.location_id)]
    assert around == [carton.location_id, pallet.location_id, shelf.pk]
    [row] = stock_on_hand(warehouse.books.company, location=shelf)
    assert row.quantity == 10
    assert refused(lambda: close_package(pallet, by=by)) == "inner_open"
    close_package(carton, by=by)
    close_package(pallet, by=by)
    assert refused(lambda: reopen_package(carton, by=by)) == "package_closed"
    assert refused(lambda: move_package(pallet, to=carton.location, by=by)) == "circular"
    other = package(warehouse)
    assert refused(lambda: move_package(other, to=pallet.location, by=by)) == "wrong_place"
    assert_reconciled()
    unpack(pallet, by=by)
    carton.location.refresh_from_db()
    assert carton.location.parent_id == shelf.pk
    assert lying(carton.location) == 10
    assert refused(lambda: move_package(pallet, to=warehouse.stock, by=by)) == "wrong_status"
    assert_reconciled()


def test_at_most_four_stand_in_one_another(warehouse: Warehouse) -> None:
    place = warehouse.stock
    for _n in range(Package.DEEPEST):
        place = package(warehouse, place).location
    assert refused(lambda: package(warehouse, place)) == "too_deep"
    two = package(warehouse, package(warehouse).location)
    outer = Package.objects.get(location=two.location.parent)
    third = place.parent
    assert refused(lambda: move_package(outer, to=third, by=warehouse.books.by)) == "too_deep"
    assert_reconciled()


def test_to_another_site_the_contents_are_moved(warehouse: Warehouse) -> None:
    by = warehouse.books.by
    south = Site(company=warehouse.books.company, code="SOUTH", name="South").save_by(by)
    there = warehouse.place("S-01", site=south)
    carton, item = filled(warehouse)
    pallet = package(warehouse, kind="pallet")
    move_package(carton, to=pallet.location, by=by)
    close_package(carton, by=by)
    before = StockMove.objects.count()
    reserve(warehouse.books.company, [Wanted(item, D(1))], source=warehouse.stock, by=by)
    assert refused(lambda: move_package(pallet, to=there, by=by)) == "reserved"
    release_reservations(warehouse.books.company, [warehouse.stock], by=by)
    old = carton.location
    move_package(pallet, to=there, by=by)
    carton.refresh_from_db()
    assert StockMove.objects.count() == before + 1
    assert carton.location.site == south
    assert carton.location.is_sealed
    assert (lying(old), lying(carton.location)) == (0, 10)
    assert carton.location.parent.parent == there
    assert_reconciled()
    move_package(pallet, to=warehouse.stock, by=by)
    carton.refresh_from_db()
    assert carton.location == old, "back to its old place"
    assert warehouse.worth(item) == 30
    assert_reconciled()


def test_quarantine_is_inherited(warehouse: Warehouse) -> None:
    by = warehouse.books.by
    made, item = filled(warehouse)
    reserve(warehouse.books.company, [Wanted(item, D(1))], source=warehouse.stock, by=by)
    assert refused(lambda: move_package(made, to=warehouse.quarantine, by=by)) == "reserved"
    release_reservations(warehouse.books.company, [warehouse.stock], by=by)
    move_package(made, to=warehouse.quarantine, by=by)
    inside = Location.objects.get(pk=made.location_id)
    shipped = lambda: warehouse.post(Move(item.pk, D(1), inside, warehouse.customer))  # noqa: E731
    assert refused(shipped) == "stock_blocked"
    frees = lambda: update_location(warehouse.quarantine, is_quarantine=False, by=by)  # noqa: E731
    assert refused(frees) == "location_in_use"
    assert refused(lambda: update_location(inside, parent=None, by=by)) == "is_package"
    assert_reconciled()


def test_a_count_of_a_bin_freezes_the_packages_in_it(warehouse: Warehouse) -> None:
    by = warehouse.books.by
    shelf = warehouse.place("SHELF")
    made, item = filled(warehouse)
    move_package(made, to=shelf, by=by)
    warehouse.post(Move(item.pk, D(1), warehouse.supplier, shelf, value=D(3)))
    count = plan_stock_count(
        warehouse.books.company,
        site=warehouse.books.site,
        date=DAY,
        locations=[shelf],
        is_frozen=True,
        by=by,
    )
    assert {line.location for line in count.lines.all()} == {shelf, made.location}
    start_stock_count(count, by=by)
    assert refused(lambda: move_package(made, to=warehouse.stock, by=by)) == "location_frozen"
    assert refused(lambda: unpack(made, contents=[Packed(item, D(1))], by=by)) == "location_frozen"
    assert refused(lambda: package(warehouse, shelf)) == "wrong_place"
    assert_reconciled()
    second = plan_stock_count(
        warehouse.books.company,
        site=warehouse.books.site,
        date=DAY,
        places=[CountPlace(item, made.location)],
        is_frozen=True,
        by=by,
    )
    assert refused(lambda: start_stock_count(second, by=by)) == "location_frozen"
    cancel_stock_count(count, by=by)
    move_package(made, to=warehouse.stock, by=by)
    assert_reconciled()


def test_a_count_of_the_bin_alone_freezes_them_too(warehouse: Warehouse) -> None:
    by = warehouse.books.by
    made, item = filled(warehouse)
    warehouse.receive(item, "1", "3")
    count = plan_stock_count(
        warehouse.books.company,
        site=warehouse.books.site,
        date=DAY,
        places=[CountPlace(item, warehouse.stock)],
        is_frozen=True,
        by=by,
    )
    start_stock_count(count, by=by)
    assert Location.objects.get(pk=made.location_id).is_frozen
    assert_reconciled()
    cancel_stock_count(count, by=by)
    assert not Location.objects.filter(is_frozen=True).exists()


def test_the_label_is_read_back(warehouse: Warehouse) -> None:
    series(warehouse)
    made, _item = filled(warehouse)
    label = package_label(made)
    assert label.text == "(00)006141410000000012"
    for one, size in (
        (label, "100x60"),
        (shipping_label(made, to="Customer\nStreet 1"), "100x150"),
    ):
        content = labels_pdf([one], size=size)
        picture = pypdfium2.PdfDocument(content)[0].render(scale=300 / 72).to_pil()
        [read] = zxingcpp.read_barcodes(picture)
        assert read.text.replace("(00)", "00") == "00006141410000000012"
        found = read_scanned(
            warehouse.books.company,
            f"]C1{read.text.replace('(00)', '00')}",
            user=warehouse.books.by,
        )
        assert found.packages == [made]
    assert ">;>800006141410000000012" in labels_zpl([label])
    assert [row.quantity for row in contents_of([made])] == [10]
    for text in ("006141410000000012", "00006141410000000012", made.number.lower()):
        scanned = read_scanned(warehouse.books.company, text, user=warehouse.books.by)
        assert scanned.packages == [made]
        assert not scanned.locations
    with pytest.raises(InvalidInput) as refusal:
        read_scanned(warehouse.books.company, "(00)006141410000000013", user=warehouse.books.by)
    assert refusal.value.code == "gs1_content"


def test_no_label_for_the_road_without_an_sscc(warehouse: Warehouse) -> None:
    made = package(warehouse)
    assert refused(lambda: shipping_label(made, to="x")) == "no_sscc"
    assert package_label(made).text == made.number


def test_one_life_through_the_api(warehouse: Warehouse) -> None:
    item = warehouse.item("average", code="BOLT")
    warehouse.receive(item, "10", "2")
    shelf = warehouse.place("SHELF")
    api = ApiClient(warehouse.books.by)
    made = api.post(
        "/inventory/sscc-series/", {"code": "OWN", "name": "x", "gs1_prefix": "0614141"}
    )
    assert made.status_code == 201, made.body
    bad = api.post("/inventory/sscc-series/", {"code": "BAD", "name": "x", "gs1_prefix": "abc"})
    assert bad.status_code in (400, 409, 422)
    made = api.post("/inventory/packages/", {"kind": "carton", "place": "STOCK"})
    assert made.status_code == 201, made.body
    assert made.body["sscc"] == "006141410000000012"
    place = f"/inventory/packages/{made.body['id']}/"
    full = api.post(f"{place}pack/", {"lines": [{"item": "BOLT", "quantity": "4"}]})
    assert full.status_code == 200, full.body
    assert [row["quantity"] for row in full.body["contents"]] == ["4.000000"]
    over = api.post(f"{place}pack/", {"lines": [{"item": "BOLT", "quantity": "7"}]})
    assert (over.status_code, codes(over)[0][1]) == (409, "insufficient_stock")
    assert api.post(f"{place}move/", {"to": "SHELF"}).body["stands_in"] == shelf.pk
    assert api.post(f"{place}close/", {"gross_weight": "5"}).body["status"] == "closed"
    listed = api.get("/inventory/packages/?status=closed").body["results"]
    assert [row["sscc"] for row in listed] == ["006141410000000012"]
    scanned = api.get("/inventory/stock/scan/?text=006141410000000012").body["results"]
    assert [row["kind"] for row in scanned] == ["package"]
    assert api.post(f"{place}reopen/").body["status"] == "open"
    assert api.post(f"{place}unpack/", {}).body["status"] == "unpacked"
    assert lying(shelf) == 4
    assert_reconciled()


def test_a_package_on_its_page(warehouse: Warehouse) -> None:
    item = warehouse.item("average", code="BOLT")
    warehouse.receive(item, "10", "2")
    user = make_member(
        "packer",
        warehouse.books.company,
        permissions=(
            "inventory.view_stockbalance",
            "inventory.view_package",
            "inventory.add_package",
            "inventory.pack_package",
        ),
    )
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    new = client.post("/stock/packages/new/", {"place": "STOCK", "kind": "tote", "key": "1"})
    made = Package.objects.get()
    assert new["Location"] == f"/stock/packages/{made.pk}/"
    page = f"/stock/packages/{made.pk}/"
    sent = {"act": "pack", "item": "BOLT", "quantity": "3", "key": "2"}
    assert client.post(page, sent).status_code == 302
    assert client.post(page, sent).status_code == 302, "sent twice, done once"
    assert lying(made.location) == 3
    text = client.post(page, {**sent, "quantity": "30", "key": "3"}).content.decode()
    assert "7 available, 30 wanted" in text
    assert 'value="30"' in text, "what was typed is still there"
    assert client.post(page, {"act": "close", "key": "4"}).status_code == 302
    assert made.number in client.get(f"/stock/?scan={made.number}").content.decode()
    assert client.post(page, {"act": "unpack", "key": "5"}).status_code == 302
    assert lying(warehouse.stock) == 10
    assert_reconciled()

"""Put-away: rules in their order, places with room, limits that hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.core.errors import BusinessError
from apps.inventory.models import ItemHandling, PutAwayRule, StockBalance, StockMove
from apps.inventory.queries.put_away import suggest_put_away
from apps.inventory.services.handling import create_item_handling, create_put_away_rule
from apps.inventory.services.moves import Move
from apps.inventory.services.package_moves import move_package
from apps.inventory.services.packages import Packed, pack
from apps.inventory.services.put_away import PutAway, put_away
from tests.inventory.conftest import Warehouse
from tests.inventory.test_packages import lying, package
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled
from tests.support.trade import statements

D = Decimal


def rule(warehouse: Warehouse, code: str, place: Any, strategy: str, **values: Any) -> PutAwayRule:
    return create_put_away_rule(
        company=warehouse.books.company,
        code=code,
        name=code,
        location=place,
        strategy=strategy,
        by=warehouse.books.by,
        **values,
    )


def handling(warehouse: Warehouse, **values: Any) -> ItemHandling:
    values.setdefault("code", "H")
    return create_item_handling(
        company=warehouse.books.company, name="x", by=warehouse.books.by, **values
    )


def suggested(warehouse: Warehouse, item: Any, quantity: str) -> list[tuple[str, Decimal, str]]:
    rows = suggest_put_away(warehouse.books.company, item, D(quantity), site=warehouse.books.site)
    return [(row.location, row.quantity, row.rule) for row in rows]


def test_rules_are_asked_in_their_order_until_all_fits(warehouse: Warehouse) -> None:
    zone = warehouse.place("Z")
    full, half, empty, more = (
        warehouse.place(code, parent=zone, max_quantity=D(10), walk_order=n)
        for n, code in enumerate(("Z-1", "Z-2", "Z-3", "Z-4"))
    )
    item, other = warehouse.item(), warehouse.item()
    for thing, place, quantity in ((item, full, "10"), (item, half, "4"), (other, more, "1")):
        warehouse.post(Move(thing.pk, D(quantity), warehouse.supplier, place, value=D(1)))
    rule(warehouse, "SAME", zone, "same_item", position=10)
    rule(warehouse, "FREE", zone, "empty", position=20)
    assert suggested(warehouse, item, "20") == [("Z-2", 6, "SAME"), ("Z-3", 10, "FREE")]
    assert suggested(warehouse, item, "5") == [("Z-2", 5, "SAME")]
    assert suggested(warehouse, other, "5") == [("Z-4", 5, "SAME")]
    rows = suggest_put_away(warehouse.books.company, item, D(20), site=warehouse.books.site)
    assert rows[0].reason == f"{item.code} lies there already, room for 6 (rule SAME)."
    assert rows[1].reason == "The place is empty, room for 10 (rule FREE)."
    few, _rows = statements(lambda: suggested(warehouse, item, "20"))
    assert few <= 6
    del empty


def test_a_rule_of_the_item_and_of_its_category(warehouse: Warehouse) -> None:
    fixed, general = warehouse.place("FIX"), warehouse.place("GEN")
    item, other = warehouse.item("average"), warehouse.item("fifo")
    rule(warehouse, "ITEM", fixed, "fixed", position=10, item=item)
    rule(warehouse, "CAT", general, "fixed", position=20, category=other.category)
    assert suggested(warehouse, item, "3") == [("FIX", 3, "ITEM")]
    assert suggested(warehouse, other, "3") == [("GEN", 3, "CAT")]
    warehouse.stock.__class__.objects.filter(pk=fixed.pk).update(is_frozen=True)
    assert suggested(warehouse, item, "3") == []


def test_weight_and_volume_limit_too(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    place = warehouse.place("B", max_weight=D(100), max_volume=D(50))
    handling(warehouse, category=item.category, unit_weight=D(8), unit_volume=D(5))
    rule(warehouse, "R", place, "fixed")
    assert suggested(warehouse, item, "20") == [("B", 10, "R")], "the volume is the narrower"
    handling(warehouse, code="OWN", item=item, unit_weight=D(30))
    assert suggested(warehouse, item, "20") == [("B", 3, "R")], "the item's own weight goes first"


@pytest.mark.parametrize(
    ("limits", "quantity", "code"),
    [
        ({"max_quantity": D(5)}, "6", "no_room"),
        ({"max_weight": D(5)}, "3", "no_room"),
        ({"max_volume": D("0.5")}, "6", "no_room"),
    ],
)
def test_what_is_too_much_is_refused(
    warehouse: Warehouse, limits: dict[str, Any], quantity: str, code: str
) -> None:
    item = warehouse.item("average")
    handling(warehouse, item=item, unit_weight=D(2), unit_volume=D("0.1"))
    warehouse.receive(item, "10", "1")
    place = warehouse.place("B", **limits)
    moves = StockMove.objects.count()
    with pytest.raises(BusinessError) as refusal:
        put_away(
            warehouse.books.company,
            [
                PutAway(item, D(1), warehouse.stock, warehouse.quarantine),
                PutAway(item, D(quantity), warehouse.stock, place),
            ],
            by=warehouse.books.by,
        )
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, "to_location", 1)
    assert StockMove.objects.count() == moves
    assert lying(warehouse.stock) == 10
    fits = D(quantity) - 1
    document = put_away(
        warehouse.books.company,
        [PutAway(item, fits, warehouse.stock, place)],
        by=warehouse.books.by,
    )
    assert document.status == "posted"
    assert lying(place) == fits
    assert_reconciled()


def test_one_item_at_a_time(warehouse: Warehouse) -> None:
    place = warehouse.place("ONE", is_single_item=True)
    item, other = warehouse.item("average"), warehouse.item("average")
    for one in (item, other):
        warehouse.receive(one, "10", "1")
    warehouse.post(Move(item.pk, D(1), warehouse.stock, place))
    with pytest.raises(BusinessError) as refusal:
        warehouse.post(Move(other.pk, D(1), warehouse.stock, place))
    assert refusal.value.code == "one_item_only"
    rule(warehouse, "R", place, "fixed")
    assert suggested(warehouse, other, "3") == []
    assert suggested(warehouse, item, "3") == [("ONE", 3, "R")]


def test_packages_fill_a_place_too(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    handling(warehouse, item=item, unit_weight=D(2))
    warehouse.receive(item, "10", "1")
    place = warehouse.place("B", max_weight=D(20))
    made = package(warehouse, tare_weight=D(3))
    pack(made, [Packed(item, D(9))], by=warehouse.books.by)
    with pytest.raises(BusinessError) as refusal:
        move_package(made, to=place, by=warehouse.books.by)
    assert refusal.value.code == "no_room", "18 kg of goods and 3 kg of tare"
    made.location.refresh_from_db()
    assert made.location.parent == warehouse.stock
    standing = package(warehouse, place)
    pack(standing, [Packed(item, D(1), warehouse.stock)], by=warehouse.books.by)
    StockBalance.objects.filter(location=warehouse.stock)
    warehouse.receive(item, "10", "1")
    with pytest.raises(BusinessError):
        pack(standing, [Packed(item, D(10), warehouse.stock)], by=warehouse.books.by)
    assert lying(standing.location) == 1
    assert_reconciled()


def test_a_move_elsewhere_asks_nothing(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    plain, limited = warehouse.place("P"), warehouse.place("L", max_quantity=D(100))
    warehouse.receive(item, "10", "1")
    warehouse.post(Move(item.pk, D(1), warehouse.stock, plain))
    one, _p = statements(lambda: warehouse.post(Move(item.pk, D(1), warehouse.stock, plain)))
    warehouse.post(Move(item.pk, D(1), warehouse.stock, limited))
    two, _p = statements(lambda: warehouse.post(Move(item.pk, D(1), warehouse.stock, limited)))
    assert two == one + 2


def test_rules_that_mean_nothing_are_refused(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    for attempt, code in (
        (lambda: rule(warehouse, "R", warehouse.customer, "fixed"), "wrong_place"),
        (
            lambda: rule(
                warehouse, "R", warehouse.stock, "fixed", item=item, category=item.category
            ),
            "item_or_category",
        ),
        (lambda: handling(warehouse), "item_or_category"),
        (lambda: handling(warehouse, item=item, category=item.category), "item_or_category"),
    ):
        with pytest.raises(BusinessError) as refusal:
            attempt()
        assert refusal.value.code == code
    handling(warehouse, item=item)
    with pytest.raises(BusinessError) as refusal:
        handling(warehouse, code="AGAIN", item=item)
    assert refusal.value.code == "twice"
    assert ItemHandling.objects.count() == 1
    assert not PutAwayRule.objects.exists()


def test_through_the_api(warehouse: Warehouse) -> None:
    item = warehouse.item("average", code="BOLT")
    warehouse.receive(item, "10", "1")
    warehouse.place("B", max_quantity=D(6))
    api = ApiClient(warehouse.books.by)
    made = api.post(
        "/inventory/put-away-rules/",
        {"code": "R", "name": "Bolts", "location": "B", "item": "BOLT", "strategy": "fixed"},
    )
    assert made.status_code == 201, made.body
    asked = "/inventory/stock/put-away/?item=BOLT&quantity=10&site=MAIN"
    [row] = api.get(asked).body["results"]
    assert (row["location"], row["quantity"]) == ("B", "6")
    line = {"item": "BOLT", "quantity": "7", "source": "STOCK", "target": "B"}
    over = api.post("/inventory/stock-documents/put-away/", {"lines": [line]})
    assert (over.status_code, codes(over)[0][1]) == (409, "no_room"), over.body
    done = api.post("/inventory/stock-documents/put-away/", {"lines": [{**line, "quantity": "6"}]})
    assert (done.status_code, done.body["status"]) == (201, "posted"), done.body
    assert api.get(asked).body["results"] == []


def test_on_the_page(warehouse: Warehouse) -> None:
    item = warehouse.item("average", code="BOLT")
    dock = warehouse.place("DOCK", use="receiving")
    bin_ = warehouse.place("B", max_quantity=D(6))
    warehouse.post(Move(item.pk, D(10), warehouse.supplier, dock, value=D(10)))
    rule(warehouse, "R", bin_, "fixed")
    user = make_member(
        "clerk",
        warehouse.books.company,
        permissions=("inventory.put_away_stockdocument",),
    )
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    waiting = client.get("/stock/put-away/").content.decode()
    assert "BOLT" in waiting
    row = StockBalance.objects.get(location=dock)
    page = f"/stock/put-away/{row.pk}/"
    assert "Its fixed place, room for 6 (rule R)." in client.get(page).content.decode()
    over = client.post(page, {"to": "B", "quantity": "7", "key": "a"}).content.decode()
    assert "B has room for 6, not for 7." in over
    assert client.post(page, {"to": "B", "quantity": "6", "key": "b"}).status_code == 302
    assert (lying(dock), lying(bin_)) == (4, 6)
    assert_reconciled()

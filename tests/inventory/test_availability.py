"""How many items stand, in one statement."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from apps.inventory.models import Lot
from apps.inventory.queries.availability import Availability, availability
from apps.inventory.services.moves import Move
from apps.inventory.services.reservations import Wanted, reserve
from tests.inventory.conftest import DAY, Warehouse, make_floor
from tests.support.faces import ApiClient, codes
from tests.support.trade import statements

D = Decimal


def test_free_coming_and_going(warehouse: Warehouse) -> None:
    floor = make_floor(warehouse)
    bolt, paint = warehouse.item(code="BOLT"), warehouse.item(code="PAINT", tracking="lot")
    nothing = warehouse.item(code="ZERO")
    warehouse.receive(bolt, "10", "1")
    warehouse.post(Move(bolt.pk, D(2), warehouse.stock, warehouse.quarantine))
    held = warehouse.lot(paint, "HELD", status=Lot.Status.HOLD)
    floor.stock(paint, floor.near, "5", held)
    floor.stock(paint, floor.near, "4", warehouse.lot(paint, "GOOD"))
    reserve(bolt.company, [Wanted(bolt, D(3))], source=warehouse.stock, by=floor.by)
    floor.promise(bolt, "12")
    floor.promise(bolt, "100", due=DAY + timedelta(days=30))
    keys = [bolt.pk, paint.pk, nothing.pk]
    count, rows = statements(lambda: availability(bolt.company, keys, until=DAY))
    assert count == 1
    assert rows == [
        Availability(bolt.pk, "BOLT", D(8), D(3), D(0), D(12)),
        Availability(paint.pk, "PAINT", D(4), D(0), D(0), D(0)),
        Availability(nothing.pk, "ZERO", D(0), D(0), D(0), D(0)),
    ]
    assert (rows[0].free, rows[0].projected) == (5, -4)
    assert availability(bolt.company, keys)[0].going == 112

    api = ApiClient(floor.by)
    asked = "/inventory/stock/available/?items=BOLT,PAINT&until=2026-03-10"
    told = api.get(asked).body["results"]
    assert [(row["item"], D(row["free"]), D(row["projected"])) for row in told] == [
        ("BOLT", 5, -4),
        ("PAINT", 4, 4),
    ]
    bad = api.get("/inventory/stock/available/?items=BOLT,NONE")
    assert (bad.status_code, codes(bad)) == (422, [("items", "does_not_exist")])

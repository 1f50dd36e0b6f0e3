"""Lots: made once whoever asks, held for certain."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError, InvalidInput
from apps.inventory.models import Lot
from apps.inventory.services.lots import (
    NewLot,
    create_lots,
    hold_lots,
    quarantine_lots,
    reject_lots,
    release_lots,
)
from apps.inventory.services.moves import Move
from tests.inventory.conftest import Warehouse


def test_lots_are_made_once_with_their_history(warehouse: Warehouse) -> None:
    company, by = warehouse.books.company, warehouse.books.by
    item = warehouse.item(tracking="lot", shelf_life_days=10)
    old = warehouse.lot(item, "L1")
    wanted = [NewLot(item, "L2", made_on=date(2026, 1, 1)), NewLot(item, "L1"), NewLot(item, "L2")]
    with CaptureQueriesContext(connection) as captured:
        made = create_lots(company, wanted, by=by)
    assert len([q for q in captured if "SAVEPOINT" not in q["sql"]]) == 1
    assert [lot.code for lot in made] == ["L2", "L1", "L2"]
    assert made[1].pk == old.pk
    assert made[0].pk == made[2].pk
    assert made[0].expires_on == date(2026, 1, 11)
    [first] = Lot.history.filter(id=made[0].pk)
    assert (first.history_type, first.history_user, first.code) == ("+", by, "L2")
    assert Lot.history.filter(id=old.pk).count() == 1
    assert [lot.pk for lot in create_lots(company, wanted, by=by)] == [lot.pk for lot in made]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"code": ""}, "bad_lot_code"),
        ({"code": " L"}, "bad_lot_code"),
        ({"code": "x" * 61}, "bad_lot_code"),
        ({"code": "L\x00"}, "bad_lot_code"),
        ({"code": "L\u202e"}, "bad_lot_code"),
    ],
)
def test_bad_codes_name_their_row(warehouse: Warehouse, values: dict, code: str) -> None:
    item = warehouse.item(tracking="lot")
    with pytest.raises(InvalidInput) as refused:
        create_lots(
            warehouse.books.company,
            [NewLot(item, "OK"), NewLot(item, **values)],
            by=warehouse.books.by,
        )
    assert (refused.value.code, refused.value.row, refused.value.field) == (code, 1, "lot")
    assert not Lot.objects.exists()


def test_an_item_may_want_the_suppliers_lot(warehouse: Warehouse) -> None:
    company, by = warehouse.books.company, warehouse.books.by
    item = warehouse.item(tracking="lot", requires_supplier_lot=True)
    supplier = warehouse.books.partner()
    with pytest.raises(InvalidInput, match="supplier's lot"):
        create_lots(company, [NewLot(item, "L1", supplier=supplier)], by=by)
    [lot] = create_lots(company, [NewLot(item, "L1", supplier, "S-77")], by=by)
    assert lot.supplier_lot == "S-77"


@pytest.mark.parametrize("act", [hold_lots, quarantine_lots, reject_lots])
def test_a_held_lot_is_neither_issued_nor_shipped(warehouse: Warehouse, act) -> None:
    item = warehouse.item("average", tracking="lot")
    lot, free = warehouse.lot(item, "L1"), warehouse.lot(item, "L2")
    warehouse.receive(item, "10", "1", lot=lot)
    warehouse.receive(item, "10", "1", lot=free)
    by = warehouse.books.by
    act([lot], reason="smells", by=by)
    order = warehouse.cost_object("WO-1")
    one = Decimal(1)
    for attempt in (
        lambda: warehouse.ship(item, "1", lot=lot),
        lambda: warehouse.issue(item, "1", order, lot=lot),
        # a free move of the same balance in front must not cover for it
        lambda: warehouse.post(
            Move(item.pk, one, warehouse.stock, warehouse.virtual["scrap"], lot=lot),
            Move(item.pk, one, warehouse.stock, warehouse.customer, lot=lot),
        ),
    ):
        with pytest.raises(BusinessError) as refused:
            attempt()
        assert refused.value.code == "stock_blocked"
    assert warehouse.ship(item, "1", lot=free).moves
    assert warehouse.worth(item) == 19
    release_lots([lot], reason="was the other one", by=by)
    assert warehouse.ship(item, "1", lot=lot).moves
    reasons = Lot.history.filter(id=lot.pk).values_list("history_change_reason", flat=True)
    assert list(reasons[:2]) == ["was the other one", "smells"]


def test_quarantine_places_are_blocked_too(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    warehouse.receive(item, "5", "1")
    warehouse.post(Move(item.pk, Decimal(5), warehouse.stock, warehouse.quarantine))
    with pytest.raises(BusinessError) as refused:
        warehouse.post(Move(item.pk, Decimal(1), warehouse.quarantine, warehouse.customer))
    assert refused.value.code == "stock_blocked"


def test_a_status_needs_a_reason_and_a_change(warehouse: Warehouse) -> None:
    lot = warehouse.lot(warehouse.item(tracking="lot"), "L1")
    by = warehouse.books.by
    with pytest.raises(InvalidInput, match="why"):
        hold_lots([lot], reason=" ", by=by)
    with pytest.raises(BusinessError, match="already"):
        release_lots([lot], reason="twice", by=by)
    lot.refresh_from_db()
    assert lot.status == Lot.Status.AVAILABLE

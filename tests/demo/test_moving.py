"""Counts of the story: what is missing goes off the lots that there are, as far as each goes."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from mes_erp.demo.play.moving import Mover
from tests.factories import Books
from tests.inventory.conftest import Warehouse, make_warehouse

D = Decimal


@pytest.fixture
def warehouse(books: Books) -> Warehouse:
    return make_warehouse(books)


def test_a_difference_goes_off_lot_after_lot(warehouse: Warehouse) -> None:
    wire = warehouse.item("average", code="WIRE", tracking="lot")
    for code, quantity in (("OLD", "0.5"), ("NEW", "10")):
        warehouse.receive(wire, quantity, "1", lot=warehouse.lot(wire, code))
    bolt = warehouse.item("average", code="BOLT")
    items = {"WIRE": wire, "BOLT": bolt}
    mover = Mover(SimpleNamespace(items=items, store=lambda site: warehouse.stock))  # type: ignore[arg-type]
    assert mover._by_lot("WIRE", "S", D("-1.5")) == [("OLD", D("0.5")), ("NEW", D(1))]
    assert mover._by_lot("WIRE", "S", D("-0.4")) == [("OLD", D("0.4"))]
    assert mover._by_lot("WIRE", "S", D(2)) == [("OLD", D(2))]
    assert mover._by_lot("BOLT", "S", D(-3)) == [("", D(3))]

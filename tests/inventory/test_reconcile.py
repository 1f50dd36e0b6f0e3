"""Every invariant of stock finds the break it is there for, and nothing in a sound warehouse.

The breaks are made by a superuser with triggers off: nobody else can.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.reconcile import reconcile
from apps.inventory.services.kanban import empty_kanban_card
from apps.inventory.services.moves import Move
from apps.inventory.services.packages import Packed, pack
from tests.inventory.conftest import Warehouse, make_floor
from tests.inventory.test_expected import expect
from tests.inventory.test_kanban import card
from tests.inventory.test_packages import package
from tests.inventory.test_reservations import Wanted, book
from tests.support.connections import superuser
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db(transaction=True)

BREAKS = {
    "stock-equals-ledger": [
        "UPDATE finance_journalline SET amount = amount + 1 WHERE item_id IS NOT NULL",
        "UPDATE finance_journalline SET item_id = NULL",
    ],
    "stock-value-equals-moves": [
        "UPDATE inventory_stockmove SET value = value * 2",
        "UPDATE inventory_itemvaluation SET quantity = quantity + 1",
        "UPDATE inventory_itemvaluation SET value = value + 1",
    ],
    "stock-quantity-equals-balances": [
        "UPDATE inventory_stockbalance SET quantity = quantity + 1",
        "DELETE FROM inventory_itemvaluation",
    ],
    "stock-balances-equal-moves": [
        "UPDATE inventory_stockmove SET quantity = quantity + 1",
        "UPDATE inventory_stockmove SET from_location_id = to_location_id,"
        " to_location_id = from_location_id",
    ],
    "transit-value": [
        "UPDATE inventory_stockbalance SET transit_value = 1 WHERE transit_value = 0",
        "UPDATE inventory_stockbalance SET quantity = 0, reserved = 0 WHERE transit_value > 0",
    ],
    "transit-equals-ledger": [
        "UPDATE inventory_stockbalance SET transit_value = 1 WHERE transit_value > 0",
    ],
    "stock-reservations": [
        "UPDATE inventory_reservation SET quantity = quantity + 1",
        "UPDATE inventory_stockbalance SET reserved = 0",
    ],
    "stock-layers": [
        "UPDATE inventory_costlayer SET value_left = value_left + 1 WHERE quantity_left > 0",
        "UPDATE inventory_costlayer SET quantity_left = quantity_left - 1 WHERE quantity_left > 1",
    ],
    "stock-layers-used": [
        "UPDATE inventory_layerconsumption SET quantity = quantity + 1",
        "DELETE FROM inventory_layerconsumption",
    ],
    "stock-moves-posted": ["UPDATE inventory_stockmove SET entry_id = NULL"],
    "expected-done": ["UPDATE inventory_expectedmove SET quantity_done = quantity_done + 1"],
    "package-places": [
        "UPDATE inventory_package SET status = 'closed' WHERE status = 'open'",
        "UPDATE inventory_location SET is_active = false WHERE parent_id IS NOT NULL",
        "UPDATE inventory_location SET is_quarantine = true WHERE parent_id IS NOT NULL",
        "UPDATE inventory_location SET parent_id = NULL",
    ],
    "kanban-transfers": [
        "UPDATE inventory_kanbancard SET status = 'full'",
        "UPDATE inventory_stockdocument SET status = 'posted'",
    ],
    "packages-gone": ["UPDATE inventory_package SET status = 'unpacked'"],
    "picked-set-aside": [
        "UPDATE inventory_pickline SET quantity = quantity + 1",
        "UPDATE inventory_picklist SET status = 'shipped'",
        "DELETE FROM inventory_reservation",
    ],
}


@pytest.fixture
def sound(warehouse: Warehouse) -> None:
    """Received as expected, shipped in part, reserved in part, one on its way; by layers."""
    item = warehouse.item("fifo")
    [due] = expect(warehouse, item, (warehouse.supplier, "in", "20", 1))
    warehouse.receive(item, "10", "2", expected_move_id=due)
    warehouse.ship(item, "4")
    transit = warehouse.virtual["transit"]
    warehouse.post(Move(item.pk, Decimal(1), warehouse.stock, transit))
    book(warehouse, Wanted(item, Decimal(2)))
    pack(package(warehouse), [Packed(item, Decimal(1))], by=warehouse.books.by)
    floor = make_floor(warehouse)
    floor.released(floor.promise(item, "2"))
    empty_kanban_card(card(warehouse, item), by=warehouse.books.by)


def test_a_sound_warehouse_has_no_offences(sound: None) -> None:
    assert_reconciled()


@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize(
    ("code", "change"), [(code, change) for code, changes in BREAKS.items() for change in changes]
)
def test_a_break_is_found_and_named(sound: None, code: str, change: str) -> None:
    with superuser() as tamperer:
        tamperer.execute(change)
    [finding] = reconcile([code])
    assert finding.offences, f"{code} sees nothing"
    assert any(value is not None for value in finding.offences[0].values())

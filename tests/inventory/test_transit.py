"""Goods on their way: they arrive with the value they left with, and nothing stays in transit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.errors import BusinessError
from apps.inventory.costing import in_transit
from apps.inventory.models import StockBalance, StockMove
from apps.inventory.services.cost_adjustments import change_standard_costs
from apps.inventory.services.moves import Move, Posting
from apps.masterdata.models import Item
from tests.inventory.conftest import DAY, Warehouse
from tests.support.reconciled import assert_reconciled

D = Decimal
INVENTORY, IN_TRANSIT, SCRAP = "1300", "1340", "5100"


def got(warehouse: Warehouse, item: Item, quantity: str, cost: str) -> Posting:
    """``quantity`` received for ``cost`` altogether."""
    move = Move(item.pk, D(quantity), warehouse.supplier, warehouse.stock, value=D(cost))
    return warehouse.post(move)


def sent(warehouse: Warehouse, item: Item, quantity: str) -> Posting:
    transit = warehouse.virtual["transit"]
    return warehouse.post(Move(item.pk, D(quantity), warehouse.stock, transit))


def arrived(warehouse: Warehouse, item: Item, quantity: str) -> Posting:
    transit = warehouse.virtual["transit"]
    return warehouse.post(Move(item.pk, D(quantity), transit, warehouse.stock))


def standard(warehouse: Warehouse, item: Item, cost: str) -> None:
    books = warehouse.books
    change_standard_costs(
        books.company,
        {item: D(cost)},
        source=item,
        purpose="standard",
        date=DAY,
        by=books.by,
    )


def carried(warehouse: Warehouse, item: Item) -> tuple[Decimal, Decimal]:
    """Quantity and value in transit; the books must say the same."""
    balance = StockBalance.objects.get(item=item, location__kind="transit")
    assert warehouse.books.balance(IN_TRANSIT) == balance.transit_value
    return balance.quantity, balance.transit_value


@pytest.mark.parametrize("costing", ["average", "fifo", "standard", "specific"])
def test_shares_that_do_not_come_out_even_leave_no_cent(warehouse: Warehouse, costing: str) -> None:
    """Three for 10.00: one by one at 3.33 each, the books would keep a cent in transit."""
    item = warehouse.item(costing)
    if costing == "standard":
        standard(warehouse, item, "3.333333")
    got(warehouse, item, "3", "10")
    total = warehouse.books.balance(INVENTORY)
    sent(warehouse, item, "3")
    assert carried(warehouse, item) == (3, total)
    for _one in range(3):
        arrived(warehouse, item, "1")
    assert carried(warehouse, item) == (0, 0)
    assert warehouse.books.balance(INVENTORY) == total
    assert_reconciled()


def test_the_average_may_change_on_the_way(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    got(warehouse, item, "3", "10")
    sent(warehouse, item, "3")
    got(warehouse, item, "7", "35")
    arrived(warehouse, item, "2")
    assert carried(warehouse, item) == (1, D("3.33"))
    [last] = arrived(warehouse, item, "1").moves
    assert last.value == D("3.33")
    assert carried(warehouse, item) == (0, 0)
    assert (warehouse.worth(item), warehouse.books.balance(INVENTORY)) == (45, 45)
    assert_reconciled()


def test_what_is_lost_on_the_way_costs_what_the_item_costs(warehouse: Warehouse) -> None:
    """The average is 4.50, transit carries 3.33 a piece: stock bears the difference."""
    item = warehouse.item("average")
    got(warehouse, item, "3", "10")
    sent(warehouse, item, "3")
    got(warehouse, item, "7", "35")
    transit, scrap = warehouse.virtual["transit"], warehouse.virtual["scrap"]
    lost = warehouse.post(Move(item.pk, D(1), transit, scrap))
    assert carried(warehouse, item) == (2, D("6.67"))
    assert warehouse.books.balance(SCRAP) == D("4.50")
    assert warehouse.books.balance(INVENTORY) == D("33.83")
    assert_reconciled()
    warehouse.reverse(lost)
    assert carried(warehouse, item) == (3, D("11.17"))
    assert warehouse.books.balance(SCRAP) == 0
    arrived(warehouse, item, "3")
    assert carried(warehouse, item) == (0, 0)
    assert warehouse.books.balance(INVENTORY) == 45
    assert_reconciled()


def test_taken_back_it_leaves_with_what_it_brought(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    got(warehouse, item, "3", "10")
    first = sent(warehouse, item, "1")
    got(warehouse, item, "8", "100")
    sent(warehouse, item, "2")
    warehouse.reverse(first)
    assert carried(warehouse, item) == (2, D("20.00"))
    back = arrived(warehouse, item, "2")
    assert carried(warehouse, item) == (0, 0)
    warehouse.reverse(back)
    assert carried(warehouse, item) == (2, D("20.00"))
    assert_reconciled()


def test_goods_received_on_their_way_carry_their_cost(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    transit = warehouse.virtual["transit"]
    bought = warehouse.post(Move(item.pk, D(4), warehouse.supplier, transit, value=D("9.99")))
    assert carried(warehouse, item) == (4, D("9.99"))
    warehouse.reverse(bought)
    assert carried(warehouse, item) == (0, 0)
    assert_reconciled()


def test_nothing_leaves_before_it_came(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    got(warehouse, item, "3", "10")
    transit, shelf = warehouse.virtual["transit"], warehouse.place("SHELF")
    moves = StockMove.objects.count()
    with pytest.raises(BusinessError) as refused:
        warehouse.post(
            Move(item.pk, D(2), transit, shelf), Move(item.pk, D(2), warehouse.stock, transit)
        )
    assert (refused.value.code, refused.value.field, refused.value.row) == (
        "insufficient_stock",
        "quantity",
        0,
    )
    assert StockMove.objects.count() == moves
    assert not StockBalance.objects.filter(location=transit).exists()


_QUANTITIES = st.decimals(D("0.000001"), D(900), places=6)
_VALUES = st.decimals(D(0), D(90_000), places=2)


@given(st.lists(st.tuples(st.booleans(), _QUANTITIES, _VALUES), max_size=30))
def test_shares_always_sum_to_what_came_in(steps: list[tuple[bool, Decimal, Decimal]]) -> None:
    pool, came, left = in_transit(D(0), D(0), 2), D(0), D(0)
    for is_coming, quantity, value in steps:
        if is_coming:
            pool.receive(quantity, value)
            came += value
        elif quantity <= pool.quantity:
            left += pool.issue(quantity)
        assert pool.value >= 0
    if pool.quantity:
        left += pool.issue(pool.quantity)
    assert (pool.quantity, pool.value, left) == (0, 0, came)


_ACTS = st.sampled_from(["get", "send", "arrive", "lose", "reverse"])


@pytest.mark.parametrize("costing", ["average", "fifo", "standard"])
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(st.tuples(_ACTS, st.integers(1, 7), _VALUES), min_size=4, max_size=12))
def test_whatever_happens_on_the_way_nothing_stays(
    warehouse: Warehouse, costing: str, acts: list[tuple[str, int, Decimal]]
) -> None:
    item, scrap = warehouse.item(costing), warehouse.virtual["scrap"]
    if costing == "standard":
        standard(warehouse, item, "1.428571")
    transit = warehouse.virtual["transit"]
    got(warehouse, item, "7", "10")
    sent(warehouse, item, "3")
    done: list[Posting] = []
    for act, quantity, value in acts:
        try:
            if act == "get":
                done.append(got(warehouse, item, str(quantity), str(value)))
            elif act == "send":
                done.append(sent(warehouse, item, str(quantity)))
            elif act == "arrive":
                done.append(arrived(warehouse, item, str(quantity)))
            elif act == "lose":
                done.append(warehouse.post(Move(item.pk, D(quantity), transit, scrap)))
            elif done:
                warehouse.reverse(done.pop())
        except BusinessError:
            continue
        carried(warehouse, item)
    quantity, _value = carried(warehouse, item)
    if quantity:
        arrived(warehouse, item, str(quantity))
    assert carried(warehouse, item) == (0, 0)
    assert_reconciled("stock-equals-ledger", "transit-value", "transit-equals-ledger")

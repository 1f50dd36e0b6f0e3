"""Costing arithmetic: whatever comes and goes, no cent is lost and none is made."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import allocate
from apps.inventory.costing import AVERAGE, FIFO, SPECIFIC, STANDARD, Layer, Pool, take_from_layers

quantities = st.decimals("0.000001", "1000", places=6)
costs = st.decimals("0", "99999", places=2)
steps = st.lists(st.tuples(st.booleans(), quantities, costs), min_size=1, max_size=40)


def play(pool: Pool, steps: list[tuple[bool, Decimal, Decimal]]) -> Decimal:
    """Receive and issue; what stock gained less what it lost."""
    flow = Decimal(0)
    for is_receipt, quantity, cost in steps:
        if is_receipt:
            gained = pool.receive(quantity, cost)
            flow += gained
            if pool.layers_hold_value:
                pool.layers.append(Layer(len(pool.layers), quantity, gained))
            continue
        quantity = min(quantity, pool.quantity)
        if not quantity:
            continue
        takes = []
        if pool.layers_hold_value:
            takes = take_from_layers(pool.layers, quantity, pool.decimal_places)
        flow -= pool.issue(quantity, takes)
        assert pool.value >= 0
        if not pool.quantity:
            assert pool.value == 0
    return flow


@pytest.mark.parametrize("costing", [STANDARD, AVERAGE, FIFO, SPECIFIC])
@pytest.mark.parametrize("places", [0, 2, 3])
@given(steps=steps, standard=st.decimals("0", "999", places=6))
def test_value_is_never_negative_and_equals_what_flowed(
    costing: str, places: int, steps: list, standard: Decimal
) -> None:
    step = Decimal(1).scaleb(-places)
    rounded = [(r, q, c.quantize(step)) for r, q, c in steps]
    pool = Pool(costing, Decimal(0), Decimal(0), standard, places)
    assert play(pool, rounded) == pool.value
    assert pool.value == pool.value.quantize(step)
    if pool.layers_hold_value:
        assert sum(layer.value_left for layer in pool.layers) == pool.value
        assert sum(layer.quantity_left for layer in pool.layers) == pool.quantity
        assert all(layer.value_left >= 0 for layer in pool.layers)


@pytest.mark.parametrize("costing", [STANDARD, AVERAGE, FIFO])
@given(steps=steps, back=quantities)
def test_an_issue_taken_back_returns_exactly(costing: str, steps: list, back: Decimal) -> None:
    pool = Pool(costing, Decimal(0), Decimal(0), Decimal("3.333333"))
    play(pool, steps)
    quantity = min(back, pool.quantity)
    if not quantity:
        return
    before = (pool.quantity, pool.value)
    takes = take_from_layers(pool.layers, quantity, 2) if pool.layers_hold_value else []
    lost = pool.issue(quantity, takes)
    assert pool.receive(quantity, lost) == lost
    assert (pool.quantity, pool.value) == before


@given(
    amount=st.decimals("-99999", "99999", places=2),
    weights=st.lists(st.decimals("0", "1000", places=6), min_size=1, max_size=30).filter(any),
)
def test_parts_sum_to_the_whole(amount: Decimal, weights: list[Decimal]) -> None:
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    total = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / total) <= Decimal("0.01")
        assert weight or not part


def test_layers_that_hold_too_little_are_refused() -> None:
    with pytest.raises(ValueError, match="less than"):
        take_from_layers([Layer(1, Decimal(1), Decimal(1))], Decimal(2), 2)

"""Cost roll-up: S10a to the cent, and what its release does to stock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.core.money import round_money
from apps.engineering.models import StandardCost
from apps.engineering.rollup import Component, Cost, Step, Structure, roll_up
from apps.engineering.services.cost_rollup import (
    cancel_cost_rollup,
    create_cost_rollup,
    recalculate_cost_rollup,
    release_cost_rollup,
)
from apps.engineering.services.routings import Operation, create_routing, release_routing
from apps.inventory.models import ItemValuation
from apps.masterdata.models import Unit, WorkCentreRate
from tests.engineering.conftest import DAY, Office
from tests.support.reconciled import assert_reconciled


def costs_of(rollup) -> dict[str, StandardCost]:
    return {row.item.code: row for row in rollup.costs.select_related("item")}


def step(centre, minutes: str, **values) -> Operation:
    values = {name: Decimal(value) for name, value in values.items()}
    return Operation(10, "Work", centre, run_minutes=Decimal(minutes), **values)


def first_product(office: Office) -> None:
    office.item("D", "1.50")
    office.item("E", "0.80")
    office.bom("C", ("D", "2"))
    office.bom("B", ("D", "4"), ("E", "5"))
    office.bom("A", ("B", "2"), ("C", "3"))
    forty, thirty = office.centre("WC40", labour="40"), office.centre("WC30", labour="30")
    office.routing("A", step(forty, "15"))
    office.routing("B", step(thirty, "6"))
    office.routing("C", step(thirty, "3"))


def test_s10a_first_product(office: Office) -> None:
    first_product(office)
    rollup = create_cost_rollup(office.books.company, date=DAY, by=office.books.by)
    costs = costs_of(rollup)
    assert (costs["B"].total, costs["C"].total, costs["A"].total) == (13, Decimal("4.5"), 49.5)
    assert (costs["A"].material, costs["A"].labour) == (29, 20.5)
    assert [costs[code].level for code in "ABCDE"] == [0, 1, 1, 2, 2]


def test_s10a_second_product_with_yield(office: Office) -> None:
    kilogram = Unit(company=office.books.company, code="KGM", name="kg", dimension="mass")
    kilogram.save_by(office.books.by)
    office.item("RESIN", "3.20", unit=kilogram)
    office.item("LEG", "1.85")
    office.item("SCREW", "0.05")
    office.bom("TOP", ("RESIN", "2.5", None, Decimal(4)))
    office.bom("FG", ("TOP", "1"), ("LEG", "4"), ("SCREW", "8"))
    mould = office.centre("MOULD", labour="24", machine="60")
    bench = office.centre("BENCH", labour="18")
    office.routing("TOP", step(mould, "6", labour_factor="0.5"))
    office.routing("FG", step(bench, "30", setup_minutes="60"))
    rollup = create_cost_rollup(
        office.books.company, date=DAY, lot_size=Decimal(50), by=office.books.by
    )
    top, goods = costs_of(rollup)["TOP"], costs_of(rollup)["FG"]
    assert (round(top.material, 4), top.machine, top.labour) == (
        Decimal("8.3333"),
        6,
        Decimal("1.2"),
    )
    assert round(top.total, 4) == Decimal("15.5333")
    assert round(goods.total, 4) == Decimal("32.6933")
    assert round_money(goods.total * 50) == Decimal("1634.67")
    assert goods.material + goods.labour + goods.machine == goods.total


def test_rates_are_those_of_the_day(office: Office) -> None:
    first_product(office)
    centre = office.centre("LATER", labour="60")
    WorkCentreRate(
        company=office.books.company,
        work_centre=centre,
        effective_from=date(2026, 6, 1),
        labour_rate=Decimal(120),
    ).save_by(office.books.by)
    office.routing("D", step(centre, "1"))
    made = {
        day: costs_of(create_cost_rollup(office.books.company, date=day, by=office.books.by))["D"]
        for day in (date(2025, 12, 31), date(2026, 5, 31), date(2026, 6, 1))
    }
    assert [cost.labour for cost in made.values()] == [0, 1, 2]


def test_a_release_revalues_stock_at_standard(office: Office) -> None:
    from apps.inventory.services.moves import Move, post_moves
    from tests.inventory.conftest import make_warehouse

    first_product(office)
    warehouse = make_warehouse(office.books)
    company, by = office.books.company, office.books.by
    release_cost_rollup(create_cost_rollup(company, date=DAY, by=by), by=by)
    item = office.item("A")
    move = Move(item.pk, Decimal(10), warehouse.supplier, warehouse.stock, value=Decimal(495))
    post_moves(company, [move], source=item, date=DAY, journal="INV", purpose="receipt", by=by)
    item_d = office.item("D")
    item_d.purchase_price = Decimal("1.60")
    item_d.save_by(by)
    rollup = create_cost_rollup(company, date=DAY, by=by)
    assert costs_of(rollup)["A"].total == Decimal("50.9")
    assert ItemValuation.objects.get(item=item).value == 495, "a draft changes nothing"
    release_cost_rollup(rollup, by=by)
    assert ItemValuation.objects.get(item=item).value == 509
    assert office.books.balance("5220") == -14
    with pytest.raises(InvalidTransition):
        release_cost_rollup(rollup, by=by)
    with pytest.raises(BusinessError):
        recalculate_cost_rollup(rollup, by=by)
    assert_reconciled()


def test_a_draft_is_calculated_anew_or_given_up(office: Office) -> None:
    first_product(office)
    by = office.books.by
    rollup = create_cost_rollup(office.books.company, date=DAY, by=by)
    office.bom("A", ("B", "1"), revision="B")
    rollup = recalculate_cost_rollup(rollup, by=by)
    assert costs_of(rollup)["A"].total == 23
    assert cancel_cost_rollup(rollup, by=by).status == "cancelled"
    with pytest.raises(InvalidInput):
        create_cost_rollup(office.books.company, date=DAY, lot_size=Decimal(0), by=by)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sequence": 0}, "sequence"),
        ({"sequence": 10}, "sequence"),
        ({"name": " "}, "name"),
        ({"run_minutes": Decimal(-1)}, "run_minutes"),
        ({"setup_minutes": Decimal("Infinity")}, "setup_minutes"),
    ],
)
def test_bad_steps_name_their_row_and_field(office: Office, change: dict, field: str) -> None:
    centre = office.centre("WC")
    good = Operation(10, "Saw", centre)
    bad = Operation(**{"sequence": 20, "name": "Drill", "work_centre": centre, **change})
    with pytest.raises(InvalidInput) as refused:
        create_routing(
            office.books.company,
            item=office.item("A"),
            operations=[good, bad],
            by=office.books.by,
        )
    assert (refused.value.field, refused.value.row) == (field, 1)


def test_a_routing_without_steps_is_not_released(office: Office) -> None:
    made = create_routing(
        office.books.company, item=office.item("A"), operations=[], by=office.books.by
    )
    with pytest.raises(InvalidInput, match="no operations"):
        release_routing(made, by=office.books.by)


# --- arithmetic --------------------------------------------------------------------------------

amounts = st.decimals("0", "9999", places=6)


@given(material=amounts, labour=amounts, machine=amounts)
def test_rounded_elements_sum_to_the_total(
    material: Decimal, labour: Decimal, machine: Decimal
) -> None:
    third = Cost(material / 3, labour / 7, machine / 11)
    *elements, total = third.rounded()
    assert sum(elements) == total
    assert abs(total - third.total) <= Decimal("0.0000005")


def test_twenty_levels_are_exact() -> None:
    structure = Structure(
        components={n: [Component(n + 1, Decimal("1.1"))] for n in range(20)},
        steps={0: [Step(Decimal(10), Decimal(1), Decimal(2), Decimal(30), Decimal(60))]},
        prices={20: Decimal(1)},
    )
    cost = roll_up(structure, lot_size=Decimal(10))[0]
    assert cost.material == Decimal("1.1") ** 20
    assert (cost.labour, cost.machine) == (2, 2)

"""Kits put together and taken apart: the same value on both sides, to the cent, also later."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.core.models import Site
from apps.inventory.models import CostLayer, KitAssembly, Lot, StockBalance, StockMove
from apps.inventory.services.cost_adjustments import change_standard_costs
from apps.inventory.services.kit_assemblies import (
    Component,
    cancel_kit_assembly,
    change_kit_assembly,
    draft_kit_assembly,
    post_kit_assembly,
    reverse_kit_assembly,
)
from apps.masterdata.models import Item
from tests.inventory.conftest import DAY, Warehouse
from tests.inventory.test_cost_adjustments import bill
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

KITS = "/inventory/kit-assemblies/"


def draft(
    warehouse: Warehouse, item: Item, quantity: str, *components: Component, **values: Any
) -> KitAssembly:
    values.setdefault("location", warehouse.stock)
    return draft_kit_assembly(
        warehouse.books.company,
        site=warehouse.books.site,
        date=DAY,
        item=item,
        quantity=Decimal(quantity),
        components=components,
        by=warehouse.books.by,
        **values,
    )


def post(warehouse: Warehouse, *given: Any, **values: Any) -> KitAssembly:
    return post_kit_assembly(draft(warehouse, *given, **values), by=warehouse.books.by)


def part(warehouse: Warehouse, item: Item, quantity: str, **values: Any) -> Component:
    return Component(item, Decimal(quantity), values.pop("location", warehouse.stock), **values)


def values_of(assembly: KitAssembly) -> list[Decimal | None]:
    return [one.value for one in assembly.components.all()]


def bicycles(warehouse: Warehouse) -> tuple[Item, Item, Item, Any]:
    """3 frames at 10, 7 wheels worth 10.00 in all; three kits of a frame and two wheels."""
    frame, wheel, kit = (warehouse.item("fifo") for _ in range(3))
    receipt = warehouse.receive(frame, "3", "10")
    warehouse.receive(wheel, "7", "1.428571")
    assert warehouse.worth(wheel) == 10
    return frame, wheel, kit, receipt


def test_kits_are_worth_what_went_into_them_and_late_cost_follows(warehouse: Warehouse) -> None:
    frame, wheel, kit, receipt = bicycles(warehouse)
    made = post(warehouse, kit, "3", part(warehouse, frame, "1"), part(warehouse, wheel, "2"))
    assert made.value == Decimal("38.57")  # 30.00 and 6/7 of 10.00
    assert values_of(made) == [30, Decimal("8.57")]
    assert (warehouse.worth(frame), warehouse.worth(wheel)) == (0, Decimal("1.43"))
    assert (warehouse.worth(kit), warehouse.books.balance("1350")) == (Decimal("38.57"), 0)
    assert not made.cost_object.is_active
    assert warehouse.ship(kit, "1").moves[0].value == Decimal("12.86")

    late = bill(warehouse, (receipt, "3"))  # a dollar more for each frame

    assert (late.total("inventory"), late.total("cogs"), late.total("wip")) == (2, 1, 0)
    assert warehouse.worth(kit) == Decimal("27.71")
    assert_reconciled()


def test_what_is_taken_apart_is_worth_what_the_kits_were(warehouse: Warehouse) -> None:
    """One kit carried at 10.00; its parts would be carried at 10 and 2 x 1, so 8.33 and 1.67."""
    frame, wheel, kit = (warehouse.item("average") for _ in range(3))
    warehouse.receive(frame, "1", "10")
    warehouse.receive(wheel, "1", "1")
    warehouse.receive(kit, "2", "10")
    made = post(
        warehouse, kit, "1", part(warehouse, frame, "1"), part(warehouse, wheel, "2"),
        kind="disassemble",
    )  # fmt: skip
    assert values_of(made) == [Decimal("8.33"), Decimal("1.67")]
    assert (made.value, warehouse.worth(kit)) == (10, 10)
    assert (warehouse.worth(frame), warehouse.worth(wheel)) == (Decimal("18.33"), Decimal("2.67"))
    assert warehouse.books.balance("1350") == 0
    assert_reconciled()


def test_parts_of_unknown_cost_share_by_quantity_to_the_cent(warehouse: Warehouse) -> None:
    kit, *parts = (warehouse.item("fifo") for _ in range(4))
    warehouse.receive(kit, "1", "1")
    made = post(
        warehouse, kit, "1", *(part(warehouse, one, "1") for one in parts), kind="disassemble"
    )
    assert sorted(values_of(made)) == [Decimal("0.33"), Decimal("0.33"), Decimal("0.34")]
    assert_reconciled()


def test_a_kit_at_standard_cost_leaves_its_variance_apart(warehouse: Warehouse) -> None:
    frame, kit = warehouse.item("fifo"), warehouse.item("standard")
    change_standard_costs(
        warehouse.books.company, {kit: Decimal(12)}, source=warehouse.stock, date=DAY,
        by=warehouse.books.by,
    )  # fmt: skip
    warehouse.receive(frame, "1", "10")
    made = post(warehouse, kit, "1", part(warehouse, frame, "1"))
    assert (made.value, warehouse.worth(kit), warehouse.books.balance("1350")) == (10, 12, 0)
    assert warehouse.books.balance("5210") == -2
    assert_reconciled()


def test_lots_are_used_and_made(warehouse: Warehouse) -> None:
    frame, kit = (warehouse.item("specific", tracking="lot") for _ in range(2))
    warehouse.receive(frame, "2", "10", lot=warehouse.lot(frame, "F1"))
    post(warehouse, kit, "2", part(warehouse, frame, "1", lot_code="F1"), lot_code="K1")
    lot = Lot.objects.get(item=kit, code="K1")
    assert StockBalance.objects.get(item=kit).lot == lot
    post(
        warehouse, kit, "1", part(warehouse, frame, "1", lot_code="F1"),
        kind="disassemble", lot_code="K1",
    )  # fmt: skip
    assert StockBalance.objects.get(item=frame).quantity == 1
    with pytest.raises(BusinessError) as refused:
        post(warehouse, kit, "1", part(warehouse, frame, "1", lot_code="F9"), lot_code="K2")
    assert (refused.value.code, refused.value.row, refused.value.field) == (
        "unknown_lot", 0, "lot_code",
    )  # fmt: skip
    assert_reconciled()


def test_a_reversal_brings_the_parts_back(warehouse: Warehouse) -> None:
    frame, wheel, kit, _receipt = bicycles(warehouse)
    made = post(warehouse, kit, "3", part(warehouse, frame, "1"), part(warehouse, wheel, "2"))
    by = warehouse.books.by
    made = reverse_kit_assembly(made, reason="wrong kit", by=by, date=DAY)
    assert made.status == "reversed"
    assert [warehouse.worth(one) for one in (frame, wheel, kit)] == [30, 10, 0]
    assert list(CostLayer.objects.filter(item=kit).values_list("quantity_left", flat=True)) == [0]
    with pytest.raises(InvalidTransition):
        reverse_kit_assembly(made, reason="again", by=by)
    again = post(warehouse, kit, "1", part(warehouse, frame, "1"))
    warehouse.ship(kit, "1")
    with pytest.raises(BusinessError) as refused:
        reverse_kit_assembly(again, reason="too late", by=by, date=DAY)
    assert refused.value.code == "insufficient_stock"
    assert KitAssembly.objects.get(pk=again.pk).status == "posted"
    assert_reconciled()


def test_too_little_is_refused_naming_the_component(warehouse: Warehouse) -> None:
    frame, wheel, kit, _receipt = bicycles(warehouse)
    moves = StockMove.objects.count()
    with pytest.raises(BusinessError) as refused:
        post(warehouse, kit, "3", part(warehouse, frame, "1"), part(warehouse, wheel, "3"))
    assert (refused.value.code, refused.value.row) == ("insufficient_stock", 1)
    with pytest.raises(BusinessError) as refused:  # the kit is the row after its components
        post(
            warehouse, kit, "3", part(warehouse, frame, "1"), part(warehouse, wheel, "2"),
            kind="disassemble",
        )  # fmt: skip
    assert (refused.value.code, refused.value.row) == ("insufficient_stock", 2)
    assert StockMove.objects.count() == moves
    assert_reconciled()


def test_what_can_not_be_a_kit_is_refused(warehouse: Warehouse) -> None:
    frame, kit = warehouse.item("fifo"), warehouse.item("fifo")
    south = Site(company=warehouse.books.company, code="SOUTH", name="South").save_by(
        warehouse.books.by
    )
    away = warehouse.place("AWAY", site=south)
    good = part(warehouse, frame, "1")
    for component, code, field in (
        (part(warehouse, kit, "1"), "own_component", "item"),
        (part(warehouse, frame, "2"), "line_twice", "item"),
        (part(warehouse, frame, "1", location=away), "wrong_place", "location"),
        (part(warehouse, frame, "0"), "not_positive", "quantity"),
    ):
        with pytest.raises(InvalidInput) as refused:
            draft(warehouse, kit, "1", good, component)
        assert (refused.value.code, refused.value.row, refused.value.field) == (code, 1, field)
    for given, code, field in (
        ({"kind": "glue"}, "unknown_kind", "kind"),
        ({"location": warehouse.customer}, "wrong_place", "location"),
    ):
        with pytest.raises(InvalidInput) as refused:
            draft(warehouse, kit, "1", good, **given)
        assert (refused.value.code, refused.value.field) == (code, field)
    with pytest.raises(InvalidInput) as refused:
        draft(warehouse, kit, "1")
    assert refused.value.code == "no_lines"
    assert not KitAssembly.objects.exists()


def test_a_draft_is_changed_and_given_up(warehouse: Warehouse) -> None:
    frame, kit, by = warehouse.item("fifo"), warehouse.item("fifo"), warehouse.books.by
    made = draft(warehouse, kit, "1", part(warehouse, frame, "1"))
    made = change_kit_assembly(
        made, quantity=Decimal(2), components=[part(warehouse, frame, "3")], by=by
    )
    assert (made.quantity, made.components.get().quantity) == (2, 3)
    assert cancel_kit_assembly(made, by=by).status == "cancelled"
    with pytest.raises(InvalidTransition):
        post_kit_assembly(made, by=by)


def test_a_hundred_components_cost_as_many_statements_as_ten(warehouse: Warehouse) -> None:
    counts = {}
    for size in (2, 10, 100):  # the first reads content types
        kit, *parts = (warehouse.item("fifo") for _ in range(size + 1))
        for one in parts:
            warehouse.receive(one, "1", "2")
        made = draft(warehouse, kit, "1", *(part(warehouse, one, "1") for one in parts))
        with CaptureQueriesContext(connection) as captured:
            post_kit_assembly(made, by=warehouse.books.by)
        counts[size] = len([q for q in captured if "SAVEPOINT" not in q["sql"]])
    assert counts[10] == counts[100] <= 40, counts
    assert_reconciled()


def test_a_kit_through_the_api(warehouse: Warehouse) -> None:
    frame, wheel, kit, _receipt = bicycles(warehouse)
    api = ApiClient(warehouse.books.by)
    body = {
        "kind": "assemble",
        "site": "MAIN",
        "date": DAY.isoformat(),
        "item": kit.code,
        "quantity": "3",
        "location": "STOCK",
        "components": [
            {"item": frame.code, "quantity": "1", "location": "STOCK"},
            {"item": wheel.code, "quantity": "2", "location": "STOCK"},
        ],
    }
    made = api.post(KITS, body)
    assert made.status_code == 201, made.body
    place = f"{KITS}{made.body['id']}/"
    changed = api.patch(place, {"note": "spring"}, version=1)
    assert (changed.status_code, changed.body["note"]) == (200, "spring"), changed.body
    posted = api.post(f"{place}post/")
    assert (posted.status_code, Decimal(posted.body["value"])) == (200, Decimal("38.57"))
    back = api.post(f"{place}reverse/", {"date": DAY.isoformat(), "reason": "wrong"})
    assert (back.status_code, back.body["status"]) == (200, "reversed"), back.body
    assert_reconciled()

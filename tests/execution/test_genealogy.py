"""Genealogy: both ways, any depth, cycles end, what was undone is gone; recalls find everything."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.contenttypes.models import ContentType

from apps.core.errors import InvalidInput
from apps.core.sql import insert_rows
from apps.execution.models import GenealogyEdge, WorkOrder
from apps.execution.queries.genealogy import reached_lot_ids, trace
from apps.execution.queries.recalls import recall
from apps.execution.services.material_issues import IssueLine, issue_material
from apps.execution.services.recalls import hold_affected_lots
from apps.execution.services.reversals import reverse_production_report
from apps.inventory.models import Lot
from apps.inventory.services.lots import reject_lots
from tests.execution.conftest import DAY, Factory
from tests.support.statements import at_most


@pytest.fixture
def order(factory: Factory) -> WorkOrder:
    item = factory.made("FG", tracking="lot")
    factory.bom(item, (factory.item("RAW"), "1"))
    return factory.order(item, "1")


def lots(order: WorkOrder, *names: str) -> dict[str, Lot]:
    return {
        name: Lot(company=order.company, item=order.item, code=name).save_by(order.created_by)
        for name in names
    }


def link(order: WorkOrder, *edges: tuple[Lot, Lot, str]) -> None:
    insert_rows(
        GenealogyEdge,
        [
            {
                "company_id": order.company_id,
                "source_type_id": ContentType.objects.get_for_model(order).pk,
                "source_id": order.pk,
                "created_at": datetime(2026, 3, 1, tzinfo=UTC),
                "created_by_id": order.created_by_id,
                "parent_lot_id": parent.pk,
                "child_lot_id": child.pk,
                "work_order_id": order.pk,
                "quantity": Decimal(quantity),
            }
            for parent, child, quantity in edges
        ],
    )


def test_down_and_up_with_quantities(order: WorkOrder) -> None:
    x, a, b, c = lots(order, "X", "A", "B", "C").values()
    link(order, (x, a, "10"), (x, a, "5"), (a, b, "2"), (a, c, "3"), (b, c, "1"))
    down = trace(x, "down")
    assert [(lot.code, lot.depth) for lot in down.lots] == [("X", 0), ("A", 1), ("B", 2), ("C", 2)]
    assert {(e.parent_id, e.child_id): e.quantity for e in down.edges} == {
        (x.pk, a.pk): 15,
        (a.pk, b.pk): 2,
        (a.pk, c.pk): 3,
        (b.pk, c.pk): 1,
    }
    assert {e.work_order_ids for e in down.edges} == {(order.pk,)}
    up = trace(c, "up")
    assert (up.lots[0].code, up.lots[0].depth) == ("C", 0)
    assert {lot.code for lot in up.lots} == {"X", "A", "B", "C"}
    assert {(e.parent_id, e.child_id) for e in up.edges} == {
        (x.pk, a.pk),
        (a.pk, b.pk),
        (a.pk, c.pk),
        (b.pk, c.pk),
    }
    assert trace(c, "down").edges == []


def test_depth_is_the_number_of_steps(order: WorkOrder) -> None:
    chain = list(lots(order, *"ABCDE").values())
    link(order, *((p, c, "1") for p, c in itertools.pairwise(chain)))
    assert "".join(lot.code for lot in trace(chain[0], "down", 2).lots) == "ABC"
    assert "".join(lot.code for lot in trace(chain[4], "up", 1).lots) == "ED"


@pytest.mark.parametrize("depth", [None, 10])
def test_a_cycle_ends(order: WorkOrder, depth: int | None) -> None:
    """Rework may take a lot back into its own child."""
    a, b, c = lots(order, "A", "B", "C").values()
    link(order, (a, b, "1"), (b, c, "1"), (c, a, "1"))
    assert {lot.code for lot in trace(a, "down", depth).lots} == {"A", "B", "C"}
    assert len(trace(a, "down", depth).edges) == 3


def test_what_was_undone_is_gone(order: WorkOrder) -> None:
    a, b, c = lots(order, "A", "B", "C").values()
    link(order, (a, b, "5"), (b, c, "2"), (a, b, "-5"))
    assert [lot.code for lot in trace(a, "down").lots] == ["A"]
    assert reached_lot_ids(a.pk, "down") == [a.pk]
    assert [lot.code for lot in trace(c, "up").lots] == ["C", "B"]


def test_one_statement_whatever_the_size(order: WorkOrder) -> None:
    many = list(lots(order, *(f"L{n}" for n in range(60))).values())
    link(order, *((p, c, "1") for p, c in itertools.pairwise(many)))
    lot = Lot.objects.select_related("item__unit").get(pk=many[0].pk)
    with at_most(1):
        assert len(trace(lot, "down").lots) == 60


def test_recall_holds_what_is_not_rejected(order: WorkOrder) -> None:
    a, b, c, other = lots(order, "A", "B", "C", "OTHER").values()
    link(order, (a, b, "1"), (b, c, "1"))
    reject_lots([b], reason="crack", by=order.created_by)
    held = hold_affected_lots(a, reason="supplier's notice", by=order.created_by)
    assert [lot.code for lot in held] == ["A", "C"]
    status = dict(Lot.objects.values_list("code", "status"))
    assert status == {"A": "hold", "B": "rejected", "C": "hold", "OTHER": "available"}
    assert a.history.first().history_change_reason == "supplier's notice"
    assert hold_affected_lots(a, reason="again", by=order.created_by) == []
    with pytest.raises(InvalidInput):
        hold_affected_lots(other, reason=" ", by=order.created_by)


def test_a_lot_that_went_nowhere_recalls_nothing(order: WorkOrder) -> None:
    [alone] = lots(order, "ALONE").values()
    found = recall(alone)
    assert (found.customers, found.on_hand, found.work_orders) == ([], [], [])
    assert found.quantity_shipped == found.value_on_hand == 0


def test_however_little_went_in_the_lot_is_found(factory: Factory) -> None:
    """A gram of pigment in a hundred million: its share per piece rounds to nothing."""
    item = factory.made("DYED", tracking="lot")
    pigment = factory.item("PIGMENT", tracking="lot")
    factory.bom(item, (pigment, "0.000001"), issue_method="manual")
    order = factory.order(item, "100000000")
    by = factory.books.by
    lot = Lot(company=order.company, item=pigment, code="P-1").save_by(by)
    factory.stocked(pigment, "1", "5", lot=lot)
    issue_material(order, [IssueLine(order.components.get(), Decimal(1), lot)], date=DAY, by=by)
    report = factory.report(order, "1", lot_codes=["D-1"])
    made = Lot.objects.get(code="D-1")
    assert [e.quantity for e in trace(made, "up").edges] == [Decimal("0.000001")]
    reverse_production_report(report, date=DAY, reason="Wrong", by=by)
    assert not trace(made, "up").edges

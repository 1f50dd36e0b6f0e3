"""Published stock valuations of other programs: the same events, the same quantity and value.

Where they let stock go below zero and mend its value later, here the issue is refused and posted
when there is something to issue. Where they rewrite history, here an entry is added: totals agree.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError
from apps.inventory.models import CostLayer, ItemValuation, StockMove
from apps.inventory.services.cost_adjustments import adjust_receipts, change_standard_costs
from apps.inventory.services.moves import Move, Posting
from apps.masterdata.models import Item
from tests.inventory.conftest import DAY, Warehouse
from tests.support.published import CASES
from tests.support.reconciled import assert_reconciled

FILE = CASES / "04-inventory-valuation" / "inventory_cases.json"
#: Not run, and why.
LEFT_OUT = {
    "EN-LIFO-2": "last in, first out is no costing method here (IAS 2 ¶25 knows none); goods can "
    "be picked so",
    "EN-LANDED-KIT": "late cost of goods that were sold stays with the sale, also when they came "
    "back: they keep the value they came back with",
    "EN-BACKDATE-TRANSFER": "what is entered late is the newest layer: an issue keeps the cost it "
    "was posted with, and the difference stays in stock",
    "EN-BATCH-BACKDATE": "what is entered late is the newest layer: an issue keeps the cost it was "
    "posted with",
    "EN-BACKDATE-ROLE": "who may post into the past is the state of a period for each module, not "
    "a role",
}
ZERO = Decimal(0)

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason="the published cases are not here (MES_ERP_CASES)"
)


def cases() -> list[dict[str, Any]]:
    return json.loads(FILE.read_text()) if FILE.exists() else []


@dataclass
class Play:
    """A case played in a warehouse: one item, its events in their order."""

    warehouse: Warehouse
    item: Item
    receipts: dict[str, tuple[Posting, Decimal]] = field(default_factory=dict)
    issues: dict[str, Posting] = field(default_factory=dict)
    postponed: list[dict[str, Any]] = field(default_factory=list)
    issue_values: list[Decimal] = field(default_factory=list)
    gains: list[Decimal] = field(default_factory=list)
    unit_costs: list[Decimal] = field(default_factory=list)
    values: list[Decimal] = field(default_factory=list)
    refused: bool = False
    sent_back: Decimal = ZERO

    def do(self, event: dict[str, Any]) -> None:
        getattr(self, f"_{event['type']}")(event)
        if event["type"] == "in":
            waiting, self.postponed = self.postponed, []
            for late in waiting:
                self._out(late)
        self._note()

    def _note(self) -> None:
        valuation = ItemValuation.objects.filter(item=self.item).first()
        self.values.append(valuation.value if valuation else ZERO)
        if valuation and valuation.quantity:
            self.unit_costs.append(valuation.value / valuation.quantity)
        elif self.unit_costs:
            self.unit_costs.append(self.unit_costs[-1])

    def _lot(self, event: dict[str, Any]) -> dict[str, Any]:
        code = event.get("batch")
        if not code:
            return {}
        found = self.item.lots.filter(code=code).first()
        return {"lot": found or self.warehouse.lot(self.item, code)}

    def _place(self, event: dict[str, Any]) -> Any:
        name = event.get("wh")
        if not name:
            return self.warehouse.stock
        known = type(self.warehouse.stock).objects.filter(code=name.upper()).first()
        return known or self.warehouse.place(name.upper())

    def _set_standard(self, event: dict[str, Any]) -> None:
        _change_standard(self.warehouse, self.item, Decimal(event["cost"]))

    def _in(self, event: dict[str, Any]) -> None:
        quantity = Decimal(str(event["qty"]))
        cost = event["unit_cost"]
        if cost is None:
            cost = ItemValuation.objects.get(item=self.item).standard_cost
        value = quantity * Decimal(str(cost))
        move = Move(
            self.item.pk, quantity, self.warehouse.supplier, self._place(event), value=value,
            **self._lot(event),
        )  # fmt: skip
        posting = self.warehouse.post(move)
        if event.get("ref"):
            self.receipts[event["ref"]] = (posting, quantity)

    def _out(self, event: dict[str, Any]) -> None:
        quantity = Decimal(str(event["qty"]))
        before = self._worth()
        move = Move(
            self.item.pk, quantity, self._place(event), self.warehouse.customer, **self._lot(event)
        )
        try:
            posting = self.warehouse.post(move)
        except BusinessError as error:
            assert error.code == "insufficient_stock", error
            assert self._worth() == before
            self.refused = True
            self.postponed.append(event)
            return
        cost = before - self._worth()
        self.issue_values.append(-cost)
        if "price" in event:
            self.gains.append(quantity * Decimal(str(event["price"])) - cost)
        if event.get("ref"):
            self.issues[event["ref"]] = posting

    def _amend_qty(self, event: dict[str, Any]) -> None:
        """A quantity that was wrong: the rest is posted, at the price of then if it came in."""
        name, wanted = event["of"], Decimal(str(event["qty"]))
        if name in self.receipts:
            posting, quantity = self.receipts[name]
            [row] = self.warehouse.rows(posting)
            cost = row.value / row.quantity
            self._in({"qty": wanted - quantity, "unit_cost": cost})
        else:
            [row] = self.warehouse.rows(self.issues[name])
            self._out({"qty": wanted - row.quantity})

    def _return_to_vendor(self, event: dict[str, Any]) -> None:
        before = self._worth()
        quantity = Decimal(str(event["qty"]))
        self.warehouse.post(
            Move(self.item.pk, quantity, self.warehouse.stock, self.warehouse.supplier)
        )
        self.sent_back += before - self._worth()

    def _return_from_customer(self, event: dict[str, Any]) -> None:
        """At the value it left with."""
        [row] = self.warehouse.rows(self.issues[event["of"]])
        quantity = Decimal(str(event["qty"]))
        move = Move(
            self.item.pk, quantity, self.warehouse.customer, self.warehouse.stock,
            value=row.value * quantity / row.quantity,
        )  # fmt: skip
        self.warehouse.post(move)

    def _landed_cost(self, event: dict[str, Any]) -> None:
        posting, _quantity = self.receipts[event["of"]]
        adjust_receipts(
            self.warehouse.books.company,
            [(self.warehouse.rows(posting)[0], Decimal(str(event["amount"])))],
            source=self.warehouse.stock,
            journal="PUR",
            counter_account_id=self.warehouse.books.account("5060").pk,
            date=DAY,
            by=self.warehouse.books.by,
        )

    def _change_method(self, event: dict[str, Any]) -> None:
        """An item in stock keeps its method: its goods go to one that has the other."""
        quantity, value = self._quantity(), self._worth()
        old, new = self.item, self.warehouse.item(event["to"])
        if event["to"] == "standard":
            _change_standard(self.warehouse, new, value / quantity)
        adjustment = self.warehouse.virtual["adjustment"]
        self.warehouse.post(Move(old.pk, quantity, self.warehouse.stock, adjustment))
        self.warehouse.post(Move(new.pk, quantity, adjustment, self.warehouse.stock, value=value))
        assert self._worth() == 0
        self.item = new

    def _worth(self) -> Decimal:
        return sum(
            ItemValuation.objects.filter(item=self.item).values_list("value", flat=True), ZERO
        )

    def _quantity(self) -> Decimal:
        rows = ItemValuation.objects.filter(item=self.item).values_list("quantity", flat=True)
        return sum(rows, ZERO)


def _change_standard(warehouse: Warehouse, item: Item, cost: Decimal) -> None:
    change_standard_costs(
        warehouse.books.company, {item: cost}, source=warehouse.stock, date=DAY,
        journal="INV", by=warehouse.books.by,
    )  # fmt: skip


def begun(warehouse: Warehouse, case: dict[str, Any]) -> Play:
    method = case["method"].partition("->")[0]
    if method == "average per batch":  # a lot has its own cost
        return Play(warehouse, warehouse.item("specific", tracking="lot"))
    return Play(warehouse, warehouse.item(method))


@pytest.mark.case("INV-{name}")
@pytest.mark.parametrize("name", [case["id"] for case in cases()])
def test_it_is_valued_as_published(warehouse: Warehouse, name: str) -> None:
    if name in LEFT_OUT:
        pytest.skip(LEFT_OUT[name])
    if name in PLAYED_APART:
        PLAYED_APART[name](warehouse)
        assert_reconciled()
        return
    case = next(case for case in cases() if case["id"] == name)
    play, wanted = begun(warehouse, case), case["expected"]
    for event in case["events"]:
        play.do(event)
    assert_reconciled()
    if wanted.get("verdict") == "reject":
        assert play.refused and not play.issue_values
        return
    assert play.refused == ("NEG" in name or name in ("OD-STD-3", "OD-FIFO-PAST-IN-2"))
    assert play._quantity() == Decimal(str(wanted["qty"]))
    assert play._worth() == Decimal(str(wanted["value"]))
    _check_details(play, wanted)


def _check_details(play: Play, wanted: dict[str, Any]) -> None:
    if "unit_cost" in wanted and play._quantity():
        assert play.unit_costs[-1] == wanted["unit_cost"]
    if "unit_cost_after" in wanted:
        assert play.unit_costs == wanted["unit_cost_after"]
    if "issue_values" in wanted:
        assert play.issue_values == wanted["issue_values"]
    if "value_after" in wanted and not play.refused:
        assert play.values == wanted["value_after"]
    if "layers" in wanted:
        assert _layers(play.item) == wanted["layers"]
    for name in ("gain", "gains"):
        if name in wanted:
            expected = wanted[name] if name == "gains" else [wanted[name]]
            assert play.gains == expected


def _layers(item: Item) -> list[list[Decimal]]:
    """What is left by unit cost: layers at one cost are told as one."""
    found: dict[Decimal, Decimal] = defaultdict(Decimal)
    for layer in CostLayer.objects.filter(item=item, quantity_left__gt=0).order_by("pk"):
        found[layer.value_left / layer.quantity_left] += layer.quantity_left
    return [[quantity, cost] for cost, quantity in found.items()]


def _landed_return(warehouse: Warehouse) -> None:
    """5 at 100, 2 sent back at 100; 50 of freight: the 2 bear their 20, the 3 carry 110 each."""
    play = Play(warehouse, warehouse.item("fifo"))
    play.do({"type": "in", "qty": 5, "unit_cost": 100, "ref": "pr"})
    play.do({"type": "return_to_vendor", "qty": 2})
    assert play.sent_back == 200
    moves = list(StockMove.objects.order_by("pk").values_list())
    play.do({"type": "landed_cost", "of": "pr", "amount": 50})
    assert list(StockMove.objects.order_by("pk").values_list()) == moves
    borne = Decimal(50) - (play._worth() - 300)
    assert (play._worth(), play.sent_back + borne) == (330, 220)


def _batches(warehouse: Warehouse) -> None:
    """Each lot has a cost of its own; what comes to it later is a layer of it, not its average."""
    case = next(case for case in cases() if case["id"] == "EN-BATCH-MA")
    play = begun(warehouse, case)
    for event in case["events"]:
        play.do(event)
    assert play.issue_values[0] + play.issue_values[2] == -150  # B1, as published
    assert play.issue_values[1] + play.issue_values[3] == -250  # B0, as published
    assert (play._quantity(), play._worth()) == (0, 0)


PLAYED_APART = {
    "EN-LANDED-RETURN": _landed_return,
    "EN-BATCH-MA": _batches,
}

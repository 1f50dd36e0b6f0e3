"""Published stock valuations of other programs: the same events, the same quantity and value.

Where they let stock go below zero and mend its value later, here the issue is refused and posted
when there is something to issue. Where they rewrite history, here an entry is added: totals agree.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from apps.core.errors import BusinessError
from apps.finance.services.periods import set_period_state
from apps.inventory.models import CostLayer, ItemHandling, ItemValuation, StockMove
from apps.inventory.services.cost_adjustments import adjust_receipts, change_standard_costs
from apps.inventory.services.locking import lock_items
from apps.inventory.services.moves import Move, Posting, post_moves
from apps.inventory.services.picking import pick_lots
from apps.masterdata.models import Item
from tests.inventory.conftest import DAY, Warehouse, make_floor
from tests.support.faces import make_member
from tests.support.published import CASES
from tests.support.reconciled import assert_reconciled

FILE = CASES / "04-inventory-valuation" / "inventory_cases.json"
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
    on: date = DAY
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
        posting = self.warehouse.post(move, date=self.on)
        if event.get("ref"):
            self.receipts[event["ref"]] = (posting, quantity)

    def _out(self, event: dict[str, Any]) -> None:
        quantity = Decimal(str(event["qty"]))
        before = self._worth()
        move = Move(
            self.item.pk, quantity, self._place(event), self.warehouse.customer, **self._lot(event)
        )
        try:
            posting = self.warehouse.post(move, date=self.on)
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


def _landed_kit(warehouse: Warehouse) -> None:
    """50 at 100; 5 kits of 4 sold, 2 kits back; 50 of freight: 101 for the sold and the returned.

    The kits' components are what was promised, so the order line's promise is theirs.
    """
    item = warehouse.item("fifo")
    play = Play(warehouse, item)
    play.do({"type": "in", "qty": 50, "unit_cost": 100, "ref": "pr"})
    promise = make_floor(warehouse).promise(item, "20")
    sold = warehouse.ship(item, "20", expected_move_id=promise.pk)
    assert sold.moves[0].value / 20 == 100
    back = warehouse.post(
        Move(
            item.pk, Decimal(8), warehouse.customer, warehouse.quarantine, value=Decimal(800),
            brings_back=(promise.source_type_id, promise.source_id),
        )
    )  # fmt: skip
    moves = list(StockMove.objects.order_by("pk").values_list())
    cogs = warehouse.books.balance("5000")
    assert cogs == 1200
    play.do({"type": "landed_cost", "of": "pr", "amount": 50})
    assert list(StockMove.objects.order_by("pk").values_list()) == moves
    assert warehouse.books.balance("5000") / 12 == 101
    [returned] = CostLayer.objects.filter(move=back.moves[0].id)
    assert (returned.quantity_left, returned.value_left) == (8, 808)
    assert play._worth() == 30 * 101 + 808


def _batches(warehouse: Warehouse) -> None:
    """Each lot has a cost of its own; what comes to it later is a layer of it, not its average."""
    case = next(case for case in cases() if case["id"] == "EN-BATCH-MA")
    play = begun(warehouse, case)
    for event in case["events"]:
        play.do(event)
    assert play.issue_values[0] + play.issue_values[2] == -150  # B1, as published
    assert play.issue_values[1] + play.issue_values[3] == -250  # B0, as published
    assert (play._quantity(), play._worth()) == (0, 0)


def _lifo(warehouse: Warehouse) -> None:
    """Last in, first out is how lots of their own cost are picked, no formula (IAS 2 ¶23–25)."""
    case = next(case for case in cases() if case["id"] == "EN-LIFO-2")
    item = warehouse.item("specific", tracking="lot")
    ItemHandling(
        company=warehouse.books.company, code="LIFO", name="LIFO", item=item, pick_strategy="lifo"
    ).save_by(warehouse.books.by)
    consumed = []
    for place, event in enumerate(case["events"]):
        quantity = Decimal(event["qty"])
        if event["type"] == "in":
            lot = warehouse.lot(item, f"L{place}")
            warehouse.receive(item, event["qty"], event["unit_cost"], lot=lot)
            continue
        items = lock_items(warehouse.books.company, [item.pk])
        picks = pick_lots(items, [(item.pk, quantity)], location=warehouse.stock)
        posting = warehouse.post(
            *(
                Move(item.pk, one.quantity, warehouse.stock, warehouse.customer, lot=one.lot)
                for one in picks
            )
        )
        consumed.append([[m.move.quantity, m.value / m.move.quantity] for m in posting.moves])
    assert consumed == case["expected"]["consumed_per_issue"]
    valuation = ItemValuation.objects.get(item=item)
    assert (valuation.quantity, valuation.value) == (0, 0)


def _back_dating(warehouse: Warehouse) -> None:
    """Who may post into the past: a month that is softly closed for stock takes accountants only.

    Their today is here the first of March, and yesterday the last of February.
    """
    case = next(case for case in cases() if case["id"] == "EN-BACKDATE-ROLE")
    books = warehouse.books
    today, yesterday = date(2026, 3, 1), date(2026, 2, 28)
    february = books.year.periods.get(starts_on=date(2026, 2, 1))
    set_period_state(
        february, state="soft", modules=["inventory"], reason="February is counted", by=books.by
    )
    people = {
        "Stock User": make_member("clerk", books.company),
        "Stock Manager": make_member(
            "manager", books.company, permissions=("finance.post_in_soft_closed_period",)
        ),
    }
    item = warehouse.item("fifo")
    verdicts = []
    for place, event in enumerate(case["events"]):
        quantity, on = Decimal(event["qty"]), today if event["date"] == "today" else yesterday
        move = Move(
            item.pk, quantity, warehouse.supplier, warehouse.stock,
            value=quantity * event["unit_cost"],
        )  # fmt: skip
        try:
            with transaction.atomic():
                post_moves(
                    books.company, [move], source=warehouse.stock, date=on, journal="INV",
                    purpose=f"case {place}", by=people[event["user"]],
                )  # fmt: skip
            verdicts.append("accept")
        except BusinessError as error:
            assert error.code == "period_closed", error
            verdicts.append("reject")
    assert verdicts == case["expected"]["verdicts"]
    assert ItemValuation.objects.get(item=item).quantity == 20


def _played_late(warehouse: Warehouse, name: str) -> tuple[Play, list[dict[str, Any]]]:
    """A case whose events are entered in another order than that of their days."""
    case = next(case for case in cases() if case["id"] == name)
    return begun(warehouse, case), sorted(case["events"], key=lambda event: event["entered"])


def _day_of(event: dict[str, Any]) -> date:
    return DAY + timedelta(days=int(event["date"].removeprefix("D").removeprefix("+") or 0))


def _back_dated_batch(warehouse: Warehouse) -> None:
    """What is entered late is the newest layer; the peer costs each issue anew by its day.

    Both issues together cost the same, and nothing is left.
    """
    play, events = _played_late(warehouse, "EN-BATCH-BACKDATE")
    for event in events:
        play.on = _day_of(event)
        play.do(event)
    assert sum(play.issue_values) == -15 - 45
    assert (play._quantity(), play._worth()) == (0, 0)


def _back_dated_transfer(warehouse: Warehouse) -> None:
    """An issue keeps the cost it was posted with (50); the peer costs it anew, at 70.

    Issue and stock together are the same 90: what the peer adds to the issue stays in our stock.
    """
    play, events = _played_late(warehouse, "EN-BACKDATE-TRANSFER")
    moves: list[Any] = []
    for event in events:
        play.on = _day_of(event)
        if event["type"] != "transfer":
            play.do(event)
            continue
        places = (play._place({"wh": event[key]}) for key in ("from_wh", "to_wh"))
        warehouse.post(Move(play.item.pk, Decimal(event["qty"]), *places), date=play.on)
        moves = list(StockMove.objects.order_by("pk").values_list())
    assert play.issue_values == [-50]
    left = 2 * 20
    assert (play._quantity(), play._worth()) == (2, left)
    published_issue, published_left = 70, 2 * 10
    assert 50 + left == published_issue + published_left
    assert list(StockMove.objects.order_by("pk").values_list())[: len(moves)] == moves


PLAYED_APART = {
    "EN-BATCH-BACKDATE": _back_dated_batch,
    "EN-BACKDATE-TRANSFER": _back_dated_transfer,
    "EN-LIFO-2": _lifo,
    "EN-BACKDATE-ROLE": _back_dating,
    "EN-LANDED-KIT": _landed_kit,
    "EN-LANDED-RETURN": _landed_return,
    "EN-BATCH-MA": _batches,
}

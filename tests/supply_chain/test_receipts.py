"""Goods receipts: lots, value, refusals, reversal, and their price in statements."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.finance.models import JournalEntry, JournalLine, PeriodLock
from apps.inventory.models import ExpectedMove, ItemValuation, Location, Lot, StockMove
from apps.inventory.services.moves import Move, post_moves
from apps.supply_chain.models import Receipt, ReceiptLine
from apps.supply_chain.queries.grni import unbilled_lines
from apps.supply_chain.queries.purchase_orders import line_quantities, reject_rates
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.receipts import Delivered, receive, reverse_receipt
from tests.factories import make_currency
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, statements

D = Decimal


def written() -> tuple[int, ...]:
    """How many rows a receipt writes of each kind."""
    kinds = (Receipt, ReceiptLine, Lot, StockMove, JournalEntry, JournalLine)
    return tuple(kind.objects.count() for kind in kinds)


def test_a_receipt_brings_stock_its_value_and_what_is_owed(trade: Trade) -> None:
    item = trade.item("average", tracking="lot", requires_supplier_lot=True)
    order = trade.ordered(OrderLine(item, D(3), D("12.50"), unit=trade.box_of(item, 10)))
    receipt = trade.receive(order, "2", lots=["L1"], delivery_note="DN 7")
    assert receipt.number.startswith("GR-")
    line = receipt.lines.get()
    assert (line.quantity, line.lot.supplier, line.lot.supplier_lot) == (20, trade.supplier, "S-L1")
    assert (line.move.value, line.move.partner, line.move.source) == (25, trade.supplier, receipt)
    assert (trade.books.balance("1300"), trade.books.balance("2050")) == (25, -25)
    assert [h.history_user_id for h in receipt.history.all()] == [trade.books.by.pk]
    assert line.lot.history.count() == 1
    [quantities] = line_quantities([order.pk])
    assert (quantities.ordered, quantities.received, quantities.billed) == (30, 20, 0)
    assert [r.open_value for r in unbilled_lines(trade.books.company, at=DAY)] == [25]


def test_a_foreign_price_is_worth_the_days_rate(trade: Trade) -> None:
    trade.books.rate("USD", date(2026, 3, 1), "0.9")
    trade.books.rate("USD", date(2026, 3, 9), "0.8")
    item = trade.item("fifo")
    order = trade.ordered(
        OrderLine(item, D(3), D("0.333333")), OrderLine(item, D(7), D(10)),
        currency=make_currency("USD"),
    )  # fmt: skip
    receipt = trade.receive(order, "3", "7")
    assert receipt.exchange_rate == D("0.8")
    assert [line.move.value for line in receipt.lines.all()] == [D("0.80"), 56]


def test_any_unit_of_the_item_may_be_counted_in(trade: Trade) -> None:
    item = trade.item()
    order = trade.ordered(OrderLine(item, D(3), D(12), unit=trade.box_of(item, 12)))
    trade.receive(order, "6", unit=item.unit)
    trade.receive(order, "2.5")
    assert line_quantities([order.pk])[0].received == 36
    assert trade.books.balance("1300") == 36


def test_one_receipt_mixes_units(trade: Trade) -> None:
    """3 boxes of 12 at 30.00: a box, 12 pieces and half a box come on one delivery note."""
    item = trade.item()
    box = trade.box_of(item, 12)
    order = trade.ordered(OrderLine(item, D(3), D(30), unit=box))
    line = order.lines.get()
    receipt = receive(
        order,
        lines=[
            Delivered(line, D(1), trade.stock),
            Delivered(line, D(12), trade.stock, unit=item.unit),
            Delivered(line, D("0.5"), trade.stock, unit=box),
        ],
        date=DAY,
        by=trade.books.by,
    )
    assert [row.quantity for row in receipt.lines.order_by("pk")] == [12, 12, 6]
    assert trade.books.balance("1300") == 75
    with pytest.raises(BusinessError) as refusal:
        trade.receive(order, "7", unit=item.unit)
    assert (refusal.value.code, refusal.value.details) == ("over_receipt", {"open": "6.000000"})
    trade.receive(order, "6", unit=item.unit)
    assert trade.books.balance("1300") == 90
    assert_reconciled()


def test_thirds_of_a_box_come_to_the_whole(trade: Trade) -> None:
    item = trade.item()
    order = trade.ordered(OrderLine(item, D("0.7"), D(1), unit=trade.box_of(item, 7)))
    trade.receive(order, "0.7")
    assert not ExpectedMove.objects.get().is_open


def test_shelf_life_gives_the_expiry(trade: Trade) -> None:
    item = trade.item(tracking="lot", shelf_life_days=10)
    trade.stocked(item, "1", "1", lots=["L1"])
    assert Lot.objects.get().expires_on == date(2026, 3, 20)


def test_what_was_refused_at_the_door_stays_open_and_is_rated(trade: Trade) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(1)))
    trade.receive(order, "6", quantity_rejected=D(2))
    [quantities] = line_quantities([order.pk])
    assert (quantities.received, quantities.rejected) == (6, 2)
    [rate] = reject_rates(trade.books.company, since=DAY, until=DAY)
    assert (rate.delivered, rate.rate) == (8, D("0.25"))
    trade.receive(order, "0", quantity_rejected=D(1))
    assert StockMove.objects.count() == 1
    assert line_quantities([order.pk])[0].rejected == 3


def _refused(trade: Trade, case: str) -> tuple[OrderLine, Delivered]:
    item = trade.item(tracking="lot", requires_supplier_lot=True)
    line = trade.ordered(OrderLine(item, D(10), D(1))).lines.get()
    plain = trade.ordered(OrderLine(trade.item(), D(10), D(1))).lines.get()
    elsewhere = Location(company=trade.books.company, code="QA", name="QA", kind="transit").save_by(
        trade.books.by
    )
    known = {"lot_code": "L1", "supplier_lot": "S1"}
    return {
        "over_receipt quantity": Delivered(plain, D("10.000001"), trade.stock),
        "not_positive quantity": Delivered(plain, D(0), trade.stock),
        "negative quantity": Delivered(plain, D(-1), trade.stock),
        "not_a_number quantity": Delivered(plain, D("NaN"), trade.stock),
        "negative quantity_rejected": Delivered(plain, D(1), trade.stock, quantity_rejected=D(-1)),
        "lot_required lot_code": Delivered(line, D(1), trade.stock, supplier_lot="S1"),
        "supplier_lot_required supplier_lot": Delivered(line, D(1), trade.stock, lot_code="L1"),
        "lot_not_wanted lot_code": Delivered(plain, D(1), trade.stock, **known),
        "wrong_location location": Delivered(line, D(1), elsewhere, **known),
        "wrong_unit unit": Delivered(plain, D(1), trade.stock, unit=_mass(trade)),
    }[case]


def _mass(trade: Trade):
    kilo = trade.books.unit("KGM")
    kilo.dimension = "mass"
    return kilo.save_by(trade.books.by)


@pytest.mark.parametrize(
    "case",
    [
        "over_receipt quantity",
        "not_positive quantity",
        "negative quantity",
        "not_a_number quantity",
        "negative quantity_rejected",
        "lot_required lot_code",
        "supplier_lot_required supplier_lot",
        "lot_not_wanted lot_code",
        "wrong_location location",
        "wrong_unit unit",
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(trade: Trade, case: str) -> None:
    code, field = case.split()
    bad = _refused(trade, case)
    before = written()
    with pytest.raises((InvalidInput, BusinessError)) as refusal:
        receive(bad.order_line.order, lines=[bad], date=DAY, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, 0)
    assert written() == before


def test_lines_of_one_order_line_share_what_is_open(trade: Trade) -> None:
    order = trade.ordered(OrderLine(trade.item(tracking="lot"), D(10), D(1)))
    line = order.lines.get()
    halves = [Delivered(line, D(6), trade.stock, lot_code=f"L{n}") for n in (1, 2)]
    with pytest.raises(BusinessError) as refusal:
        receive(order, lines=halves, date=DAY, by=trade.books.by)
    assert (refusal.value.code, refusal.value.row) == ("over_receipt", 1)
    assert refusal.value.details == {"open": "4.000000"}


def test_the_tolerance_is_a_setting(trade: Trade, settings) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(1)))
    settings.OVER_RECEIPT_PERCENT = 10
    trade.receive(order, "11")
    with pytest.raises(BusinessError):
        trade.receive(order, "0.1")


def test_a_line_of_another_order_is_refused(trade: Trade) -> None:
    one, other = (trade.ordered(OrderLine(trade.item(), D(1), D(1))) for _ in range(2))
    lines = [Delivered(order.lines.get(), D(1), trade.stock) for order in (one, other)]
    with pytest.raises(InvalidInput) as refusal:
        receive(one, lines=lines, date=DAY, by=trade.books.by)
    assert (refusal.value.code, refusal.value.row) == ("wrong_order", 1)


def test_a_lot_of_another_suppliers_lot_is_not_mixed_up(trade: Trade) -> None:
    item = trade.item(tracking="lot")
    trade.stocked(item, "1", "1", lots=["L1"])
    trade.stocked(item, "1", "1", lots=["L1"])
    order = trade.ordered(OrderLine(item, D(1), D(1)))
    wrong = Delivered(order.lines.get(), D(1), trade.stock, lot_code="L1", supplier_lot="X")
    with pytest.raises(BusinessError) as refusal:
        receive(order, lines=[wrong], date=DAY, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("lot_differs", "lot_code")


def test_a_closed_period_takes_no_receipt(trade: Trade) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(1), D(1)))
    PeriodLock.objects.filter(module="inventory").update(state="hard")
    before = written()
    with pytest.raises(BusinessError) as refusal:
        trade.receive(order, "1")
    assert (refusal.value.code, refusal.value.field) == ("period_closed", "date")
    assert written() == before


@pytest.mark.parametrize("costing", ["fifo", "average", "specific", "standard"])
def test_a_reversal_takes_everything_back(trade: Trade, costing: str) -> None:
    item = trade.item(costing, tracking="lot")
    order = trade.ordered(OrderLine(item, D(10), D(3)))
    receipt = trade.receive(order, "10", lots=["L1"])
    assert not ExpectedMove.objects.get().is_open
    receipt = reverse_receipt(receipt, date=DAY, reason="wrong goods", by=trade.books.by)
    assert receipt.status == Receipt.Status.REVERSED
    assert ItemValuation.objects.get(item=item).value == 0
    assert trade.books.balance("2050") == trade.books.balance("1300") == 0
    assert (ExpectedMove.objects.get().quantity_done, ExpectedMove.objects.get().is_open) == (
        0,
        True,
    )
    assert unbilled_lines(trade.books.company, at=DAY) == []
    with pytest.raises(InvalidTransition):
        reverse_receipt(receipt, date=DAY, reason="again", by=trade.books.by)
    trade.receive(order, "10", lots=["L2"])


def test_what_is_used_is_not_sent_back(trade: Trade) -> None:
    item = trade.item("average")
    receipt = trade.stocked(item, "10", "3")
    customer = Location.objects.get(kind="customer")
    post_moves(
        trade.books.company, [Move(item.pk, D(1), trade.stock, customer)],
        source=item, date=DAY, journal="INV", by=trade.books.by,
    )  # fmt: skip
    trade.stocked(item, "10", "3")
    before = written()
    with pytest.raises(BusinessError) as refusal:
        reverse_receipt(receipt, date=DAY, reason="no", by=trade.books.by)
    assert refusal.value.code == "already_used"
    receipt.refresh_from_db()
    assert (receipt.status, written()) == ("posted", before)


@pytest.mark.parametrize("size", [1, 10, 100])
def test_seventeen_statements_however_many_lines(trade: Trade, size: int) -> None:
    items = [trade.item("average", tracking="lot") for _ in range(size)]
    for item in items:
        trade.stocked(item, "1", "1", lots=[f"old {item.pk}"])
    order = trade.ordered(*(OrderLine(item, D(5), D(2)) for item in items))
    order.lines.all()
    lines = [
        Delivered(line, D(5), trade.stock, lot_code=f"L{line.pk}", supplier_lot="S")
        for line in order.lines.all()
    ]
    clerk = type(trade.books.by).objects.get(pk=trade.books.by.pk)
    clerk.is_superuser = False
    spent, _receipt = statements(
        lambda: (
            clerk.has_perm("supply_chain.add_receipt"),
            receive(order, lines=lines, date=DAY, by=clerk),
        )
    )
    assert spent <= 17

"""Returns to suppliers: drafted, shipped at the receipt's price, credited, taken back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.finance.close_checks import close_checks
from apps.finance.models import Invoice, Period
from apps.finance.services.invoices import reverse_invoice
from apps.inventory.models import ItemValuation, Location, StockBalance, StockMove
from apps.inventory.services.lots import hold_lots, reject_lots
from apps.inventory.services.moves import Move, post_moves
from apps.quality.models import Inspection, Nonconformance
from apps.quality.services.deciding import decide_inspection
from apps.quality.services.dispositions import (
    Decision,
    disposition_nonconformance,
    reopen_nonconformance,
)
from apps.quality.services.nonconformances import review_nonconformance
from apps.supply_chain.models import Receipt, SupplierReturn
from apps.supply_chain.queries.grni import unbilled_lines
from apps.supply_chain.queries.supplier_returns import notes_of_return
from apps.supply_chain.services.billable_lines import BilledLine
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.receipts import reverse_receipt
from apps.supply_chain.services.supplier_return_credits import credit_supplier_return
from apps.supply_chain.services.supplier_return_lines import GoingBack
from apps.supply_chain.services.supplier_returns import (
    cancel_supplier_return,
    close_supplier_return,
    create_supplier_return,
    return_nonconformance,
    return_receipt,
    reverse_supplier_return,
    ship_supplier_return,
    update_supplier_return,
)
from tests.quality.plant import make_laboratory
from tests.supply_chain.test_bills import balances, bill
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, statements
from tests.support.unchanged import nothing_written

D = Decimal
CODES = ("1300", "2050", "2000")


def drafted(trade: Trade, *lines: GoingBack, **values: Any) -> SupplierReturn:
    values = {"partner": trade.supplier, "reason": "scratched", **values}
    return create_supplier_return(
        trade.books.company, site=trade.books.site, lines=lines, by=trade.books.by, **values
    )


def sent(trade: Trade, receipt: Receipt, *quantities: str, on: date = DAY) -> SupplierReturn:
    """So much of each line of a receipt, shipped."""
    lines = receipt.lines.order_by("pk")
    going = [GoingBack(line, D(q)) for line, q in zip(lines, quantities, strict=False)]
    return ship_supplier_return(drafted(trade, *going), date=on, by=trade.books.by)


def credited(
    trade: Trade, document: SupplierReturn, reference: str = "CN-1"
) -> tuple[SupplierReturn, list[Invoice]]:
    document = credit_supplier_return(document, reference=reference, date=DAY, by=trade.books.by)
    return document, notes_of_return(document.pk)


def test_what_goes_back_is_owed_until_it_is_credited(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "5")
    bill(trade, receipt)
    document = drafted(trade, GoingBack(receipt.lines.get(), D(4)))
    assert (document.status, document.number[:3]) == ("draft", "SR-")
    assert balances(trade, *CODES) == (50, 0, -50)
    document = ship_supplier_return(document, date=DAY, by=trade.books.by)
    assert balances(trade, *CODES) == (30, 20, -50)
    [owed] = unbilled_lines(trade.books.company, at=DAY)
    assert (owed.received, owed.billed, owed.open_value) == (6, 10, -20)
    assert_reconciled()
    with pytest.raises(BusinessError) as refusal:
        close_supplier_return(document, by=trade.books.by)
    assert refusal.value.code == "credit_owed"
    document, [note] = credited(trade, document)
    assert (document.status, note.kind, note.total) == ("credited", "bill_credit", 20)
    assert balances(trade, *CODES) == (30, 0, -30)
    assert unbilled_lines(trade.books.company, at=DAY) == []
    assert_reconciled()


def test_a_reversed_credit_is_owed_again(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "5")
    bill(trade, receipt)
    document, [note] = credited(trade, sent(trade, receipt, "4"))
    reverse_invoice(note, date=DAY, reason="not agreed", by=trade.books.by)
    document.refresh_from_db()
    assert document.status == "shipped"
    assert balances(trade, *CODES) == (30, 20, -50)
    document, notes = credited(trade, document, "CN-2")
    assert (document.status, [one.status for one in notes]) == (
        "credited",
        ["reversed", "posted"],
    )
    assert_reconciled()


def test_thirds_go_back_to_the_cent_whoever_sends_them(trade: Trade) -> None:
    """1.00 for three: a third by quality's decision, two by returns: nothing stays behind."""
    lab = make_laboratory(trade)
    item = trade.item("average", code="BOLT", tracking="lot")
    lab.plan(item)
    receipt = trade.stocked(item, "3", "0.333333", lots=["L1"])
    inspection = lab.measure(Inspection.objects.get(), 1)
    decide_inspection(inspection, by=trade.books.by)
    ncr = review_nonconformance(Nonconformance.objects.get(), by=trade.books.by)
    disposition_nonconformance(
        ncr,
        decisions=[Decision("return", D(1)), Decision("use_as_is", D(2), note="fits")],
        date=DAY,
        by=lab.reviewer,
    )
    assert balances(trade, "1300", "2050") == (D("0.67"), D("-0.67"))
    sent(trade, receipt, "1")
    assert balances(trade, "1300", "2050") == (D("0.33"), D("-0.33"))
    assert_reconciled()
    sent(trade, receipt, "1")
    assert balances(trade, "1300", "2050") == (0, 0)
    assert unbilled_lines(trade.books.company, at=DAY) == []
    assert_reconciled()


def test_stock_loses_what_its_formula_says_the_rest_is_a_price_variance(trade: Trade) -> None:
    """Average: 10 at 4 and 10 at 8; five of the dear ones go back: 40 cleared, 30 leaves stock."""
    item = trade.item("average")
    trade.stocked(item, "10", "4")
    receipt = trade.stocked(item, "10", "8")
    assert balances(trade, "1300", "2050") == (120, -120)
    sent(trade, receipt, "5")
    assert balances(trade, "1300", "2050", "5200") == (90, -80, -10)
    assert ItemValuation.objects.get(item=item).value == 90
    assert_reconciled()


def test_a_standard_cost_item_leaves_at_standard(trade: Trade) -> None:
    from apps.inventory.services.cost_adjustments import change_standard_costs

    item = trade.item("standard")
    change_standard_costs(
        trade.books.company, {item: D(9)}, source=item, date=DAY, by=trade.books.by
    )
    receipt = trade.stocked(item, "10", "10")
    assert balances(trade, "1300", "5200", "2050") == (90, 10, -100)
    sent(trade, receipt, "10")
    assert balances(trade, "1300", "5200", "2050") == (0, 0, 0)
    assert_reconciled()


def test_what_was_never_billed_needs_no_credit(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "5")
    document = sent(trade, receipt, "4")
    with pytest.raises(BusinessError) as refusal:
        credit_supplier_return(document, reference="CN", date=DAY, by=trade.books.by)
    assert refusal.value.code == "nothing_owed"
    assert close_supplier_return(document, by=trade.books.by).status == "closed"
    invoice = bill(trade, receipt)
    assert invoice.total == 30
    assert balances(trade, *CODES) == (30, 0, -30)
    assert_reconciled()


def test_only_what_was_billed_beyond_what_is_kept_is_credited(trade: Trade) -> None:
    """10 came, 6 are billed, 7 go back: 3 are kept, so 3 are owed, from the two bills."""
    receipt = trade.stocked(trade.item(), "10", "5")
    line = receipt.lines.get()
    bill(trade, receipt, BilledLine(line, D(4)))
    bill(trade, receipt, BilledLine(line, D(2)))
    _document, notes = credited(trade, sent(trade, receipt, "7"))
    assert [note.total for note in notes] == [15]
    assert balances(trade, *CODES) == (15, 0, -15)
    assert_reconciled()


def test_two_bills_get_a_note_each(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "5")
    line = receipt.lines.get()
    first = bill(trade, receipt, BilledLine(line, D(4)))
    second = bill(trade, receipt, BilledLine(line, D(6)))
    _document, notes = credited(trade, sent(trade, receipt, "10"), "CN-7")
    assert [(note.credits, note.total, note.reference) for note in notes] == [
        (first, 20, "CN-7"),
        (second, 30, f"CN-7 / {second.number}"),
    ]
    assert balances(trade, *CODES) == (0, 0, 0)
    assert_reconciled()


def test_boxes_go_back_as_pieces(trade: Trade) -> None:
    item = trade.item()
    order = trade.ordered(OrderLine(item, D(2), D(30), unit=trade.box_of(item, 12)))
    receipt = trade.receive(order, "2")
    bill(trade, receipt)
    _document, [note] = credited(trade, sent(trade, receipt, "6"))
    assert (note.lines.get().quantity, note.total) == (D("0.5"), 15)
    assert balances(trade, *CODES) == (45, 0, -45)
    assert_reconciled()


def test_serials_go_back_one_by_one(trade: Trade) -> None:
    item = trade.item(tracking="serial")
    order = trade.ordered(OrderLine(item, D(2), D(7)))
    [line] = order.lines.all()
    from apps.supply_chain.services.receipts import Delivered, receive

    receipt = receive(
        order,
        lines=[Delivered(line, D(1), trade.stock, lot_code=code) for code in ("S1", "S2")],
        date=DAY,
        by=trade.books.by,
    )
    first, second = receipt.lines.order_by("pk")
    document = ship_supplier_return(
        drafted(trade, GoingBack(second, D(1))), date=DAY, by=trade.books.by
    )
    assert document.lines.get().lot == second.lot
    left = StockBalance.objects.filter(item=item, quantity__gt=0)
    assert [row.lot.code for row in left if row.lot] == ["S1"]
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        drafted(trade, GoingBack(first, D(1)), GoingBack(second, D(1)))
    assert (refusal.value.code, refusal.value.row) == ("over_return", 1)
    assert_reconciled()


def test_what_quality_decided_travels_and_is_credited(trade: Trade) -> None:
    lab = make_laboratory(trade)
    item = trade.item("average", code="BOLT", tracking="lot")
    lab.plan(item)
    receipt = trade.stocked(item, "100", "2", lots=["L1"])
    bill(trade, receipt)
    inspection = lab.measure(Inspection.objects.get(), 1)
    decide_inspection(inspection, by=trade.books.by)
    ncr = review_nonconformance(Nonconformance.objects.get(), by=trade.books.by)
    disposition_nonconformance(
        ncr,
        decisions=[Decision("return", D(60)), Decision("use_as_is", D(40), note="fits")],
        date=DAY,
        by=lab.reviewer,
    )
    moves = StockMove.objects.count()
    document = return_nonconformance(ncr, by=trade.books.by)
    line = document.lines.get()
    assert (line.quantity, line.receipt_line, line.lot) == (
        60,
        receipt.lines.get(),
        receipt.lines.get().lot,
    )
    with pytest.raises(BusinessError) as refusal:
        return_nonconformance(ncr, by=trade.books.by)
    assert refusal.value.code == "nothing_decided"
    document = ship_supplier_return(document, date=DAY, by=trade.books.by)
    assert StockMove.objects.count() == moves
    document, [note] = credited(trade, document)
    assert note.total == 120
    assert balances(trade, *CODES) == (80, 0, -80)
    assert_reconciled()


def test_a_decision_stands_while_its_goods_are_on_their_way(trade: Trade) -> None:
    lab = make_laboratory(trade)
    item = trade.item("average", code="BOLT", tracking="lot")
    lab.plan(item)
    trade.stocked(item, "10", "2", lots=["L1"])
    inspection = lab.measure(Inspection.objects.get(), 1)
    decide_inspection(inspection, by=trade.books.by)
    ncr = review_nonconformance(Nonconformance.objects.get(), by=trade.books.by)
    ncr = disposition_nonconformance(
        ncr, decisions=[Decision("return", D(10))], date=DAY, by=lab.reviewer
    )
    document = return_nonconformance(ncr, by=trade.books.by)
    document = ship_supplier_return(document, date=DAY, by=trade.books.by)
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        reopen_nonconformance(ncr, reason="mixed up", date=DAY, by=trade.books.by)
    assert refusal.value.code == "on_its_way"
    reverse_supplier_return(document, date=DAY, reason="refused", by=trade.books.by)
    assert balances(trade, "1300", "2050") == (0, 0)
    reopen_nonconformance(ncr, reason="it is back", date=DAY, by=trade.books.by)
    assert balances(trade, "1300", "2050") == (20, -20)
    assert_reconciled()


def test_a_decision_taken_back_does_not_ship(trade: Trade) -> None:
    lab = make_laboratory(trade)
    item = trade.item("average", code="BOLT", tracking="lot")
    lab.plan(item)
    trade.stocked(item, "10", "2", lots=["L1"])
    inspection = lab.measure(Inspection.objects.get(), 1)
    decide_inspection(inspection, by=trade.books.by)
    ncr = review_nonconformance(Nonconformance.objects.get(), by=trade.books.by)
    ncr = disposition_nonconformance(
        ncr, decisions=[Decision("return", D(10))], date=DAY, by=lab.reviewer
    )
    document = return_nonconformance(ncr, by=trade.books.by)
    reopen_nonconformance(ncr, reason="mixed up", date=DAY, by=trade.books.by)
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        ship_supplier_return(document, date=DAY, by=trade.books.by)
    assert (refusal.value.code, refusal.value.row) == ("not_returned", 0)
    cancel_supplier_return(document, reason="mixed up", by=trade.books.by)
    assert_reconciled()


def test_taken_back_it_is_as_before(trade: Trade) -> None:
    receipt = trade.stocked(trade.item("average"), "10", "5")
    document = sent(trade, receipt, "10")
    assert balances(trade, "1300", "2050") == (0, 0)
    with pytest.raises(BusinessError) as refusal:
        reverse_receipt(receipt, date=DAY, reason="wrong", by=trade.books.by)
    assert refusal.value.code == "returned"
    document = reverse_supplier_return(document, date=DAY, reason="refused", by=trade.books.by)
    assert document.status == "reversed"
    assert balances(trade, "1300", "2050") == (50, -50)
    again = sent(trade, receipt, "3")
    assert balances(trade, "1300", "2050") == (35, -35)
    with pytest.raises(InvalidTransition):
        reverse_supplier_return(document, date=DAY, reason="again", by=trade.books.by)
    reverse_supplier_return(again, date=DAY, reason="refused", by=trade.books.by)
    assert balances(trade, "1300", "2050") == (50, -50)
    assert_reconciled()


def test_all_of_a_receipt_in_one_step(trade: Trade) -> None:
    one, two = trade.item(), trade.item(tracking="lot")
    order = trade.ordered(OrderLine(one, D(10), D(5)), OrderLine(two, D(4), D(3)))
    receipt = trade.receive(order, "10", "4", lots=["", "L1"])
    sent(trade, receipt, "6")
    document = return_receipt(receipt, reason="all of it", by=trade.books.by)
    assert [line.quantity for line in document.lines.all()] == [4, 4]
    ship_supplier_return(document, date=DAY, by=trade.books.by)
    with pytest.raises(BusinessError) as refusal:
        return_receipt(receipt, reason="more", by=trade.books.by)
    assert refusal.value.code == "nothing_left"
    assert_reconciled()


def test_a_draft_is_changed_as_a_whole(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "5")
    line = receipt.lines.get()
    document = drafted(trade, GoingBack(line, D(1)))
    document = update_supplier_return(
        document,
        lines=[GoingBack(line, D(2)), GoingBack(line, D(3))],
        supplier_reference="RMA-5",
        by=trade.books.by,
    )
    rows = [(row.position, row.quantity) for row in document.lines.all()]
    assert rows == [(10, 2), (20, 3)]
    other = trade.books.partner("OTHER")
    with nothing_written(), pytest.raises(InvalidInput) as refusal:
        update_supplier_return(document, partner=other, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("other_partner", "receipt_line")


@pytest.mark.parametrize(
    "case",
    [
        "over_return quantity",
        "not_positive quantity",
        "required receipt_line",
        "no_lines lines",
        "reason_required reason",
        "wrong_partner partner",
        "other_partner receipt_line",
        "wrong_location location",
        "never_stocked receipt_line",
        "not_received receipt_line",
    ],
)
def test_what_can_not_go_back_is_named_and_not_written(trade: Trade, case: str) -> None:
    from tests.support.budgets import cost_centre

    code, field = case.split()
    receipt = trade.stocked(trade.item(), "10", "5")
    line = receipt.lines.get()
    customer = Location.objects.get(kind="customer")
    no_supplier = trade.books.partner("CUS-2", is_supplier=False)
    other = trade.books.partner("OTHER")
    if code == "never_stocked":
        centre = cost_centre(trade.books, "LINE-1")
        order = trade.ordered(OrderLine(trade.item(), D(1), D(5), cost_object=centre))
        line = trade.receive(order, "1").lines.get()
    if code == "not_received":
        reverse_receipt(receipt, date=DAY, reason="wrong", by=trade.books.by)
    lines = {
        "over_return": [GoingBack(line, D("10.000001"))],
        "not_positive": [GoingBack(line, D(0))],
        "required": [GoingBack(quantity=D(1))],
        "no_lines": [],
        "wrong_location": [GoingBack(line, D(1), customer)],
    }.get(code, [GoingBack(line, D(1))])
    values = {
        "reason_required": {"reason": " "},
        "wrong_partner": {"partner": no_supplier},
        "other_partner": {"partner": other},
    }.get(code, {})
    with nothing_written(), pytest.raises((InvalidInput, BusinessError)) as refusal:
        drafted(trade, *lines, **values)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_shipping_refuses_what_is_not_there(trade: Trade) -> None:
    plain, tracked = trade.item(), trade.item(tracking="lot")
    order = trade.ordered(OrderLine(plain, D(10), D(5)), OrderLine(tracked, D(4), D(3)))
    receipt = trade.receive(order, "10", "4", lots=["", "L1"])
    first, second = receipt.lines.order_by("pk")
    document = drafted(trade, GoingBack(first, D(6)), GoingBack(second, D(4)))
    with nothing_written(), pytest.raises(InvalidInput) as early:
        ship_supplier_return(document, date=DAY - timedelta(days=1), by=trade.books.by)
    assert (early.value.code, early.value.field) == ("before_receipt", "date")
    customer = Location.objects.get(kind="customer")
    post_moves(
        trade.books.company,
        [Move(tracked.pk, D(1), trade.stock, customer, lot=second.lot)],
        source=trade.stock,
        date=DAY,
        journal="INV",
        by=trade.books.by,
    )
    with nothing_written(), pytest.raises(BusinessError) as short:
        ship_supplier_return(document, date=DAY, by=trade.books.by)
    assert (short.value.code, short.value.row) == ("insufficient_stock", 1)
    sent(trade, receipt, "5")
    with nothing_written(), pytest.raises(BusinessError) as more:
        ship_supplier_return(document, date=DAY, by=trade.books.by)
    assert (more.value.code, more.value.row) == ("over_return", 0)


def test_the_close_does_not_wait_for_a_bill_of_what_went_back(trade: Trade) -> None:
    period = Period.objects.get(fiscal_year=trade.books.year, starts_on=date(2026, 3, 1))
    check = close_checks()["grni"]
    receipt = trade.stocked(trade.item(), "10", "5")
    assert [row["amount"] for row in check.run(period)] == [50]
    sent(trade, receipt, "4")
    assert [(row["amount"], row["open_quantity"]) for row in check.run(period)] == [(30, 6)]
    sent(trade, receipt, "6")
    assert check.run(period) == []


@pytest.mark.parametrize("many", [10, 100])
def test_shipping_takes_as_many_statements_for_any_number_of_lines(trade: Trade, many: int) -> None:
    order = trade.ordered(*(OrderLine(trade.item(), D(2), D(5)) for _line in range(many)))
    receipt = trade.receive(order, *["2"] * many)
    document = drafted(trade, *(GoingBack(line, D(1)) for line in receipt.lines.all()))
    spent, _sent = statements(lambda: ship_supplier_return(document, date=DAY, by=trade.books.by))
    assert spent <= 24


def test_a_held_lot_goes_back_by_quality_only(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(tracking="lot"), "10", "5", lots=["L1"])
    line = receipt.lines.get()
    assert line.lot is not None
    hold_lots([line.lot], reason="looked odd", by=trade.books.by)
    document = drafted(trade, GoingBack(line, D(4)))
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        ship_supplier_return(document, date=DAY, by=trade.books.by)
    assert (refusal.value.code, refusal.value.row) == ("stock_blocked", 0)
    reject_lots([line.lot], reason="broken", by=trade.books.by)
    assert ship_supplier_return(document, date=DAY, by=trade.books.by).status == "shipped"
    assert_reconciled()

"""Supplier bills: the three-way match, where price differences go, reversal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import Invoice, JournalEntry
from apps.finance.services.approvals import create_limit
from apps.finance.services.chart import set_posting_rule
from apps.finance.services.invoices import reverse_invoice
from apps.finance.services.payments import Allocation, post_payment
from apps.finance.services.policies import create_policy
from apps.inventory.models import ItemValuation, Location, StockMove
from apps.inventory.services.cost_adjustments import change_standard_costs
from apps.inventory.services.moves import Move, post_moves
from apps.supply_chain.models import BillMatch, Receipt
from apps.supply_chain.queries.grni import unbilled_lines
from apps.supply_chain.queries.purchase_orders import line_quantities
from apps.supply_chain.services.billable_lines import BilledLine
from apps.supply_chain.services.bills import bill_order, bill_receipts
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.receipts import reverse_receipt
from tests.factories import make_currency, make_user
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, statements

D = Decimal


def bill(trade: Trade, receipt: Receipt, *lines: BilledLine, **values) -> Invoice:
    values.setdefault("reference", f"B{receipt.pk}-{BillMatch.objects.count()}")
    return bill_receipts(
        trade.books.company,
        partner=trade.supplier,
        date=values.pop("date", DAY),
        lines=lines or [BilledLine(line) for line in receipt.lines.all()],
        by=trade.books.by,
        **values,
    )


def balances(trade: Trade, *codes: str) -> tuple[Decimal, ...]:
    return tuple(trade.books.balance(code) for code in codes)


def test_a_bill_at_order_price_clears_what_was_received(trade: Trade) -> None:
    item = trade.item()
    order = trade.ordered(OrderLine(item, D(3), D("12.50"), unit=trade.box_of(item, 10)))
    receipt = trade.receive(order, "3")
    invoice = bill(trade, receipt)
    assert (invoice.kind, invoice.total, invoice.status) == ("supplier", D("37.50"), "posted")
    assert balances(trade, "2050", "2000", "1300") == (0, D("-37.50"), D("37.50"))
    assert line_quantities([order.pk])[0].billed == 30
    assert unbilled_lines(trade.books.company, at=DAY) == []
    assert_reconciled()


def test_partial_bills_share_the_receipt_to_the_cent(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "3", "0.333333")
    line = receipt.lines.get()
    for _part in range(3):
        bill(trade, receipt, BilledLine(line, D(1), D("0.333333")))
    assert trade.books.balance("2050") == 0
    with pytest.raises(BusinessError) as refusal:
        bill(trade, receipt, BilledLine(line, D(1)))
    assert (refusal.value.code, refusal.value.row) == ("over_billed", 0)
    assert_reconciled()


def test_late_cost_follows_the_units(trade: Trade) -> None:
    """S4f in small: 100 at 10, 20 sold, billed at 15: 500 more, of it 100 to cost of sales."""
    item = trade.item("fifo")
    receipt = trade.stocked(item, "100", "10")
    customer = Location.objects.get(kind="customer")
    post_moves(
        trade.books.company, [Move(item.pk, D(20), trade.stock, customer)],
        source=item, date=DAY, journal="INV", by=trade.books.by,
    )  # fmt: skip
    before = list(StockMove.objects.order_by("id").values())
    invoice = bill(
        trade, receipt, BilledLine(receipt.lines.get(), unit_price=D(15)), date=date(2026, 4, 2)
    )
    assert balances(trade, "1300", "5000", "2050", "2000") == (1200, 300, 0, -1500)
    assert ItemValuation.objects.get(item=item).value == 1200
    assert trade.books.balance("1300", date(2026, 3, 31)) == 800
    assert list(StockMove.objects.order_by("id").values()) == before
    assert_reconciled()
    reverse_invoice(invoice, date=date(2026, 4, 3), reason="wrong price", by=trade.books.by)
    assert balances(trade, "1300", "5000", "2050", "2000") == (800, 200, -1000, 0)
    assert_reconciled()
    bill(trade, receipt)
    assert balances(trade, "2050", "2000") == (0, -1000)
    assert_reconciled()


def test_a_cheaper_bill_lowers_cost(trade: Trade) -> None:
    receipt = trade.stocked(trade.item("average"), "10", "5")
    bill(trade, receipt, BilledLine(receipt.lines.get(), unit_price=D(4)))
    assert balances(trade, "1300", "2050", "2000") == (40, 0, -40)
    assert_reconciled()


def test_standard_cost_items_book_a_price_variance(trade: Trade) -> None:
    item = trade.item("standard")
    change_standard_costs(
        trade.books.company, {item: D(9)}, source=item, date=DAY, by=trade.books.by
    )
    receipt = trade.stocked(item, "10", "10")
    assert balances(trade, "1300", "5200") == (90, 10)
    bill(trade, receipt, BilledLine(receipt.lines.get(), unit_price=D("10.50")))
    assert balances(trade, "1300", "5200", "2050", "2000") == (90, 15, 0, -105)
    assert_reconciled()


def test_a_changed_rate_is_an_exchange_difference_not_cost(trade: Trade) -> None:
    trade.books.rate("USD", date(2026, 3, 1), "0.90")
    trade.books.rate("USD", date(2026, 3, 20), "0.95")
    dollar = make_currency("USD")
    item = trade.item()
    order = trade.ordered(
        OrderLine(item, D(10), D("3.33")), OrderLine(item, D(1), D(100)), currency=dollar
    )
    receipt = trade.receive(order, "10", "1")
    assert trade.books.balance("1300") == D("119.97")
    cheap, dear = receipt.lines.all()
    bill(
        trade, receipt, BilledLine(cheap), BilledLine(dear, unit_price=D(110)),
        date=date(2026, 3, 21), freight_amount=D("7.77"),
    )  # fmt: skip
    # 10 dollars more at the receipt's rate are late cost; 143.30 at 0.95 less 128.97 is the rate
    assert balances(trade, "1300", "7200", "2050") == (D("128.97"), D("7.17"), 0)
    assert trade.books.balance("2000") == -(D("151.07") * D("0.95")).quantize(D("0.01"))
    assert_reconciled()
    reverse_invoice(Invoice.objects.get(), date=DAY.replace(day=22), reason="no", by=trade.books.by)
    assert balances(trade, "1300", "7200", "2050") == (D("119.97"), 0, D("-119.97"))
    assert_reconciled()


def test_tax_and_freight_of_the_order_go_with_its_first_bill(trade: Trade) -> None:
    order = trade.ordered(
        OrderLine(trade.item(), D(10), D(10)), tax_amount=D(8), freight_amount=D("2.50")
    )
    trade.receive(order, "4")
    first = bill_order(order, reference="A", date=DAY, by=trade.books.by)
    assert first.total == D("50.50")
    assert balances(trade, "1150", "5060") == (8, D("2.50"))
    trade.receive(order, "6")
    second = bill_order(order, reference="B", date=DAY, by=trade.books.by)
    assert second.total == 60
    with pytest.raises(InvalidInput) as refusal:
        bill_order(order, reference="C", date=DAY, by=trade.books.by)
    assert refusal.value.code == "nothing_to_bill"
    assert_reconciled()


def test_the_bill_clears_the_account_that_the_receipt_was_posted_to(trade: Trade) -> None:
    item = trade.item()
    receipt = trade.stocked(item, "10", "1")
    other = trade.books.account("2050")
    other.pk, other.code = None, "2051"
    other.save_by(trade.books.by)
    set_posting_rule(trade.books.company, role="grni", account=other, by=trade.books.by)
    bill(trade, receipt)
    assert trade.books.balance("2050") == 0


def test_a_bill_is_paid(trade: Trade) -> None:
    invoice = bill(trade, trade.stocked(trade.item(), "10", "1"))
    post_payment(
        trade.books.company,
        direction="out",
        partner=trade.supplier,
        account=trade.books.account("1010"),
        date=DAY,
        amount=D(10),
        allocations=[Allocation(invoice, D(10))],
        by=trade.books.by,
    )
    assert balances(trade, "2000", "1010") == (0, -10)
    assert_reconciled()


def test_what_is_billed_is_not_sent_back_before_the_bill_is_reversed(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "1")
    invoice = bill(trade, receipt)
    with pytest.raises(BusinessError) as refusal:
        reverse_receipt(receipt, date=DAY, reason="no", by=trade.books.by)
    assert refusal.value.code == "billed"
    reverse_invoice(invoice, date=DAY, reason="no", by=trade.books.by)
    reverse_receipt(receipt, date=DAY, reason="no", by=trade.books.by)
    assert balances(trade, "2050", "2000", "1300") == (0, 0, 0)
    assert_reconciled()


def _bad(trade: Trade, case: str) -> tuple[list[BilledLine], dict]:
    receipt = trade.stocked(trade.item(), "10", "1")
    line = receipt.lines.get()
    reversed_ = trade.stocked(trade.item(), "10", "1")
    reverse_receipt(reversed_, date=DAY, reason="no", by=trade.books.by)
    return {
        "over_billed quantity": ([BilledLine(line, D(6)), BilledLine(line, D(5))], {}),
        "not_positive quantity": ([BilledLine(line, D(1)), BilledLine(line, D(-1))], {}),
        "not_a_number unit_price": (
            [BilledLine(line, D(1)), BilledLine(line, D(1), D("NaN"))], {},
        ),
        "negative unit_price": ([BilledLine(line, D(1)), BilledLine(line, D(1), D(-1))], {}),
        "reversed receipt_line": ([BilledLine(line), BilledLine(reversed_.lines.get())], {}),
        "other_currency receipt_line": ([BilledLine(line)], {"currency": make_currency("USD")}),
        "negative freight_amount": ([BilledLine(line)], {"freight_amount": D(-1)}),
        "nothing_to_bill lines": ([], {}),
    }[case]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "row"),
    [
        ("over_billed quantity", 1),
        ("not_positive quantity", 1),
        ("not_a_number unit_price", 1),
        ("negative unit_price", 1),
        ("reversed receipt_line", 1),
        ("other_currency receipt_line", 0),
        ("negative freight_amount", None),
        ("nothing_to_bill lines", None),
    ],
)
def test_a_bad_bill_is_named_and_nothing_is_written(trade: Trade, case: str, row) -> None:
    code, field = case.split()
    lines, values = _bad(trade, case)
    before = (Invoice.objects.count(), JournalEntry.objects.count(), BillMatch.objects.count())
    with pytest.raises((InvalidInput, BusinessError)) as refusal:
        bill_receipts(
            trade.books.company, partner=trade.supplier, reference="X", date=DAY, lines=lines,
            by=trade.books.by, **values,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, row)
    after = (Invoice.objects.count(), JournalEntry.objects.count(), BillMatch.objects.count())
    assert after == before


def test_another_suppliers_goods_are_not_billed(trade: Trade) -> None:
    receipt = trade.stocked(trade.item(), "10", "1")
    trade.supplier = trade.books.partner("ELSE")
    with pytest.raises(BusinessError) as refusal:
        bill(trade, receipt)
    assert (refusal.value.code, refusal.value.field) == ("other_supplier", "receipt_line")


def test_the_statements_do_not_grow_with_the_lines(trade: Trade) -> None:
    counts = {}
    for size in (10, 100):
        order = trade.ordered(*(OrderLine(trade.item(), D(1), D(5)) for _n in range(size)))
        receipt = trade.receive(order, *["1"] * size)
        lines = [BilledLine(line) for line in receipt.lines.select_related("receipt__order")]
        counts[size], _bill = statements(lambda lines=lines, r=receipt: bill(trade, r, *lines))
    assert counts[10] == counts[100] <= 24


@pytest.mark.parametrize(
    ("limits", "price", "is_refused"),
    [
        ({}, "15", False),
        ({"price_tolerance": D(5)}, "10.50", False),
        ({"price_tolerance": D(5)}, "10.51", True),
        ({"amount_tolerance": D(5)}, "10.50", False),
        ({"amount_tolerance": D(5)}, "10.51", True),
        ({"price_tolerance": D(100), "amount_tolerance": D(1)}, "10.20", True),
        ({"price_tolerance": D(0)}, "9", False),
    ],
)
def test_a_price_beyond_the_tolerance_is_refused(
    trade: Trade, limits: dict[str, D], price: str, is_refused: bool
) -> None:
    create_policy(
        company=trade.books.company, valid_from=date(2026, 1, 1), by=trade.books.by, **limits
    )
    item = trade.item()
    receipt = trade.receive(trade.ordered(OrderLine(item, D(10), D(10))), "10")
    line = BilledLine(receipt.lines.get(), unit_price=D(price))
    if not is_refused:
        assert bill(trade, receipt, line).status == "posted"
        return
    with pytest.raises(BusinessError) as refusal:
        bill(trade, receipt, line)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "beyond_tolerance",
        "unit_price",
        0,
    )
    assert not Invoice.objects.exists()


def test_a_matched_bill_needs_no_approval_of_its_own(trade: Trade) -> None:
    create_limit(
        company=trade.books.company,
        document="bill",
        user=make_user("boss"),
        amount=D(1),
        by=trade.books.by,
    )
    receipt = trade.receive(trade.ordered(OrderLine(trade.item(), D(10), D(10))), "10")
    assert bill(trade, receipt, BilledLine(receipt.lines.get())).status == "posted"


@pytest.mark.parametrize(
    ("limits", "billed", "code"),
    [
        ({}, "100.000001", "over_billed"),
        ({"quantity_tolerance": D(2)}, "102", None),
        ({"quantity_tolerance": D(2)}, "102.01", "beyond_tolerance"),
        ({"quantity_amount_tolerance": D(25)}, "102.5", None),
        ({"quantity_amount_tolerance": D(25)}, "102.51", "beyond_tolerance"),
        (
            {"quantity_tolerance": D(2), "quantity_amount_tolerance": D(10)},
            "102",
            "beyond_tolerance",
        ),
        ({"quantity_tolerance": D(0)}, "101", "beyond_tolerance"),
        ({"price_tolerance": D(50)}, "101", "over_billed"),
    ],
)
def test_more_than_came_is_billed_within_the_tolerance(
    trade: Trade, limits: dict[str, D], billed: str, code: str | None
) -> None:
    """100 came at 10: what the bill asks for more is late cost of the 100, and GRNI is clear."""
    create_policy(
        company=trade.books.company, valid_from=date(2026, 1, 1), by=trade.books.by, **limits
    )
    item = trade.item("fifo")
    receipt = trade.stocked(item, "100", "10")
    line = BilledLine(receipt.lines.get(), D(billed))
    if code is not None:
        with pytest.raises(BusinessError) as refusal:
            bill(trade, receipt, line)
        assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, "quantity", 0)
        assert refusal.value.details == {"open": "100.000000"}
        assert not Invoice.objects.exists()
        assert not BillMatch.objects.exists()
        return
    invoice = bill(trade, receipt, line)
    asked = D(billed) * 10
    assert (invoice.total, invoice.lines.get().quantity) == (asked, D(billed))
    assert balances(trade, "1300", "2050", "2000") == (asked, 0, -asked)
    assert ItemValuation.objects.get(item=item).value == asked
    match = BillMatch.objects.get()
    assert (match.quantity, match.value, match.variance) == (100, 1000, asked - 1000)
    assert unbilled_lines(trade.books.company, at=DAY) == []
    assert_reconciled()
    with pytest.raises(BusinessError) as again:
        bill(trade, receipt, BilledLine(receipt.lines.get(), D(1)))
    assert (again.value.code, again.value.field) == ("over_billed", "quantity")
    reverse_invoice(invoice, date=DAY, reason="counted again", by=trade.books.by)
    assert balances(trade, "1300", "2050", "2000") == (1000, -1000, 0)
    assert_reconciled()


def test_the_last_bill_of_a_standard_cost_item_asks_for_more_than_is_left(trade: Trade) -> None:
    """2 % of the 10 boxes that came: 4 and 6.2 boxes are billed, 0.2 of 30.00 are a variance."""
    create_policy(
        company=trade.books.company,
        valid_from=date(2026, 1, 1),
        quantity_tolerance=D(2),
        by=trade.books.by,
    )
    item = trade.item("standard")
    change_standard_costs(
        trade.books.company, {item: D(3)}, source=item, date=DAY, by=trade.books.by
    )
    order = trade.ordered(OrderLine(item, D(10), D(30), unit=trade.box_of(item, 10)))
    line = trade.receive(order, "10").lines.get()
    bill(trade, line.receipt, BilledLine(line, D(4)))
    bill(trade, line.receipt, BilledLine(line, D("6.2")))
    assert balances(trade, "1300", "5200", "2050", "2000") == (300, 6, 0, -306)
    assert line_quantities([order.pk])[0].billed == 100
    assert_reconciled()


def test_units_that_did_not_come_are_no_exchange_difference(trade: Trade) -> None:
    trade.books.rate("USD", date(2026, 3, 1), "0.90")
    trade.books.rate("USD", date(2026, 3, 20), "0.95")
    create_policy(
        company=trade.books.company,
        valid_from=date(2026, 1, 1),
        quantity_tolerance=D(5),
        by=trade.books.by,
    )
    order = trade.ordered(OrderLine(trade.item(), D(20), D(10)), currency=make_currency("USD"))
    receipt = trade.receive(order, "20")
    bill(trade, receipt, BilledLine(receipt.lines.get(), D(21)), date=date(2026, 3, 21))
    # 21 x 10 x 0.95 owed; 20 x 10 x 0.05 the rate's; 10 dollars at the receipt's rate late cost
    assert balances(trade, "1300", "7200", "2050", "2000") == (
        D(189), D("10.50"), 0, D("-199.50"),
    )  # fmt: skip
    assert_reconciled()

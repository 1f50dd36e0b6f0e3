"""S6: a payable in dollars, revalued at month-end and paid later; the life total is exact."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.finance.queries.open_items import open_items
from apps.finance.services.payments import Allocation, post_payment
from apps.finance.services.revaluations import revalue_currencies
from tests.factories import Books, make_currency
from tests.support.reconciled import assert_reconciled

D = Decimal
BILLED, MONTH_END, NEXT_DAY, PAID = (
    date(2026, 3, 10), date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 15)
)  # fmt: skip


@pytest.mark.parametrize(
    ("reverses_on", "realised"), [(None, D("74.69")), (NEXT_DAY, D("-102.82"))]
)
def test_payable_revalued_and_paid(
    books: Books, reverses_on: date | None, realised: Decimal
) -> None:
    """USD 388 at 94.39 = 36,623.32; 93.9325 at month-end; paid at 94.125 = 36,520.50."""
    supplier = books.partner(currency=make_currency("USD"))
    for on, rate in ((BILLED, "94.39"), (MONTH_END, "93.9325"), (PAID, "94.125")):
        books.rate("USD", on, rate)
    bill = books.posted_invoice("supplier", supplier, BILLED, "388")
    revaluation = revalue_currencies(
        books.company, date=MONTH_END, reverses_on=reverses_on, by=books.by
    )
    [first, *_rest] = revaluation.lines.order_by("id")
    assert (first.invoice, first.rate, first.difference) == (bill, D("93.9325"), D("177.51"))
    # a payable gains when the rate falls: income is a credit, below zero
    assert books.balance("7210", MONTH_END) == D("-177.51")
    assert books.balance("2000", MONTH_END) == D("-36445.81")
    [item] = open_items(books.company, kind="supplier", at=MONTH_END)
    assert item.open_company == D("36445.81")

    post_payment(
        books.company, direction="out", partner=supplier, account=books.account("1020"),
        date=PAID, amount=D("388"), allocations=[Allocation(bill, D("388"))], by=books.by,
    )  # fmt: skip
    assert books.balance("1020") == D("-36520.50")
    assert books.balance("2000") == 0
    assert books.balance("7200") == realised
    assert books.balance("7200") + books.balance("7210") == D("-102.82")
    assert open_items(books.company, kind="supplier", at=PAID) == []
    assert_reconciled()

"""Purchase orders against their budgets: what is left, who is refused, and who was first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError
from apps.finance.models import BudgetOverrun, CostObject
from apps.finance.queries.budgets import Figures, budget_figures, periods_of
from apps.inventory.models import ExpectedMove
from apps.supply_chain.models import PurchaseOrder
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    cancel_purchase_order,
    close_purchase_order,
    confirm_purchase_order,
    confirm_purchase_orders,
    reopen_purchase_order,
)
from tests.factories import make_books, make_currency
from tests.support.budgets import approved, charged, cost_centre
from tests.support.races import errors, together
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, make_trade

D = Decimal
#: Where goods for a cost object are posted.
ACCOUNT = "5070"


@pytest.fixture
def centre(trade: Trade) -> CostObject:
    return cost_centre(trade.books, "CC1")


def order_of(trade: Trade, centre: CostObject | None, amount: str, **values: Any) -> PurchaseOrder:
    line = OrderLine(trade.item(), D(1), D(amount), cost_object=centre)
    return trade.order(line, **values)


def figures(trade: Trade, budget: Any, centre: CostObject | None, month: int = 3) -> Figures:
    found = budget_figures(budget, periods_of(trade.books.year))
    period = trade.books.year.periods.get(number=month)
    cell = (trade.books.account(ACCOUNT).pk, centre.pk if centre else None)
    return found[cell].get(period.pk, Figures())


def test_an_order_beyond_its_budget_is_refused_with_the_figures(
    trade: Trade, centre: CostObject
) -> None:
    budget = approved(trade.books, (ACCOUNT, 3, "1000", centre), policy="refuse")
    charged(trade.books, DAY, ACCOUNT, "300", centre)
    confirm_purchase_order(order_of(trade, centre, "400"), by=trade.books.by)
    late = order_of(trade, centre, "300.01")
    with pytest.raises(BusinessError) as refusal:
        confirm_purchase_order(late, by=trade.books.by)
    error = refusal.value
    assert (error.code, error.field, error.row, error.status) == (
        "budget_exceeded",
        "lines",
        None,
        409,
    )
    assert error.details == {
        "budget": budget.number,
        "account": ACCOUNT,
        "cost_object": "CC1",
        "period": "2026-12",
        "planned": "1000.00",
        "posted": "300.00",
        "ordered": "400.00",
        "wanted": "300.01",
        "missing": "0.01",
    }
    for figure in ("1000.00", "300.00", "400.00", "300.01", "0.01", f"{ACCOUNT} / CC1"):
        assert figure in error.message
    late.refresh_from_db()
    assert late.status == "draft"
    assert not ExpectedMove.objects.filter(source_id__in=late.lines.values("pk")).exists()
    assert not BudgetOverrun.objects.exists()
    confirm_purchase_order(order_of(trade, centre, "300"), by=trade.books.by)
    assert figures(trade, budget, centre).rest == 0


def test_a_budget_that_warns_lets_it_through_with_a_note(trade: Trade, centre: CostObject) -> None:
    budget = approved(trade.books, (ACCOUNT, 3, "100", centre), policy="warn")
    order = confirm_purchase_order(order_of(trade, centre, "150"), by=trade.books.by)
    assert order.status == "confirmed"
    [note] = BudgetOverrun.objects.all()
    assert (note.source, note.budget, note.cost_object) == (order, budget, centre)
    assert (note.planned, note.posted, note.ordered, note.wanted) == (100, 0, 0, 150)
    confirm_purchase_order(order_of(trade, None, "9999"), by=trade.books.by)
    assert BudgetOverrun.objects.count() == 1


def test_a_budget_that_does_not_check_and_goods_that_none_has(
    trade: Trade, centre: CostObject
) -> None:
    approved(trade.books, (ACCOUNT, 3, "100", centre), policy="ignore")
    confirm_purchase_order(order_of(trade, centre, "150"), by=trade.books.by)
    assert not BudgetOverrun.objects.exists()


def test_only_what_has_a_budget_needs_a_rate(trade: Trade, centre: CostObject) -> None:
    """Goods in a currency without a rate yet are none of the budget's business."""
    approved(trade.books, (ACCOUNT, 3, "100", centre), policy="refuse")
    dollar = make_currency("USD")
    order = order_of(trade, None, "9999", currency=dollar)
    assert confirm_purchase_order(order, by=trade.books.by).status == "confirmed"
    charged_to_centre = order_of(trade, centre, "50", currency=dollar)
    with pytest.raises(BusinessError) as refusal:
        confirm_purchase_order(charged_to_centre, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("no_exchange_rate", "currency")
    charged_to_centre.refresh_from_db()
    assert charged_to_centre.status == "draft"


def test_what_comes_is_posted_and_no_longer_ordered(trade: Trade, centre: CostObject) -> None:
    budget = approved(trade.books, (ACCOUNT, 3, "1000", centre), policy="refuse")
    line = OrderLine(trade.item(), D(10), D("12.34"), cost_object=centre)
    order = confirm_purchase_order(trade.order(line), by=trade.books.by)
    assert figures(trade, budget, centre) == Figures(D(1000), D(0), D("123.40"))
    trade.receive(order, "4")
    assert figures(trade, budget, centre) == Figures(D(1000), D("49.36"), D("74.04"))
    order = close_purchase_order(order, by=trade.books.by)
    assert figures(trade, budget, centre) == Figures(D(1000), D("49.36"), D(0))
    charged(trade.books, DAY, ACCOUNT, "900", centre)
    with pytest.raises(BusinessError) as refusal:
        reopen_purchase_order(order, reason="More", by=trade.books.by)
    assert refusal.value.details["wanted"] == "74.04"
    assert refusal.value.details["missing"] == "23.40"
    charged(trade.books, DAY, ACCOUNT, "-23.40", centre)
    reopen_purchase_order(order, reason="More", by=trade.books.by)
    assert figures(trade, budget, centre).rest == 0
    assert_reconciled()


def test_a_cancelled_order_gives_its_budget_back(trade: Trade, centre: CostObject) -> None:
    budget = approved(trade.books, (ACCOUNT, 3, "100", centre), policy="refuse")
    order = confirm_purchase_order(order_of(trade, centre, "100"), by=trade.books.by)
    cancel_purchase_order(order, reason="No", by=trade.books.by)
    assert figures(trade, budget, centre).rest == 100


@pytest.mark.parametrize(
    ("span", "passes"),
    [("period", {3: "100"}), ("to_date", {3: "200"}), ("year", {3: "1000"})],
)
def test_the_rest_is_counted_over_the_span(
    trade: Trade, centre: CostObject, span: str, passes: dict[int, str]
) -> None:
    rows = [(ACCOUNT, 2, "100", centre), (ACCOUNT, 3, "100", centre), (ACCOUNT, 9, "800", centre)]
    approved(trade.books, *rows, policy="refuse", span=span)
    [limit] = passes.values()
    more = str(D(limit) + D("0.01"))
    with pytest.raises(BusinessError) as refusal:
        confirm_purchase_order(order_of(trade, centre, more), by=trade.books.by)
    assert refusal.value.details["planned"] == f"{limit}.00"
    confirm_purchase_order(order_of(trade, centre, limit), by=trade.books.by)


def test_foreign_orders_count_at_the_rate_of_their_day(trade: Trade, centre: CostObject) -> None:
    budget = approved(trade.books, (ACCOUNT, 3, "100", centre), policy="refuse")
    usd = make_currency("USD")
    with pytest.raises(BusinessError) as refusal:
        confirm_purchase_order(order_of(trade, centre, "100", currency=usd), by=trade.books.by)
    assert refusal.value.code == "no_exchange_rate"
    trade.books.rate("USD", date(2026, 3, 1), "0.9")
    confirm_purchase_order(order_of(trade, centre, "100", currency=usd), by=trade.books.by)
    assert figures(trade, budget, centre).ordered == 90


def test_orders_confirmed_together_do_not_take_the_same_rest(
    trade: Trade, centre: CostObject
) -> None:
    approved(trade.books, (ACCOUNT, 3, "100", centre), policy="refuse")
    orders = [order_of(trade, centre, "60"), order_of(trade, centre, "60")]
    with pytest.raises(BusinessError) as refusal:
        confirm_purchase_orders(orders, by=trade.books.by)
    assert (refusal.value.code, refusal.value.row) == ("budget_exceeded", 1)
    assert refusal.value.details["ordered"] == "60.00"
    assert not PurchaseOrder.objects.filter(status="confirmed").exists()


@pytest.mark.reliability
@pytest.mark.slow
def test_two_approvals_at_once_never_pass_the_same_rest(transactional_db: None) -> None:
    trade = make_trade(make_books())
    centres = [cost_centre(trade.books, f"CC{n}") for n in range(2)]
    budget = approved(
        trade.books, *((ACCOUNT, 3, "100", centre) for centre in centres), policy="refuse"
    )
    orders = []
    for number in range(8):  # each asks both cells, in either order
        lines = [
            OrderLine(trade.item(), D(1), D(30), cost_object=centre)
            for centre in (centres if number % 2 else centres[::-1])
        ]
        orders.append(trade.order(*lines))

    results = together(lambda n: confirm_purchase_order(orders[n], by=trade.books.by))
    refused = errors(results)
    assert all(isinstance(error, BusinessError) for error in refused), refused
    assert {error.code for error in refused} == {"budget_exceeded"}
    assert len(refused) == 5
    for centre in centres:
        assert figures(trade, budget, centre).ordered == 90
    assert_reconciled()

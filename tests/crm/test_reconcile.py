"""Every invariant of sales finds the break it is there for, and nothing in a sound chain.

The breaks are made by a superuser with triggers off: nobody else can.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from apps.core.reconcile import invariants, reconcile
from apps.crm import reconcile as crm_invariants
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.leads import convert_lead, qualify_lead
from apps.crm.services.quotation_lines import QuotedLine
from apps.crm.services.quotation_orders import order_quotation
from apps.crm.services.return_settlement import credit_return
from apps.crm.services.returns import (
    Inspected,
    ReturnedLine,
    approve_return,
    inspect_return,
    receive_return,
)
from apps.crm.services.sales_orders import OrderLine
from tests.crm.sales import (
    lead,
    price_list,
    quarantine,
    quote,
    returned,
    rule,
    sent,
    shipped_order,
    stage,
)
from tests.factories import Books
from tests.support.connections import superuser
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, make_trade

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal

BREAKS = {
    "invoiced-within-shipped": "UPDATE inventory_expectedmove SET quantity_done = 1",
    "orders-promised": "UPDATE inventory_expectedmove SET quantity = 99",
    "leads-and-opportunities": "UPDATE crm_lead SET status = 'qualified'",
    "stages-and-their-history": "UPDATE crm_opportunity SET probability = 7",
    "price-rules-apart": "UPDATE crm_pricerule SET valid_until = NULL",
    "quotation-versions": "UPDATE crm_quotation SET revision = 3",
    "quotations-and-orders": "UPDATE crm_quotation SET status = 'sent'",
    "quotation-costs": "UPDATE crm_costsheet SET amount = amount + 1",
    "returns-within-shipped": "UPDATE crm_returnline SET quantity = 99",
    "returns-and-moves": "UPDATE crm_returnline SET original_cost = 1",
    "returns-and-credits": "DELETE FROM crm_returncredit",
}


@pytest.fixture
def sound(books: Books) -> None:
    """Some of everything."""
    trade, by = make_trade(books), books.by
    item = trade.item(purchase_price=D(5), sales_price=D(9))
    trade.stocked(item, "20", "5")
    stage(trade)
    convert_lead(qualify_lead(lead(trade), by=by), by=by)
    prices = price_list(trade)
    rule(trade, prices, item=item, unit_price=D(8), valid_until=date(2026, 1, 31))
    rule(trade, prices, item=item, unit_price=D(7), valid_from=date(2026, 2, 1))
    offer = sent(trade, quote(trade, QuotedLine(item, D(3), margin_percent=D(20))))
    order_quotation(offer, by=by)
    order = shipped_order(trade, OrderLine(item, D(4), D(10)), quantities=("4",))
    invoice_order(order, date=DAY, by=by)
    quarantine(trade)
    rma = approve_return(returned(trade, ReturnedLine(order.lines.get(), D(2))), by=by)
    rma = receive_return(rma, date=DAY, by=by)
    findings = [Inspected(line, "keep") for line in rma.lines.all()]
    credit_return(inspect_return(rma, findings=findings, date=DAY, by=by), date=DAY, by=by)


def test_a_sound_chain_has_no_offences(sound: None) -> None:
    assert_reconciled()


def test_every_invariant_of_sales_has_its_break() -> None:
    source = Path(crm_invariants.__file__).read_text()
    ours = {invariant.code for invariant in invariants() if f'"{invariant.code}"' in source}
    assert ours == set(BREAKS)


@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize("code", BREAKS)
def test_a_break_is_found_and_named(sound: None, code: str) -> None:
    with superuser() as tamperer:
        tamperer.execute(BREAKS[code])
    [finding] = reconcile([code])
    assert finding.offences, f"{code} sees nothing"
    assert any(value is not None for value in finding.offences[0].values())

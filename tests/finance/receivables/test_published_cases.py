"""Published cases of receivables through the services that people use."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from apps.crm.models import SalesOrder
from apps.crm.services.sales_orders import (
    OrderLine,
    confirm_sales_order,
    create_sales_order,
)
from apps.finance.models import Invoice
from apps.finance.queries.ageing import ageing, open_instalments
from apps.masterdata.models import Partner
from apps.masterdata.payment_days import Share
from apps.masterdata.services.payment_terms import create_payment_terms
from tests.factories import Books
from tests.finance.receivables.acts import APRIL, MARCH, pay
from tests.support.published import CASES
from tests.support.reconciled import assert_reconciled

PATH = CASES / "03-finance" / "receivables" / "ageing.json"
pytestmark = pytest.mark.skipif(
    not PATH.is_file(), reason="the published cases are not here (MES_ERP_CASES)"
)


def case(code: str) -> dict[str, Any]:
    return next(one for one in json.loads(PATH.read_text()) if one["id"] == code)


def act(books: Books, customer: Partner, step: dict[str, Any]) -> None:
    """What a step says: an invoice in instalments, money for the oldest, an order, an advance."""
    amount = str(step["amount"])
    match step["doc"]:
        case "invoice":
            whole = Decimal(amount)
            terms = create_payment_terms(
                company=books.company,
                code="CASE",
                name="As the case says",
                instalments=[
                    Share(Decimal(part) * 100 / whole, days) for part, days in step["terms"]
                ],
                by=books.by,
            )
            books.posted_invoice("customer", customer, MARCH, amount, payment_terms=terms)
        case "payment":
            [invoice] = _invoices(books)
            pay(books, customer, APRIL, amount, (invoice, amount))
        case "sales order":
            line = OrderLine(books.item(), Decimal(1), unit_price=Decimal(amount))
            draft = create_sales_order(
                books.company, partner=customer, site=books.site, lines=[line], by=books.by
            )
            confirm_sales_order(draft, by=books.by)
        case "payment in advance against the order":
            order = SalesOrder.objects.get(company=books.company)
            pay(books, customer, APRIL, amount, reference=order.number)


def _invoices(books: Books) -> list[Any]:
    return list(Invoice.objects.filter(company=books.company))


@pytest.mark.case("FIN-AR-TERMS")
def test_ageing_by_payment_term(books: Books) -> None:
    customer = books.partner()
    told = case("TERMS")
    for step in told["steps"]:
        act(books, customer, step)
    [invoice] = _invoices(books)
    still = {
        item.due_date: item.open
        for item in open_instalments(books.company, kind="customer", at=APRIL)
    }
    found = [
        {
            "invoiced": part.amount,
            "paid": part.amount - still.get(part.due_date, 0),
            "outstanding": still.get(part.due_date, 0),
        }
        for part in invoice.instalments.all()
    ]
    assert found == told["expected"]
    assert_reconciled()


@pytest.mark.case("FIN-AR-ADVANCE")
def test_an_advance_is_owed_to_the_customer(books: Books) -> None:
    customer = books.partner()
    told = case("ADVANCE")
    for step in told["steps"]:
        act(books, customer, step)
    [row] = ageing(books.company, kind="customer", at=APRIL)
    assert row.total == told["expected"]["outstanding"] == books.balance("1100")
    assert_reconciled()

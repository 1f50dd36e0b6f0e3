"""What tests of receivables do again and again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from apps.finance.models import Invoice, Payment
from apps.finance.queries.ageing import open_instalments
from apps.finance.services.payments import post_payment
from apps.finance.services.settlement import Allocation
from apps.masterdata.models import Partner, PaymentTerms
from apps.masterdata.payment_days import Share
from apps.masterdata.services.payment_terms import create_payment_terms
from tests.factories import Books

D = Decimal
MARCH, APRIL, MAY = date(2026, 3, 10), date(2026, 4, 10), date(2026, 5, 10)


def terms(books: Books, *shares: tuple[str, int], code: str = "T", **values: Any) -> PaymentTerms:
    """Payment terms of shares in percent and days; all at once after 30 days by default."""
    values = {name: D(v) if isinstance(v, str) else v for name, v in values.items()}
    return create_payment_terms(
        company=books.company,
        code=code,
        name=code,
        instalments=[Share(D(percent), days) for percent, days in shares or (("100", 30),)],
        by=books.by,
        **values,
    )


def pay(
    books: Books,
    partner: Partner,
    on: date,
    amount: str,
    *parts: tuple[Any, ...],
    **values: Any,
) -> Payment:
    """Money in, each part an invoice, an amount and perhaps a discount."""
    values.setdefault("direction", "in")
    values.setdefault("account", books.account("1010"))
    return post_payment(
        books.company,
        partner=partner,
        date=on,
        amount=D(amount),
        allocations=[Allocation(invoice, *map(D, figures)) for invoice, *figures in parts],
        by=books.by,
        **values,
    )


def open_parts(books: Books, on: date, kind: str = "customer") -> list[tuple[Decimal, Decimal]]:
    """Amount and what is open of each open instalment, credit note and payment."""
    return [(i.amount, i.open) for i in open_instalments(books.company, kind=kind, at=on)]


def taxed(books: Books) -> dict[str, Any]:
    return {"line": {"tax_code": books.tax_codes["STD"]}}


def total_open(books: Books, invoice: Invoice, on: date) -> Decimal:
    items = open_instalments(books.company, kind=invoice.kind, at=on)
    return sum((i.open for i in items if i.kind == "invoice" and i.id == invoice.pk), D(0))

"""A company and a customer that can be invoiced electronically."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.finance.models import Invoice
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.masterdata.models import Partner
from tests.factories import Books

D = Decimal
DAY = date(2026, 3, 3)
IBAN = "DE02120300000000202051"


@pytest.fixture
def seller(books: Books) -> Books:
    """The books of a company that says all that an invoice must say."""
    company = books.company
    company.tax_number, company.registration_number = "DE123456789", "HRB 4711"
    company.address, company.country = "Mill Lane 1\n10115 Berlin", "DE"
    company.iban, company.bic = "DE02 1203 0000 0000 2020 51", "BYLADEM1001"
    company.electronic_address, company.electronic_address_scheme = "4012345000009", "0088"
    company.save_by(books.by)
    return books


@pytest.fixture
def customer(seller: Books) -> Partner:
    return seller.partner(
        "C-7",
        tax_number="FR40303265045",
        address="Rue de la Paix 3\n75002 Paris",
        country="FR",
        electronic_address="FR40303265045",
        electronic_address_scheme="9957",
        email="bills@example.com",
    )


def billed(books: Books, partner: Partner, **values: object) -> Invoice:
    """A posted invoice: an item with a unit, a service, two rates, a line that takes off."""
    item = books.item("BRK-1")
    standard, reduced = books.tax_codes["STD"], books.tax_codes["RED"]
    lines = values.pop("lines", None) or [
        BillingLine(D("2.5"), D("19.99"), item, "Bracket & <b>bolt</b>", standard),
        BillingLine(D(3), D("33.333333"), None, "Freight", reduced),
        BillingLine(D(1), D("-5.00"), None, "Rebate", standard),
    ]
    draft = draft_invoice(
        books.company, kind="customer", partner=partner, date=DAY, lines=lines,
        reference="PO 4711", by=books.by, **values,
    )  # fmt: skip
    return post_invoice(draft, by=books.by)

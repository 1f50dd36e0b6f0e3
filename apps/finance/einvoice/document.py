"""The semantic model of EN 16931-1: an invoice by its business terms, free of any syntax.

Amounts are decimals of the invoice's currency, rates are percent, dates are days. Empty texts and
``None`` are terms that are not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal

#: BT-24 of the core invoice, without any national or network profile.
SPECIFICATION = "urn:cen.eu:en16931:2017"
INVOICE_TYPE, CREDIT_NOTE_TYPE = "380", "381"
#: Types (BT-3) that are credit notes, whose lines are owed to the buyer.
CREDIT_NOTE_TYPES = frozenset(
    ["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"]
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier and the scheme that gave it, often of ISO/IEC 6523."""

    value: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """BG-5, BG-8, BG-12, BG-15: three lines, city, post code, subdivision, ISO 3166-1 country."""

    country: str
    street: str = ""
    additional: str = ""
    line: str = ""
    city: str = ""
    post_code: str = ""
    subdivision: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """BG-6, BG-9."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Seller (BG-4), buyer (BG-7), payee (BG-10) or tax representative (BG-11).

    ``vat_id`` is BT-31/48/63, ``tax_registration`` BT-32, ``registration`` BT-30/47/61,
    ``endpoint`` the electronic address BT-34/49, ``identifiers`` BT-29/46/60.
    """

    name: str
    trading_name: str = ""
    identifiers: tuple[Identifier, ...] = ()
    registration: Identifier | None = None
    legal_form: str = ""
    vat_id: str = ""
    tax_registration: str = ""
    endpoint: Identifier | None = None
    address: Address | None = None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """BG-14, BG-26; first and last day."""

    start: Date | None = None
    end: Date | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """BG-13: the actual day (BT-72), to whom (BT-70), where (BT-71, BG-15)."""

    date: Date | None = None
    name: str = ""
    location: Identifier | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """BG-17: IBAN or number (BT-84), holder (BT-85), BIC (BT-86)."""

    number: str
    name: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """BG-16: code (BT-81), its text (BT-82), remittance information (BT-83), accounts to pay to;
    mandate (BT-89) and debited account (BT-91) of a direct debit."""

    code: str
    text: str = ""
    remittance: str = ""
    accounts: tuple[Account, ...] = ()
    mandate: str = ""
    debited_account: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """A VAT category of UNCL 5305 and its rate in percent; none for what is outside of VAT."""

    code: str
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AllowanceCharge:
    """BG-20, BG-21 of a document, with a category; BG-27, BG-28 of a line, without one."""

    is_charge: bool
    amount: Decimal
    reason: str = ""
    reason_code: str = ""
    base: Decimal | None = None
    percent: Decimal | None = None
    category: Category | None = None


@dataclass(frozen=True, slots=True)
class TaxRow:
    """BG-23: taxable amount (BT-116), tax (BT-117), category and rate, reason of exemption."""

    category: Category
    taxable: Decimal
    tax: Decimal
    exemption_reason: str = ""
    exemption_code: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """BG-22. ``tax_accounting`` (BT-111) is in the VAT accounting currency."""

    lines: Decimal
    tax_exclusive: Decimal
    tax: Decimal
    tax_inclusive: Decimal
    payable: Decimal
    allowances: Decimal | None = None
    charges: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    tax_accounting: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """BG-29: net price (BT-146), the quantity it is for (BT-149), discount and gross price."""

    net: Decimal
    base_quantity: Decimal | None = None
    base_unit: str = ""
    discount: Decimal | None = None
    gross: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """BG-25. ``unit`` is of UN/ECE Recommendation 20; ``net`` is BT-131."""

    id: str
    quantity: Decimal
    unit: str
    net: Decimal
    price: Price
    name: str
    category: Category
    note: str = ""
    order_line: str = ""
    cost_centre: str = ""
    period: Period | None = None
    allowances: tuple[AllowanceCharge, ...] = ()
    description: str = ""
    sellers_id: str = ""
    buyers_id: str = ""
    standard_id: Identifier | None = None
    classifications: tuple[Identifier, ...] = ()
    origin: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Preceding:
    """BG-3: the invoice that this one takes back or corrects."""

    number: str
    date: Date | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or a credit note; the type (BT-3) says which."""

    number: str
    date: Date
    type_code: str
    currency: str
    seller: Party
    buyer: Party
    totals: Totals
    taxes: tuple[TaxRow, ...]
    lines: tuple[Line, ...]
    specification: str = SPECIFICATION
    process: str = ""
    due_date: Date | None = None
    tax_point: Date | None = None
    tax_currency: str = ""
    notes: tuple[str, ...] = ()
    buyer_reference: str = ""
    order: str = ""
    sales_order: str = ""
    contract: str = ""
    project: str = ""
    receipt: str = ""
    despatch: str = ""
    accounting_reference: str = ""
    payment_terms: str = ""
    preceding: tuple[Preceding, ...] = ()
    payee: Party | None = None
    representative: Party | None = None
    delivery: Delivery | None = None
    period: Period | None = None
    payments: tuple[Payment, ...] = ()
    allowances: tuple[AllowanceCharge, ...] = field(default=())

    @property
    def is_credit_note(self) -> bool:
        return self.type_code in CREDIT_NOTE_TYPES

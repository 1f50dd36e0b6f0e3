"""A posted invoice in the terms of EN 16931."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.core.models import Company
from apps.core.money import ZERO
from apps.finance.einvoice.code_lists import codes
from apps.finance.einvoice.document import (
    CREDIT_NOTE_TYPE,
    INVOICE_TYPE,
    Account,
    Address,
    Category,
    Contact,
    Delivery,
    Document,
    Identifier,
    Line,
    Party,
    Payment,
    Preceding,
    Price,
    TaxRow,
    Totals,
)
from apps.finance.einvoice.totals import rounded
from apps.finance.models import Invoice, InvoiceLine
from apps.masterdata.models import Partner, Unit

STANDARD, EXEMPT, REVERSE_CHARGE, OUTSIDE = "S", "E", "AE", "O"
#: Categories under which the buyer owes the tax.
BUYER_OWES = frozenset({"AE", "K"})
#: Categories whose rate is no tax: they have a reason of exemption instead.
WITH_REASON = frozenset({"E", "AE", "K", "G", "O"})
CREDIT_TRANSFER = "30"
#: Where a discount for paying early is also written so that machines read it.
SKONTO_COUNTRY = "DE"
#: UN/ECE Recommendation 20 for a piece of what has no unit.
ONE = "C62"


def document_of(invoice: Invoice) -> Document:
    """``invoice`` as a document; its amounts are those that were posted."""
    company, partner = invoice.company, invoice.partner
    rows = list(invoice.lines.select_related("item__unit", "tax_code"))
    is_credit_note = invoice.kind == Invoice.Kind.CREDIT_NOTE
    credited = invoice.credits if is_credit_note else None
    with override(partner.language):
        taxes = _taxes(rows)
        terms = "" if is_credit_note else _terms(invoice)
    return Document(
        number=invoice.number or "",
        date=invoice.date,
        type_code=CREDIT_NOTE_TYPE if is_credit_note else INVOICE_TYPE,
        currency=invoice.currency_id,
        seller=seller_of(company),
        buyer=buyer_of(partner),
        totals=_totals(invoice, rows),
        taxes=taxes,
        lines=tuple(_line(number, row) for number, row in enumerate(rows, start=1)),
        due_date=None if is_credit_note else invoice.due_date,
        payment_terms=terms,
        buyer_reference=invoice.reference,
        preceding=(Preceding(credited.number or "", credited.date),) if credited else (),
        delivery=_delivery(invoice, taxes),
        payments=() if is_credit_note else _payments(company, invoice),
    )


def tax_category(line: InvoiceLine) -> tuple[Category, str]:
    """The VAT category of a line with its rate, and the reason of exemption that goes with it.

    What the buyer owes has no rate on the invoice; a code of 0 % that says nothing is exempt.
    """
    code = line.tax_code
    if code is None:
        return Category(EXEMPT, ZERO), _("Exempt from tax")
    category, rate = code.category, code.rate
    if not code.is_charged:
        category, rate = category if category in BUYER_OWES else REVERSE_CHARGE, ZERO
    elif category == STANDARD and not rate:
        category = EXEMPT
    if category not in WITH_REASON:
        return Category(category, rate), ""
    rated = None if category == OUTSIDE else ZERO
    return Category(category, rated), code.exemption_reason or code.name


def unit_code(unit: Unit | None) -> str:
    """The unit's code of UN/ECE Recommendation 20; its own code where the list has it."""
    if unit is None:
        return ONE
    return unit.unece_code or (unit.code if unit.code in codes("BR-CL-23") else "")


def seller_of(company: Company) -> Party:
    """The company as it invoices."""
    vat_id, tax_registration = _taxed(company.tax_number)
    return Party(
        name=company.name,
        registration=_registration(company.registration_number),
        vat_id=vat_id,
        tax_registration=tax_registration,
        endpoint=_endpoint(company.electronic_address, company.electronic_address_scheme),
        address=address_of(company.address, company.country),
        contact=_contact(company.phone, company.email),
    )


def buyer_of(partner: Partner) -> Party:
    """The partner as he is invoiced. His tax number counts when it is a VAT identifier."""
    vat_id, _other = _taxed(partner.tax_number)
    return Party(
        name=partner.name,
        identifiers=(Identifier(partner.code),),
        registration=_registration(partner.registration_number),
        vat_id=vat_id,
        endpoint=_endpoint(partner.electronic_address, partner.electronic_address_scheme),
        address=address_of(partner.address, partner.country),
        contact=_contact(partner.phone, partner.email),
    )


def address_of(text: str, country: str) -> Address | None:
    """A postal address of free lines: three of them, the last with what is left over."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines and not country:
        return None
    first, second, *rest = (*lines, "", "")
    return Address(
        country=country, street=first, additional=second, line=", ".join(filter(None, rest))
    )


def is_vat_id(number: str) -> bool:
    """A VAT identifier begins with the country that gave it; any other is a tax registration."""
    return number[:2].isalpha() and number[:2].upper() in codes("BR-CO-09")


def _taxed(number: str) -> tuple[str, str]:
    """As a VAT identifier, or as a tax registration."""
    number = number.replace(" ", "")
    return (number, "") if is_vat_id(number) else ("", number)


def _registration(number: str) -> Identifier | None:
    return Identifier(number) if number else None


def _endpoint(address: str, scheme: str) -> Identifier | None:
    return Identifier(address, scheme) if address else None


def _contact(phone: str, email: str) -> Contact | None:
    return Contact(phone=phone, email=email) if phone or email else None


def _terms(invoice: Invoice) -> str:
    """The discount for paying early, as a sentence (BT-20); without one nothing is to be said.

    For buyers in Germany a line follows in the form of the XRechnung (BR-DE-18): days after the
    invoice, percent with two decimals, of the whole amount due. The rule asks for a line break
    behind it.
    """
    if not invoice.discount_percent or invoice.discount_until is None:
        return ""
    percent, until = invoice.discount_percent, invoice.discount_until
    text = _("{percent} % discount for payment until {day}, otherwise due on {due}.").format(
        percent=number_format(percent.normalize(), use_l10n=True),
        day=date_format(until, "SHORT_DATE_FORMAT"),
        due=date_format(invoice.due_date, "SHORT_DATE_FORMAT"),
    )
    if invoice.partner.country != SKONTO_COUNTRY:
        return text
    days = (until - invoice.date).days
    return f"{text}\n#SKONTO#TAGE={days}#PROZENT={percent:.2f}#\n"


def _payments(company: Company, invoice: Invoice) -> tuple[Payment, ...]:
    number = company.iban.replace(" ", "")
    if not number:
        return ()
    account = Account(number, company.name, company.bic)
    return (Payment(CREDIT_TRANSFER, remittance=invoice.number or "", accounts=(account,)),)


def _delivery(invoice: Invoice, taxes: Sequence[TaxRow]) -> Delivery | None:
    """Goods within the Community are delivered on a day to a country: the buyer's."""
    if not any(row.category.code == "K" for row in taxes):
        return None
    partner = invoice.partner
    address = address_of(partner.delivery_address or partner.address, partner.country)
    return Delivery(date=invoice.date, address=address)


def _taxes(rows: Sequence[InvoiceLine]) -> tuple[TaxRow, ...]:
    """One row per category and rate: the sums of what was posted."""
    sums: dict[Category, list[Decimal]] = {}
    reasons: dict[Category, str] = {}
    for row in rows:
        category, reason = tax_category(row)
        total = sums.setdefault(category, [ZERO, ZERO])
        total[0] += row.amount
        total[1] += row.tax_amount
        reasons.setdefault(category, reason)
    return tuple(
        TaxRow(category, money(net), money(tax), exemption_reason=reasons[category])
        for category, (net, tax) in sums.items()
    )


def _totals(invoice: Invoice, rows: Sequence[InvoiceLine]) -> Totals:
    """What is withheld from the payment counts as paid (BT-113): the standard has no other term."""
    nets = money(sum((row.amount for row in rows), ZERO))
    tax = money(sum((row.tax_amount for row in rows), ZERO))
    withheld = money(sum((row.withheld_amount for row in rows), ZERO))
    return Totals(
        lines=nets,
        tax_exclusive=nets,
        tax=tax,
        tax_inclusive=nets + tax,
        prepaid=withheld or None,
        payable=money(invoice.total),
    )


def money(amount: Decimal) -> Decimal:
    """Without the decimals that the database adds beyond two."""
    exact = amount.normalize()
    exponent = exact.as_tuple().exponent
    return (
        amount if isinstance(exponent, int) and exponent < -2 else amount.quantize(Decimal("0.01"))
    )


def _line(number: int, row: InvoiceLine) -> Line:
    """A price below zero is no price: the quantity carries the sign."""
    sign = -1 if row.unit_price < 0 else 1
    item = row.item
    category, _reason = tax_category(row)
    price = row.unit_price
    if row.price_includes_tax:
        price = rounded(row.amount / row.quantity, 6)
    name = row.description or (item.name if item else "")
    return Line(
        id=str(number),
        quantity=sign * row.quantity,
        unit=unit_code(item.unit if item else None),
        net=money(row.amount),
        price=Price(net=abs(price)),
        name=name or str(number),
        category=category,
        sellers_id=item.code if item else "",
    )

"""Electronic invoices that come in: checked as their sender should have, drafted as bills."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.money import ZERO
from apps.core.services.attachments import add_attachment
from apps.core.transactions import unit_of_work
from apps.finance.conversion import tax_amounts
from apps.finance.einvoice import cii_reader, ubl_reader
from apps.finance.einvoice.document import Category, Document, Line, Party
from apps.finance.einvoice.pdf import xml_of
from apps.finance.einvoice.totals import rounded
from apps.finance.einvoice.validation import Verdict, validate
from apps.finance.einvoice.xml import LARGEST_FILE, NotReadable, parse
from apps.finance.models import Account, Invoice, TaxCode
from apps.finance.queries.einvoices import BUYER_OWES, is_vat_id
from apps.finance.services.einvoice_credits import against_bill, credited_bill
from apps.finance.services.einvoices import require_valid
from apps.finance.services.invoices import BillingLine, draft_invoice
from apps.masterdata.models import Item, Partner

Kind = Invoice.Kind
PDF = b"%PDF-"
#: What ``Invoice.reference`` holds.
LONGEST_NUMBER = 60
LARGEST_AMOUNT = Decimal(10) ** 15


def validate_einvoice(content: bytes) -> Verdict:
    """What a recipient says about an XML invoice, or about the one inside a PDF."""
    return validate(_xml(content))


def import_einvoice(
    company: Company, *, name: str, content: bytes, by: User, account: Account | None = None
) -> Invoice:
    """Draft the bill that an electronic invoice asks for, with the file attached to it.

    A credit note becomes the draft of a supplier's credit note; where it names a posted bill, of
    the bill's lines.
    ``account`` bears lines whose item is not ours. The supplier is found by his VAT identifier,
    electronic address or name; tax codes by rate and category.
    Raises ``InvalidInput`` or ``BusinessError``: ``not_valid`` with the failed rules,
    ``unknown_supplier``, ``other_recipient``, ``entered_before``, ``unknown_tax``. Nothing is
    written then.
    """
    xml = _xml(content)
    require_valid(validate(xml), field="file")
    document = _read(xml)
    _require_amount(document)
    _require_room(document)
    _require_recipient(document, company)
    partner = find_supplier(company, document.seller)
    kind = Kind.BILL_CREDIT if document.is_credit_note else Kind.SUPPLIER
    _require_new(partner, kind, document.number)
    lines = _lines(document, company, account)
    credited = credited_bill(document, partner) if document.is_credit_note else None
    if credited is not None:
        lines = against_bill(lines, credited)
    with unit_of_work():
        invoice = draft_invoice(
            company,
            kind=kind,
            partner=partner,
            date=document.date,
            due_date=document.due_date,
            credits=credited,
            reference=document.number,
            currency=_currency(document.currency),
            lines=lines,
            by=by,
        )
        _require_total(invoice, document)
        add_attachment(invoice, name=name, file=ContentFile(content, name), by=by)
    return invoice


def find_supplier(company: Company, seller: Party) -> Partner:
    """The active supplier whom ``seller`` names. Raises ``InvalidInput`` with what was sought."""
    suppliers = Partner.objects.filter(company=company, is_supplier=True, is_active=True)
    endpoint = seller.endpoint
    for condition in (
        Q(tax_number__in=_spellings(seller.vat_id or seller.tax_registration)),
        Q(electronic_address=endpoint.value, electronic_address_scheme=endpoint.scheme)
        if endpoint
        else None,
        Q(name__iexact=seller.name),
    ):
        found = list(suppliers.filter(condition)[:2]) if condition is not None else []
        if len(found) == 1:
            return found[0]
    raise InvalidInput(
        "unknown_supplier",
        _(
            "No supplier has this tax number ({tax}), electronic address ({address}) or name "
            "({name}). Enter him first."
        ).format(
            tax=seller.vat_id or seller.tax_registration or "–",
            address=f"{endpoint.scheme}:{endpoint.value}" if endpoint else "–",
            name=seller.name or "–",
        ),
        field="partner",
        details={
            "tax_number": seller.vat_id or seller.tax_registration,
            "electronic_address": endpoint.value if endpoint else "",
            "electronic_address_scheme": endpoint.scheme if endpoint else "",
            "name": seller.name,
        },
    )


def _xml(content: bytes) -> bytes:
    if len(content) > LARGEST_FILE or not content:
        raise InvalidInput(
            "file_size",
            _("A file has 1 byte to {limit} MB.").format(limit=LARGEST_FILE // 1024 // 1024),
            field="file",
        )
    if not content.startswith(PDF):
        return content
    try:
        return xml_of(content)
    except NotReadable as error:
        raise InvalidInput("no_einvoice", str(error), field="file") from error


def _read(xml: bytes) -> Document:
    root = parse(xml)
    reader = cii_reader if root.tag.endswith("CrossIndustryInvoice") else ubl_reader
    try:
        return reader.read(root)
    except NotReadable as error:
        raise InvalidInput("not_readable", str(error), field="file") from error


def _spellings(number: str) -> list[str]:
    """A tax number as it is, and without blanks; nothing for none."""
    return list({number, number.replace(" ", "")}) if number else []


def _require_amount(document: Document) -> None:
    """What is below zero turns its own kind around: neither a bill nor a credit note."""
    if document.totals.tax_inclusive <= 0:
        raise BusinessError(
            "no_bill",
            _("{number} is not above zero: ask for a credit note, or for a corrected one.").format(
                number=document.number
            ),
            field="file",
        )


def _require_room(document: Document) -> None:
    """What no bill can hold is refused, not cut."""
    if len(document.number) > LONGEST_NUMBER:
        raise InvalidInput(
            "too_long",
            _("The number has more than {count} characters.").format(count=LONGEST_NUMBER),
            field="reference",
        )
    amounts = [document.totals.tax_inclusive, *(line.net for line in document.lines)]
    amounts += [part.amount for part in document.allowances]
    if any(abs(amount) >= LARGEST_AMOUNT for amount in amounts):
        raise InvalidInput("too_large", _("An amount is too large."), field="total")


def _require_recipient(document: Document, company: Company) -> None:
    """An invoice that names another VAT identifier than ours is somebody else's."""
    own, named = company.tax_number.replace(" ", ""), document.buyer.vat_id.replace(" ", "")
    if named and is_vat_id(own) and own.upper() != named.upper():
        raise BusinessError(
            "other_recipient",
            _("This invoice is to {name} ({number}), not to {company}.").format(
                name=document.buyer.name, number=named, company=company.name
            ),
            field="file",
        )


def _require_new(partner: Partner, kind: str, number: str) -> None:
    standing = (Invoice.Status.DRAFT, Invoice.Status.POSTED)
    if Invoice.objects.filter(
        partner=partner, kind=kind, reference=number[:60], status__in=standing
    ).exists():
        raise BusinessError(
            "entered_before",
            _("{reference} of this supplier is here already.").format(reference=number),
            field="reference",
        )


def _currency(code: str) -> Currency:
    found = Currency.objects.filter(pk=code).first()
    if found is None:
        raise InvalidInput(
            "unknown_currency",
            _("The currency {code} is not kept here.").format(code=code),
            field="currency",
        )
    return found


def _require_total(invoice: Invoice, document: Document) -> None:
    wanted = document.totals.tax_inclusive + (document.totals.rounding or ZERO)
    if invoice.total != wanted:
        raise InvalidInput(
            "total_differs",
            _("The lines make {total}, the invoice says {stated}.").format(
                total=invoice.total, stated=wanted
            ),
            field="total",
        )


def _lines(document: Document, company: Company, account: Account | None) -> list[BillingLine]:
    """Lines, then the document's charges and allowances, with the tax that the document states."""
    codes = _tax_codes(document, company)
    items = _items(document, company)
    rows: list[tuple[Category, dict[str, Any]]] = [
        (line.category, _billing(line, items.get(line.buyers_id), account))
        for line in document.lines
    ]
    for part in document.allowances:
        amount = part.amount if part.is_charge else -part.amount
        reason = part.reason or (_("Charge") if part.is_charge else _("Allowance"))
        rows.append((part.category or Category(""), _single(amount, reason, account)))
    taxes = _taxes(document, rows)
    if document.totals.rounding:
        rows.append((Category(""), _single(document.totals.rounding, _("Rounding"), account)))
        taxes.append(ZERO)
    return [
        BillingLine(**values, tax_code=codes.get(_key(category)), tax_amount=tax)
        for (category, values), tax in zip(rows, taxes, strict=True)
    ]


def _billing(line: Line, item: Item | None, account: Account | None) -> dict[str, Any]:
    """A quantity below zero is a price below zero here. What goes off or on is in the amount."""
    sign = -1 if line.quantity < 0 else 1
    return {
        "quantity": abs(line.quantity) or Decimal(1),
        "unit_price": rounded(sign * line.price.net / (line.price.base_quantity or Decimal(1)), 6),
        "amount": line.net,
        "item": item,
        "description": line.name[:200],
        "account": account,
    }


def _single(amount: Decimal, description: str, account: Account | None) -> dict[str, Any]:
    return {
        "quantity": Decimal(1),
        "unit_price": amount,
        "amount": amount,
        "description": description[:200],
        "account": account,
    }


def _key(category: Category) -> tuple[str, Decimal]:
    return category.code, category.rate or ZERO


def _taxes(document: Document, rows: Sequence[tuple[Category, dict[str, Any]]]) -> list[Decimal]:
    """The tax of each row; per category and rate it sums to what the document states."""
    taxes = [ZERO] * len(rows)
    for stated in document.taxes:
        places = [
            n for n, (category, _v) in enumerate(rows) if _key(category) == _key(stated.category)
        ]
        if not places:
            continue
        nets = [rows[n][1]["amount"] for n in places]
        parts = tax_amounts(nets, [stated.category.rate or ZERO] * len(places), 2)
        largest = max(range(len(places)), key=lambda n: abs(nets[n]))
        parts[largest] += stated.tax - sum(parts, ZERO)
        for place, part in zip(places, parts, strict=True):
            taxes[place] = part
    return taxes


def _tax_codes(document: Document, company: Company) -> dict[tuple[str, Decimal], TaxCode | None]:
    known = list(TaxCode.objects.filter(company=company, is_active=True).order_by("code"))
    found = {}
    for row in document.taxes:
        key = _key(row.category)
        chosen = _tax_code(known, *key)
        if chosen is None and (key[1] or key[0] in BUYER_OWES):
            raise InvalidInput(
                "unknown_tax",
                _("There is no tax code of {rate} % for category {category}.").format(
                    rate=f"{key[1]:f}", category=key[0]
                ),
                field="tax_code",
            )
        found[key] = chosen
    return found


def _tax_code(known: Sequence[TaxCode], category: str, rate: Decimal) -> TaxCode | None:
    """Of the category and rate; what the buyer owes has its rate in the code, not on the bill."""
    if category in BUYER_OWES:
        return next((code for code in known if code.category == category), None)
    same = [code for code in known if code.is_charged and code.rate == rate]
    exact = [code for code in same if code.category == category]
    standard = [code for code in same if code.category == TaxCode.Category.STANDARD]
    return next(iter(exact or standard), None)


def _items(document: Document, company: Company) -> dict[str, Item]:
    """Our items, where the supplier names them by our number."""
    wanted = {line.buyers_id for line in document.lines if line.buyers_id}
    rows = Item.objects.filter(company=company, code__in=wanted, is_active=True)
    return {item.code: item for item in rows}

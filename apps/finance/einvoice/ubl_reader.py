"""A UBL 2.1 invoice or credit note read into the semantic model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date as Date
from decimal import Decimal
from typing import Any

from lxml import etree

from apps.finance.einvoice.document import (
    Account,
    Address,
    AllowanceCharge,
    Category,
    Contact,
    Delivery,
    Document,
    Identifier,
    Line,
    Party,
    Payment,
    Period,
    Preceding,
    Price,
    TaxRow,
    Totals,
)
from apps.finance.einvoice.rules import BUYER, IS_VAT, SELLER
from apps.finance.einvoice.xml import NotReadable, find, find_all, number, text

ZERO = Decimal(0)


def day(node: Any, path: str) -> Date | None:
    """An ISO 8601 day; a time zone after it is dropped. Raises ``NotReadable``."""
    found = text(node, path)
    if not found:
        return None
    try:
        return Date.fromisoformat(found[:10])
    except ValueError:
        raise NotReadable(f"{found} is no date") from None


def needed(value: Any, what: str) -> Any:
    if value is None:
        raise NotReadable(f"{what} is missing")
    return value


def read(root: Any) -> Document:
    """The document of a UBL ``root``. Raises ``NotReadable`` for what a document can't be without.

    Sums and rules are not checked here; see ``validation``.
    """
    is_credit_note = etree.QName(root).localname == "CreditNote"
    return Document(
        number=text(root, "cbc:ID"),
        date=needed(day(root, "cbc:IssueDate"), "The issue date (BT-2)"),
        type_code=text(root, "cbc:CreditNoteTypeCode" if is_credit_note else "cbc:InvoiceTypeCode"),
        currency=text(root, "cbc:DocumentCurrencyCode"),
        seller=_party(needed(find(root, SELLER), "The seller (BG-4)")),
        buyer=_party(needed(find(root, BUYER), "The buyer (BG-7)")),
        totals=_totals(root),
        taxes=tuple(_tax(row) for row in find_all(root, "cac:TaxTotal/cac:TaxSubtotal")),
        lines=tuple(_line(row) for row in find_all(root, "cac:InvoiceLine | cac:CreditNoteLine")),
        specification=text(root, "cbc:CustomizationID"),
        process=text(root, "cbc:ProfileID"),
        due_date=day(root, "cbc:DueDate") or day(root, "cac:PaymentMeans/cbc:PaymentDueDate"),
        tax_point=day(root, "cbc:TaxPointDate"),
        tax_currency=text(root, "cbc:TaxCurrencyCode"),
        notes=tuple(text(note) for note in find_all(root, "cbc:Note")),
        buyer_reference=text(root, "cbc:BuyerReference"),
        order=text(root, "cac:OrderReference/cbc:ID"),
        sales_order=text(root, "cac:OrderReference/cbc:SalesOrderID"),
        contract=text(root, "cac:ContractDocumentReference/cbc:ID"),
        project=text(root, "cac:ProjectReference/cbc:ID")
        or text(root, "cac:AdditionalDocumentReference[cbc:DocumentTypeCode='50']/cbc:ID"),
        receipt=text(root, "cac:ReceiptDocumentReference/cbc:ID"),
        despatch=text(root, "cac:DespatchDocumentReference/cbc:ID"),
        accounting_reference=text(root, "cbc:AccountingCost"),
        payment_terms=text(root, "cac:PaymentTerms/cbc:Note"),
        preceding=tuple(
            Preceding(text(found, "cbc:ID"), day(found, "cbc:IssueDate"))
            for found in find_all(root, "cac:BillingReference/cac:InvoiceDocumentReference")
        ),
        payee=_payee(find(root, "cac:PayeeParty")),
        representative=_representative(find(root, "cac:TaxRepresentativeParty")),
        delivery=_delivery(find(root, "cac:Delivery")),
        period=_period(root),
        payments=_payments(root),
        allowances=tuple(_allowance(row) for row in find_all(root, "cac:AllowanceCharge")),
    )


def _identifier(node: Any, path: str) -> Identifier | None:
    found = find(node, path)
    return None if found is None else Identifier(text(found), found.get("schemeID", ""))


def _identifiers(node: Any) -> tuple[Identifier, ...]:
    found = find_all(node, "cac:PartyIdentification/cbc:ID")
    return tuple(Identifier(text(one), one.get("schemeID", "")) for one in found)


def _party(node: Any) -> Party:
    legal = "cac:PartyLegalEntity"
    trading = text(node, "cac:PartyName/cbc:Name")
    contact = find(node, "cac:Contact")
    return Party(
        name=text(node, f"{legal}/cbc:RegistrationName") or trading,
        trading_name=trading,
        identifiers=_identifiers(node),
        registration=_identifier(node, f"{legal}/cbc:CompanyID"),
        legal_form=text(node, f"{legal}/cbc:CompanyLegalForm"),
        vat_id=text(node, f"cac:PartyTaxScheme{IS_VAT}/cbc:CompanyID"),
        tax_registration=text(
            node,
            "cac:PartyTaxScheme[translate(normalize-space(cac:TaxScheme/cbc:ID),'vat','VAT')!='VAT']"
            "/cbc:CompanyID",
        ),
        endpoint=_identifier(node, "cbc:EndpointID"),
        address=_address(find(node, "cac:PostalAddress")),
        contact=None
        if contact is None
        else Contact(
            text(contact, "cbc:Name"),
            text(contact, "cbc:Telephone"),
            text(contact, "cbc:ElectronicMail"),
        ),
    )


def _payee(node: Any) -> Party | None:
    if node is None:
        return None
    return Party(
        name=text(node, "cac:PartyName/cbc:Name"),
        identifiers=_identifiers(node),
        registration=_identifier(node, "cac:PartyLegalEntity/cbc:CompanyID"),
    )


def _representative(node: Any) -> Party | None:
    if node is None:
        return None
    return Party(
        name=text(node, "cac:PartyName/cbc:Name"),
        vat_id=text(node, f"cac:PartyTaxScheme{IS_VAT}/cbc:CompanyID"),
        address=_address(find(node, "cac:PostalAddress")),
    )


def _address(node: Any) -> Address | None:
    if node is None:
        return None
    return Address(
        country=text(node, "cac:Country/cbc:IdentificationCode"),
        street=text(node, "cbc:StreetName"),
        additional=text(node, "cbc:AdditionalStreetName"),
        line=text(node, "cac:AddressLine/cbc:Line"),
        city=text(node, "cbc:CityName"),
        post_code=text(node, "cbc:PostalZone"),
        subdivision=text(node, "cbc:CountrySubentity"),
    )


def _delivery(node: Any) -> Delivery | None:
    if node is None:
        return None
    return Delivery(
        date=day(node, "cbc:ActualDeliveryDate"),
        name=text(node, "cac:DeliveryParty/cac:PartyName/cbc:Name"),
        location=_identifier(node, "cac:DeliveryLocation/cbc:ID"),
        address=_address(find(node, "cac:DeliveryLocation/cac:Address")),
    )


def _period(node: Any) -> Period | None:
    found = find(node, "cac:InvoicePeriod")
    if found is None:
        return None
    return Period(day(found, "cbc:StartDate"), day(found, "cbc:EndDate"))


def _payments(root: Any) -> tuple[Payment, ...]:
    """Accounts of the same means are one payment with several accounts."""
    made: dict[tuple[str, ...], Payment] = {}
    for node in find_all(root, "cac:PaymentMeans"):
        payment = Payment(
            code=text(node, "cbc:PaymentMeansCode"),
            text=text(node, "cbc:PaymentMeansCode/@name"),
            remittance=text(node, "cbc:PaymentID"),
            accounts=tuple(
                Account(
                    text(one, "cbc:ID"),
                    text(one, "cbc:Name"),
                    text(one, "cac:FinancialInstitutionBranch/cbc:ID"),
                )
                for one in find_all(node, "cac:PayeeFinancialAccount")
            ),
            mandate=text(node, "cac:PaymentMandate/cbc:ID"),
            debited_account=text(node, "cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID"),
        )
        key = (payment.code, payment.text, payment.remittance, payment.mandate)
        before = made.get(key)
        if before is not None:
            payment = replace(before, accounts=before.accounts + payment.accounts)
        made[key] = payment
    return tuple(made.values())


def _category(node: Any, path: str) -> Category | None:
    found = find(node, path)
    return None if found is None else Category(text(found, "cbc:ID"), number(found, "cbc:Percent"))


def _allowance(node: Any) -> AllowanceCharge:
    return AllowanceCharge(
        is_charge=text(node, "cbc:ChargeIndicator") in ("true", "1"),
        amount=needed(number(node, "cbc:Amount"), "The amount of an allowance or charge"),
        reason=text(node, "cbc:AllowanceChargeReason"),
        reason_code=text(node, "cbc:AllowanceChargeReasonCode"),
        base=number(node, "cbc:BaseAmount"),
        percent=number(node, "cbc:MultiplierFactorNumeric"),
        category=_category(node, "cac:TaxCategory"),
    )


def _tax(node: Any) -> TaxRow:
    return TaxRow(
        category=needed(_category(node, "cac:TaxCategory"), "A VAT category (BT-118)"),
        taxable=needed(number(node, "cbc:TaxableAmount"), "A taxable amount (BT-116)"),
        tax=needed(number(node, "cbc:TaxAmount"), "A tax amount (BT-117)"),
        exemption_reason=text(node, "cac:TaxCategory/cbc:TaxExemptionReason"),
        exemption_code=text(node, "cac:TaxCategory/cbc:TaxExemptionReasonCode"),
    )


def _totals(root: Any) -> Totals:
    node = needed(find(root, "cac:LegalMonetaryTotal"), "The totals (BG-22)")
    currency = text(root, "cbc:DocumentCurrencyCode")
    taxes = {
        found.get("currencyID"): number(found, ".")
        for found in find_all(root, "cac:TaxTotal/cbc:TaxAmount")
    }
    accounting = text(root, "cbc:TaxCurrencyCode")
    return Totals(
        lines=needed(number(node, "cbc:LineExtensionAmount"), "The sum of lines (BT-106)"),
        tax_exclusive=needed(number(node, "cbc:TaxExclusiveAmount"), "The net total (BT-109)"),
        tax=taxes.get(currency) or ZERO,
        tax_inclusive=needed(number(node, "cbc:TaxInclusiveAmount"), "The gross total (BT-112)"),
        payable=needed(number(node, "cbc:PayableAmount"), "The amount due (BT-115)"),
        allowances=number(node, "cbc:AllowanceTotalAmount"),
        charges=number(node, "cbc:ChargeTotalAmount"),
        prepaid=number(node, "cbc:PrepaidAmount"),
        rounding=number(node, "cbc:PayableRoundingAmount"),
        tax_accounting=taxes.get(accounting) if accounting and accounting != currency else None,
    )


def _line(node: Any) -> Line:
    stated = "cbc:InvoicedQuantity | cbc:CreditedQuantity"
    quantity = needed(find(node, stated), "A quantity (BT-129)")
    item = needed(find(node, "cac:Item"), "A line's item (BG-31)")
    return Line(
        id=text(node, "cbc:ID"),
        quantity=needed(number(quantity, "."), "A quantity (BT-129)"),
        unit=quantity.get("unitCode", ""),
        net=needed(number(node, "cbc:LineExtensionAmount"), "A line's net amount (BT-131)"),
        price=_price(node),
        name=text(item, "cbc:Name"),
        category=_category(item, "cac:ClassifiedTaxCategory") or Category(""),
        note=text(node, "cbc:Note"),
        order_line=text(node, "cac:OrderLineReference/cbc:LineID"),
        cost_centre=text(node, "cbc:AccountingCost"),
        period=_period(node),
        allowances=tuple(_allowance(part) for part in find_all(node, "cac:AllowanceCharge")),
        description=text(item, "cbc:Description"),
        sellers_id=text(item, "cac:SellersItemIdentification/cbc:ID"),
        buyers_id=text(item, "cac:BuyersItemIdentification/cbc:ID"),
        standard_id=_identifier(item, "cac:StandardItemIdentification/cbc:ID"),
        classifications=tuple(
            Identifier(text(found), found.get("listID", ""))
            for found in find_all(item, "cac:CommodityClassification/cbc:ItemClassificationCode")
        ),
        origin=text(item, "cac:OriginCountry/cbc:IdentificationCode"),
        attributes=tuple(
            (text(found, "cbc:Name"), text(found, "cbc:Value"))
            for found in find_all(item, "cac:AdditionalItemProperty")
        ),
    )


def _price(node: Any) -> Price:
    found = needed(find(node, "cac:Price"), "A line's price (BG-29)")
    return Price(
        net=needed(number(found, "cbc:PriceAmount"), "A net price (BT-146)"),
        base_quantity=number(found, "cbc:BaseQuantity"),
        base_unit=text(found, "cbc:BaseQuantity/@unitCode"),
        discount=number(found, "cac:AllowanceCharge/cbc:Amount"),
        gross=number(found, "cac:AllowanceCharge/cbc:BaseAmount"),
    )

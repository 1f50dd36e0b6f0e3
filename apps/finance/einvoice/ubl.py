"""An invoice as UBL 2.1, by the binding of CEN/TS 16931-3-2."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from lxml import etree

from apps.finance.einvoice.document import (
    Address,
    AllowanceCharge,
    Category,
    Delivery,
    Document,
    Identifier,
    Line,
    Party,
    Payment,
    Period,
    Price,
    TaxRow,
    Totals,
)
from apps.finance.einvoice.xml import CAC, CBC, CREDIT_NOTE, INVOICE, clean


def write(document: Document) -> bytes:
    """The document as a UBL ``Invoice`` or, by its type (BT-3), ``CreditNote``."""
    return etree.tostring(
        _Writer(document).root(), xml_declaration=True, encoding="UTF-8", pretty_print=True
    )


def plain(value: Decimal) -> str:
    """A decimal without an exponent and without zeros that say nothing beyond two decimals."""
    text = format(value, "f")
    if "." in text:
        whole, _dot, decimals = text.partition(".")
        kept = decimals.rstrip("0")
        return f"{whole}.{kept}" if kept else whole
    return text


class _Writer:
    """Elements in the order of the schema; a term that is empty makes none."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._is_credit_note = document.is_credit_note

    def root(self) -> Any:
        document = self._document
        namespace = CREDIT_NOTE if self._is_credit_note else INVOICE
        name = "CreditNote" if self._is_credit_note else "Invoice"
        root = etree.Element(
            f"{{{namespace}}}{name}", nsmap={None: namespace, "cac": CAC, "cbc": CBC}
        )
        self._header(root)
        self._references(root)
        self._party(self._group(root, "AccountingSupplierParty"), document.seller, full=True)
        self._party(self._group(root, "AccountingCustomerParty"), document.buyer, full=True)
        if document.payee is not None:
            self._payee(self._group(root, "PayeeParty"), document.payee)
        if document.representative is not None:
            self._representative(root, document.representative)
        if document.delivery is not None:
            self._delivery(root, document.delivery)
        for payment in document.payments:
            self._payment(root, payment)
        if document.payment_terms:
            self._value(self._group(root, "PaymentTerms"), "Note", document.payment_terms)
        for part in document.allowances:
            self._allowance(root, part)
        self._taxes(root, document.totals, document.taxes)
        self._totals(root, document.totals)
        for line in document.lines:
            self._line(root, line)
        return root

    # elements

    def _group(self, parent: Any, name: str) -> Any:
        return etree.SubElement(parent, f"{{{CAC}}}{name}")

    def _value(self, parent: Any, name: str, value: Any, /, **attributes: str) -> None:
        if value is None or value == "":
            return
        made = etree.SubElement(parent, f"{{{CBC}}}{name}")
        made.text = plain(value) if isinstance(value, Decimal) else clean(str(value))
        for attribute, given in attributes.items():
            if given:
                made.set(attribute, clean(given))

    def _money(self, parent: Any, name: str, value: Decimal | None, currency: str = "") -> None:
        self._value(parent, name, value, currencyID=currency or self._document.currency)

    def _identifier(self, parent: Any, name: str, found: Identifier | None) -> None:
        if found is not None:
            self._value(parent, name, found.value, schemeID=found.scheme)

    # the document

    def _header(self, root: Any) -> None:
        document = self._document
        self._value(root, "CustomizationID", document.specification)
        self._value(root, "ProfileID", document.process)
        self._value(root, "ID", document.number)
        self._value(root, "IssueDate", document.date)
        if not self._is_credit_note:
            self._value(root, "DueDate", document.due_date)
            self._value(root, "InvoiceTypeCode", document.type_code)
            self._notes(root)
            self._value(root, "TaxPointDate", document.tax_point)
        else:
            self._value(root, "TaxPointDate", document.tax_point)
            self._value(root, "CreditNoteTypeCode", document.type_code)
            self._notes(root)
        self._value(root, "DocumentCurrencyCode", document.currency)
        self._value(root, "TaxCurrencyCode", document.tax_currency)
        self._value(root, "AccountingCost", document.accounting_reference)
        self._value(root, "BuyerReference", document.buyer_reference)

    def _notes(self, root: Any) -> None:
        for note in self._document.notes:
            self._value(root, "Note", note)

    def _references(self, root: Any) -> None:
        document = self._document
        self._period(root, document.period)
        if document.order or document.sales_order:
            group = self._group(root, "OrderReference")
            # UBL needs the buyer's order where the seller's is given
            self._value(group, "ID", document.order or "NA")
            self._value(group, "SalesOrderID", document.sales_order)
        for preceding in document.preceding:
            group = self._group(self._group(root, "BillingReference"), "InvoiceDocumentReference")
            self._value(group, "ID", preceding.number)
            self._value(group, "IssueDate", preceding.date)
        for name, value in (
            ("DespatchDocumentReference", document.despatch),
            ("ReceiptDocumentReference", document.receipt),
            ("ContractDocumentReference", document.contract),
        ):
            if value:
                self._value(self._group(root, name), "ID", value)
        if document.project and self._is_credit_note:
            group = self._group(root, "AdditionalDocumentReference")
            self._value(group, "ID", document.project)
            self._value(group, "DocumentTypeCode", "50")
        elif document.project:
            self._value(self._group(root, "ProjectReference"), "ID", document.project)

    def _period(self, parent: Any, period: Period | None) -> None:
        if period is not None and (period.start or period.end):
            group = self._group(parent, "InvoicePeriod")
            self._value(group, "StartDate", period.start)
            self._value(group, "EndDate", period.end)

    # parties

    def _party(self, parent: Any, party: Party, *, full: bool) -> None:
        group = self._group(parent, "Party")
        self._identifier(group, "EndpointID", party.endpoint)
        for found in party.identifiers:
            self._identifier(self._group(group, "PartyIdentification"), "ID", found)
        if party.trading_name:
            self._value(self._group(group, "PartyName"), "Name", party.trading_name)
        self._address(group, "PostalAddress", party.address)
        self._tax_schemes(group, party)
        legal = self._group(group, "PartyLegalEntity")
        self._value(legal, "RegistrationName", party.name)
        self._identifier(legal, "CompanyID", party.registration)
        self._value(legal, "CompanyLegalForm", party.legal_form)
        if party.contact is not None:
            contact = self._group(group, "Contact")
            self._value(contact, "Name", party.contact.name)
            self._value(contact, "Telephone", party.contact.phone)
            self._value(contact, "ElectronicMail", party.contact.email)

    def _tax_schemes(self, parent: Any, party: Party) -> None:
        for value, scheme in ((party.vat_id, "VAT"), (party.tax_registration, "TAX")):
            if value:
                group = self._group(parent, "PartyTaxScheme")
                self._value(group, "CompanyID", value)
                self._value(self._group(group, "TaxScheme"), "ID", scheme)

    def _address(self, parent: Any, name: str, address: Address | None) -> None:
        if address is None:
            return
        group = self._group(parent, name)
        self._value(group, "StreetName", address.street)
        self._value(group, "AdditionalStreetName", address.additional)
        self._value(group, "CityName", address.city)
        self._value(group, "PostalZone", address.post_code)
        self._value(group, "CountrySubentity", address.subdivision)
        if address.line:
            self._value(self._group(group, "AddressLine"), "Line", address.line)
        self._value(self._group(group, "Country"), "IdentificationCode", address.country)

    def _payee(self, group: Any, party: Party) -> None:
        for found in party.identifiers:
            self._identifier(self._group(group, "PartyIdentification"), "ID", found)
        self._value(self._group(group, "PartyName"), "Name", party.name)
        if party.registration is not None:
            legal = self._group(group, "PartyLegalEntity")
            self._identifier(legal, "CompanyID", party.registration)

    def _representative(self, root: Any, party: Party) -> None:
        group = self._group(root, "TaxRepresentativeParty")
        self._value(self._group(group, "PartyName"), "Name", party.name)
        self._address(group, "PostalAddress", party.address)
        self._tax_schemes(group, party)

    def _delivery(self, root: Any, delivery: Delivery) -> None:
        group = self._group(root, "Delivery")
        self._value(group, "ActualDeliveryDate", delivery.date)
        if delivery.location is not None or delivery.address is not None:
            location = self._group(group, "DeliveryLocation")
            self._identifier(location, "ID", delivery.location)
            self._address(location, "Address", delivery.address)
        if delivery.name:
            party = self._group(group, "DeliveryParty")
            self._value(self._group(party, "PartyName"), "Name", delivery.name)

    # money

    def _payment(self, root: Any, payment: Payment) -> None:
        for account in payment.accounts or (None,):
            group = self._group(root, "PaymentMeans")
            self._value(group, "PaymentMeansCode", payment.code, name=payment.text)
            if self._is_credit_note:
                self._value(group, "PaymentDueDate", self._document.due_date)
            self._value(group, "PaymentID", payment.remittance)
            if account is not None:
                to = self._group(group, "PayeeFinancialAccount")
                self._value(to, "ID", account.number)
                self._value(to, "Name", account.name)
                if account.bank:
                    self._value(self._group(to, "FinancialInstitutionBranch"), "ID", account.bank)
            if payment.mandate or payment.debited_account:
                mandate = self._group(group, "PaymentMandate")
                self._value(mandate, "ID", payment.mandate)
                if payment.debited_account:
                    debited = self._group(mandate, "PayerFinancialAccount")
                    self._value(debited, "ID", payment.debited_account)

    def _allowance(self, parent: Any, part: AllowanceCharge) -> None:
        group = self._group(parent, "AllowanceCharge")
        self._value(group, "ChargeIndicator", "true" if part.is_charge else "false")
        self._value(group, "AllowanceChargeReasonCode", part.reason_code)
        self._value(group, "AllowanceChargeReason", part.reason)
        self._value(group, "MultiplierFactorNumeric", part.percent)
        self._money(group, "Amount", part.amount)
        self._money(group, "BaseAmount", part.base)
        if part.category is not None:
            self._category(group, "TaxCategory", part.category)

    def _category(
        self, parent: Any, name: str, category: Category, row: TaxRow | None = None
    ) -> None:
        group = self._group(parent, name)
        self._value(group, "ID", category.code)
        self._value(group, "Percent", category.rate)
        if row is not None:
            self._value(group, "TaxExemptionReasonCode", row.exemption_code)
            self._value(group, "TaxExemptionReason", row.exemption_reason)
        self._value(self._group(group, "TaxScheme"), "ID", "VAT")

    def _taxes(self, root: Any, totals: Totals, taxes: Iterable[TaxRow]) -> None:
        group = self._group(root, "TaxTotal")
        self._money(group, "TaxAmount", totals.tax)
        for row in taxes:
            subtotal = self._group(group, "TaxSubtotal")
            self._money(subtotal, "TaxableAmount", row.taxable)
            self._money(subtotal, "TaxAmount", row.tax)
            self._category(subtotal, "TaxCategory", row.category, row)
        if totals.tax_accounting is not None:
            group = self._group(root, "TaxTotal")
            currency = self._document.tax_currency
            self._money(group, "TaxAmount", totals.tax_accounting, currency)

    def _totals(self, root: Any, totals: Totals) -> None:
        group = self._group(root, "LegalMonetaryTotal")
        self._money(group, "LineExtensionAmount", totals.lines)
        self._money(group, "TaxExclusiveAmount", totals.tax_exclusive)
        self._money(group, "TaxInclusiveAmount", totals.tax_inclusive)
        self._money(group, "AllowanceTotalAmount", totals.allowances)
        self._money(group, "ChargeTotalAmount", totals.charges)
        self._money(group, "PrepaidAmount", totals.prepaid)
        self._money(group, "PayableRoundingAmount", totals.rounding)
        self._money(group, "PayableAmount", totals.payable)

    # lines

    def _line(self, root: Any, line: Line) -> None:
        group = self._group(root, "CreditNoteLine" if self._is_credit_note else "InvoiceLine")
        self._value(group, "ID", line.id)
        self._value(group, "Note", line.note)
        quantity = "CreditedQuantity" if self._is_credit_note else "InvoicedQuantity"
        self._value(group, quantity, line.quantity, unitCode=line.unit)
        self._money(group, "LineExtensionAmount", line.net)
        self._value(group, "AccountingCost", line.cost_centre)
        self._period(group, line.period)
        if line.order_line:
            self._value(self._group(group, "OrderLineReference"), "LineID", line.order_line)
        for part in line.allowances:
            self._allowance(group, part)
        self._item(group, line)
        self._price(group, line.price)

    def _item(self, parent: Any, line: Line) -> None:
        group = self._group(parent, "Item")
        self._value(group, "Description", line.description)
        self._value(group, "Name", line.name)
        for name, value in (
            ("BuyersItemIdentification", line.buyers_id),
            ("SellersItemIdentification", line.sellers_id),
        ):
            if value:
                self._value(self._group(group, name), "ID", value)
        if line.standard_id is not None:
            standard = self._group(group, "StandardItemIdentification")
            self._identifier(standard, "ID", line.standard_id)
        if line.origin:
            self._value(self._group(group, "OriginCountry"), "IdentificationCode", line.origin)
        for found in line.classifications:
            classified = self._group(group, "CommodityClassification")
            self._value(classified, "ItemClassificationCode", found.value, listID=found.scheme)
        self._category(group, "ClassifiedTaxCategory", line.category)
        for name, value in line.attributes:
            attribute = self._group(group, "AdditionalItemProperty")
            self._value(attribute, "Name", name)
            self._value(attribute, "Value", value)

    def _price(self, parent: Any, price: Price) -> None:
        group = self._group(parent, "Price")
        self._money(group, "PriceAmount", price.net)
        self._value(group, "BaseQuantity", price.base_quantity, unitCode=price.base_unit)
        if price.discount is not None:
            discount = self._group(group, "AllowanceCharge")
            self._value(discount, "ChargeIndicator", "false")
            self._money(discount, "Amount", price.discount)
            self._money(discount, "BaseAmount", price.gross)

"""An invoice as UN/CEFACT cross industry invoice (D16B and later), in the profile EN 16931."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal
from typing import Any

from lxml import etree

from apps.finance.einvoice.document import (
    Account,
    Address,
    AllowanceCharge,
    Category,
    Document,
    Identifier,
    Line,
    Party,
    Payment,
    Period,
    TaxRow,
)
from apps.finance.einvoice.ubl import plain
from apps.finance.einvoice.xml import CII, QDT, RAM, UDT, clean

SEPA = "SEPA"


def write(document: Document) -> bytes:
    """The document as ``CrossIndustryInvoice``; its type (BT-3) tells a credit note."""
    return etree.tostring(
        _Writer(document).root(), xml_declaration=True, encoding="UTF-8", pretty_print=True
    )


def is_iban(number: str) -> bool:
    return len(number) > 14 and number[:2].isalpha() and number[2:4].isdigit()


class _Writer:
    """Elements in the order of the schema; a term that is empty makes none."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def root(self) -> Any:
        document = self._document
        root = etree.Element(
            f"{{{CII}}}CrossIndustryInvoice", nsmap={"rsm": CII, "ram": RAM, "udt": UDT, "qdt": QDT}
        )
        context = etree.SubElement(root, f"{{{CII}}}ExchangedDocumentContext")
        if document.process:
            group = self._group(context, "BusinessProcessSpecifiedDocumentContextParameter")
            self._value(group, "ID", document.process)
        group = self._group(context, "GuidelineSpecifiedDocumentContextParameter")
        self._value(group, "ID", document.specification)
        head = etree.SubElement(root, f"{{{CII}}}ExchangedDocument")
        self._value(head, "ID", document.number)
        self._value(head, "TypeCode", document.type_code)
        self._day(head, "IssueDateTime", document.date)
        for note in document.notes:
            self._value(self._group(head, "IncludedNote"), "Content", note)
        deal = etree.SubElement(root, f"{{{CII}}}SupplyChainTradeTransaction")
        for line in document.lines:
            self._line(deal, line)
        self._agreement(deal)
        self._delivery(deal)
        self._settlement(deal)
        return root

    # elements

    def _group(self, parent: Any, name: str) -> Any:
        return etree.SubElement(parent, f"{{{RAM}}}{name}")

    def _value(self, parent: Any, name: str, value: Any, /, **attributes: str) -> None:
        if value is None or value == "":
            return
        made = etree.SubElement(parent, f"{{{RAM}}}{name}")
        made.text = plain(value) if isinstance(value, Decimal) else clean(str(value))
        for attribute, given in attributes.items():
            if given:
                made.set(attribute, clean(given))

    def _day(self, parent: Any, name: str, day: Date | None) -> None:
        if day is not None:
            text = etree.SubElement(self._group(parent, name), f"{{{UDT}}}DateTimeString")
            text.set("format", "102")
            text.text = day.strftime("%Y%m%d")

    def _reference(self, parent: Any, name: str, number: str) -> None:
        if number:
            self._value(self._group(parent, name), "IssuerAssignedID", number)

    def _period(self, parent: Any, period: Period | None) -> None:
        if period is not None and (period.start or period.end):
            group = self._group(parent, "BillingSpecifiedPeriod")
            self._day(group, "StartDateTime", period.start)
            self._day(group, "EndDateTime", period.end)

    def _indicator(self, parent: Any, value: bool) -> None:
        group = self._group(parent, "ChargeIndicator")
        etree.SubElement(group, f"{{{UDT}}}Indicator").text = "true" if value else "false"

    # lines

    def _line(self, deal: Any, line: Line) -> None:
        group = self._group(deal, "IncludedSupplyChainTradeLineItem")
        head = self._group(group, "AssociatedDocumentLineDocument")
        self._value(head, "LineID", line.id)
        if line.note:
            self._value(self._group(head, "IncludedNote"), "Content", line.note)
        self._product(self._group(group, "SpecifiedTradeProduct"), line)
        self._prices(self._group(group, "SpecifiedLineTradeAgreement"), line)
        delivery = self._group(group, "SpecifiedLineTradeDelivery")
        self._value(delivery, "BilledQuantity", line.quantity, unitCode=line.unit)
        settlement = self._group(group, "SpecifiedLineTradeSettlement")
        self._category(settlement, "ApplicableTradeTax", line.category)
        self._period(settlement, line.period)
        for part in line.allowances:
            self._allowance(settlement, part)
        total = self._group(settlement, "SpecifiedTradeSettlementLineMonetarySummation")
        self._value(total, "LineTotalAmount", line.net)
        if line.cost_centre:
            account = self._group(settlement, "ReceivableSpecifiedTradeAccountingAccount")
            self._value(account, "ID", line.cost_centre)

    def _product(self, group: Any, line: Line) -> None:
        if line.standard_id is not None:
            standard = line.standard_id
            self._value(group, "GlobalID", standard.value, schemeID=standard.scheme)
        self._value(group, "SellerAssignedID", line.sellers_id)
        self._value(group, "BuyerAssignedID", line.buyers_id)
        self._value(group, "Name", line.name)
        self._value(group, "Description", line.description)
        for name, value in line.attributes:
            attribute = self._group(group, "ApplicableProductCharacteristic")
            self._value(attribute, "Description", name)
            self._value(attribute, "Value", value)
        for found in line.classifications:
            classified = self._group(group, "DesignatedProductClassification")
            self._value(classified, "ClassCode", found.value, listID=found.scheme)
        if line.origin:
            self._value(self._group(group, "OriginTradeCountry"), "ID", line.origin)

    def _prices(self, group: Any, line: Line) -> None:
        price = line.price
        if line.order_line:
            order = self._group(group, "BuyerOrderReferencedDocument")
            self._value(order, "LineID", line.order_line)
        if price.gross is not None or price.discount is not None:
            gross = self._group(group, "GrossPriceProductTradePrice")
            whole = price.net + (price.discount or Decimal(0))
            self._value(gross, "ChargeAmount", price.gross if price.gross is not None else whole)
            if price.discount is not None:
                part = self._group(gross, "AppliedTradeAllowanceCharge")
                self._indicator(part, False)
                self._value(part, "ActualAmount", price.discount)
        net = self._group(group, "NetPriceProductTradePrice")
        self._value(net, "ChargeAmount", price.net)
        self._value(net, "BasisQuantity", price.base_quantity, unitCode=price.base_unit)

    # the header

    def _agreement(self, deal: Any) -> None:
        document = self._document
        group = self._group(deal, "ApplicableHeaderTradeAgreement")
        self._value(group, "BuyerReference", document.buyer_reference)
        self._party(group, "SellerTradeParty", document.seller)
        self._party(group, "BuyerTradeParty", document.buyer)
        if document.representative is not None:
            self._party(group, "SellerTaxRepresentativeTradeParty", document.representative)
        self._reference(group, "SellerOrderReferencedDocument", document.sales_order)
        self._reference(group, "BuyerOrderReferencedDocument", document.order)
        self._reference(group, "ContractReferencedDocument", document.contract)
        if document.project:
            project = self._group(group, "SpecifiedProcuringProject")
            self._value(project, "ID", document.project)
            self._value(project, "Name", document.project)

    def _party(self, parent: Any, name: str, party: Party) -> None:
        group = self._group(parent, name)
        known = [found for found in party.identifiers if found.scheme.upper() != SEPA]
        for found in known:
            if not found.scheme:
                self._value(group, "ID", found.value)
        for found in known:
            self._value(
                group, "GlobalID", found.value if found.scheme else "", schemeID=found.scheme
            )
        self._value(group, "Name", party.name)
        self._value(group, "Description", party.legal_form)
        self._organization(group, party.registration, party.trading_name)
        self._contact(group, party)
        self._address(group, party.address)
        if party.endpoint is not None:
            uri = self._group(group, "URIUniversalCommunication")
            self._value(uri, "URIID", party.endpoint.value, schemeID=party.endpoint.scheme)
        for value, scheme in ((party.vat_id, "VA"), (party.tax_registration, "FC")):
            if value:
                tax = self._group(group, "SpecifiedTaxRegistration")
                self._value(tax, "ID", value, schemeID=scheme)

    def _organization(self, parent: Any, found: Identifier | None, trading_name: str) -> None:
        if found is None and not trading_name:
            return
        group = self._group(parent, "SpecifiedLegalOrganization")
        if found is not None:
            self._value(group, "ID", found.value, schemeID=found.scheme)
        self._value(group, "TradingBusinessName", trading_name)

    def _contact(self, parent: Any, party: Party) -> None:
        contact = party.contact
        if contact is None:
            return
        group = self._group(parent, "DefinedTradeContact")
        self._value(group, "PersonName", contact.name)
        for name, leaf, value in (
            ("TelephoneUniversalCommunication", "CompleteNumber", contact.phone),
            ("EmailURIUniversalCommunication", "URIID", contact.email),
        ):
            if value:
                self._value(self._group(group, name), leaf, value)

    def _address(self, parent: Any, address: Address | None) -> None:
        if address is None:
            return
        group = self._group(parent, "PostalTradeAddress")
        self._value(group, "PostcodeCode", address.post_code)
        self._value(group, "LineOne", address.street)
        self._value(group, "LineTwo", address.additional)
        self._value(group, "LineThree", address.line)
        self._value(group, "CityName", address.city)
        self._value(group, "CountryID", address.country)
        self._value(group, "CountrySubDivisionName", address.subdivision)

    def _delivery(self, deal: Any) -> None:
        document = self._document
        group = self._group(deal, "ApplicableHeaderTradeDelivery")
        delivery = document.delivery
        if delivery is not None and (delivery.name or delivery.location or delivery.address):
            party = self._group(group, "ShipToTradeParty")
            if delivery.location is not None:
                name = "GlobalID" if delivery.location.scheme else "ID"
                where = delivery.location
                self._value(party, name, where.value, schemeID=where.scheme)
            self._value(party, "Name", delivery.name)
            self._address(party, delivery.address)
        if delivery is not None and delivery.date is not None:
            event = self._group(group, "ActualDeliverySupplyChainEvent")
            self._day(event, "OccurrenceDateTime", delivery.date)
        self._reference(group, "DespatchAdviceReferencedDocument", document.despatch)
        self._reference(group, "ReceivingAdviceReferencedDocument", document.receipt)

    def _settlement(self, deal: Any) -> None:
        document = self._document
        group = self._group(deal, "ApplicableHeaderTradeSettlement")
        parties = (document.seller, *((document.payee,) if document.payee else ()))
        creditor = [i.value for p in parties for i in p.identifiers if i.scheme.upper() == SEPA]
        self._value(group, "CreditorReferenceID", creditor[0] if creditor else "")
        if document.payments:
            self._value(group, "PaymentReference", document.payments[0].remittance)
        self._value(group, "TaxCurrencyCode", document.tax_currency)
        self._value(group, "InvoiceCurrencyCode", document.currency)
        if document.payee is not None:
            self._party(group, "PayeeTradeParty", document.payee)
        for payment in document.payments:
            self._payment(group, payment)
        for row in document.taxes:
            self._tax(group, row)
        self._period(group, document.period)
        for part in document.allowances:
            self._allowance(group, part)
        self._terms(group)
        self._totals(group)
        for preceding in document.preceding:
            before = self._group(group, "InvoiceReferencedDocument")
            self._value(before, "IssuerAssignedID", preceding.number)
            if preceding.date is not None:
                day = self._group(before, "FormattedIssueDateTime")
                text = etree.SubElement(day, f"{{{QDT}}}DateTimeString")
                text.set("format", "102")
                text.text = preceding.date.strftime("%Y%m%d")
        if document.accounting_reference:
            account = self._group(group, "ReceivableSpecifiedTradeAccountingAccount")
            self._value(account, "ID", document.accounting_reference)

    def _payment(self, parent: Any, payment: Payment) -> None:
        accounts: tuple[Account | None, ...] = payment.accounts or (None,)
        for account in accounts:
            group = self._group(parent, "SpecifiedTradeSettlementPaymentMeans")
            self._value(group, "TypeCode", payment.code)
            self._value(group, "Information", payment.text)
            if payment.debited_account:
                debited = self._group(group, "PayerPartyDebtorFinancialAccount")
                self._value(debited, "IBANID", payment.debited_account)
            if account is None:
                continue
            to = self._group(group, "PayeePartyCreditorFinancialAccount")
            number = account.number
            self._value(to, "IBANID", number if is_iban(number) else "")
            self._value(to, "AccountName", account.name)
            self._value(to, "ProprietaryID", "" if is_iban(number) else number)
            if account.bank:
                bank = self._group(group, "PayeeSpecifiedCreditorFinancialInstitution")
                self._value(bank, "BICID", account.bank)

    def _tax(self, parent: Any, row: TaxRow) -> None:
        group = self._group(parent, "ApplicableTradeTax")
        self._value(group, "CalculatedAmount", row.tax)
        self._value(group, "TypeCode", "VAT")
        self._value(group, "ExemptionReason", row.exemption_reason)
        self._value(group, "BasisAmount", row.taxable)
        self._value(group, "CategoryCode", row.category.code)
        self._value(group, "ExemptionReasonCode", row.exemption_code)
        if self._document.tax_point is not None:
            day = etree.SubElement(self._group(group, "TaxPointDate"), f"{{{UDT}}}DateString")
            day.set("format", "102")
            day.text = self._document.tax_point.strftime("%Y%m%d")
        self._value(group, "RateApplicablePercent", row.category.rate)

    def _category(self, parent: Any, name: str, category: Category) -> None:
        group = self._group(parent, name)
        self._value(group, "TypeCode", "VAT")
        self._value(group, "CategoryCode", category.code)
        self._value(group, "RateApplicablePercent", category.rate)

    def _allowance(self, parent: Any, part: AllowanceCharge) -> None:
        group = self._group(parent, "SpecifiedTradeAllowanceCharge")
        self._indicator(group, part.is_charge)
        self._value(group, "CalculationPercent", part.percent)
        self._value(group, "BasisAmount", part.base)
        self._value(group, "ActualAmount", part.amount)
        self._value(group, "ReasonCode", part.reason_code)
        self._value(group, "Reason", part.reason)
        if part.category is not None:
            self._category(group, "CategoryTradeTax", part.category)

    def _terms(self, parent: Any) -> None:
        document = self._document
        mandate = next((payment.mandate for payment in document.payments if payment.mandate), "")
        if document.payment_terms or document.due_date or mandate:
            group = self._group(parent, "SpecifiedTradePaymentTerms")
            self._value(group, "Description", document.payment_terms)
            self._day(group, "DueDateDateTime", document.due_date)
            self._value(group, "DirectDebitMandateID", mandate)

    def _totals(self, parent: Any) -> None:
        document, totals = self._document, self._document.totals
        group = self._group(parent, "SpecifiedTradeSettlementHeaderMonetarySummation")
        self._value(group, "LineTotalAmount", totals.lines)
        self._value(group, "ChargeTotalAmount", totals.charges)
        self._value(group, "AllowanceTotalAmount", totals.allowances)
        self._value(group, "TaxBasisTotalAmount", totals.tax_exclusive)
        self._value(group, "TaxTotalAmount", totals.tax, currencyID=document.currency)
        if totals.tax_accounting is not None:
            currency = document.tax_currency
            self._value(group, "TaxTotalAmount", totals.tax_accounting, currencyID=currency)
        self._value(group, "RoundingAmount", totals.rounding)
        self._value(group, "GrandTotalAmount", totals.tax_inclusive)
        self._value(group, "TotalPrepaidAmount", totals.prepaid)
        self._value(group, "DuePayableAmount", totals.payable)

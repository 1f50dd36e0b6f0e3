"""A UN/CEFACT cross industry invoice read into the semantic model."""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Any

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
from apps.finance.einvoice.ubl_reader import needed
from apps.finance.einvoice.xml import NotReadable, find, find_all, number, text

ZERO = Decimal(0)
_DEAL = "rsm:SupplyChainTradeTransaction"
_AGREED = f"{_DEAL}/ram:ApplicableHeaderTradeAgreement"
_DELIVERED = f"{_DEAL}/ram:ApplicableHeaderTradeDelivery"
_SETTLED = f"{_DEAL}/ram:ApplicableHeaderTradeSettlement"


def read(root: Any) -> Document:
    """The document of a CII ``root``. Raises ``NotReadable`` for what a document can't be without.

    Sums and rules are not checked here; see ``validation``.
    """
    settled = needed(find(root, _SETTLED), "The settlement")
    return Document(
        number=text(root, "rsm:ExchangedDocument/ram:ID"),
        date=needed(
            _day(root, "rsm:ExchangedDocument/ram:IssueDateTime/*"), "The issue date (BT-2)"
        ),
        type_code=text(root, "rsm:ExchangedDocument/ram:TypeCode"),
        currency=text(settled, "ram:InvoiceCurrencyCode"),
        seller=_seller(root, settled),
        buyer=_party(needed(find(root, f"{_AGREED}/ram:BuyerTradeParty"), "The buyer (BG-7)")),
        totals=_totals(settled),
        taxes=tuple(_tax(row) for row in find_all(settled, "ram:ApplicableTradeTax")),
        lines=tuple(
            _line(row) for row in find_all(root, f"{_DEAL}/ram:IncludedSupplyChainTradeLineItem")
        ),
        specification=text(root, ".//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"),
        process=text(root, ".//ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"),
        due_date=_day(settled, "ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/*"),
        tax_point=_day(settled, "ram:ApplicableTradeTax/ram:TaxPointDate/*"),
        tax_currency=text(settled, "ram:TaxCurrencyCode"),
        notes=tuple(
            text(note)
            for note in find_all(root, "rsm:ExchangedDocument/ram:IncludedNote/ram:Content")
        ),
        buyer_reference=text(root, f"{_AGREED}/ram:BuyerReference"),
        order=_reference(root, f"{_AGREED}/ram:BuyerOrderReferencedDocument"),
        sales_order=_reference(root, f"{_AGREED}/ram:SellerOrderReferencedDocument"),
        contract=_reference(root, f"{_AGREED}/ram:ContractReferencedDocument"),
        project=text(root, f"{_AGREED}/ram:SpecifiedProcuringProject/ram:ID"),
        receipt=_reference(root, f"{_DELIVERED}/ram:ReceivingAdviceReferencedDocument"),
        despatch=_reference(root, f"{_DELIVERED}/ram:DespatchAdviceReferencedDocument"),
        accounting_reference=text(settled, "ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        payment_terms=text(settled, "ram:SpecifiedTradePaymentTerms/ram:Description"),
        preceding=tuple(
            Preceding(
                text(found, "ram:IssuerAssignedID"), _day(found, "ram:FormattedIssueDateTime/*")
            )
            for found in find_all(settled, "ram:InvoiceReferencedDocument")
        ),
        payee=_other(find(settled, "ram:PayeeTradeParty")),
        representative=_other(find(root, f"{_AGREED}/ram:SellerTaxRepresentativeTradeParty")),
        delivery=_delivery(root),
        period=_period(settled),
        payments=_payments(settled),
        allowances=tuple(
            _allowance(row) for row in find_all(settled, "ram:SpecifiedTradeAllowanceCharge")
        ),
    )


def _reference(node: Any, path: str) -> str:
    return text(node, f"{path}/ram:IssuerAssignedID")


def _day(node: Any, path: str) -> Date | None:
    found = text(node, path)
    if not found:
        return None
    try:
        return datetime.strptime(found[:8], "%Y%m%d").date()  # noqa: DTZ007 - a day, no time
    except ValueError:
        raise NotReadable(f"{found} is no date of format 102") from None


def _seller(root: Any, settled: Any) -> Party:
    node = needed(find(root, f"{_AGREED}/ram:SellerTradeParty"), "The seller (BG-4)")
    creditor = text(settled, "ram:CreditorReferenceID")
    return _party(node, (Identifier(creditor, "SEPA"),) if creditor else ())


def _other(node: Any) -> Party | None:
    return None if node is None else _party(node)


def _party(node: Any, more: tuple[Identifier, ...] = ()) -> Party:
    contact = find(node, "ram:DefinedTradeContact")
    endpoint = find(node, "ram:URIUniversalCommunication/ram:URIID")
    legal = find(node, "ram:SpecifiedLegalOrganization/ram:ID")
    return Party(
        name=text(node, "ram:Name"),
        trading_name=text(node, "ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        identifiers=(
            *(_identified(found) for found in find_all(node, "ram:ID | ram:GlobalID")),
            *more,
        ),
        registration=None if legal is None else _identified(legal),
        legal_form=text(node, "ram:Description"),
        vat_id=text(node, "ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']"),
        tax_registration=text(node, "ram:SpecifiedTaxRegistration/ram:ID[@schemeID='FC']"),
        endpoint=None if endpoint is None else _identified(endpoint),
        address=_address(find(node, "ram:PostalTradeAddress")),
        contact=None
        if contact is None
        else Contact(
            text(contact, "ram:PersonName") or text(contact, "ram:DepartmentName"),
            text(contact, "ram:TelephoneUniversalCommunication/ram:CompleteNumber"),
            text(contact, "ram:EmailURIUniversalCommunication/ram:URIID"),
        ),
    )


def _identified(node: Any) -> Identifier:
    return Identifier(text(node), node.get("schemeID", ""))


def _address(node: Any) -> Address | None:
    if node is None:
        return None
    return Address(
        country=text(node, "ram:CountryID"),
        street=text(node, "ram:LineOne"),
        additional=text(node, "ram:LineTwo"),
        line=text(node, "ram:LineThree"),
        city=text(node, "ram:CityName"),
        post_code=text(node, "ram:PostcodeCode"),
        subdivision=text(node, "ram:CountrySubDivisionName"),
    )


def _delivery(root: Any) -> Delivery | None:
    day = _day(root, f"{_DELIVERED}/ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/*")
    party = find(root, f"{_DELIVERED}/ram:ShipToTradeParty")
    if party is None:
        return None if day is None else Delivery(day)
    location = find(party, "ram:ID | ram:GlobalID")
    return Delivery(
        date=day,
        name=text(party, "ram:Name"),
        location=None if location is None else _identified(location),
        address=_address(find(party, "ram:PostalTradeAddress")),
    )


def _period(node: Any) -> Period | None:
    found = find(node, "ram:BillingSpecifiedPeriod")
    if found is None:
        return None
    return Period(_day(found, "ram:StartDateTime/*"), _day(found, "ram:EndDateTime/*"))


def _payments(settled: Any) -> tuple[Payment, ...]:
    remittance = text(settled, "ram:PaymentReference")
    mandate = text(settled, "ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID")
    made: dict[tuple[str, str], Payment] = {}
    for node in find_all(settled, "ram:SpecifiedTradeSettlementPaymentMeans"):
        key = (text(node, "ram:TypeCode"), text(node, "ram:Information"))
        before = made.get(key)
        made[key] = Payment(
            code=key[0],
            text=key[1],
            remittance=remittance,
            accounts=(before.accounts if before else ()) + _accounts(node),
            mandate=mandate,
            debited_account=text(node, "ram:PayerPartyDebtorFinancialAccount/ram:IBANID"),
        )
    return tuple(made.values())


def _accounts(node: Any) -> tuple[Account, ...]:
    bank = text(node, "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID")
    return tuple(
        Account(
            text(found, "ram:IBANID") or text(found, "ram:ProprietaryID"),
            text(found, "ram:AccountName"),
            bank,
        )
        for found in find_all(node, "ram:PayeePartyCreditorFinancialAccount")
    )


def _category(node: Any) -> Category:
    return Category(text(node, "ram:CategoryCode"), number(node, "ram:RateApplicablePercent"))


def _tax(node: Any) -> TaxRow:
    return TaxRow(
        category=_category(node),
        taxable=needed(number(node, "ram:BasisAmount"), "A taxable amount (BT-116)"),
        tax=needed(number(node, "ram:CalculatedAmount"), "A tax amount (BT-117)"),
        exemption_reason=text(node, "ram:ExemptionReason"),
        exemption_code=text(node, "ram:ExemptionReasonCode"),
    )


def _allowance(node: Any) -> AllowanceCharge:
    category = find(node, "ram:CategoryTradeTax")
    return AllowanceCharge(
        is_charge=text(node, "ram:ChargeIndicator/udt:Indicator") in ("true", "1"),
        amount=needed(number(node, "ram:ActualAmount"), "The amount of an allowance or charge"),
        reason=text(node, "ram:Reason"),
        reason_code=text(node, "ram:ReasonCode"),
        base=number(node, "ram:BasisAmount"),
        percent=number(node, "ram:CalculationPercent"),
        category=None if category is None else _category(category),
    )


def _totals(settled: Any) -> Totals:
    node = needed(
        find(settled, "ram:SpecifiedTradeSettlementHeaderMonetarySummation"), "The totals (BG-22)"
    )
    currency, accounting = (
        text(settled, f"ram:{name}") for name in ("InvoiceCurrencyCode", "TaxCurrencyCode")
    )
    taxes = {
        found.get("currencyID", currency): number(found, ".")
        for found in find_all(node, "ram:TaxTotalAmount")
    }
    return Totals(
        lines=needed(number(node, "ram:LineTotalAmount"), "The sum of lines (BT-106)"),
        tax_exclusive=needed(number(node, "ram:TaxBasisTotalAmount"), "The net total (BT-109)"),
        tax=taxes.get(currency) or ZERO,
        tax_inclusive=needed(number(node, "ram:GrandTotalAmount"), "The gross total (BT-112)"),
        payable=needed(number(node, "ram:DuePayableAmount"), "The amount due (BT-115)"),
        allowances=number(node, "ram:AllowanceTotalAmount"),
        charges=number(node, "ram:ChargeTotalAmount"),
        prepaid=number(node, "ram:TotalPrepaidAmount"),
        rounding=number(node, "ram:RoundingAmount"),
        tax_accounting=taxes.get(accounting) if accounting and accounting != currency else None,
    )


def _line(node: Any) -> Line:
    product = needed(find(node, "ram:SpecifiedTradeProduct"), "A line's item (BG-31)")
    settled = needed(find(node, "ram:SpecifiedLineTradeSettlement"), "A line's settlement")
    stated = "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity"
    quantity = needed(find(node, stated), "A quantity (BT-129)")
    net = "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
    standard = find(product, "ram:GlobalID")
    tax = find(settled, "ram:ApplicableTradeTax")
    return Line(
        id=text(node, "ram:AssociatedDocumentLineDocument/ram:LineID"),
        quantity=needed(number(quantity, "."), "A quantity (BT-129)"),
        unit=quantity.get("unitCode", ""),
        net=needed(number(settled, net), "A line's net amount (BT-131)"),
        price=_price(node),
        name=text(product, "ram:Name"),
        category=Category("") if tax is None else _category(tax),
        note=text(node, "ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content"),
        order_line=text(
            node, "ram:SpecifiedLineTradeAgreement/ram:BuyerOrderReferencedDocument/ram:LineID"
        ),
        cost_centre=text(settled, "ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        period=_period(settled),
        allowances=tuple(
            _allowance(part) for part in find_all(settled, "ram:SpecifiedTradeAllowanceCharge")
        ),
        description=text(product, "ram:Description"),
        sellers_id=text(product, "ram:SellerAssignedID"),
        buyers_id=text(product, "ram:BuyerAssignedID"),
        standard_id=None if standard is None else _identified(standard),
        classifications=tuple(
            Identifier(text(found), found.get("listID", ""))
            for found in find_all(product, "ram:DesignatedProductClassification/ram:ClassCode")
        ),
        origin=text(product, "ram:OriginTradeCountry/ram:ID"),
        attributes=tuple(
            (text(found, "ram:Description"), text(found, "ram:Value"))
            for found in find_all(product, "ram:ApplicableProductCharacteristic")
        ),
    )


def _price(node: Any) -> Price:
    agreed = "ram:SpecifiedLineTradeAgreement"
    net = needed(find(node, f"{agreed}/ram:NetPriceProductTradePrice"), "A net price (BT-146)")
    gross = f"{agreed}/ram:GrossPriceProductTradePrice"
    return Price(
        net=needed(number(net, "ram:ChargeAmount"), "A net price (BT-146)"),
        base_quantity=number(net, "ram:BasisQuantity"),
        base_unit=text(net, "ram:BasisQuantity/@unitCode"),
        discount=number(node, f"{gross}/ram:AppliedTradeAllowanceCharge/ram:ActualAmount"),
        gross=number(node, f"{gross}/ram:ChargeAmount"),
    )

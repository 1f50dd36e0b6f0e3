"""What an invoice must say: BR-01 … BR-65, and the rules on what goes with what."""

from __future__ import annotations

from functools import cache
from typing import Any

from apps.finance.einvoice.code_lists import codes
from apps.finance.einvoice.rules import (
    BUYER,
    DOCUMENT,
    IS_VAT,
    SELLER,
    WARNING,
    Holds,
    Rule,
    exists,
    filled,
    test,
)
from apps.finance.einvoice.xml import find_all, number, numbers, text

TOTALS = "//cac:LegalMonetaryTotal"
SUBTOTAL = "//cac:TaxTotal/cac:TaxSubtotal"
PERIOD = "//cac:InvoicePeriod[not(parent::cac:InvoiceLine or parent::cac:CreditNoteLine)]"
COUNTRY = "cac:Country/cbc:IdentificationCode"
TRANSFER = ("30", "58")


def is_not_before(node: Any) -> bool:
    start, end = text(node, "cbc:StartDate"), text(node, "cbc:EndDate")
    return not start or not end or start <= end


def not_negative(path: str, *, is_required: bool) -> Holds:
    def holds(node: Any) -> bool:
        value = number(node, path)
        return not is_required if value is None else value >= 0

    return holds


def _differs_from_seller(node: Any) -> bool:
    """A payee is named, and is somebody else than the seller."""

    def same(path: str) -> bool:
        own = {text(found) for found in find_all(node, path)}
        return bool(own & {text(found) for found in find_all(node, f"../{SELLER}/{path}")})

    return (
        bool(find_all(node, "cac:PartyName/cbc:Name"))
        and not same("cac:PartyName/cbc:Name")
        and not same("cac:PartyIdentification/cbc:ID")
    )


def _has_account(node: Any) -> bool:
    return text(node, "cbc:PaymentMeansCode") not in TRANSFER or bool(
        find_all(node, "cac:PayeeFinancialAccount/cbc:ID")
    )


def _has_accounting_tax(node: Any) -> bool:
    wanted = {text(found) for found in find_all(node, "cbc:TaxCurrencyCode")}
    return wanted <= set(find_all(node, "//cac:TaxTotal/cbc:TaxAmount/@currencyID"))


def _has_due_date(node: Any) -> bool:
    owed = numbers(node, ".")[0]
    return owed <= 0 or bool(find_all(node, "//cbc:DueDate | //cac:PaymentTerms/cbc:Note"))


@cache
def _vat_prefixes() -> frozenset[str]:
    return codes("BR-CO-09")


def _has_country_prefix(node: Any) -> bool:
    number = text(node, "cbc:CompanyID")
    return not number or number[:2] in _vat_prefixes()


def _rules() -> list[Rule]:
    made = [
        Rule(rule, message, DOCUMENT, holds)
        for rule, message, holds in (
            (
                "BR-01",
                "An invoice has a specification identifier (BT-24).",
                filled("cbc:CustomizationID"),
            ),
            ("BR-02", "An invoice has a number (BT-1).", filled("cbc:ID")),
            ("BR-03", "An invoice has an issue date (BT-2).", filled("cbc:IssueDate")),
            (
                "BR-04",
                "An invoice has a type code (BT-3).",
                filled("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"),
            ),
            ("BR-05", "An invoice has a currency (BT-5).", filled("cbc:DocumentCurrencyCode")),
            (
                "BR-06",
                "The seller has a name (BT-27).",
                filled(f"{SELLER}/cac:PartyLegalEntity/cbc:RegistrationName"),
            ),
            (
                "BR-07",
                "The buyer has a name (BT-44).",
                filled(f"{BUYER}/cac:PartyLegalEntity/cbc:RegistrationName"),
            ),
            (
                "BR-08",
                "The seller has a postal address (BG-5).",
                exists(f"{SELLER}/cac:PostalAddress"),
            ),
            (
                "BR-10",
                "The buyer has a postal address (BG-8).",
                exists(f"{BUYER}/cac:PostalAddress"),
            ),
            (
                "BR-16",
                "An invoice has a line (BG-25).",
                exists("cac:InvoiceLine", "cac:CreditNoteLine"),
            ),
            (
                "BR-53",
                "With a VAT accounting currency (BT-6) there is a total of VAT in it (BT-111).",
                _has_accounting_tax,
            ),
            (
                "BR-CO-03",
                "A tax point date (BT-7) and a tax point date code (BT-8) exclude each other.",
                test("not(cbc:TaxPointDate and cac:InvoicePeriod/cbc:DescriptionCode)"),
            ),
            (
                "BR-CO-18",
                "An invoice has a VAT breakdown (BG-23).",
                exists("cac:TaxTotal/cac:TaxSubtotal"),
            ),
        )
    ]
    made += [
        Rule(rule, message, context, holds)
        for rule, message, context, holds in (
            (
                "BR-09",
                "The seller's address has a country (BT-40).",
                f"//{SELLER}/cac:PostalAddress",
                filled(COUNTRY),
            ),
            (
                "BR-11",
                "The buyer's address has a country (BT-55).",
                f"//{BUYER}/cac:PostalAddress",
                filled(COUNTRY),
            ),
            (
                "BR-12",
                "The totals have the sum of line net amounts (BT-106).",
                TOTALS,
                exists("cbc:LineExtensionAmount"),
            ),
            (
                "BR-13",
                "The totals have the amount without VAT (BT-109).",
                TOTALS,
                exists("cbc:TaxExclusiveAmount"),
            ),
            (
                "BR-14",
                "The totals have the amount with VAT (BT-112).",
                TOTALS,
                exists("cbc:TaxInclusiveAmount"),
            ),
            (
                "BR-15",
                "The totals have the amount due (BT-115).",
                TOTALS,
                exists("cbc:PayableAmount"),
            ),
            (
                "BR-17",
                "A payee (BG-10) is named (BT-59) and is not the seller.",
                "//cac:PayeeParty",
                _differs_from_seller,
            ),
            (
                "BR-18",
                "A tax representative (BG-11) is named (BT-62).",
                "//cac:TaxRepresentativeParty",
                filled("cac:PartyName/cbc:Name"),
            ),
            (
                "BR-19",
                "A tax representative (BG-11) has an address (BG-12).",
                "//cac:TaxRepresentativeParty",
                exists("cac:PostalAddress"),
            ),
            (
                "BR-20",
                "A tax representative's address has a country (BT-69).",
                "//cac:TaxRepresentativeParty/cac:PostalAddress",
                filled(COUNTRY),
            ),
            (
                "BR-56",
                "A tax representative (BG-11) has a VAT identifier (BT-63).",
                "//cac:TaxRepresentativeParty",
                exists(f"cac:PartyTaxScheme{IS_VAT}/cbc:CompanyID"),
            ),
            (
                "BR-29",
                "An invoicing period (BG-14) does not end before it begins.",
                PERIOD,
                is_not_before,
            ),
            (
                "BR-CO-19",
                "An invoicing period (BG-14) has a first or a last day.",
                PERIOD,
                exists("cbc:StartDate", "cbc:EndDate", "cbc:DescriptionCode"),
            ),
            (
                "BR-45",
                "A VAT breakdown (BG-23) has a taxable amount (BT-116).",
                SUBTOTAL,
                exists("cbc:TaxableAmount"),
            ),
            (
                "BR-46",
                "A VAT breakdown (BG-23) has a tax amount (BT-117).",
                SUBTOTAL,
                exists("cbc:TaxAmount"),
            ),
            (
                "BR-47",
                "A VAT breakdown (BG-23) has a category (BT-118).",
                SUBTOTAL,
                exists(f"cac:TaxCategory{IS_VAT}/cbc:ID"),
            ),
            (
                "BR-48",
                "A VAT breakdown (BG-23) has a rate (BT-119), unless it is not subject to VAT.",
                SUBTOTAL,
                exists(
                    f"cac:TaxCategory{IS_VAT}/cbc:Percent",
                    f"cac:TaxCategory{IS_VAT}[normalize-space(cbc:ID)='O']",
                ),
            ),
            (
                "BR-49",
                "Payment instructions (BG-16) have a means of payment (BT-81).",
                "//cac:PaymentMeans",
                exists("cbc:PaymentMeansCode"),
            ),
            (
                "BR-50",
                "A credit transfer (BG-17) names the account (BT-84).",
                "//cac:PaymentMeans[cbc:PaymentMeansCode='30' or cbc:PaymentMeansCode='58']"
                "/cac:PayeeFinancialAccount",
                filled("cbc:ID"),
            ),
            (
                "BR-61",
                "To pay by transfer, there is an account to pay to (BT-84).",
                "//cac:PaymentMeans",
                _has_account,
            ),
            (
                "BR-52",
                "A supporting document (BG-24) has a reference (BT-122).",
                "//cac:AdditionalDocumentReference",
                filled("cbc:ID"),
            ),
            (
                "BR-55",
                "A preceding invoice (BG-3) is named by its number (BT-25).",
                "//cac:BillingReference",
                exists("cac:InvoiceDocumentReference/cbc:ID"),
            ),
            (
                "BR-57",
                "A delivery address (BG-15) has a country (BT-80).",
                "//cac:Delivery/cac:DeliveryLocation/cac:Address",
                exists(COUNTRY),
            ),
            (
                "BR-62",
                "The seller's electronic address (BT-34) has a scheme.",
                f"//{SELLER}/cbc:EndpointID",
                exists("@schemeID"),
            ),
            (
                "BR-63",
                "The buyer's electronic address (BT-49) has a scheme.",
                f"//{BUYER}/cbc:EndpointID",
                exists("@schemeID"),
            ),
            (
                "BR-CO-09",
                "A VAT identifier begins with the country that issued it.",
                f"//cac:PartyTaxScheme{IS_VAT}",
                _has_country_prefix,
            ),
            (
                "BR-CO-25",
                "What is owed by an invoice has a due date (BT-9) or payment terms (BT-20).",
                "/ubl:Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount",
                _has_due_date,
            ),
            (
                "BR-CO-26",
                "The seller is known by an identifier (BT-29), a registration (BT-30)"
                " or a VAT identifier (BT-31).",
                "//cac:AccountingSupplierParty",
                exists(
                    f"cac:Party/cac:PartyTaxScheme{IS_VAT}/cbc:CompanyID",
                    "cac:Party/cac:PartyIdentification/cbc:ID[not(@schemeID='SEPA')]",
                    "cac:Party/cac:PartyLegalEntity/cbc:CompanyID",
                ),
            ),
        )
    ]
    made.append(
        Rule(
            "BR-51",
            "Of a card number (BT-87) at most ten digits are shown.",
            "//cac:PaymentMeans/cac:CardAccount/cbc:PrimaryAccountNumberID",
            lambda node: len(text(node)) <= 10,
            WARNING,
        )
    )
    return made


RULES = _rules()

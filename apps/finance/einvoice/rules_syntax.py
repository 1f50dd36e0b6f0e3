"""What UBL allows and the semantic model does not: UBL-SR, UBL-DT and UBL-CR."""

from __future__ import annotations

from functools import cache
from typing import Any

from lxml import etree

from apps.finance.einvoice.code_lists import left_out
from apps.finance.einvoice.rules import (
    BUYER,
    DOCUMENT,
    IS_ALLOWANCE,
    IS_CHARGE,
    IS_VAT,
    LINE,
    SELLER,
    WARNING,
    Holds,
    Rule,
    at_most,
    exists,
    test,
)
from apps.finance.einvoice.xml import find_all, text

_OTHER_TAX = "[cac:TaxScheme/cbc:ID][translate(cac:TaxScheme/cbc:ID,'vat','VAT')!='VAT']"
_IS_SEPA = "[translate(@schemeID,'sepa','SEPA')='SEPA']"
_IS_OTHER_SCHEME = "[@schemeID][translate(@schemeID,'sepa','SEPA')!='SEPA']"
_NAME = "cac:PartyName/cbc:Name"
_REGISTERED = f"../{SELLER}/cac:PartyLegalEntity/cbc:RegistrationName"
#: Attributes of UBL's data types without a meaning in EN 16931, by their rule's number.
_ATTRIBUTES = (
    (8, "schemeName"),
    (9, "schemeAgencyName"),
    (10, "schemeDataURI"),
    (11, "schemeURI"),
    (12, "format"),
    (13, "unitCodeListIdentifier"),
    (14, "unitCodeListAgencyIdentifier"),
    (15, "unitCodeListAgencyName"),
    (16, "listAgencyName"),
    (17, "listName"),
    (19, "languageID"),
    (20, "listURI"),
    (21, "listSchemeURI"),
    (22, "languageLocaleID"),
    (23, "uri"),
    (24, "currencyCodeListVersionID"),
    (25, "characterSetCode"),
    (26, "encodingCode"),
    (27, "schemeAgencyID"),
    (28, "listAgencyID"),
)
_ONCE = (
    ("01", "contract (BT-12)", "cac:ContractDocumentReference/cbc:ID"),
    ("02", "receiving advice (BT-15)", "cac:ReceiptDocumentReference/cbc:ID"),
    ("03", "despatch advice (BT-16)", "cac:DespatchDocumentReference/cbc:ID"),
    (
        "04",
        "invoiced object (BT-18)",
        "cac:AdditionalDocumentReference[cbc:DocumentTypeCode='130']/cbc:ID",
    ),
    ("05", "payment terms (BT-20)", "cac:PaymentTerms/cbc:Note"),
    ("08", "invoicing period (BG-14)", "cac:InvoicePeriod"),
    ("09", "seller's name (BT-27)", f"{SELLER}/cac:PartyLegalEntity/cbc:RegistrationName"),
    ("10", "seller's trading name (BT-28)", f"{SELLER}/{_NAME}"),
    ("11", "seller's registration (BT-30)", f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID"),
    ("12", "seller's VAT identifier (BT-31)", f"{SELLER}/cac:PartyTaxScheme{IS_VAT}/cbc:CompanyID"),
    (
        "13",
        "seller's tax registration (BT-32)",
        f"{SELLER}/cac:PartyTaxScheme{_OTHER_TAX}/cbc:CompanyID",
    ),
    ("14", "seller's legal form (BT-33)", f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyLegalForm"),
    ("15", "buyer's name (BT-44)", f"{BUYER}/cac:PartyLegalEntity/cbc:RegistrationName"),
    ("16", "buyer's identifier (BT-46)", f"{BUYER}/cac:PartyIdentification/cbc:ID"),
    ("17", "buyer's registration (BT-47)", f"{BUYER}/cac:PartyLegalEntity/cbc:CompanyID"),
    ("18", "buyer's VAT identifier (BT-48)", f"{BUYER}/cac:PartyTaxScheme{IS_VAT}/cbc:CompanyID"),
    ("24", "delivery (BG-13)", "cac:Delivery"),
    ("29", "creditor identifier (BT-90)", f"//cac:PartyIdentification/cbc:ID{_IS_SEPA}"),
    ("39", "project (BT-11)", "cac:ProjectReference/cbc:ID"),
    ("40", "buyer's trading name (BT-45)", f"{BUYER}/{_NAME}"),
    ("45", "due date (BT-9)", "cac:PaymentMeans/cbc:PaymentDueDate"),
    ("46", "text of the means of payment (BT-82)", "cac:PaymentMeans/cbc:PaymentMeansCode/@name"),
    ("49", "tax point date code (BT-8)", "cac:InvoicePeriod/cbc:DescriptionCode"),
    ("54", "card (BG-18)", "cac:PaymentMeans/cac:CardAccount"),
    ("55", "mandate (BG-19)", "cac:PaymentMeans/cac:PaymentMandate"),
    ("56", "tender or lot (BT-17)", "cac:OriginatorDocumentReference/cbc:ID"),
)
_ONCE_ELSEWHERE = (
    (
        "06",
        "invoice",
        "in a reference to one (BG-3)",
        "//cac:BillingReference",
        "cac:InvoiceDocumentReference",
    ),
    ("22", "name", "of a tax representative (BT-62)", "//cac:TaxRepresentativeParty", _NAME),
    (
        "23",
        "VAT identifier",
        "of a tax representative (BT-63)",
        "//cac:TaxRepresentativeParty",
        "cac:PartyTaxScheme/cbc:CompanyID",
    ),
    ("25", "name", "in a delivery (BT-70)", "//cac:Delivery", f"cac:DeliveryParty/{_NAME}"),
    (
        "26",
        "remittance information",
        "per means of payment (BT-83)",
        "//cac:PaymentMeans",
        "cbc:PaymentID",
    ),
    ("27", "code", "per means of payment (BT-81)", "//cac:PaymentMeans", "cbc:PaymentMeansCode"),
    (
        "28",
        "mandate",
        "per means of payment (BT-89)",
        "//cac:PaymentMeans",
        "cac:PaymentMandate/cbc:ID",
    ),
    (
        "30",
        "reason",
        "of an allowance (BT-97)",
        f"//cac:AllowanceCharge{IS_ALLOWANCE}",
        "cbc:AllowanceChargeReason",
    ),
    (
        "31",
        "reason",
        "of a charge (BT-104)",
        f"//cac:AllowanceCharge{IS_CHARGE}",
        "cbc:AllowanceChargeReason",
    ),
    (
        "32",
        "reason of exemption",
        "per VAT breakdown (BT-120)",
        "//cac:TaxSubtotal",
        "cac:TaxCategory/cbc:TaxExemptionReason",
    ),
    (
        "33",
        "description",
        "of a supporting document (BT-123)",
        "//cac:AdditionalDocumentReference",
        "cbc:DocumentDescription",
    ),
    ("34", "note", "per line (BT-127)", LINE, "cbc:Note"),
    ("35", "order line", "per line (BT-132)", LINE, "cac:OrderLineReference/cbc:LineID"),
    ("36", "period", "per line (BG-26)", LINE, "cac:InvoicePeriod"),
    ("37", "discount", "of a price (BT-147)", LINE, "cac:Price/cac:AllowanceCharge/cbc:Amount"),
    ("50", "description", "of an item (BT-154)", LINE, "cac:Item/cbc:Description"),
    ("52", "object", "per line (BT-128)", LINE, "cac:DocumentReference"),
    ("51", "address line", "per address", "//cac:PostalAddress | //cac:Address", "cac:AddressLine"),
)


def _payee(path: str) -> Holds:
    def holds(node: Any) -> bool:
        if len(find_all(node, path)) > 1:
            return False
        seller = [text(found) for found in find_all(node, _REGISTERED)]
        own = [text(found) for found in find_all(node, _NAME)]
        return any(name != other for name in own for other in seller)

    return holds


def _same(path: str) -> Holds:
    return lambda node: len({found.text for found in find_all(node, path)}) <= 1


def _object_reference(node: Any) -> bool:
    code = text(node, "cbc:DocumentTypeCode")
    is_credit_note = etree.QName(node.getroottree().getroot()).localname == "CreditNote"
    if code == "130" or (is_credit_note and code == "50"):
        return True
    return not find_all(node, "cbc:ID/@schemeID | cbc:DocumentTypeCode")


@cache
def _left_out() -> list[Rule]:
    made = []
    for rule, path, message in left_out():
        expression = f"not({path})"
        made.append(Rule(rule, message, DOCUMENT, test(expression), WARNING))
    return made


def rules() -> list[Rule]:
    """These rules; those on what is left out come from the library, once."""
    return [*RULES, *_left_out()]


RULES = [
    *(
        Rule(f"UBL-SR-{number}", f"There is at most one {name}.", DOCUMENT, at_most(path))
        for number, name, path in _ONCE
    ),
    *(
        Rule(f"UBL-SR-{number}", f"There is at most one {what} {where}.", context, at_most(path))
        for number, what, where, context, path in _ONCE_ELSEWHERE
    ),
    Rule(
        "UBL-SR-07",
        "A reference to an invoice has its number (BT-25).",
        "//cac:BillingReference",
        exists("cac:InvoiceDocumentReference/cbc:ID"),
    ),
    Rule(
        "UBL-SR-19",
        "A payee has one name (BT-59), which is not the seller's.",
        "//cac:PayeeParty",
        _payee(_NAME),
    ),
    Rule(
        "UBL-SR-20",
        "A payee has at most one identifier (BT-60) and is not the seller.",
        "//cac:PayeeParty",
        _payee(f"cac:PartyIdentification/cbc:ID{_IS_OTHER_SCHEME}"),
    ),
    Rule(
        "UBL-SR-21",
        "A payee has at most one registration (BT-61) and is not the seller.",
        "//cac:PayeeParty",
        _payee("cac:PartyLegalEntity/cbc:CompanyID"),
    ),
    Rule(
        "UBL-SR-42",
        "A seller has at most two tax schemes.",
        f"//{SELLER}",
        at_most("cac:PartyTaxScheme", 2),
    ),
    Rule(
        "UBL-SR-43",
        "The scheme of a document reference is for invoiced objects only.",
        "//cac:AdditionalDocumentReference",
        _object_reference,
    ),
    Rule(
        "UBL-SR-44",
        "All remittance information (BT-83) is the same.",
        DOCUMENT,
        _same("//cbc:PaymentID"),
    ),
    Rule(
        "UBL-SR-47",
        "All means of payment have the same code (BT-81).",
        DOCUMENT,
        _same("//cbc:PaymentMeansCode"),
    ),
    Rule(
        "UBL-SR-48",
        "A line has exactly one VAT category (BT-151).",
        LINE,
        test("count(cac:Item/cac:ClassifiedTaxCategory)=1"),
    ),
    Rule(
        "UBL-SR-53",
        "A party's tax scheme has a scheme and an identifier.",
        "//cac:PartyTaxScheme",
        test("cac:TaxScheme/cbc:ID and cbc:CompanyID"),
    ),
    Rule(
        "UBL-DT-01",
        "An amount has at most two decimals.",
        "//*[substring(local-name(),string-length(local-name())-5)='Amount'][local-name()!='PriceAmount'][not(ancestor::cac:AllowanceCharge/parent::cac:Price)]",
        lambda node: len((node.text or "").partition(".")[2]) <= 2,
    ),
    Rule(
        "UBL-DT-06",
        "An attached file has a media type.",
        "//cbc:EmbeddedDocumentBinaryObject",
        exists("@mimeCode"),
    ),
    Rule(
        "UBL-DT-07",
        "An attached file has a name.",
        "//cbc:EmbeddedDocumentBinaryObject",
        exists("@filename"),
    ),
    Rule(
        "UBL-DT-18",
        "Only a means of payment has the attribute name.",
        DOCUMENT,
        test("count(//@name)=count(//cbc:PaymentMeansCode/@name)"),
        WARNING,
    ),
    *(
        Rule(
            f"UBL-DT-{number:02}",
            f"There is no attribute {name}.",
            DOCUMENT,
            test(f"not(//@{name})"),
            WARNING,
        )
        for number, name in _ATTRIBUTES
    ),
]

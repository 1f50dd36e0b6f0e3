"""What must be coded is coded from its list: BR-CL-01 … BR-CL-26."""

from __future__ import annotations

import re
from typing import Any

from apps.finance.einvoice.code_lists import codes
from apps.finance.einvoice.rules import IS_ALLOWANCE, IS_CHARGE, Holds, Rule
from apps.finance.einvoice.xml import find, text

MIME_TYPES = frozenset({
    "application/pdf",
    "image/png",
    "image/jpeg",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
})  # fmt: skip
AMOUNTS = [
    "Amount",
    "BaseAmount",
    "PriceAmount",
    "TaxAmount",
    "TaxableAmount",
    "LineExtensionAmount",
    "TaxExclusiveAmount",
    "TaxInclusiveAmount",
    "AllowanceTotalAmount",
    "ChargeTotalAmount",
    "PrepaidAmount",
    "PayableRoundingAmount",
    "PayableAmount",
]
_SUBJECT = re.compile(r"[^#]*#([^#]{3})#")
_IS_OBJECT = "[cbc:DocumentTypeCode='130']/cbc:ID[@schemeID]"


def _among(rule: str, path: str, *, upper: bool = False) -> Holds:
    def holds(node: Any) -> bool:
        value = text(node, path)
        return (value.upper() if upper else value) in codes(rule)

    return holds


def _type_code(node: Any) -> bool:
    is_credit = node.tag.endswith("CreditNoteTypeCode")
    return text(node) in codes("BR-CL-01", 1 if is_credit else 0)


def _party_scheme(node: Any) -> bool:
    scheme = text(node, "@schemeID")
    payee = "ancestor::cac:AccountingSupplierParty | ancestor::cac:PayeeParty"
    return scheme in codes("BR-CL-10") or (scheme == "SEPA" and find(node, payee) is not None)


def _subject(node: Any) -> bool:
    found = _SUBJECT.match(node.text or "")
    return found is None or found[1] in codes("BR-CL-08")


RULES = [
    Rule(
        "BR-CL-01",
        "The type (BT-3) is one of an invoice or a credit note in UNTDID 1001.",
        "//cbc:InvoiceTypeCode | //cbc:CreditNoteTypeCode",
        _type_code,
    ),
    Rule("BR-CL-08", "The subject of a note (BT-21) is of UNTDID 4451.", "/*/cbc:Note", _subject),
    Rule(
        "BR-CL-10",
        "The scheme of a party's identifier is of ISO/IEC 6523.",
        "//cac:PartyIdentification/cbc:ID[@schemeID]",
        _party_scheme,
    ),
    Rule(
        "BR-CL-24",
        "An attachment (BT-125) is PDF, PNG, JPEG, CSV or a spreadsheet.",
        "//cbc:EmbeddedDocumentBinaryObject[@mimeCode]",
        lambda node: node.get("mimeCode") in MIME_TYPES,
    ),
    *(
        Rule(rule, message, context, _among(rule, path, upper=rule == "BR-CL-22"))
        for rule, message, context, path in (
            (
                "BR-CL-03",
                "An amount's currency is of ISO 4217.",
                " | ".join(f"//cbc:{name}" for name in AMOUNTS),
                "@currencyID",
            ),
            (
                "BR-CL-04",
                "The invoice's currency (BT-5) is of ISO 4217.",
                "//cbc:DocumentCurrencyCode",
                ".",
            ),
            (
                "BR-CL-05",
                "The VAT accounting currency (BT-6) is of ISO 4217.",
                "//cbc:TaxCurrencyCode",
                ".",
            ),
            (
                "BR-CL-06",
                "The tax point date code (BT-8) is of UNTDID 2005: 3, 35 or 432.",
                "//cac:InvoicePeriod/cbc:DescriptionCode",
                ".",
            ),
            (
                "BR-CL-07",
                "The scheme of an invoiced object (BT-18, BT-128) is of UNTDID 1153.",
                f"//cac:AdditionalDocumentReference{_IS_OBJECT}"
                f" | //cac:DocumentReference{_IS_OBJECT}",
                "@schemeID",
            ),
            (
                "BR-CL-11",
                "The scheme of a registration is of ISO/IEC 6523.",
                "//cac:PartyLegalEntity/cbc:CompanyID[@schemeID]",
                "@schemeID",
            ),
            (
                "BR-CL-13",
                "The scheme of a classification (BT-158) is of UNTDID 7143.",
                "//cac:CommodityClassification/cbc:ItemClassificationCode[@listID]",
                "@listID",
            ),
            (
                "BR-CL-14",
                "A country is of ISO 3166-1.",
                "//cac:Country/cbc:IdentificationCode",
                ".",
            ),
            (
                "BR-CL-15",
                "A country of origin (BT-159) is of ISO 3166-1.",
                "//cac:OriginCountry/cbc:IdentificationCode",
                ".",
            ),
            (
                "BR-CL-16",
                "The means of payment (BT-81) is of UNTDID 4461.",
                "//cac:PaymentMeans/cbc:PaymentMeansCode",
                ".",
            ),
            (
                "BR-CL-17",
                "A VAT category is one of UNTDID 5305 that invoices use.",
                "//cac:TaxCategory/cbc:ID",
                ".",
            ),
            (
                "BR-CL-18",
                "A line's VAT category (BT-151) is one of UNTDID 5305 that invoices use.",
                "//cac:ClassifiedTaxCategory/cbc:ID",
                ".",
            ),
            (
                "BR-CL-19",
                "The reason of an allowance is of UNTDID 5189.",
                f"//cac:AllowanceCharge{IS_ALLOWANCE}/cbc:AllowanceChargeReasonCode",
                ".",
            ),
            (
                "BR-CL-20",
                "The reason of a charge is of UNTDID 7161.",
                f"//cac:AllowanceCharge{IS_CHARGE}/cbc:AllowanceChargeReasonCode",
                ".",
            ),
            (
                "BR-CL-21",
                "The scheme of an item's identifier (BT-157) is of ISO/IEC 6523.",
                "//cac:StandardItemIdentification/cbc:ID[@schemeID]",
                "@schemeID",
            ),
            (
                "BR-CL-22",
                "The reason of exemption (BT-121) is of the VATEX list.",
                "//cbc:TaxExemptionReasonCode",
                ".",
            ),
            (
                "BR-CL-23",
                "A unit is of UN/ECE Recommendation 20 or 21.",
                "//cbc:InvoicedQuantity[@unitCode] | //cbc:BaseQuantity[@unitCode]"
                " | //cbc:CreditedQuantity[@unitCode]",
                "@unitCode",
            ),
            (
                "BR-CL-25",
                "The scheme of an electronic address is of the EAS list.",
                "//cbc:EndpointID[@schemeID]",
                "@schemeID",
            ),
            (
                "BR-CL-26",
                "The scheme of a delivery location (BT-71) is of ISO/IEC 6523.",
                "//cac:DeliveryLocation/cbc:ID[@schemeID]",
                "@schemeID",
            ),
        )
    ),
]

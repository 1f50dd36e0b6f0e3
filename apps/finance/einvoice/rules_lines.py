"""What lines, allowances and charges must say: BR-21 … BR-44, and the rules on their items."""

from __future__ import annotations

from apps.finance.einvoice.rules import (
    IS_ALLOWANCE,
    IS_CHARGE,
    IS_VAT,
    LINE,
    Rule,
    exists,
    filled,
    test,
)
from apps.finance.einvoice.rules_terms import is_not_before, not_negative

ALLOWANCE = f"/*/cac:AllowanceCharge{IS_ALLOWANCE}"
CHARGE = f"/*/cac:AllowanceCharge{IS_CHARGE}"
LINE_ALLOWANCE = (
    f"//cac:InvoiceLine/cac:AllowanceCharge{IS_ALLOWANCE}"
    f" | //cac:CreditNoteLine/cac:AllowanceCharge{IS_ALLOWANCE}"
)
LINE_CHARGE = (
    f"//cac:InvoiceLine/cac:AllowanceCharge{IS_CHARGE}"
    f" | //cac:CreditNoteLine/cac:AllowanceCharge{IS_CHARGE}"
)
CLASSIFICATION = "cac:CommodityClassification/cbc:ItemClassificationCode"
LINE_PERIOD = "//cac:InvoiceLine/cac:InvoicePeriod | //cac:CreditNoteLine/cac:InvoicePeriod"
REASON = exists("cbc:AllowanceChargeReason", "cbc:AllowanceChargeReasonCode")


RULES = [
    Rule(rule, message, context, holds)
    for rule, message, context, holds in (
        ("BR-21", "A line has an identifier (BT-126).", LINE, filled("cbc:ID")),
        (
            "BR-22",
            "A line has a quantity (BT-129).",
            LINE,
            exists("cbc:InvoicedQuantity", "cbc:CreditedQuantity"),
        ),
        (
            "BR-23",
            "A line's quantity has a unit (BT-130).",
            LINE,
            exists("cbc:InvoicedQuantity/@unitCode", "cbc:CreditedQuantity/@unitCode"),
        ),
        ("BR-24", "A line has a net amount (BT-131).", LINE, exists("cbc:LineExtensionAmount")),
        ("BR-25", "A line names its item (BT-153).", LINE, filled("cac:Item/cbc:Name")),
        (
            "BR-26",
            "A line has a net price (BT-146).",
            LINE,
            exists("cac:Price/cbc:PriceAmount"),
        ),
        (
            "BR-27",
            "A net price (BT-146) is not negative.",
            LINE,
            not_negative("cac:Price/cbc:PriceAmount", is_required=True),
        ),
        (
            "BR-28",
            "A gross price (BT-148) is not negative.",
            LINE,
            not_negative("cac:Price/cac:AllowanceCharge/cbc:BaseAmount", is_required=False),
        ),
        (
            "BR-CO-04",
            "A line has a VAT category (BT-151).",
            LINE,
            exists(f"cac:Item/cac:ClassifiedTaxCategory{IS_VAT}/cbc:ID"),
        ),
        (
            "BR-30",
            "A line's period (BG-26) does not end before it begins.",
            LINE_PERIOD,
            is_not_before,
        ),
        (
            "BR-CO-20",
            "A line's period (BG-26) has a first or a last day.",
            LINE_PERIOD,
            exists("cbc:StartDate", "cbc:EndDate"),
        ),
        (
            "BR-31",
            "A document's allowance (BG-20) has an amount (BT-92).",
            ALLOWANCE,
            exists("cbc:Amount"),
        ),
        (
            "BR-32",
            "A document's allowance (BG-20) has a VAT category (BT-95).",
            ALLOWANCE,
            exists(f"cac:TaxCategory{IS_VAT}/cbc:ID"),
        ),
        (
            "BR-33",
            "A document's allowance (BG-20) has a reason (BT-97) or its code (BT-98).",
            ALLOWANCE,
            REASON,
        ),
        (
            "BR-CO-21",
            "A document's allowance (BG-20) has a reason (BT-97), its code (BT-98), or both.",
            ALLOWANCE,
            REASON,
        ),
        (
            "BR-36",
            "A document's charge (BG-21) has an amount (BT-99).",
            CHARGE,
            exists("cbc:Amount"),
        ),
        (
            "BR-37",
            "A document's charge (BG-21) has a VAT category (BT-102).",
            CHARGE,
            exists(f"cac:TaxCategory{IS_VAT}/cbc:ID"),
        ),
        (
            "BR-38",
            "A document's charge (BG-21) has a reason (BT-104) or its code (BT-105).",
            CHARGE,
            REASON,
        ),
        (
            "BR-CO-22",
            "A document's charge (BG-21) has a reason (BT-104), its code (BT-105), or both.",
            CHARGE,
            REASON,
        ),
        (
            "BR-41",
            "A line's allowance (BG-27) has an amount (BT-136).",
            LINE_ALLOWANCE,
            exists("cbc:Amount"),
        ),
        (
            "BR-42",
            "A line's allowance (BG-27) has a reason (BT-139) or its code (BT-140).",
            LINE_ALLOWANCE,
            REASON,
        ),
        (
            "BR-CO-23",
            "A line's allowance (BG-27) has a reason (BT-139), its code (BT-140), or both.",
            LINE_ALLOWANCE,
            REASON,
        ),
        (
            "BR-43",
            "A line's charge (BG-28) has an amount (BT-141).",
            LINE_CHARGE,
            exists("cbc:Amount"),
        ),
        (
            "BR-44",
            "A line's charge (BG-28) has a reason (BT-144) or its code (BT-145).",
            LINE_CHARGE,
            REASON,
        ),
        (
            "BR-CO-24",
            "A line's charge (BG-28) has a reason (BT-144), its code (BT-145), or both.",
            LINE_CHARGE,
            REASON,
        ),
        (
            "BR-54",
            "An item's attribute (BG-32) has a name (BT-160) and a value (BT-161).",
            "//cac:AdditionalItemProperty",
            test("cbc:Name and cbc:Value"),
        ),
        (
            "BR-64",
            "An item's standard identifier (BT-157) has a scheme.",
            "//cac:InvoiceLine/cac:Item/cac:StandardItemIdentification/cbc:ID"
            " | //cac:CreditNoteLine/cac:Item/cac:StandardItemIdentification/cbc:ID",
            exists("@schemeID"),
        ),
        (
            "BR-65",
            "An item's classification (BT-158) has a scheme.",
            f"//cac:InvoiceLine/cac:Item/{CLASSIFICATION}"
            f" | //cac:CreditNoteLine/cac:Item/{CLASSIFICATION}",
            exists("@listID"),
        ),
    )
]

from apps.masterdata.models.barcodes import ItemBarcode
from apps.masterdata.models.calendars import Holiday, Shift
from apps.masterdata.models.equipment import Area, Machine, WorkCentre, WorkCentreRate
from apps.masterdata.models.items import Item, ItemCategory, ItemUnit
from apps.masterdata.models.partner_banks import PartnerBankAccount
from apps.masterdata.models.partners import Partner
from apps.masterdata.models.payment_terms import PaymentInstalment, PaymentTerms
from apps.masterdata.models.reasons import ReasonCode
from apps.masterdata.models.tools import Tool
from apps.masterdata.models.units import Unit
from apps.masterdata.models.variants import (
    ItemTemplate,
    ItemVariant,
    TemplateAttribute,
    VariantAttribute,
    VariantValue,
)

__all__ = [
    "Area",
    "Holiday",
    "Item",
    "ItemBarcode",
    "ItemCategory",
    "ItemTemplate",
    "ItemUnit",
    "ItemVariant",
    "Machine",
    "Partner",
    "PartnerBankAccount",
    "PaymentInstalment",
    "PaymentTerms",
    "ReasonCode",
    "Shift",
    "TemplateAttribute",
    "Tool",
    "Unit",
    "VariantAttribute",
    "VariantValue",
    "WorkCentre",
    "WorkCentreRate",
]

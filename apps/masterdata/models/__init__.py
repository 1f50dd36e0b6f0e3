from apps.masterdata.models.barcodes import ItemBarcode
from apps.masterdata.models.calendars import Holiday, Shift
from apps.masterdata.models.equipment import Area, Machine, WorkCentre, WorkCentreRate
from apps.masterdata.models.items import Item, ItemCategory, ItemUnit
from apps.masterdata.models.partner_banks import PartnerBankAccount
from apps.masterdata.models.partners import Partner
from apps.masterdata.models.payment_terms import PaymentInstalment, PaymentTerms
from apps.masterdata.models.reasons import ReasonCode
from apps.masterdata.models.units import Unit

__all__ = [
    "Area",
    "Holiday",
    "Item",
    "ItemBarcode",
    "ItemCategory",
    "ItemUnit",
    "Machine",
    "Partner",
    "PartnerBankAccount",
    "PaymentInstalment",
    "PaymentTerms",
    "ReasonCode",
    "Shift",
    "Unit",
    "WorkCentre",
    "WorkCentreRate",
]

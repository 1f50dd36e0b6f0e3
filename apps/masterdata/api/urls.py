from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.masterdata.api.calendars import HolidayViewSet, ShiftViewSet
from apps.masterdata.api.equipment import (
    AreaViewSet,
    MachineViewSet,
    WorkCentreRateViewSet,
    WorkCentreViewSet,
)
from apps.masterdata.api.items import (
    ItemBarcodeViewSet,
    ItemCategoryViewSet,
    ItemUnitViewSet,
    ItemViewSet,
)
from apps.masterdata.api.partner_banks import PartnerBankAccountViewSet
from apps.masterdata.api.partners import PartnerViewSet
from apps.masterdata.api.payment_terms import PaymentTermsViewSet
from apps.masterdata.api.reasons import ReasonCodeViewSet
from apps.masterdata.api.tools import ToolViewSet
from apps.masterdata.api.units import UnitViewSet
from apps.masterdata.api.variants import (
    ItemTemplateViewSet,
    ItemVariantViewSet,
    VariantAttributeViewSet,
)

router = ApiRouter("masterdata")
router.register("units", UnitViewSet)
router.register("item-categories", ItemCategoryViewSet)
router.register("items", ItemViewSet)
router.register("item-units", ItemUnitViewSet)
router.register("item-barcodes", ItemBarcodeViewSet)
router.register("variant-attributes", VariantAttributeViewSet)
router.register("item-templates", ItemTemplateViewSet)
router.register("item-variants", ItemVariantViewSet)
router.register("partners", PartnerViewSet)
router.register("partner-bank-accounts", PartnerBankAccountViewSet)
router.register("payment-terms", PaymentTermsViewSet)
router.register("areas", AreaViewSet)
router.register("work-centres", WorkCentreViewSet)
router.register("work-centre-rates", WorkCentreRateViewSet)
router.register("machines", MachineViewSet)
router.register("tools", ToolViewSet)
router.register("shifts", ShiftViewSet)
router.register("holidays", HolidayViewSet)
router.register("reason-codes", ReasonCodeViewSet)

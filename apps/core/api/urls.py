from __future__ import annotations

from apps.core.api.account import AttachmentDownloadView, MeView, TokenViewSet
from apps.core.api.companies import CompaniesViewSet, SiteViewSet
from apps.core.api.company_switches import CompanySwitchViewSet
from apps.core.api.currencies import CurrencyViewSet, ExchangeRateViewSet
from apps.core.api.jobs import JobViewSet
from apps.core.api.number_series import NumberSeriesViewSet
from apps.core.api.registry import ApiRouter
from apps.core.api.signatures import SignatureRuleViewSet, SignatureViewSet

router = ApiRouter("core")
router.register("companies", CompaniesViewSet)
router.register("sites", SiteViewSet)
router.register("company-switches", CompanySwitchViewSet)
router.register("currencies", CurrencyViewSet)
router.register("exchange-rates", ExchangeRateViewSet)
router.register("jobs", JobViewSet)
router.register("number-series", NumberSeriesViewSet)
router.register("signature-rules", SignatureRuleViewSet)
router.register("signatures", SignatureViewSet)
router.register("tokens", TokenViewSet)
router.add_page("me/", MeView.as_view(), "me")
router.add_page(
    "attachments/<int:pk>/download/", AttachmentDownloadView.as_view(), "attachments-download"
)

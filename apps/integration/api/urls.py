from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.integration.api.api_keys import ApiKeyViewSet
from apps.integration.api.deliveries import WebhookDeliveryViewSet
from apps.integration.api.endpoints import WebhookEndpointViewSet
from apps.integration.api.events import IntegrationEventViewSet
from apps.integration.api.exports import CompanyExportViewSet
from apps.integration.api.machine_connections import (
    MachineConnectionViewSet,
    MachineTagViewSet,
    QuarantinedReadingViewSet,
    TagStateViewSet,
)
from apps.integration.api.service_accounts import ServiceAccountViewSet
from apps.integration.api.tag_writes import TagWriteViewSet

router = ApiRouter("integration")
router.register("service-accounts", ServiceAccountViewSet)
router.register("api-keys", ApiKeyViewSet)
router.register("webhook-endpoints", WebhookEndpointViewSet)
router.register("webhook-deliveries", WebhookDeliveryViewSet)
router.register("events", IntegrationEventViewSet)
router.register("company-exports", CompanyExportViewSet)
router.register("machine-connections", MachineConnectionViewSet)
router.register("machine-tags", MachineTagViewSet)
router.register("tag-states", TagStateViewSet)
router.register("quarantined-readings", QuarantinedReadingViewSet)
router.register("tag-writes", TagWriteViewSet)

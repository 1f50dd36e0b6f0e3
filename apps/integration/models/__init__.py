from apps.integration.models.api_keys import ApiKey, ApiKeyUse
from apps.integration.models.deliveries import WebhookDelivery
from apps.integration.models.endpoints import WebhookEndpoint, WebhookSecret
from apps.integration.models.events import IntegrationEvent
from apps.integration.models.machine_connections import (
    ConnectionState,
    MachineConnection,
    MachineTag,
    QuarantinedReading,
    TagState,
)
from apps.integration.models.service_accounts import ServiceAccount
from apps.integration.models.tag_writes import TagWrite

__all__ = [
    "ApiKey",
    "ApiKeyUse",
    "ConnectionState",
    "IntegrationEvent",
    "MachineConnection",
    "MachineTag",
    "QuarantinedReading",
    "ServiceAccount",
    "TagState",
    "TagWrite",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]

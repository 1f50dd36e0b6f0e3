from __future__ import annotations

from typing import Any

from apps.core.api.serializers import StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import ReadViewSet
from apps.integration.models import WebhookDelivery
from apps.integration.services.deliveries import replay_delivery


class WebhookDeliverySerializer(StrictModelSerializer):
    class Meta:
        model = WebhookDelivery
        fields = (
            "id",
            "company",
            "endpoint",
            "event",
            "kind",
            "message_id",
            "status",
            "attempts",
            "created_at",
            "first_attempt_at",
            "last_attempt_at",
            "next_attempt_at",
            "status_code",
            "duration_ms",
            "error",
        )
        read_only_fields = fields


class WebhookDeliveryViewSet(ReadViewSet):
    """Messages to endpoints: those that wait, those that arrived, those that were given up."""

    serializer_class = WebhookDeliverySerializer
    filterset_fields = ("endpoint", "status", "kind", "message_id")
    ordering_fields = ("id",)

    @verb(permission="integration.replay_webhookdelivery")
    def replay(self, delivery: WebhookDelivery, *, by: Any) -> WebhookDelivery:
        """Send it again, with the same message id."""
        return replay_delivery(delivery, by=by)

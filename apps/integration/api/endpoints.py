from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.bases import CompanyViewSet
from apps.core.api.fields import IntegerField, TextField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import DeactivateMixin, UpdateMixin
from apps.integration.api.secrets import CreateWithSecretMixin, respond_with_secret, with_secret
from apps.integration.models import WebhookDelivery, WebhookEndpoint
from apps.integration.services.deliveries import ping_endpoint, replay_events
from apps.integration.services.endpoints import (
    create_endpoint,
    resume_endpoint,
    rotate_secret,
    suspend_endpoint,
    update_endpoint,
)


class WebhookEndpointSerializer(StrictModelSerializer):
    name = TextField(max_length=200, required=False)

    class Meta:
        model = WebhookEndpoint
        fields = (
            *MASTER_DATA_FIELDS,
            "url",
            "events",
            "account",
            "watches_since",
            "suspended_at",
            "suspension_reason",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("watches_since", "suspended_at", "suspension_reason")


class ReplayInput(StrictSerializer):
    first = IntegerField(min_value=1)
    last = IntegerField(min_value=1)


class SuspendInput(StrictSerializer):
    reason = TextField(max_length=300)


class ReplayOutput(serializers.Serializer):
    messages = serializers.IntegerField()


class QueuedMessage(serializers.ModelSerializer):
    class Meta:
        model = WebhookDelivery
        fields = ("id", "kind", "message_id", "status", "created_at")


@extend_schema_view(create=extend_schema(responses=with_secret(WebhookEndpointSerializer)))
class WebhookEndpointViewSet(CreateWithSecretMixin, UpdateMixin, DeactivateMixin, CompanyViewSet):
    """Addresses that are told of events. The secret stands in the answer that makes it."""

    serializer_class = WebhookEndpointSerializer
    create_service = staticmethod(create_endpoint)
    update_service = staticmethod(update_endpoint)
    takes_reason = True
    filterset_fields = ("code", "is_active", "account")
    search_fields = ("code", "name", "url")
    ordering = "code"
    ordering_fields = ("id", "code", "name")

    @extend_schema(request=None, responses={200: with_secret(WebhookEndpointSerializer)})
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """A new secret; the old one signs along for a day."""
        row = self.get_object()
        return respond_with_secret(
            self, request, lambda: rotate_secret(row, by=request.user), status=200
        )

    rotate_secret.required_permissions = ("integration.rotate_webhookendpoint",)

    @verb(permission="integration.ping_webhookendpoint", response=QueuedMessage)
    def ping(self, endpoint: WebhookEndpoint, *, by: Any) -> WebhookDelivery:
        """Queue a test message of kind ``integration.ping``."""
        return ping_endpoint(endpoint, by=by)

    @verb(
        permission="integration.replay_webhookendpoint",
        serializer=ReplayInput,
        response=ReplayOutput,
    )
    def replay(self, endpoint: WebhookEndpoint, *, first: int, last: int, by: Any) -> Any:
        """Send the events of these positions again; what was sent keeps its message id."""
        return {"messages": replay_events(endpoint, first=first, last=last, by=by)}

    @verb(permission="integration.resume_webhookendpoint", serializer=SuspendInput)
    def suspend(self, endpoint: WebhookEndpoint, *, reason: str, by: Any) -> None:
        """Send nothing for now; events are kept."""
        suspend_endpoint(endpoint, reason=reason, by=by)

    @verb(permission="integration.resume_webhookendpoint")
    def resume(self, endpoint: WebhookEndpoint, *, by: Any) -> WebhookEndpoint:
        """Send again, beginning with what has waited."""
        return resume_endpoint(endpoint, by=by)

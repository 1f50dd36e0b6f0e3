from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display

from apps.core.admin.base import LedgerAdmin
from apps.core.errors import BusinessError
from apps.integration.models import WebhookDelivery
from apps.integration.services.deliveries import replay_delivery

_COLOURS = {
    "pending": "info",
    "delivered": "success",
    "failed": "danger",
    "skipped": "warning",
}


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(LedgerAdmin):
    """Messages, and what came of them."""

    list_display = (
        "kind",
        "endpoint",
        "status_label",
        "attempts",
        "status_code",
        "last_attempt_at",
        "next_attempt_at",
        "company",
    )
    list_filter = ("status", "endpoint")
    search_fields = ("kind", "message_id")
    ordering = ("-id",)
    fields = (
        "endpoint",
        "event",
        "kind",
        "message_id",
        "status",
        "attempts",
        "status_code",
        "error",
        "duration_ms",
        "created_at",
        "first_attempt_at",
        "last_attempt_at",
        "next_attempt_at",
    )
    readonly_fields = fields
    actions = ("replay_selected",)

    @display(description=gettext_lazy("status"), ordering="status", label=_COLOURS)
    def status_label(self, delivery: WebhookDelivery) -> tuple[str, str]:
        return delivery.status, delivery.get_status_display()

    def get_actions(self, request: Any) -> dict[str, Any]:
        actions = super().get_actions(request)
        if not request.user.has_perm("integration.replay_webhookdelivery"):
            actions.pop("replay_selected", None)
        return actions

    @action(description=gettext_lazy("Send the selected messages again"))
    def replay_selected(self, request: Any, queryset: Any) -> None:
        if not request.user.has_perm("integration.replay_webhookdelivery"):
            raise PermissionDenied
        count = 0
        for delivery in queryset.order_by("pk"):
            try:
                replay_delivery(delivery, by=request.user)
            except BusinessError as error:
                messages.error(request, f"{delivery}: {error}")
            else:
                count += 1
        text = ngettext("%(n)d message queued.", "%(n)d messages queued.", count)
        messages.success(request, text % {"n": count})

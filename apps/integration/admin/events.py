from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from apps.core.admin.base import LedgerAdmin
from apps.integration.models import IntegrationEvent


@admin.register(IntegrationEvent)
class IntegrationEventAdmin(LedgerAdmin):
    """What happened and was subscribed to."""

    list_display = ("position", "kind", "object_link", "object_version", "occurred_at", "company")
    search_fields = ("kind",)
    ordering = ("-id",)
    fields = (
        "position",
        "kind",
        "object_link",
        "object_version",
        "occurred_at",
        "transaction",
        "company",
    )
    readonly_fields = fields

    @admin.display(description=gettext_lazy("object"))
    def object_link(self, event: IntegrationEvent) -> Any:
        app, _dot, name = event.model.partition(".")
        try:
            url = reverse(f"admin:{app}_{name}_change", args=[event.object_id])
        except NoReverseMatch:
            return f"{event.model} {event.object_id}"
        return format_html('<a href="{}">{} {}</a>', url, event.model, event.object_id)

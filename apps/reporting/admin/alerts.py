from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin.base import LedgerAdmin
from apps.reporting.admin.reports import KeptAdmin
from apps.reporting.models import AlertEvent, AlertRule
from apps.reporting.services.alerts import create_alert_rule, update_alert_rule


@admin.register(AlertRule)
class AlertRuleAdmin(KeptAdmin):
    create_service = staticmethod(create_alert_rule)
    update_service = staticmethod(update_alert_rule)
    list_display = (
        "code",
        "name",
        "direction",
        "threshold",
        "last_value",
        "is_raised",
        "checked_at",
        "message",
        "company",
        "is_active",
    )
    list_filter = ("is_raised", "is_active")
    fields = (
        "company",
        "code",
        "name",
        "measure",
        "report",
        "value",
        "direction",
        "threshold",
        "hysteresis",
        "cool_down_minutes",
        "recipients",
        "is_active",
        "is_raised",
        "last_value",
        "last_raised_at",
        "message",
    )
    readonly_fields = ("is_raised", "last_value", "last_raised_at", "message")


@admin.register(AlertEvent)
class AlertEventAdmin(LedgerAdmin):
    list_display = ("at", "rule", "kind", "value", "threshold", "cause", "sent_at", "company")
    list_select_related = ("rule", "company")
    list_filter = ("kind", "rule")
    ordering = ("-id",)

    @display(description=_("what is behind it"))
    def cause(self, event: AlertEvent) -> Any:
        return format_html('<a href="{}">{}</a>', event.url, _("Show")) if event.url else ""

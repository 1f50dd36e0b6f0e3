from __future__ import annotations

from apps.core.api.bases import LedgerViewSet, MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.reporting.models import AlertEvent, AlertRule
from apps.reporting.services import alerts as services


class AlertRuleSerializer(StrictModelSerializer):
    class Meta:
        model = AlertRule
        fields = (
            *MASTER_DATA_FIELDS,
            "owner",
            "measure",
            "report",
            "value",
            "direction",
            "threshold",
            "hysteresis",
            "cool_down_minutes",
            "recipients",
            "is_raised",
            "last_value",
            "last_raised_at",
            "checked_at",
            "message",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "owner", "is_raised", "last_value", "last_raised_at", "checked_at", "message",
        )  # fmt: skip


class AlertRuleViewSet(MasterDataViewSet):
    """Figures that are watched."""

    serializer_class = AlertRuleSerializer
    create_service = staticmethod(services.create_alert_rule)
    update_service = staticmethod(services.update_alert_rule)
    filterset_fields = ("code", "is_active", "is_raised")


class AlertEventSerializer(StrictModelSerializer):
    class Meta:
        model = AlertEvent
        fields = ("id", "company", "rule", "kind", "at", "value", "threshold", "url", "sent_at")
        read_only_fields = fields


class AlertEventViewSet(LedgerViewSet):
    """When a figure crossed its threshold, and the page that opens what is behind it."""

    serializer_class = AlertEventSerializer
    filterset_fields = ("rule", "kind")

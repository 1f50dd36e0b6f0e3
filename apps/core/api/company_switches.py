from __future__ import annotations

from apps.core.api.bases import LedgerViewSet
from apps.core.api.serializers import StrictModelSerializer
from apps.core.models import CompanySwitch


class CompanySwitchSerializer(StrictModelSerializer):
    class Meta:
        model = CompanySwitch
        fields = ("id", "company", "left", "site", "created_by", "created_at")
        read_only_fields = fields


class CompanySwitchViewSet(LedgerViewSet):
    """Who went to act in which company, and when; shown in the company gone to."""

    serializer_class = CompanySwitchSerializer
    filterset_fields = ("created_by",)

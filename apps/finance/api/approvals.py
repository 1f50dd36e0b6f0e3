from __future__ import annotations

from apps.core.api.bases import CompanyViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.finance.models import ApprovalLimit
from apps.finance.services.approvals import change_limit, create_limit


class ApprovalLimitSerializer(StrictModelSerializer):
    class Meta:
        model = ApprovalLimit
        fields = ("id", "company", "document", "user", "role", "amount", *AUDIT_FIELDS)


class ApprovalLimitViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Up to which amount a person or a role may approve, in company currency."""

    serializer_class = ApprovalLimitSerializer
    create_service = staticmethod(create_limit)
    update_service = staticmethod(change_limit)
    takes_reason = True
    filterset_fields = ("document", "user", "role")
    ordering_fields = ("id", "amount")

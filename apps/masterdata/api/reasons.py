from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.masterdata.models import ReasonCode
from apps.masterdata.resources import ReasonCodeResource
from apps.masterdata.services.reasons import create_reason_code, update_reason_code


class ReasonCodeSerializer(StrictModelSerializer):
    class Meta:
        model = ReasonCode
        fields = (
            *MASTER_DATA_FIELDS,
            "kind",
            "parent",
            "is_planned",
            "is_normal_loss",
            "is_breakdown",
            *AUDIT_FIELDS,
        )


class ReasonCodeViewSet(MasterDataViewSet):
    serializer_class = ReasonCodeSerializer
    resource_class = ReasonCodeResource
    create_service = staticmethod(create_reason_code)
    update_service = staticmethod(update_reason_code)
    filterset_fields = (
        "code",
        "is_active",
        "kind",
        "parent",
        "is_planned",
        "is_normal_loss",
        "is_breakdown",
    )

from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.masterdata.models import Tool
from apps.masterdata.resources import ToolResource


class ToolSerializer(StrictModelSerializer):
    class Meta:
        model = Tool
        fields = (
            *MASTER_DATA_FIELDS,
            "site",
            "cavities",
            "life_shots",
            "warning_shots",
            "calibrated_until",
            *AUDIT_FIELDS,
        )


class ToolViewSet(MasterDataViewSet):
    """Tools, moulds and fixtures that operations need."""

    serializer_class = ToolSerializer
    resource_class = ToolResource
    filterset_fields = ("code", "is_active", "site")

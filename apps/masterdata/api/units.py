from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.masterdata.models import Unit
from apps.masterdata.resources import UnitResource


class UnitSerializer(StrictModelSerializer):
    class Meta:
        model = Unit
        fields = (
            *MASTER_DATA_FIELDS,
            "dimension",
            "numerator",
            "denominator",
            "decimal_places",
            "unece_code",
            *AUDIT_FIELDS,
        )


class UnitViewSet(MasterDataViewSet):
    serializer_class = UnitSerializer
    resource_class = UnitResource
    filterset_fields = ("code", "is_active", "dimension")

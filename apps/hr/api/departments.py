from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.hr.models import Department
from apps.hr.resources import DepartmentResource
from apps.hr.services.departments import create_department, update_department


class DepartmentSerializer(StrictModelSerializer):
    class Meta:
        model = Department
        fields = (*MASTER_DATA_FIELDS, "parent", "cost_object", *AUDIT_FIELDS)
        read_only_fields = ("cost_object",)


class DepartmentViewSet(MasterDataViewSet):
    serializer_class = DepartmentSerializer
    resource_class = DepartmentResource
    create_service = staticmethod(create_department)
    update_service = staticmethod(update_department)
    filterset_fields = ("code", "is_active", "parent")

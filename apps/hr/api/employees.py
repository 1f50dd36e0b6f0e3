from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.hr.models import Employee
from apps.hr.resources import EmployeeResource


class EmployeeSerializer(StrictModelSerializer):
    class Meta:
        model = Employee
        fields = (
            *MASTER_DATA_FIELDS,
            "site",
            "work_centre",
            "user",
            "job_title",
            "hired_on",
            *AUDIT_FIELDS,
        )


class EmployeeViewSet(MasterDataViewSet):
    serializer_class = EmployeeSerializer
    resource_class = EmployeeResource
    filterset_fields = ("code", "is_active", "site", "work_centre")

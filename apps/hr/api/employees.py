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
            "department",
            "work_centre",
            "user",
            "job_title",
            "hired_on",
            "is_time_recorded",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("is_time_recorded",)


class EmployeeViewSet(MasterDataViewSet):
    serializer_class = EmployeeSerializer
    resource_class = EmployeeResource
    filterset_fields = ("code", "is_active", "site", "department", "work_centre")

from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.imports import ImportActions
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.hr.models import EmployeeSkill, RequiredSkill, Skill
from apps.hr.resources import EmployeeSkillResource, SkillResource
from apps.hr.services.skills import grant_skill, require_skill, update_employee_skill


class SkillSerializer(StrictModelSerializer):
    class Meta:
        model = Skill
        fields = (*MASTER_DATA_FIELDS, *AUDIT_FIELDS)


class SkillViewSet(MasterDataViewSet):
    serializer_class = SkillSerializer
    resource_class = SkillResource
    filterset_fields = ("code", "is_active")


class EmployeeSkillSerializer(StrictModelSerializer):
    class Meta:
        model = EmployeeSkill
        fields = (
            "id",
            "company",
            "employee",
            "skill",
            "level",
            "valid_from",
            "valid_to",
            "certificate",
            *AUDIT_FIELDS,
        )


class EmployeeSkillViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """The skill matrix: who has what, and until when."""

    serializer_class = EmployeeSkillSerializer
    resource_class = EmployeeSkillResource
    create_service = staticmethod(grant_skill)
    update_service = staticmethod(update_employee_skill)
    takes_reason = True
    filterset_fields = {
        "employee": ["exact"],
        "skill": ["exact"],
        "valid_to": ["isnull", "gte", "lte"],
    }
    ordering_fields = ("id", "valid_to")


class RequiredSkillSerializer(StrictModelSerializer):
    class Meta:
        model = RequiredSkill
        fields = ("id", "company", "skill", "work_centre", "machine", "level", *AUDIT_FIELDS)


class RequiredSkillViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """What one needs to start an operation at a work centre or a machine."""

    serializer_class = RequiredSkillSerializer
    create_service = staticmethod(require_skill)
    takes_reason = True
    filterset_fields = ("skill", "work_centre", "machine")

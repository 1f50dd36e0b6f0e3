from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.hr.admin.contracts import WithTables
from apps.hr.models import EmployeeSkill, RequiredSkill, RosterEntry, Skill
from apps.hr.resources import EmployeeSkillResource, RosterResource, SkillResource
from apps.hr.services.rosters import create_roster_entry, update_roster_entry
from apps.hr.services.skills import grant_skill, require_skill, update_employee_skill


@admin.register(Skill)
class SkillAdmin(MasterDataAdmin):
    resource_class = SkillResource


@admin.register(EmployeeSkill)
class EmployeeSkillAdmin(WithTables):
    """The skill matrix; order it by its end to see what expires next."""

    resource_class = EmployeeSkillResource
    create_service = staticmethod(grant_skill)
    update_service = staticmethod(update_employee_skill)
    list_display = (
        "employee",
        "skill",
        "level",
        "valid_from",
        "valid_to",
        "certificate",
        "company",
    )
    list_filter = ("skill", "valid_to")
    search_fields = ("employee__code", "employee__name", "skill__code")
    ordering = ("employee__code", "skill__code", "-valid_from")


@admin.register(RequiredSkill)
class RequiredSkillAdmin(CompanyModelAdmin):
    create_service = staticmethod(require_skill)
    list_display = ("work_centre", "machine", "skill", "level", "company")
    list_filter = ("skill", "work_centre")
    search_fields = ("skill__code", "work_centre__code", "machine__code")
    ordering = ("work_centre__code", "machine__code", "skill__code")


@admin.register(RosterEntry)
class RosterEntryAdmin(WithTables):
    resource_class = RosterResource
    create_service = staticmethod(create_roster_entry)
    update_service = staticmethod(update_roster_entry)
    list_display = ("date", "employee", "shift", "note", "company")
    list_filter = ("date", "shift")
    search_fields = ("employee__code", "employee__name")
    ordering = ("-date", "employee__code")

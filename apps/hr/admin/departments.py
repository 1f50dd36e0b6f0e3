from __future__ import annotations

from django.contrib import admin

from apps.core.admin.master_data import MasterDataAdmin
from apps.hr.models import Department
from apps.hr.resources import DepartmentResource
from apps.hr.services.departments import create_department, update_department


@admin.register(Department)
class DepartmentAdmin(MasterDataAdmin):
    resource_class = DepartmentResource
    create_service = staticmethod(create_department)
    update_service = staticmethod(update_department)
    list_display = ("code", "name", "parent", "cost_object", "company", "is_active")
    list_filter = ("parent", "is_active")

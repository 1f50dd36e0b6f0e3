from __future__ import annotations

from django.contrib import admin

from apps.core.admin.master_data import MasterDataAdmin
from apps.hr.models import Employee
from apps.hr.resources import EmployeeResource


@admin.register(Employee)
class EmployeeAdmin(MasterDataAdmin):
    resource_class = EmployeeResource
    list_display = (
        "code",
        "name",
        "job_title",
        "department",
        "site",
        "work_centre",
        "company",
        "is_active",
    )
    list_filter = ("site", "department", "is_active")

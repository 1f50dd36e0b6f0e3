"""Employees as a table."""

from __future__ import annotations

from apps.core.resources import Resource
from apps.hr.models import Employee


class EmployeeResource(Resource):
    model = Employee
    columns = ("code", "name", "site", "work_centre", "job_title", "hired_on", "user", "is_active")

from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.hr.api.employees import EmployeeViewSet

router = ApiRouter("hr")
router.register("employees", EmployeeViewSet)

"""Who the person at the keyboard is, as an employee."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.hr.models import Employee


def own_employee(user: User) -> Employee | None:
    """The active employee that ``user`` is, with site and company; None for others."""
    return (
        Employee.objects.filter(user=user.pk, is_active=True)
        .select_related("site", "company__currency", "department")
        .first()
    )


def require_employee(user: User) -> Employee:
    """Raises ``BusinessError`` for a user who is no employee."""
    employee = own_employee(user)
    if employee is None:
        raise BusinessError("no_employee", _("Your user is not linked to an employee."))
    return employee

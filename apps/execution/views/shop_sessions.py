"""What a terminal remembers between taps: its machine and whose badge it read last."""

from __future__ import annotations

from django.http import HttpRequest

from apps.hr.models import Employee

MACHINE, EMPLOYEE = "shop_machine", "shop_employee"


def terminal_employee(request: HttpRequest) -> Employee | None:
    """Whoever scanned a badge here, else the person who is signed in."""
    key = request.session.get(EMPLOYEE)
    rows = Employee.objects.visible_to(request.user).filter(is_active=True)
    found = rows.filter(pk=key).first() if key else None
    return found or rows.filter(user=request.user).first()

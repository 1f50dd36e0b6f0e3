"""Whose timesheets somebody may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from apps.core.models import User
from apps.projects.models import TimesheetLine

SEES_ALL = "projects.view_all_timesheets"


def visible_timesheets(rows: Any, user: User) -> Any:
    """All of ``rows`` for who may see them, else those written by or with hours of ``user``."""
    if user.has_perm(SEES_ALL):
        return rows
    of_user = TimesheetLine.objects.filter(timesheet=OuterRef("pk"), employee__user=user.pk)
    return rows.filter(Q(created_by=user.pk) | Exists(of_user))

from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import LedgerAdmin
from apps.projects.models import Baseline, BaselineTask


@admin.register(Baseline)
class BaselineAdmin(LedgerAdmin):
    sources = ("projects.project",)
    list_display = ("project", "sequence", "date", "planned_value", "reason", "company")
    list_filter = ("project", "date")
    list_select_related = ("project", "company")
    search_fields = ("project__number", "reason")
    fields = ("company", ("project", "sequence"), ("date", "planned_value"), "reason")


@admin.register(BaselineTask)
class BaselineTaskAdmin(LedgerAdmin):
    sources = ("projects.project",)
    list_display = ("baseline", "task", "starts_on", "finishes_on", "planned_value", "company")
    list_filter = ("baseline",)
    list_select_related = ("baseline__project", "task", "company")
    search_fields = ("task__code", "task__name")
    fields = ("company", ("baseline", "task"), ("starts_on", "finishes_on"), "planned_value")

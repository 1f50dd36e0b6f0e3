from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import LedgerAdmin
from apps.hr.models import ClockEvent, LabourBooking


@admin.register(ClockEvent)
class ClockEventAdmin(LedgerAdmin):
    list_display = ("employee", "kind", "at", "date", "voids", "reason", "company")
    list_filter = ("kind", "date")
    search_fields = ("employee__code", "employee__name")
    date_hierarchy = None


@admin.register(LabourBooking)
class LabourBookingAdmin(LedgerAdmin):
    list_display = ("employee", "date", "minutes", "cost_object", "purpose", "company")
    list_filter = ("date",)
    search_fields = ("employee__code", "employee__name", "cost_object__code")

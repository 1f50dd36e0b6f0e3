from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import LedgerAdmin
from apps.maintenance.models import CapacityReservation, MeterReading, MeterTotal


@admin.register(MeterReading)
class MeterReadingAdmin(LedgerAdmin):
    list_display = ("meter", "kind", "read_at", "reading", "increment", "total", "note", "company")
    list_filter = ("kind", "read_at")
    search_fields = ("meter__code",)
    ordering = ("-id",)


@admin.register(MeterTotal)
class MeterTotalAdmin(LedgerAdmin):
    list_display = ("meter", "total", "reading", "added", "read_at", "company")
    search_fields = ("meter__code",)
    ordering = ("meter",)


@admin.register(CapacityReservation)
class CapacityReservationAdmin(LedgerAdmin):
    list_display = ("machine", "order", "starts_at", "ends_at", "company")
    list_filter = ("machine", "starts_at")
    search_fields = ("machine__code", "order__number")
    ordering = ("-starts_at",)

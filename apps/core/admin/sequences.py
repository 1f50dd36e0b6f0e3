from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import LedgerAdmin
from apps.core.models import NumberSequence


@admin.register(NumberSequence)
class NumberSequenceAdmin(LedgerAdmin):
    """Numbers are taken by postings only; here they are just seen."""

    list_display = ("series", "last_number", "company")
    search_fields = ("series",)

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        if request.user.sees_everything:
            return rows
        return rows.filter(company_id__in=request.user.scope.company_ids)

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.finance.models import CurrencyRevaluation, RevaluationLine
from apps.finance.services.revaluations import revalue_currencies, reverse_revaluation


class RevaluationLineInline(CompanyInline):
    model = RevaluationLine
    fields = ("date", "account", "invoice", "currency", "open_amount", "rate", "carrying",
              "difference")  # fmt: skip
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False


@admin.register(CurrencyRevaluation)
class CurrencyRevaluationAdmin(DocumentWithLinesAdmin):
    """Adding one posts it at the closing rates of its date."""

    editable_statuses = ()
    list_display = ("number", "status_label", "date", "reverses_on", "company")
    list_filter = ("status", "date")
    search_fields = ("number",)
    fields = ("company", ("date", "reverses_on"))
    inlines = (RevaluationLineInline,)
    verbs = (
        Verb(
            "reverse",
            _("Reverse"),
            "finance.reverse_currencyrevaluation",
            reverse_revaluation,
            ("posted",),
            form=DateReasonForm,
            is_danger=True,
        ),
    )

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> CurrencyRevaluation:
        return revalue_currencies(**values, by=request.user)

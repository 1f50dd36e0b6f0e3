from __future__ import annotations

from datetime import date as Date
from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import DateReasonForm, ReasonForm, VerbForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.models import User
from apps.finance.models import AccrualPart, AccrualPosting, AccrualSchedule
from apps.finance.services.accrual_parts import OwnAmount
from apps.finance.services.accrual_postings import post_due_parts, reverse_posting
from apps.finance.services.accruals import (
    cancel_schedule,
    change_schedule,
    draft_schedule,
    start_schedule,
)


class PostForm(VerbForm):
    until = forms.DateField(
        label=_("Months that ended by"),
        initial=timezone.localdate,
        widget=UnfoldAdminDateWidget,
    )
    late_on = forms.DateField(
        label=_("Post earlier months on"),
        required=False,
        help_text=_("For months of deferrals that are closed. Empty: each on its last day."),
        widget=UnfoldAdminDateWidget,
    )


class AccrualPartInline(CompanyInline):
    model = AccrualPart
    fields = ("date", "amount")
    extra = 0


def post_schedule(
    schedule: AccrualSchedule, *, until: Date, late_on: Date | None, by: User
) -> list[AccrualPosting]:
    return post_due_parts(schedule.company, until=until, late_on=late_on, schedule=schedule, by=by)


@admin.register(AccrualSchedule)
class AccrualScheduleAdmin(DocumentWithLinesAdmin):
    """Months are written for own amounts; otherwise they are counted when it is saved."""

    list_display = (
        "number",
        "description",
        "status_label",
        "kind",
        "amount",
        "starts_on",
        "ends_on",
        "company",
    )
    list_filter = ("status", "kind", "ends_on")
    search_fields = ("number", "description")
    list_totals = ("amount",)
    fields = (
        "company",
        ("kind", "description"),
        ("amount", "method"),
        ("starts_on", "ends_on"),
        ("balance_account", "result_account"),
        ("cost_object", "partner"),
        "invoice_line",
    )
    readonly_fields = ("invoice_line",)
    inlines = (AccrualPartInline,)
    verbs = (
        Verb("start", _("Start"), "finance.post_accrualschedule", start_schedule, ("draft",),
             question=_("Its months fall due from now on.")),
        Verb("post", _("Post what is due"), "finance.post_accrualschedule", post_schedule,
             ("active",), form=PostForm),
        Verb("cancel", _("Cancel"), "finance.change_accrualschedule", cancel_schedule,
             ("draft", "active"), form=ReasonForm, is_danger=True),
    )  # fmt: skip

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> AccrualSchedule:
        values.pop("invoice_line", None)
        return draft_schedule(**values, parts=_own(lines), by=request.user)

    def write_change(
        self,
        request: Any,
        row: AccrualSchedule,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> AccrualSchedule:
        parts = None if lines is None else _own(lines)
        return change_schedule(row, **values, parts=parts, version=version, by=request.user)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "kind") if obj is not None else fixed

    def links_of(self, request: Any, document: AccrualSchedule) -> list[Link]:
        line = document.invoice_line
        links = [admin_row_link(line.invoice)] if line else []
        query = f"?part__schedule__id__exact={document.pk}"
        links.append(
            Link(_("Posted months"), admin_list_url(AccrualPosting) + query, "receipt_long")
        )
        return [*links, *super().links_of(request, document)]


@admin.register(AccrualPosting)
class AccrualPostingAdmin(DocumentAdmin):
    editable_statuses = ()
    list_display = ("number", "status_label", "date", "part", "amount", "company")
    list_filter = ("status", "date", ("part__schedule", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("part", "company")
    fields = ("company", "part", ("date", "amount"))
    readonly_fields = ("part", "date", "amount")
    verbs = (
        Verb(
            "reverse",
            _("Reverse"),
            "finance.reverse_accrualposting",
            reverse_posting,
            ("posted",),
            form=DateReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: AccrualPosting) -> list[Link]:
        links = [admin_row_link(document.part.schedule)]
        if document.entry:
            links.append(admin_row_link(document.entry))
        return [*links, *super().links_of(request, document)]


def _own(lines: list[dict[str, Any]]) -> list[OwnAmount]:
    return [OwnAmount(line["date"], line["amount"]) for line in lines]

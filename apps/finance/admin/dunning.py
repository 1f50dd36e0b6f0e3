from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectMultipleWidget

from apps.core.admin.base import CompanyInline, CompanyStackedInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.core.admin.printouts import Printout
from apps.finance.dunning_letters import dunning_letters_pdf
from apps.finance.models import DunningLevel, DunningLine, DunningRun, DunningTerms
from apps.finance.services.dunning import (
    cancel_dunning,
    confirm_dunning,
    exclude_lines,
    propose_dunning,
)
from apps.finance.services.dunning_terms import Level, change_dunning_terms, create_dunning_terms


class DunningLevelInline(CompanyStackedInline):
    """In the order of the levels."""

    model = DunningLevel
    fields = (("days_overdue", "fee"), "text")
    extra = 0
    min_num = 1
    max_num = 3


@admin.register(DunningTerms)
class DunningTermsAdmin(MasterDataAdmin):
    """Terms reach their service together with their levels."""

    fields = ("company", ("code", "name"), "is_active")
    inlines = (DunningLevelInline,)
    save_model = DocumentWithLinesAdmin.save_model
    save_related = DocumentWithLinesAdmin.save_related
    construct_change_message = DocumentWithLinesAdmin.construct_change_message

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> DunningTerms:
        return create_dunning_terms(**values, levels=_levels(lines), by=request.user)

    def write_change(
        self,
        request: Any,
        row: DunningTerms,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> DunningTerms:
        levels = None if lines is None else _levels(lines)
        return change_dunning_terms(row, **values, levels=levels, version=version, by=request.user)


class DunningLineInline(CompanyInline):
    model = DunningLine
    fields = ("partner", "invoice", "due_date", "level", "amount", "is_live", "fee_invoice")
    readonly_fields = fields
    max_num = 0
    can_delete = False


class ExcludeForm(ReasonForm):
    lines = forms.ModelMultipleChoiceField(
        DunningLine.objects.none(), label=_("Lines"), widget=UnfoldAdminSelectMultipleWidget
    )
    field_order = ("lines", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = self.document.lines.filter(is_live=True).select_related("invoice")
        self.fields["lines"].queryset = rows  # type: ignore[attr-defined]
        self.fields["reason"].required = False


@admin.register(DunningRun)
class DunningRunAdmin(DocumentWithLinesAdmin):
    """Adding one proposes who is reminded of what."""

    editable_statuses = ()
    list_display = ("number", "status_label", "date", "terms", "posts_fees", "company")
    list_filter = ("status", "date", "terms")
    search_fields = ("number",)
    fields = ("company", ("terms", "date"), "posts_fees")
    inlines = (DunningLineInline,)
    printouts = Printout.on_both_papers(
        "letters", _("Letters"), dunning_letters_pdf, ("proposed", "confirmed")
    )
    verbs = (
        Verb(
            "exclude",
            _("Leave out"),
            "finance.change_dunningrun",
            exclude_lines,
            ("proposed",),
            form=ExcludeForm,
        ),
        Verb(
            "confirm",
            _("Confirm"),
            "finance.confirm_dunningrun",
            confirm_dunning,
            ("proposed",),
            question=_("The letters count as sent, and fees are invoiced where the run says so."),
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "finance.change_dunningrun",
            cancel_dunning,
            ("proposed",),
            is_danger=True,
            question=_("Nobody is reminded by this run."),
        ),
    )

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> DunningRun:
        company = values.pop("company")
        return propose_dunning(company, **values, by=request.user)


def _levels(lines: list[dict[str, Any]]) -> list[Level]:
    return [Level(one["days_overdue"], one["text"], one.get("fee", 0)) for one in lines]

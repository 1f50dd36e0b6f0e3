from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyForm, CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm, ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.projects.models import Timesheet, TimesheetLine
from apps.projects.queries.own import visible_timesheets
from apps.projects.services.timesheets import (
    HoursLine,
    approve_timesheet,
    cancel_timesheet,
    change_timesheet,
    create_timesheet,
    return_timesheet,
    reverse_timesheet,
    submit_timesheet,
)

Status = Timesheet.Status
_APPROVE = "projects.approve_timesheet"


class TimesheetLineForm(CompanyForm):
    """The service judges the line."""

    def _post_clean(self) -> None:
        self.instance.full_clean = lambda **_more: None
        super()._post_clean()
        del self.instance.full_clean


class TimesheetLineInline(CompanyInline):
    model = TimesheetLine
    form = TimesheetLineForm
    fields = (
        "employee",
        "date",
        "node",
        "task",
        "hours",
        "machine",
        "is_billable",
        "note",
        "amount",
    )
    extra = 1


@admin.register(Timesheet)
class TimesheetAdmin(DocumentWithLinesAdmin):
    """Everybody's for who may see them, else one's own."""

    list_display = ("number", "status_label", "created_by", "note", "created_at", "company")
    list_filter = ("status", "created_at")
    search_fields = ("number", "note", "created_by__username")
    fields = ("company", "note")
    inlines = (TimesheetLineInline,)
    verbs = (
        Verb("submit", _("Submit"), "projects.submit_timesheet", submit_timesheet, (Status.DRAFT,)),
        Verb("approve", _("Approve"), _APPROVE, approve_timesheet, (Status.SUBMITTED,)),
        Verb(
            "return",
            _("Return"),
            _APPROVE,
            return_timesheet,
            (Status.SUBMITTED,),
            form=ReasonForm,
        ),
        Verb(
            "reverse",
            _("Reverse"),
            "projects.reverse_timesheet",
            reverse_timesheet,
            (Status.APPROVED,),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel the draft"),
            "projects.change_timesheet",
            cancel_timesheet,
            (Status.DRAFT,),
            question=_("Its hours then count for nothing."),
            is_danger=True,
        ),
    )

    def get_queryset(self, request: Any) -> Any:
        return visible_timesheets(super().get_queryset(request), request.user)

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Timesheet:
        rows = [HoursLine(**line) for line in lines]
        return create_timesheet(**values, lines=rows, by=request.user)

    def write_change(
        self,
        request: Any,
        row: Timesheet,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> Timesheet:
        rows = None if lines is None else [HoursLine(**line) for line in lines]
        return change_timesheet(row, **values, lines=rows, version=version, by=request.user)

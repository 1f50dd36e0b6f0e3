from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.projects.api.inputs import ReasonInput, ReverseInput, TimesheetLineSerializer
from apps.projects.models import Timesheet
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

_APPROVE = "projects.approve_timesheet"


class TimesheetSerializer(StrictModelSerializer):
    lines = TimesheetLineSerializer(many=True, allow_empty=False)

    class Meta:
        model = Timesheet
        fields = ("id", "company", "number", "status", "note", "created_by", "lines", *AUDIT_FIELDS)
        read_only_fields = ("number", "status", "created_by")


class TimesheetViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Hours on projects: everybody's for who may see them, else one's own."""

    serializer_class = TimesheetSerializer
    prefetch_related = ("lines__employee", "lines__node", "lines__task", "lines__machine")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "created_by": ["exact"],
    }

    def get_queryset(self) -> Any:
        return visible_timesheets(super().get_queryset(), self.request.user)

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Timesheet:
        lines = [HoursLine(**line) for line in values.pop("lines")]
        return create_timesheet(values.pop("company"), lines=lines, by=by, **values)

    def perform_update(
        self, row: Timesheet, values: dict[str, Any], *, version: int | None, by: User, reason: str
    ) -> Timesheet:
        given = values.pop("lines", None)
        lines = None if given is None else [HoursLine(**line) for line in given]
        return change_timesheet(row, lines=lines, version=version, by=by, **values)

    @verb(permission="projects.submit_timesheet")
    def submit(self, sheet: Timesheet, *, by: User) -> Timesheet:
        return submit_timesheet(sheet, by=by)

    @verb(permission=_APPROVE)
    def approve(self, sheet: Timesheet, *, by: User) -> Timesheet:
        """Post the hours to their nodes; not by who wrote them."""
        return approve_timesheet(sheet, by=by)

    @verb(permission=_APPROVE, serializer=ReasonInput)
    def give_back(self, sheet: Timesheet, *, reason: str, by: User) -> Timesheet:
        return return_timesheet(sheet, reason=reason, by=by)

    @verb(permission="projects.reverse_timesheet", serializer=ReverseInput)
    def reverse(self, sheet: Timesheet, *, date: datetime.date, reason: str, by: User) -> Timesheet:
        return reverse_timesheet(sheet, date=date, reason=reason, by=by)

    @verb(permission="projects.change_timesheet")
    def cancel(self, sheet: Timesheet, *, by: User) -> Timesheet:
        return cancel_timesheet(sheet, by=by)

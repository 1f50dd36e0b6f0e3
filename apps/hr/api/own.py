"""Self-service: one's own time, leave and expenses; open to everybody who is signed in."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import IsAuthenticated

from apps.core.api.bases import LedgerViewSet
from apps.core.api.fields import ChoiceField, DateField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import StrictSerializer
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.hr.api.clock_events import KINDS, ClockEventSerializer
from apps.hr.api.leave import LeaveRequestSerializer
from apps.hr.api.time_cards import TimeCardSerializer
from apps.hr.models import ClockEvent, LeaveRequest, LeaveType
from apps.hr.queries.own import require_employee
from apps.hr.services.clock_events import clock
from apps.hr.services.leave import ask_leave


class _Own(LedgerViewSet):
    permission_classes = (IsAuthenticated,)
    is_personal = True

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(employee__user_id=self.request.user.pk)


class OwnClockInput(StrictSerializer):
    """Now, by the server's clock: nobody chooses his own time."""

    kind = ChoiceField(KINDS)


class OwnLeaveInput(StrictSerializer):
    leave_type = ReferenceField(LeaveType)
    starts_on = DateField()
    ends_on = DateField()
    note = TextField(required=False, default="", allow_blank=True, max_length=200)


class _OwnCreate(CreateMixin, _Own):
    """What is sent is not what is shown: the input names no employee."""

    input_class: Any = None

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if "data" not in kwargs:
            return super().get_serializer(*args, **kwargs)
        employee = require_employee(self.request.user)
        context = {**self.get_serializer_context(), "company": employee.company}
        return self.input_class(*args, **kwargs, context=context)


class MyClockEventViewSet(_OwnCreate):
    """Clock in, pause, go on, clock out."""

    serializer_class = ClockEventSerializer
    input_class = OwnClockInput
    filterset_fields = {"date": ["exact", "gte", "lte"]}

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> ClockEvent:
        return clock(require_employee(by), by=by, **values)


class MyTimeCardViewSet(_Own):
    """One's own time cards."""

    serializer_class = TimeCardSerializer
    prefetch_related = ("lines__cost_object",)
    filterset_fields = {"status": ["exact"], "starts_on": ["exact", "gte", "lte"]}


class MyLeaveRequestViewSet(_OwnCreate):
    """Ask for leave, and see what became of it."""

    serializer_class = LeaveRequestSerializer
    input_class = OwnLeaveInput
    filterset_fields = {"status": ["exact"]}

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> LeaveRequest:
        employee = require_employee(by)
        return ask_leave(company=employee.company, employee=employee, by=by, **values)

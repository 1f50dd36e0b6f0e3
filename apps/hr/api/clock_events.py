from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import LedgerViewSet
from apps.core.api.fields import ChoiceField, TextField, TimestampField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.models import Company, User
from apps.hr.models import ClockEvent, Employee
from apps.hr.services.clock_events import clock, correct_clock_event

KINDS = [kind for kind in ClockEvent.Kind if kind != ClockEvent.Kind.VOID]


class ClockEventSerializer(StrictModelSerializer):
    class Meta:
        model = ClockEvent
        fields = (
            "id",
            "company",
            "employee",
            "kind",
            "at",
            "date",
            "voids",
            "reason",
            "created_at",
        )


class ClockInput(StrictSerializer):
    company = ReferenceField(Company, required=False)
    employee = ReferenceField(Employee, related=("site",))
    kind = ChoiceField(KINDS)
    at = TimestampField(required=False)
    reason = TextField(required=False, default="", max_length=200, allow_blank=True)


class CorrectInput(StrictSerializer):
    """Without ``kind`` and ``at`` the event is only voided."""

    reason = TextField(max_length=200)
    kind = ChoiceField(KINDS, required=False)
    at = TimestampField(required=False)


class ClockEventViewSet(LedgerViewSet):
    """Who came and went when. Wrong events are voided, never changed."""

    serializer_class = ClockEventSerializer
    filterset_fields = {
        "employee": ["exact"],
        "kind": ["exact"],
        "date": ["exact", "gte", "lte"],
        "at": ["gte", "lte"],
    }
    ordering_fields = ("id", "at")

    @verb(
        permission="hr.clock_others",
        serializer=ClockInput,
        response=ClockEventSerializer,
        detail=False,
        status=201,
    )
    def clock(
        self,
        *,
        employee: Employee,
        kind: str,
        by: User,
        company: Any = None,
        at: datetime.datetime | None = None,
        reason: str = "",
    ) -> ClockEvent:
        """Clock for somebody: a terminal, or an import of another clock."""
        return clock(employee, kind=kind, at=at, reason=reason, by=by)

    @verb(
        permission="hr.correct_clockevent",
        serializer=CorrectInput,
        response=ClockEventSerializer,
        status=201,
    )
    def correct(self, event: ClockEvent, *, by: User, **given: Any) -> ClockEvent:
        return correct_clock_event(event, by=by, **given)

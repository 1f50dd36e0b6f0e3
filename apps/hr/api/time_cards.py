from __future__ import annotations

from typing import Any

from apps.core.api.bases import DocumentViewSet, LedgerViewSet
from apps.core.api.fields import TextField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.hr.models import LabourBooking, TimeCard, TimeCardLine
from apps.hr.services.time_cards import (
    TimeLine,
    approve_time_card,
    change_time_card,
    gather_time_card,
    open_time_card,
    reopen_time_card,
)


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500)


class TimeCardLineSerializer(StrictModelSerializer):
    class Meta:
        model = TimeCardLine
        fields = ("date", "kind", "minutes", "cost_object", "origin", "is_paid", "note")
        read_only_fields = ("origin",)


class TimeCardSerializer(StrictModelSerializer):
    """``lines`` sent are those written by hand; the registers bring the others."""

    lines = TimeCardLineSerializer(many=True, required=False)

    class Meta:
        model = TimeCard
        fields = (
            "id",
            "company",
            "number",
            "status",
            "employee",
            "starts_on",
            "ends_on",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")
        extra_kwargs = {"ends_on": {"required": False}}


class TimeCardViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Time of employees by day or week: filled from clock and production, approved, then paid."""

    serializer_class = TimeCardSerializer
    prefetch_related = ("lines__cost_object",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "employee": ["exact"],
        "starts_on": ["exact", "gte", "lte"],
        "ends_on": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "starts_on")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> TimeCard:
        lines = [TimeLine(**line) for line in values.pop("lines", [])]
        return open_time_card(lines=lines, by=by, **values)

    def perform_update(
        self, row: TimeCard, values: dict[str, Any], *, version: int | None, by: User, reason: str
    ) -> TimeCard:
        lines = values.pop("lines", [])
        for name in values:
            raise InvalidInput("fixed", "A card keeps this. Open another.", field=name)
        return change_time_card(
            row, lines=[TimeLine(**line) for line in lines], version=version, by=by
        )

    @verb(permission="hr.change_timecard")
    def gather(self, card: TimeCard, *, by: User) -> TimeCard:
        """Read clock events, labour and leave anew."""
        return gather_time_card(card, by=by)

    @verb(permission="hr.approve_timecard")
    def approve(self, card: TimeCard, *, by: User) -> TimeCard:
        return approve_time_card(card, by=by)

    @verb(permission="hr.reopen_timecard", serializer=ReasonInput)
    def reopen(self, card: TimeCard, *, reason: str, by: User) -> TimeCard:
        return reopen_time_card(card, reason=reason, by=by)


class LabourBookingSerializer(StrictModelSerializer):
    class Meta:
        model = LabourBooking
        fields = (
            "id",
            "company",
            "employee",
            "date",
            "minutes",
            "cost_object",
            "source_type",
            "source_id",
            "purpose",
            "created_at",
        )


class LabourBookingViewSet(LedgerViewSet):
    """Minutes that production reports booked to employees and orders."""

    serializer_class = LabourBookingSerializer
    filterset_fields = {
        "employee": ["exact"],
        "cost_object": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
